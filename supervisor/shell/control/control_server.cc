#include "supervisor/shell/control/control_server.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace ca::shell {

struct ControlServer::Client {
  ClientId id = 0;
  Permission permission = Permission::nothing;
  UniqueFd fd;
  std::unique_ptr<FdWatch> watch;  // after fd: destroyed before it
  std::string received;
  std::string waiting;            // to be sent, once there is room
  std::uint64_t last_active = 0;  // by the server's count
  bool is_busy = false;           // a request waits for its reply
  bool is_handling = false;       // handle_lines() is at work
  bool has_ended = false;         // it will send no more; it may still read
  bool has_hung_up = false;       // nor will it read
};

namespace {

constexpr int accepts_a_turn = 64;
constexpr Milliseconds pause_after_failed_accept{100};

Json refusal(const std::string& reason) { return Json{{"ok", false}, {"error", reason}}; }

// Judged by the socket's own word; a peer that cannot be told is a stranger.
std::optional<uid_t> peer_of(int fd) {
  ucred peer{};
  socklen_t length = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return std::nullopt;
  return peer.uid;
}

// One line and the end. What the peer has sent is taken off, because closing would else reset the connection.
void turn_away(UniqueFd fd, const std::string& reason) {
  const std::string line = refusal(reason).dump() + "\n";
  (void)::send(fd.get(), line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  char unread[4096];
  (void)::recv(fd.get(), unread, sizeof unread, MSG_DONTWAIT);
}

}  // namespace

ControlServer::Judge judge_of(std::vector<uid_t> readers) {
  return [readers = std::move(readers)](uid_t uid) {
    if (uid == 0 || uid == ::geteuid()) return Permission::everything;
    const bool reads = std::find(readers.begin(), readers.end(), uid) != readers.end();
    return reads ? Permission::reading : Permission::nothing;
  };
}

ControlServer::ControlServer(Loop& loop, Judge judge, Calls calls)
    : loop_(loop),
      judge_(std::move(judge)),
      calls_(std::move(calls)),
      pause_(loop, [this] { listening_watch_->want(EPOLLIN); }) {}

ControlServer::~ControlServer() = default;

Status ControlServer::listen_on(UniqueFd listening) {
  ::fcntl(listening.get(), F_SETFL, O_NONBLOCK);
  auto watch = FdWatch::make(loop_, listening.get(), EPOLLIN, [this](std::uint32_t) { accept_some(); });
  if (!watch) return tl::unexpected(watch.error());
  pause_.set(std::nullopt);
  listening_watch_ = std::move(*watch);  // the former one goes before its descriptor
  listening_ = std::move(listening);
  return {};
}

void ControlServer::accept_some() {
  for (int i = 0; i < accepts_a_turn && accept_one(); ++i) {
  }
}

bool ControlServer::accept_one() {
  UniqueFd fd(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd) {
    if (errno == EINTR || errno == ECONNABORTED) return true;
    if (errno == EAGAIN) return false;
    // No descriptor is left. An idle reader gives one back; without one, whoever waits goes on waiting.
    if (drop_oldest_idle(Permission::reading)) return true;
    listening_watch_->want(0);
    pause_.set(MonotonicClock::now() + pause_after_failed_accept);
    return false;
  }
  const auto uid = peer_of(fd.get());
  const Permission permission = uid ? judge_(*uid) : Permission::nothing;
  if (permission == Permission::nothing) return turn_away(std::move(fd), "permission denied"), true;
  if (!make_room(permission)) return turn_away(std::move(fd), "too many connections"), true;
  const ClientId id = next_id_++;
  auto watch =
      FdWatch::make(loop_, fd.get(), EPOLLIN | EPOLLRDHUP, [this, id](std::uint32_t events) { on_event(id, events); });
  if (!watch) return turn_away(std::move(fd), watch.error().message), true;
  auto client = std::make_unique<Client>();
  client->id = id;
  client->permission = permission;
  client->fd = std::move(fd);
  client->watch = std::move(*watch);
  client->last_active = ++activity_;
  clients_.emplace(id, std::move(client));
  return true;
}

bool ControlServer::make_room(Permission permission) {
  const auto same = [permission](const auto& entry) { return entry.second->permission == permission; };
  const auto count = std::count_if(clients_.begin(), clients_.end(), same);
  return static_cast<std::size_t>(count) < places || drop_oldest_idle(permission);
}

// Drops the client that was silent for longest and waits for no reply. Returns false if there is none.
bool ControlServer::drop_oldest_idle(Permission permission) {
  const Client* oldest = nullptr;
  for (const auto& [id, client] : clients_) {
    if (client->permission != permission || client->is_busy) continue;
    if (oldest == nullptr || client->last_active < oldest->last_active) oldest = client.get();
  }
  if (oldest == nullptr) return false;
  drop(oldest->id);
  return true;
}

// A peer that has shut down its sending side (EPOLLRDHUP, end of file) still reads its answer. One that has closed
// (EPOLLHUP) waits for nothing any more: what it has sent completely is done, and its place is free.
void ControlServer::on_event(ClientId id, std::uint32_t events) {
  auto found = clients_.find(id);
  if (found == clients_.end()) return;
  found->second->has_hung_up = (events & (EPOLLHUP | EPOLLERR)) != 0;
  if ((events & EPOLLOUT) != 0) send_waiting(*found->second);
  if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0 && !read_some(*found->second)) return;
  handle_lines(id);
  found = clients_.find(id);
  if (found == clients_.end()) return;
  if (found->second->has_hung_up && found->second->is_busy) return drop(id);
  watch(*found->second);
}

