#include "supervisor/shell/control_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "common/check.h"

namespace ca::shell {

// Given back to libuv's close callback when it is dropped.
struct ControlServer::Client {
  uv_pipe_t pipe{};
  ControlServer* server = nullptr;
  ClientId id = 0;
  Permission permission = Permission::nothing;
  std::string received;
  bool is_busy = false;      // a request waits for its reply
  bool is_handling = false;  // handle_lines() is at work
  bool has_ended = false;    // it will send no more
  char buffer[4096];
};

namespace {

struct WriteRequest {
  uv_write_t request{};
  std::string line;
};

Json refusal(const std::string& reason) { return Json{{"ok", false}, {"error", reason}}; }

}  // namespace

ControlServer::ControlServer(uv_loop_t* loop, UniqueFd listening, std::vector<uid_t> readers, Handler handler)
    : loop_(loop), readers_(std::move(readers)), handler_(std::move(handler)) {
  listen_on(std::move(listening));
}

void ControlServer::listen_on(UniqueFd listening) {
  close_listener();
  listener_ = new uv_pipe_t;
  uv_pipe_init(loop_, listener_, 0);
  listener_->data = this;
  CA_CHECK(uv_pipe_open(listener_, listening.release()) == 0);
  uv_listen(reinterpret_cast<uv_stream_t*>(listener_), SOMAXCONN, [](uv_stream_t* stream, int status) {
    if (status == 0) static_cast<ControlServer*>(stream->data)->accept_one();
  });
}

ControlServer::~ControlServer() {
  while (!clients_.empty()) drop(clients_.begin()->first);
  close_listener();
}

void ControlServer::close_listener() {
  if (listener_ == nullptr) return;
  uv_close(reinterpret_cast<uv_handle_t*>(listener_),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_pipe_t*>(handle); });
}

Permission ControlServer::permission_of(int fd) const {
  ucred peer{};
  socklen_t length = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return Permission::nothing;
  if (peer.uid == 0 || peer.uid == ::geteuid()) return Permission::everything;
  const bool reads = std::find(readers_.begin(), readers_.end(), peer.uid) != readers_.end();
  return reads ? Permission::reading : Permission::nothing;
}

void ControlServer::accept_one() {
  auto* const client = new Client;
  client->server = this;
  client->id = next_id_++;
  uv_pipe_init(loop_, &client->pipe, 0);
  client->pipe.data = client;
  clients_[client->id] = client;
  if (uv_accept(reinterpret_cast<uv_stream_t*>(listener_), reinterpret_cast<uv_stream_t*>(&client->pipe)) != 0 ||
      clients_.size() > client_limit) {
    return drop(client->id);
  }
  uv_os_fd_t fd = -1;
  uv_fileno(reinterpret_cast<uv_handle_t*>(&client->pipe), &fd);
  client->permission = permission_of(fd);
  uv_read_start(
      reinterpret_cast<uv_stream_t*>(&client->pipe),
      [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
        auto* const self = static_cast<Client*>(handle->data);
        *buffer = uv_buf_init(self->buffer, sizeof self->buffer);
      },
      [](uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
        auto* const self = static_cast<Client*>(stream->data);
        self->server->took(*self, count, buffer->base);
      });
}

void ControlServer::took(Client& client, ssize_t count, const char* bytes) {
  if (count == 0) return;
  if (count < 0) {
    client.has_ended = true;
    // A request that was sent before the end is still answered; a client that follows events has closed.
    if (count != UV_EOF || !client.is_busy) return drop(client.id);
    uv_read_stop(reinterpret_cast<uv_stream_t*>(&client.pipe));
    return;
  }
  client.received.append(bytes, static_cast<std::size_t>(count));
  if (client.is_busy && client.received.size() > line_limit) return drop(client.id);
  handle_lines(client.id);
}

// A reply that is given at once lets this loop go on; only one given later starts it again. So the stack does not grow with
// the lines that have come.
void ControlServer::handle_lines(ClientId id) {
  auto found = clients_.find(id);
  if (found == clients_.end() || found->second->is_handling) return;
  found->second->is_handling = true;
  while (handle_line(id)) {}
  found = clients_.find(id);
  if (found != clients_.end()) found->second->is_handling = false;
}

bool ControlServer::handle_line(ClientId id) {
  const auto found = clients_.find(id);
  if (found == clients_.end() || found->second->is_busy) return false;
  Client& client = *found->second;
  const std::size_t newline = client.received.find('\n');
  if (newline > line_limit && client.received.size() > line_limit) {
    write(client, refusal("a line is at most 64 KiB").dump() + "\n");
    drop(id);
    return false;
  }
  if (newline == std::string::npos) {
    if (client.has_ended) drop(id);
    return false;
  }
  const std::string line = client.received.substr(0, newline);
  client.received.erase(0, newline + 1);
  client.is_busy = true;
  const auto request = parse_json<nlohmann::json>(line, line_limit);
  if (!request || !request->is_object() || !request->contains("command") || !(*request)["command"].is_string()) {
    reply(id, refusal("not a JSON object with a command" + (request ? "" : ": " + request.error().message)));
  } else {
    handler_(id, *request, client.permission);
  }
  return true;
}

void ControlServer::reply(ClientId id, const Json& answer) {
  const auto found = clients_.find(id);
  if (found == clients_.end() || !found->second->is_busy) return;
  found->second->is_busy = false;
  write(*found->second, answer.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  handle_lines(id);
}

void ControlServer::send_line(ClientId id, std::string line) {
  const auto found = clients_.find(id);
  if (found != clients_.end()) write(*found->second, std::move(line));
}

void ControlServer::write(Client& client, std::string line) {
  auto* const stream = reinterpret_cast<uv_stream_t*>(&client.pipe);
  if (uv_stream_get_write_queue_size(stream) + line.size() > unread_limit + line_limit) return drop(client.id);
  auto* const request = new WriteRequest;
  request->line = std::move(line);
  request->request.data = request;
  const uv_buf_t buffer = uv_buf_init(request->line.data(), static_cast<unsigned>(request->line.size()));
  const int status = uv_write(&request->request, stream, &buffer, 1,
                              [](uv_write_t* done, int) { delete static_cast<WriteRequest*>(done->data); });
  if (status != 0) delete request;
}

void ControlServer::drop(ClientId id) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  Client* const client = found->second;
  clients_.erase(found);
  uv_close(reinterpret_cast<uv_handle_t*>(&client->pipe),
           [](uv_handle_t* handle) { delete static_cast<Client*>(handle->data); });
}

}  // namespace ca::shell
