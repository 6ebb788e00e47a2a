#include "server/http/head.h"

#include "tests/support/catch.h"

using namespace ca::server;

namespace {

int status_of(const std::string& head) {
  const auto parsed = parse_head(head);
  return parsed ? 200 : parsed.error().status;
}

std::string with(const std::string& headers) { return "POST /mcp HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n"; }

HttpHead parsed(const std::string& head) {
  auto result = parse_head(head);
  REQUIRE(result);
  return std::move(*result);
}

}  // namespace

TEST_CASE("a head becomes method, decoded path, parameters and headers") {
  const auto head = parsed("GET /a%20b/%41?x=1+2&y&z=%26%3d&&=e HTTP/1.1\r\nHost: h:1\r\nX-Y:  v w \t\r\nEmpty:\r\n\r\n");
  CHECK(head.request.method == "GET");
  CHECK(head.request.path == "/a b/A");
  const std::vector<std::pair<std::string, std::string>> query{{"x", "1 2"}, {"y", ""}, {"z", "&="}, {"", "e"}};
  CHECK(head.request.query == query);
  CHECK(head.request.header_values("x-y") == std::vector<std::string>{"v w"});
  CHECK(head.request.header_values("Empty") == std::vector<std::string>{""});
  CHECK(head.keeps_alive);
  CHECK_FALSE(head.is_chunked);
  CHECK(head.content_length == 0);
}

TEST_CASE("an escape that is none stays as it is") {
  CHECK(percent_decoded("100%", true) == "100%");
  CHECK(percent_decoded("%zz%4", true) == "%zz%4");
  CHECK(percent_decoded("a+b%2B", false) == "a+b+");
  CHECK(percent_decoded("%00", false) == std::string(1, '\0'));
}

TEST_CASE("a body whose length is told twice, or in two ways, is refused") {
  CHECK(parsed(with("Content-Length: 12\r\n")).content_length == 12);
  CHECK(parsed(with("Transfer-Encoding: Chunked\r\n")).is_chunked);
  for (const char* headers :
       {"Content-Length: 1\r\nContent-Length: 1\r\n", "Content-Length: 1\r\ncontent-length: 2\r\n",
        "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 1, 1\r\n", "Content-Length: +1\r\n", "Content-Length: -1\r\n", "Content-Length: 0x1\r\n",
        "Content-Length: 1 1\r\n", "Content-Length:\r\n", "Content-Length: 99999999999999999999999\r\n",
        "Transfer-Encoding: gzip\r\n", "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding: identity\r\n", "Transfer-Encoding:\r\n",
        "Transfer-Encoding: \x0b" "chunked\r\n"}) {
    CAPTURE(headers);
    CHECK(status_of(with(headers)) == 400);
  }
  CHECK(status_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
}

TEST_CASE("a header that two readers could read differently is refused") {
  for (const std::string& headers :
       {std::string("X : y\r\n"), std::string(" X: y\r\n"), std::string("X: y\r\n z\r\n"), std::string("X: y\r\n\tz\r\n"),
        std::string("X: y\nZ: w\r\n"), std::string("X: y\rZ: w\r\n"), std::string("X\r\n"), std::string(": y\r\n"),
        std::string("X: a\0b\r\n", 9), std::string("X\0: b\r\n", 8), std::string("X: a\x01\r\n"), std::string("X\x80: a\r\n"),
        std::string("X: a\x7f\r\n"), std::string("X(: a\r\n")}) {
    CAPTURE(headers);
    CHECK(status_of(with(headers)) == 400);
  }
  CHECK(status_of(with("X: \xc3\xa4\r\n")) == 200);
}

TEST_CASE("the host is named exactly once, and the same in both places") {
  CHECK(status_of("GET / HTTP/1.1\r\n\r\n") == 400);
  CHECK(status_of("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n") == 400);
  CHECK(status_of(std::string("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 30)) == 400);
  CHECK(status_of("GET / HTTP/1.0\r\n\r\n") == 200);
  CHECK(parsed("GET http://A:80/x?y=z HTTP/1.1\r\nHost: a:80\r\n\r\n").request.path == "/x");
  CHECK(parsed("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n").request.path == "/");
  for (const char* target : {"http://b/", "http://b@a/", "http://a:80/", "http:///", "https://a/", "ftp://a/"}) {
    CAPTURE(target);
    CHECK(status_of("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  }
}

TEST_CASE("a request line that is not method, target and version is refused") {
  for (const char* line : {"", "GET", "GET /", "GET / ", " GET / HTTP/1.1", "GET  / HTTP/1.1", "GET / HTTP/1.1 ", "GET\t/ HTTP/1.1",
                           "G(T / HTTP/1.1", "GET /a b HTTP/1.1", "GET /#f HTTP/1.1", "GET /\x01 HTTP/1.1", "GET /\xff HTTP/1.1",
                           "GET x HTTP/1.1", "CONNECT a:80 HTTP/1.1", "GET / http/1.1", "GET / HTTQ/1.1"}) {
    CAPTURE(line);
    CHECK(status_of(std::string(line) + "\r\nHost: a\r\n\r\n") == 400);
  }
  for (const char* version : {"HTTP/1.2", "HTTP/2.0", "HTTP/1.10", "HTTP/0.9"}) {
    CHECK(status_of("GET / " + std::string(version) + "\r\nHost: a\r\n\r\n") == 505);
  }
}

TEST_CASE("headers and parameters are counted") {
  std::string many;
  for (int i = 0; i < 200; ++i) many += "A: b\r\n";
  CHECK(status_of(with(many)) == 431);
  std::string query = "/?";
  for (int i = 0; i < 200; ++i) query += "a&";
  CHECK(status_of("GET " + query + " HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
}

TEST_CASE("a connection is kept unless the client says otherwise, and an expectation is met or refused") {
  CHECK_FALSE(parsed(with("Connection: close\r\n")).keeps_alive);
  CHECK_FALSE(parsed(with("Connection: x, Close\r\n")).keeps_alive);
  CHECK(parsed(with("Connection: keep-alive\r\n")).keeps_alive);
  CHECK_FALSE(parsed("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keeps_alive);
  CHECK(parsed(with("Expect: 100-Continue\r\n")).expects_continue);
  CHECK(status_of(with("Expect: 200-ok\r\n")) == 417);
}

TEST_CASE("the end of a head is found however it is cut, and a bare line feed is an end at once") {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  std::size_t scanned = 0;
  for (std::size_t size = 0; size < head.size(); ++size) CHECK_FALSE(head_size(head.substr(0, size), scanned));
  CHECK(head_size(head + "GET", scanned) == head.size());
  for (const std::string start : {"\n", "GET / HTTP/1.1\n", "GET / HTTP/1.1\r\nHost: a\n", "\r\n"}) {
    scanned = 0;
    CHECK(head_size(start, scanned) == start.size());
    CHECK(status_of(start) == 400);
  }
}

TEST_CASE("the path is found in any bytes") {
  CHECK(path_of("GET /healthz HTTP/1.1\r\n") == "/healthz");
  CHECK(path_of("GET /healthz?x HTTP/1.1\r\n") == "/healthz");
  CHECK(path_of("GET /a") == "/a");
  for (const char* other : {"", "\r\n", "GET", "GET ", "\n"}) CHECK(path_of(other).empty());
}