bool ControlServer::read_some(Client& client) {
  if (client.has_ended) return true;
  char buffer[16 << 10];
  const ssize_t count = ::recv(client.fd.get(), buffer, sizeof buffer, MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (count < 0) return drop(client.id), false;
  if (count == 0) {
    client.has_ended = true;
    return true;
  }
  client.last_active = ++activity_;
  client.received.append(buffer, static_cast<std::size_t>(count));
  if (client.is_busy && client.received.size() > line_limit) return drop(client.id), false;
  return true;
}

// A reply that is given at once lets this loop go on; only one given later starts it again. So the stack does not grow
// with the lines that have come.
void ControlServer::handle_lines(ClientId id) {
  auto found = clients_.find(id);
  if (found == clients_.end() || found->second->is_handling) return;
  found->second->is_handling = true;
  while (handle_line(id)) {
  }
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
    if (client.has_ended && (client.waiting.empty() || client.has_hung_up)) drop(id);
    return false;
  }
  const std::string line = client.received.substr(0, newline);
  client.received.erase(0, newline + 1);
  client.is_busy = true;
  const auto request = parse_json<nlohmann::json>(line, line_limit);
  if (!request || !request->is_object() || !request->contains("command") || !(*request)["command"].is_string()) {
    reply(id, refusal("not a JSON object with a command" + (request ? "" : ": " + request.error().message)));
  } else {
    calls_.request(id, *request, client.permission);
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
  if (found != clients_.end()) write(*found->second, line);
}

void ControlServer::write(Client& client, std::string_view line) {
  if (client.waiting.size() + line.size() > unread_limit + line_limit) return drop(client.id);
  client.last_active = ++activity_;
  client.waiting.append(line);
  send_waiting(client);
  watch(client);
}

void ControlServer::send_waiting(Client& client) {
  std::size_t sent = 0;
  while (sent < client.waiting.size()) {
    const ssize_t count = ::send(client.fd.get(), client.waiting.data() + sent, client.waiting.size() - sent,
                                 MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    // It reads no more. What it has asked is still done; its end of file, or its hanging up, comes next.
    if (count < 0) return client.waiting.clear();
    sent += static_cast<std::size_t>(count);
  }
  client.waiting.erase(0, sent);
}

void ControlServer::watch(Client& client) {
  std::uint32_t events = 0;
  if (!client.has_ended) events |= EPOLLIN | EPOLLRDHUP;
  if (!client.waiting.empty()) events |= EPOLLOUT;
  client.watch->want(events);
}

void ControlServer::drop(ClientId id) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  clients_.erase(found);
  calls_.gone(id);
}

}  // namespace ca::shell
