#include "cli/code-analysisctl/commands.h"

#include <sys/mman.h>
#include <unistd.h>

#include "cli/code-analysisctl/runtime_dir.h"
#include "tests/support/catch.h"
#include "tests/support/fake_control_socket.h"

using namespace ca;
using namespace ca::ctl;
using ca::test::FakeControlSocket;
using ca::test::FakeReply;

namespace {

// Takes over one of this process's standard descriptors while it lives.
class Captured {
 public:
  explicit Captured(int target)
      : target_(target), saved_(::dup(target)), file_(::memfd_create("captured", MFD_CLOEXEC)) {
    std::fflush(nullptr);
    ::dup2(file_.get(), target_);
  }
  ~Captured() { restore(); }
  std::string text() {
    restore();
    ::lseek(file_.get(), 0, SEEK_SET);
    return read_to_end(file_.get(), 1 << 20).value();
  }

 private:
  void restore() {
    std::fflush(nullptr);
    if (saved_) ::dup2(saved_.get(), target_);
    saved_.reset();
  }
  int target_;
  UniqueFd saved_;
  UniqueFd file_;
};

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

Outcome run(const std::string& socket, std::vector<std::string_view> arguments) {
  const auto invocation = parse_arguments(arguments);
  REQUIRE(invocation);
  Captured out(STDOUT_FILENO);
  Captured err(STDERR_FILENO);
  const int code = run_command(*invocation, socket);
  return {code, out.text(), err.text()};
}

FakeReply ok(const Json&) { return {{R"({"ok":true})"}}; }

}  // namespace

TEST_CASE("status --json prints the supervisor's answer with its fields in its order") {
  FakeControlSocket socket([](const Json&) {
    return FakeReply{{R"({"ok":true,"status":{"supervisor":{"pid":1,"config":"c"},"processes":[]}})"}};
  });
  const auto outcome = run(socket.path(), {"status", "--json"});
  CHECK(outcome.code == 0);
  CHECK(Json::parse(outcome.out).dump() == R"({"supervisor":{"pid":1,"config":"c"},"processes":[]})");
  CHECK(socket.requests() == std::vector<Json>{Json::parse(R"({"command":"status"})")});
}

TEST_CASE("status is a table without escapes where standard output is no terminal") {
  FakeControlSocket socket([](const Json&) {
    return FakeReply{{R"({"ok":true,"status":{"supervisor":{},"processes":[{"name":"a","tier":2,"state":"failed"}]}})"}};
  });
  const auto outcome = run(socket.path(), {"status"});
  CHECK(outcome.code == 0);
  CHECK(outcome.out.find("failed") != std::string::npos);
  CHECK(outcome.out.find('\033') == std::string::npos);
}

TEST_CASE("a command names the process and returns 0 once it is answered") {
  FakeControlSocket socket(ok);
  CHECK(run(socket.path(), {"start", "indexer.1"}).code == 0);
  CHECK(run(socket.path(), {"stop", "indexer"}).code == 0);
  CHECK(run(socket.path(), {"restart", "driver"}).code == 0);
  CHECK(run(socket.path(), {"signal", "driver", "HUP"}).code == 0);
  CHECK(run(socket.path(), {"reload"}).code == 0);
  const auto requests = socket.requests();
  REQUIRE(requests.size() == 5);
  CHECK(requests[0].dump() == R"({"command":"start","process":"indexer.1"})");
  CHECK(requests[1].dump() == R"({"command":"stop","process":"indexer"})");
  CHECK(requests[2].dump() == R"({"command":"restart","process":"driver"})");
  CHECK(requests[3].dump() == R"({"command":"signal","process":"driver","signal":"HUP"})");
  CHECK(requests[4].dump() == R"({"command":"reload"})");
}

TEST_CASE("a refusal is exit code 1 with the supervisor's reason") {
  FakeControlSocket socket([](const Json&) { return FakeReply{{R"({"ok":false,"error":"no process 'x'"})"}}; });
  const auto outcome = run(socket.path(), {"start", "x"});
  CHECK(outcome.code == 1);
  CHECK(outcome.err == "code-analysisctl: no process 'x'\n");
  CHECK(outcome.out.empty());
}

TEST_CASE("a connection that ends without an answer, and an answer that is no object, are failures") {
  FakeControlSocket closing([](const Json&) { return FakeReply{{}, true}; });
  CHECK(run(closing.path(), {"reload"}).code == 1);
  FakeControlSocket garbage([](const Json&) { return FakeReply{{"garbage"}}; });
  CHECK(run(garbage.path(), {"reload"}).code == 1);
}

