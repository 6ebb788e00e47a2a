#include "cli/code-analysisctl/mcp_bridge.h"

#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/fake_control_socket.h"

using namespace ca;
using namespace ca::ctl;
using ca::test::FakeControlSocket;
using ca::test::FakeReply;

TEST_CASE("an address that stands for all becomes the loopback one") {
  CHECK(parse_address("127.0.0.1:8080")->ip == "127.0.0.1");
  CHECK(parse_address("127.0.0.1:8080")->port == 8080);
  CHECK(parse_address("0.0.0.0:80")->ip == "127.0.0.1");
  CHECK(parse_address("[::]:80")->ip == "::1");
  CHECK(parse_address("[::1]:80")->ip == "::1");
  for (const auto* wrong : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:0", "127.0.0.1:65536"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_address(wrong));
  }
}

TEST_CASE("the server is found in the status by its name") {
  CHECK(server_address(Json::parse(R"({"processes":[{"name":"driver","listen":["/x"]},
      {"name":"server","listen":["127.0.0.1:81","127.0.0.1:82"]}]})"))->port == 81);
  for (const auto* without : {"{}", R"({"processes":[{"name":"server","listen":[]}]})", R"({"processes":[5]})"}) {
    CHECK_FALSE(server_address(Json::parse(without)));
  }
}

TEST_CASE("a response is taken apart, and one that was cut short is noticed") {
  const auto answer = parse_answer("HTTP/1.1 200 OK\r\nX: y\r\ncontent-length: 2\r\n\r\n{}");
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->body == "{}");
  CHECK_FALSE(parse_answer("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}"));
  CHECK_FALSE(parse_answer("HTTP/1.1 200 OK\r\n"));
  CHECK_FALSE(parse_answer("SSH-2.0-x\r\n\r\n"));
  CHECK_FALSE(parse_answer(""));
}

TEST_CASE("a question is always answered, a notification never") {
  const std::string question = R"({"jsonrpc":"2.0","id":"q","method":"ping"})";
  const std::string notification = R"({"jsonrpc":"2.0","method":"notifications/initialized"})";
  CHECK(bridge_line(question, HttpAnswer{200, R"({"jsonrpc":"2.0","id":"q","result":{}})"}) ==
        R"({"jsonrpc":"2.0","id":"q","result":{}})");
  CHECK(bridge_line(question, HttpAnswer{401, R"({"detail":"a token, please"})"}) ==
        R"({"jsonrpc":"2.0","id":"q","error":{"code":-32000,"message":"a token, please"}})");
  CHECK(bridge_line(question, failure("away")) ==
        R"({"jsonrpc":"2.0","id":"q","error":{"code":-32000,"message":"away"}})");
  CHECK_FALSE(bridge_line(notification, HttpAnswer{202, ""}));
  CHECK_FALSE(bridge_line(notification, failure("away")));
  CHECK_FALSE(bridge_line("garbage", failure("away")));
}

TEST_CASE("a message that is no JSON, too deep or too long is answered with a parse error and not passed on") {
  int asked = 0;
  FakeControlSocket socket([&](const Json&) {
    ++asked;
    return FakeReply{{R"({"ok":true,"status":{"processes":[{"name":"server","listen":["127.0.0.1:1"]}]}})"}};
  });
  for (const auto& message : {std::string("garbage"), std::string(1'000'000, '['), std::string(3 << 20, '1')}) {
    std::istringstream in(message + "\n");
    std::ostringstream out;
    CHECK(run_mcp_bridge(socket.path(), in, out) == 0);
    CHECK(out.str().starts_with(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"the message is )"));
  }
  CHECK(asked == 3);
}

TEST_CASE("a tree without a server is a failure, no tree is exit code 3") {
  std::istringstream in(R"({"jsonrpc":"2.0","id":1,"method":"ping"})");
  std::ostringstream out;
  CHECK(run_mcp_bridge("/nonexistent/control.sock", in, out) == 3);
  FakeControlSocket socket([](const Json&) { return FakeReply{{R"({"ok":true,"status":{"processes":[]}})"}}; });
  CHECK(run_mcp_bridge(socket.path(), in, out) == 1);
  CHECK(out.str().empty());
}
