#include "server/http/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>

#include "common/posix.h"
#include "tests/support/catch.h"

using namespace ca;
using namespace ca::server;

namespace {

// A server on a port of its own that answers with the body it got, and refuses the path /refused.
class EchoServer {
 public:
  explicit EchoServer(HttpLimits limits)
      : http_({[](const Request& request) -> std::optional<Response> {
                 if (request.path == "/refused") return problem(403, "no");
                 return std::nullopt;
               },
               [](const Request& request) -> Response {
                 if (request.path == "/throws") throw std::runtime_error("thrown");
                 return {200, "text/plain", request.method + " " + request.path + " [" + request.body + "]", {}};
               },
               [](std::string_view path) { return path == "/probe"; }},
              limits) {
    UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener.get(), 8) == 0);
    socklen_t size = sizeof address_;
    REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address_), &size) == 0);
    std::vector<UniqueFd> sockets;
    sockets.push_back(std::move(listener));
    http_.start(std::move(sockets));
  }

  UniqueFd connect() const {
    UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address_), sizeof address_) == 0);
    return client;
  }

  // Sends, then reads until `end` is there or the server closes; fails after five seconds without a byte.
  std::string ask(const std::string& bytes, const std::string& end = "") const {
    const auto client = connect();
    // A server that has refused may have closed already.
    [[maybe_unused]] const auto sent = ::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return receive(client.get(), end);
  }

  static std::string receive(int client, const std::string& end) {
    std::string received;
    while (end.empty() || received.find(end) == std::string::npos) {
      pollfd entry{client, POLLIN, 0};
      REQUIRE(::poll(&entry, 1, 5000) == 1);
      char buffer[4096];
      const ssize_t count = ::recv(client, buffer, sizeof buffer, 0);
      if (count <= 0) return received;
      received.append(buffer, static_cast<std::size_t>(count));
    }
    return received;
  }

 private:
  sockaddr_in address_{};
  HttpServer http_;
};

std::string post(const std::string& path, const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("a body arrives whole, also in chunks") {
  const EchoServer server({});
  CHECK(server.ask(post("/a%20b", "body")).find("POST /a b [body]") != std::string::npos);
  CHECK(server.ask("POST /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n")
            .find("POST /c [abcde]") != std::string::npos);
}

TEST_CASE("a body above the limit is 413, whether its length is told or not") {
  const EchoServer server({.body_bytes = 1000});
  CHECK(server.ask(post("/", std::string(1001, 'a'))).substr(0, 12) == "HTTP/1.1 413");
  CHECK(server.ask(post("/", std::string(1000, 'a'))).substr(0, 12) == "HTTP/1.1 200");
  CHECK(server.ask("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
                   std::string(1001, 'a') + "\r\n0\r\n\r\n")
            .substr(0, 12) == "HTTP/1.1 413");
}

TEST_CASE("a refusal is sent before the body is read") {
  const EchoServer server({});
  const auto answer = server.ask("POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", "\"no\"}");
  CHECK(answer.substr(0, 12) == "HTTP/1.1 403");
}

TEST_CASE("an exception is 500 and the connection's next request is answered") {
  const EchoServer server({});
  const auto answer = server.ask(
      "GET /throws HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET /next []");
  CHECK(answer.substr(0, 12) == "HTTP/1.1 500");
  CHECK(answer.find("thrown") == std::string::npos);
  CHECK(answer.find("GET /next []") != std::string::npos);
}

TEST_CASE("a NUL in the path does not cut it short") {
  const EchoServer server({});
  CHECK(server.ask("GET /a%00b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").find(std::string("GET /a\0b []", 11)) !=
        std::string::npos);
}

TEST_CASE("a client that never ends its request is closed, however steadily it sends") {
  const EchoServer server({.request_time = Milliseconds(200)});
  const auto client = server.connect();
  const auto began = MonotonicClock::now();
  const std::string line = "GET / HTTP/1.1\r\nHost: x\r\n";
  bool closed = false;
  for (std::size_t at = 0; !closed && MonotonicClock::now() - began < Milliseconds(5000); ++at) {
    const char byte = at < line.size() ? line[at] : 'a';
    pollfd entry{client.get(), POLLIN, 0};
    closed = ::send(client.get(), &byte, 1, MSG_NOSIGNAL) < 0 || ::poll(&entry, 1, 20) == 1;
  }
  CHECK(closed);
  CHECK(MonotonicClock::now() - began >= Milliseconds(150));
}

TEST_CASE("a connection may rest between requests for no longer than its time") {
  const EchoServer server({.request_time = Milliseconds(200)});
  const auto client = server.connect();
  for (int i = 0; i < 3; ++i) {
    REQUIRE(write_all(client.get(), "GET /again HTTP/1.1\r\nHost: x\r\n\r\n"));
    CHECK(EchoServer::receive(client.get(), "GET /again []").find("200") != std::string::npos);
  }
  CHECK(EchoServer::receive(client.get(), "never").empty());
}
