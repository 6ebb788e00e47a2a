#include "server/http/server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <thread>

#include "common/check.h"
#include "common/log.h"

namespace ca::server {

namespace {

constexpr Milliseconds last_requests{1'000};  // for which open connections are read before the end
constexpr Milliseconds linger{200};           // a thread waits so long for the next request of its client

Response too_busy() {
  auto response = problem(503, "this server answers as many requests as it may; ask again in a second");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

HttpServer::HttpServer(HttpHandlers handlers, HttpLimits limits)
    : handlers_(std::move(handlers)), limits_(limits), abort_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CA_CHECK(abort_);
}

HttpServer::~HttpServer() { stop(Milliseconds(0)); }

void HttpServer::start(std::vector<UniqueFd> sockets) {
  workers_ = std::make_unique<HttpWorkers>(
      HttpWorkers::Limits{limits_.requests, limits_.probes, limits_.waiting},
      [this](std::unique_ptr<HttpConnection> connection, bool only_one) { serve(std::move(connection), only_one); });
  lobby_ = std::make_unique<HttpLobby>(
      HttpLobby::Limits{limits_.connections, limits_.header_bytes, std::min(limits_.silence, limits_.request_time),
                        limits_.request_time},
      [this](std::unique_ptr<HttpConnection> connection) { ready(std::move(connection)); });
  lobby_->start(std::move(sockets));
}

// Called by the lobby.
void HttpServer::ready(std::unique_ptr<HttpConnection> connection) {
  const bool is_probe = handlers_.is_probe && handlers_.is_probe(path_of(connection->in));
  auto refused = workers_->take(std::move(connection), is_probe);
  if (refused == nullptr) return;
  const auto response = too_busy();
  const auto bytes = answer_head(response, true) + response.body;
  // Small enough for the socket's buffer; a client that has no room for it gets nothing.
  [[maybe_unused]] const auto sent = ::send(refused->fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  lobby_->see_off(std::move(refused));
}

void HttpServer::serve(std::unique_ptr<HttpConnection> connection, bool only_one) {
  for (;;) {
    auto next = Next::close;
    try {
      next = exchange(*connection);
    } catch (const std::exception& error) {
      log::error("a request could not be answered: {}", error.what());
    }
    if (next == Next::close) return;
    if (next == Next::see_off) return lobby_->see_off(std::move(connection));
    connection->scanned = 0;
    connection->since = MonotonicClock::now();
    if (only_one || !workers_->has_spare() || !comes_soon(*connection)) return lobby_->enter(std::move(connection));
  }
}

// True: the next request's head is there. A client that sends one request after another keeps its thread.
bool HttpServer::comes_soon(HttpConnection& connection) {
  HttpIo io(connection, abort_.get(), MonotonicClock::now() + linger);
  while (!head_size(connection.in, connection.scanned)) {
    if (connection.in.size() > limits_.header_bytes || !io.wait_for_more() || !io.read_more()) return false;
  }
  return true;
}

HttpServer::Next HttpServer::send(HttpConnection& connection, const Response& response, bool without_body,
                                  bool keeps_alive) {
  HttpIo io(connection, abort_.get(), MonotonicClock::now() + limits_.response_time);
  const bool stays = keeps_alive && !is_finishing_;
  if (!io.write(answer_head(response, !stays), without_body ? std::string_view() : response.body)) return Next::close;
  return stays ? Next::another : Next::see_off;
}

// `is_read`: the whole request was, so that another one may follow.
Response HttpServer::answer(HttpHead& head, HttpConnection& connection, HttpIo& io, bool& is_read) {
  const bool has_body = head.is_chunked || head.content_length > 0;
  is_read = !has_body;
  try {
    if (auto refusal = handlers_.refuse(head.request)) return std::move(*refusal);
    if (head.content_length > limits_.body_bytes) return problem(413, "the request's body is too large");
    if (has_body && head.expects_continue && !io.write("HTTP/1.1 100 Continue\r\n\r\n", ""))
      return problem(408, "broken off");
    auto body = read_body(head, connection, io, limits_.body_bytes);
    if (!body) return problem(body.error().status, body.error().reason);
    is_read = true;
    head.request.body = std::move(*body);
    return handlers_.answer(head.request);
  } catch (const std::exception& error) {
    log::error("a {} request: {}", head.request.method, error.what());
    return problem(500, "the server failed");
  }
}

HttpServer::Next HttpServer::exchange(HttpConnection& connection) {
  std::size_t scanned = 0;
  const auto size = head_size(connection.in, scanned);
  if (!size || *size > limits_.header_bytes) {
    return send(connection, problem(431, "the request line and its headers are too long"), false, false);
  }
  auto head = parse_head(std::string_view(connection.in).substr(0, *size));
  if (!head) return send(connection, problem(head.error().status, head.error().reason), false, false);
  connection.in.erase(0, *size);
  head->request.local_ip = connection.local_ip;
  head->request.client = connection.fd.get();
  HttpIo io(connection, abort_.get(), connection.since + limits_.request_time);
  bool is_read = false;
  const auto response = answer(*head, connection, io, is_read);
  return send(connection, response, head->request.method == "HEAD" || response.status == 304,
              is_read && head->keeps_alive);
}

bool HttpServer::wait_closed(Milliseconds time) const {
  constexpr Milliseconds step{5};
  const auto deadline = MonotonicClock::now() + time;
  while (lobby_->open() > 0 && MonotonicClock::now() < deadline) std::this_thread::sleep_for(step);
  return lobby_->open() == 0;
}

void HttpServer::finish(Milliseconds time) {
  if (lobby_ == nullptr) return;
  is_finishing_ = true;
  lobby_->stop_accepting(last_requests);
  wait_closed(time);
}

void HttpServer::stop(Milliseconds grace) noexcept {
  if (lobby_ == nullptr) return;
  is_finishing_ = true;
  lobby_->stop_accepting(Milliseconds(0));
  wait_closed(grace);
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(abort_.get(), &one, sizeof one);
  workers_->end();
  lobby_->end();
}

}  // namespace ca::server
