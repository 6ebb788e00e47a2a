#include "server/http/guard.h"

#include "tests/support/catch.h"

using namespace ca::server;

namespace {

Request with(std::vector<std::pair<std::string, std::string>> headers, std::string local_ip = "127.0.0.1") {
  Request request;
  request.headers = std::move(headers);
  request.local_ip = std::move(local_ip);
  return request;
}

bool allows_host(const HostGuard& guard, const std::string& host) { return guard.allows(with({{"Host", host}})); }

bool allows_origin(const HostGuard& guard, const std::string& origin) {
  return guard.allows(with({{"Host", "localhost"}, {"origin", origin}}));
}

}  // namespace

TEST_CASE("a host is spelled one way, whatever its port, case or form") {
  CHECK(normal_host("LocalHost:8080") == "localhost");
  CHECK(normal_host("127.0.0.1") == "127.0.0.1");
  CHECK(normal_host("[::1]:80") == "::1");
  CHECK(normal_host("[0:0:0:0:0:0:0:1]") == "::1");
  for (const auto* wrong : {"", "[::1", "[::1]x", "[nope]", "a b", "a:b", "a:1:2", "evil@localhost", "a/b", "a:123456"}) {
    CAPTURE(wrong);
    CHECK(normal_host(wrong).empty());
  }
}

TEST_CASE("only this server's own names pass as Host") {
  const HostGuard guard({"127.0.0.1:8080", "build.example:80"});
  for (const auto* good : {"localhost", "LOCALHOST:9", "127.0.0.1:8080", "127.0.0.1", "[::1]:8080", "build.example"}) {
    CAPTURE(good);
    CHECK(allows_host(guard, good));
  }
  for (const auto* bad : {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.2", "", "10.0.0.1",
                          "localhost@evil.example", "localhost."}) {
    CAPTURE(bad);
    CHECK_FALSE(allows_host(guard, bad));
  }
}

TEST_CASE("no Host header and two of them are refused") {
  const HostGuard guard({});
  CHECK_FALSE(guard.allows(with({})));
  CHECK_FALSE(guard.allows(with({{"Host", "localhost"}, {"host", "localhost"}})));
}

TEST_CASE("an Origin must be one of this server's own") {
  const HostGuard guard({"127.0.0.1:8080"});
  CHECK(allows_origin(guard, "http://localhost:8080"));
  CHECK(allows_origin(guard, "https://127.0.0.1"));
  CHECK(allows_origin(guard, "http://[::1]:8080"));
  for (const auto* bad : {"null", "http://evil.example", "http://localhost.evil.example:8080", "file://localhost", "",
                          "http://", "http://localhost/path", "localhost"}) {
    CAPTURE(bad);
    CHECK_FALSE(allows_origin(guard, bad));
  }
}

TEST_CASE("a server that listens everywhere knows the address that the client came to, and no other") {
  const HostGuard everywhere({"0.0.0.0:8080"});
  CHECK(everywhere.allows(with({{"Host", "192.0.2.7:8080"}}, "192.0.2.7")));
  CHECK_FALSE(everywhere.allows(with({{"Host", "192.0.2.8"}}, "192.0.2.7")));
  CHECK_FALSE(everywhere.allows(with({{"Host", "0.0.0.0"}}, "192.0.2.7")));
  const HostGuard one({"127.0.0.1:8080"});
  CHECK_FALSE(one.allows(with({{"Host", "192.0.2.7"}}, "192.0.2.7")));
}

TEST_CASE("the token must be whole and the only one") {
  CHECK(has_token(with({{"Authorization", "Bearer secret"}}), "secret"));
  CHECK(has_token(with({{"authorization", "bearer secret"}}), "secret"));
  for (const auto* wrong : {"Bearer secre", "Bearer secrets", "Bearer Secret", "Bearer ", "secret", "Basic secret", ""}) {
    CAPTURE(wrong);
    CHECK_FALSE(has_token(with({{"Authorization", wrong}}), "secret"));
  }
  CHECK_FALSE(has_token(with({}), "secret"));
  CHECK_FALSE(has_token(with({{"Authorization", "Bearer x"}, {"Authorization", "Bearer secret"}}), "secret"));
}
