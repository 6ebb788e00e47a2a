// HTTP/1.1 over sockets that are listened on already, behind an interface of plain values.
// docs/decisions/0008-own-http.md says why it is our own.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "common/unique_fd.h"
#include "server/http/connection.h"
#include "server/http/lobby.h"
#include "server/http/message.h"
#include "server/http/workers.h"

namespace ca::server {

struct HttpLimits {
  std::size_t connections = 512;        // open at once; if more come, those that have rested for longest are closed
  std::size_t requests = 256;           // answered at once, each by a thread
  std::size_t probes = 8;               // places beyond those for HttpHandlers::is_probe
  std::size_t waiting = 128;            // requests that wait for a place; further ones get status 503
  std::size_t header_bytes = 16 << 10;  // request line and headers
  std::size_t body_bytes = 1 << 20;
  Milliseconds silence{15'000};        // without a byte of a request
  Milliseconds request_time{30'000};   // from when a request could begin until it is there
  Milliseconds response_time{60'000};  // from the answer until it is sent
};

struct HttpHandlers {
  std::function<std::optional<Response>(const Request&)> refuse;  // before the body is read; called from any thread
  std::function<Response(const Request&)> answer;                 // may block
  std::function<bool(std::string_view path)> is_probe;            // a path whose requests have places of their own
};

class HttpServer {
 public:
  HttpServer(HttpHandlers handlers, HttpLimits limits);
  ~HttpServer();  // as stop
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Accepts from all the sockets. Owns: sockets.
  void start(std::vector<UniqueFd> sockets);

  // Accepts no more: new clients wait in the backlog for the next server, because the supervisor goes on holding the
  // sockets. Answers what runs, and what comes within a second on connections that are open, each with
  // "Connection: close". Returns once all connections are closed, or after `time`.
  void finish(Milliseconds time);

  // Gives the answers in the making `grace` to be sent, then closes every connection. Returns once no handler runs.
  void stop(Milliseconds grace) noexcept;

 private:
  enum class Next : std::uint8_t { another, see_off, close };

  void ready(std::unique_ptr<HttpConnection> connection);
  void serve(std::unique_ptr<HttpConnection> connection, bool only_one);
  bool comes_soon(HttpConnection& connection);
  Next exchange(HttpConnection& connection);
  Response answer(HttpHead& head, HttpConnection& connection, HttpIo& io, bool& is_read);
  Next send(HttpConnection& connection, const Response& response, bool without_body, bool keeps_alive);
  bool wait_closed(Milliseconds time) const;

  const HttpHandlers handlers_;
  const HttpLimits limits_;
  UniqueFd abort_;  // readable: reads and writes end at once
  std::atomic<bool> is_finishing_{false};
  std::unique_ptr<HttpLobby> lobby_;
  std::unique_ptr<HttpWorkers> workers_;
};

}  // namespace ca::server
