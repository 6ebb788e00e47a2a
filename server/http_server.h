// HTTP over sockets that are listened on already: libmicrohttpd behind an interface of plain values.
// docs/decisions/0002-http-library.md says why this library, and why a thread for each connection.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "common/unique_fd.h"
#include "server/message.h"
#include "server/slow_clients.h"

struct MHD_Connection;
struct MHD_Daemon;

namespace ca::server {

struct HttpLimits {
  unsigned connections = 256;               // at once, for each socket; further clients wait in the backlog
  std::size_t header_bytes = 16 << 10;      // request line and headers
  std::size_t body_bytes = 1 << 20;
  unsigned kept_connections = 128;          // with more than these open, each is closed behind its answer: pages that only
                                            // look now and then must not keep the places of all others
  unsigned idle_seconds = 15;               // without a byte in either direction
  Milliseconds request_time{30'000};        // from the first wait for a request until it is there
  Milliseconds response_time{60'000};       // from the answer until it is sent
};

struct HttpHandlers {
  std::function<std::optional<Response>(const Request&)> refuse;  // before the body is read; called from any thread
  std::function<Response(const Request&)> answer;                 // may block
};

class HttpServer {
 public:
  HttpServer(HttpHandlers handlers, HttpLimits limits);
  ~HttpServer();  // as stop
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Accepts from all the sockets. Owns: sockets. Errors: the library could not start.
  Status start(std::vector<UniqueFd> sockets);

  // Accepts no more, gives the answers in the making `grace` to be sent, then closes every connection. The sockets
  // themselves stay as they are: the supervisor goes on holding them for the next server.
  void stop(Milliseconds grace) noexcept;

 private:
  struct Exchange;
  struct Callbacks;

  int begin(MHD_Connection* connection, const char* path, const char* method, void** context);
  int reply(MHD_Connection* connection, Exchange& exchange, const Response& response);

  const HttpHandlers handlers_;
  const HttpLimits limits_;
  SlowClients slow_clients_;
  std::atomic<int> running_{0};  // exchanges not ended
  std::atomic<unsigned> open_{0};  // connections
  std::vector<UniqueFd> sockets_;
  std::vector<MHD_Daemon*> daemons_;
};

}  // namespace ca::server