TEST_CASE("no supervisor is exit code 3 and names the socket") {
  const auto outcome = run("/nonexistent/control.sock", {"status"});
  CHECK(outcome.code == 3);
  CHECK(outcome.err == "code-analysisctl: no supervisor is running at /nonexistent/control.sock\n");
}

TEST_CASE("a socket file that nobody listens on any more is exit code 3") {
  FakeControlSocket socket(ok);
  const auto stale = socket.folder() + "/stale.sock";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  stale.copy(address.sun_path, sizeof address.sun_path - 1);
  {
    const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  CHECK(run(stale, {"status"}).code == 3);
  ::unlink(stale.c_str());
}

TEST_CASE("shutdown returns once the supervisor has closed the connection") {
  FakeControlSocket socket([](const Json&) { return FakeReply{{R"({"ok":true})"}, true}; });
  CHECK(run(socket.path(), {"shutdown", "--now"}).code == 0);
  CHECK(socket.requests().at(0).dump() == R"({"command":"shutdown","now":true})");
}

TEST_CASE("events prints one JSON object a line, then those that follow until the connection ends") {
  FakeControlSocket socket([](const Json&) {
    return FakeReply{{R"({"ok":true,"events":[{"seq":1},{"seq":2}]})", R"({"event":{"seq":3,"event":"ready"}})"}, true};
  });
  const auto outcome = run(socket.path(), {"events", "--follow"});
  CHECK(outcome.code == 0);
  CHECK(outcome.out == "{\"seq\":1}\n{\"seq\":2}\n{\"seq\":3,\"event\":\"ready\"}\n");
  CHECK(socket.requests().at(0).dump() == R"({"command":"events","follow":true})");
}

TEST_CASE("wait sends its timeout in milliseconds and none where none is given") {
  FakeControlSocket socket(ok);
  CHECK(run(socket.path(), {"wait", "--ready", "--timeout", "5s"}).code == 0);
  CHECK(run(socket.path(), {"wait", "--ready"}).code == 0);
  CHECK(socket.requests().at(0).dump() == R"({"command":"wait","timeout_ms":5000})");
  CHECK(socket.requests().at(1).dump() == R"({"command":"wait"})");
}

TEST_CASE("what is not supported yet says so without asking anybody") {
  for (const auto& arguments : std::vector<std::vector<std::string_view>>{
           {"scale", "indexer", "3"}, {"upgrade"}, {"logs", "driver"}, {"restart", "driver", "--rolling"}}) {
    const auto outcome = run("/nonexistent/control.sock", arguments);
    CHECK(outcome.code == 1);
    CHECK(outcome.err.find("not supported yet") != std::string::npos);
  }
}

TEST_CASE("the runtime folder is taken from the printed configuration") {
  CHECK(runtime_dir_of("code_analysis:\n  state_dir: /s\n  runtime_dir: \"/run/a b\"\n").value() == "/run/a b");
  CHECK_FALSE(runtime_dir_of("other:\n  runtime_dir: /run/x\n"));
  CHECK_FALSE(runtime_dir_of("code_analysis: {runtime_dir: [1]}\n"));
  CHECK_FALSE(runtime_dir_of(": : :\n- ["));
  CHECK_FALSE(runtime_dir_of(""));
}

TEST_CASE("the option wins over the environment, and the environment over the default") {
  ::setenv("CODE_ANALYSIS_RUNTIME_DIR", "/run/env", 1);
  CHECK(find_runtime_dir("/run/option", "").value() == "/run/option");
  CHECK(find_runtime_dir("", "").value() == "/run/env");
  ::unsetenv("CODE_ANALYSIS_RUNTIME_DIR");
  CHECK(find_runtime_dir("", "").value() == "/run/code-analysis");
}

TEST_CASE("an answer that is there already counts, however late its reader is") {
  FakeControlSocket socket(ok);
  auto client = ControlClient::connect(socket.path(), Milliseconds(1000));
  REQUIRE(client);
  REQUIRE(client->send({{"command", "status"}}));
  const Instant give_up = MonotonicClock::now() + Milliseconds(5000);
  Result<std::optional<Json>> answer = client->receive(Milliseconds(0));  // its time is over before it looks
  while (!answer && MonotonicClock::now() < give_up) answer = client->receive(Milliseconds(0));
  REQUIRE(answer);
  CHECK((**answer)["ok"] == true);
}
