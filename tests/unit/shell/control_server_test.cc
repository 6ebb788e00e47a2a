#include "supervisor/shell/control_server.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "tests/support/catch.h"
#include "tests/unit/shell/temp_folder.h"

using namespace ca::shell;

namespace {

// A server whose handler is the test's, and one client of it.
class Connected {
 public:
  explicit Connected(ControlServer::Handler handler) {
    REQUIRE(uv_loop_init(&loop_) == 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (folder_ / "s").copy(address.sun_path, sizeof address.sun_path - 1);
    ca::UniqueFd listening(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    client_ = ca::UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto* const raw = reinterpret_cast<const sockaddr*>(&address);
    REQUIRE(::bind(listening.get(), raw, sizeof address) == 0);
    REQUIRE(::listen(listening.get(), 1) == 0);
    REQUIRE(::connect(client_.get(), raw, sizeof address) == 0);
    server_.emplace(&loop_, std::move(listening), std::vector<uid_t>(), std::move(handler));
  }
  ~Connected() {
    server_.reset();
    uv_run(&loop_, UV_RUN_DEFAULT);
    uv_loop_close(&loop_);
  }

  ControlServer& server() { return *server_; }

  void send(const std::string& text) {
    REQUIRE(::send(client_.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  }
  // What the client reads until it is `lines` lines.
  std::string read_lines(std::ptrdiff_t lines) {
    std::string text;
    while (std::count(text.begin(), text.end(), '\n') < lines) {
      uv_run(&loop_, UV_RUN_NOWAIT);
      char buffer[4096];
      const ssize_t count = ::recv(client_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
      if (count == 0) break;
      if (count > 0) text.append(buffer, static_cast<std::size_t>(count));
    }
    return text;
  }
  void turn() { uv_run(&loop_, UV_RUN_NOWAIT); }

 private:
  TempFolder folder_;
  uv_loop_t loop_{};
  ca::UniqueFd client_;
  std::optional<ControlServer> server_;
};

}  // namespace

TEST_CASE("lines that have come while a request was pending are answered without recursion") {
  constexpr int line_count = 4000;
  std::optional<ClientId> pending;
  std::uintptr_t lowest = UINTPTR_MAX, highest = 0;
  int handled = 0;
  ControlServer* server = nullptr;
  Connected connected([&](ClientId client, const nlohmann::json&, Permission) {
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    if (++handled == 1) {
      pending = client;
      return;
    }
    lowest = std::min(lowest, here);
    highest = std::max(highest, here);
    server->reply(client, Json{{"ok", true}});
  });
  server = &connected.server();
  std::string lines;
  for (int i = 0; i < line_count; ++i) lines += "{\"command\":1}\n{\"command\":\"a\"}\n";
  for (std::size_t at = 0; at < lines.size(); at += 4096) {
    connected.send(lines.substr(at, 4096));
    connected.turn();
    if (pending && at > ControlServer::line_limit / 2) {
      server->reply(*pending, Json{{"ok", true}});
      pending.reset();
    }
  }
  connected.read_lines(2 * line_count);
  CHECK(handled == line_count);
  CHECK(highest - lowest < 64 << 10);
}

TEST_CASE("requests of one client are answered one after another, in order") {
  std::vector<std::string> commands;
  std::vector<ClientId> waiting;
  Connected connected([&](ClientId client, const nlohmann::json& request, Permission) {
    commands.push_back(request["command"]);
    waiting.push_back(client);
  });
  connected.send("{\"command\":\"a\"}\n{\"command\":\"b\"}\nrubbish\n");
  while (waiting.empty()) connected.turn();
  connected.turn();
  CHECK(commands == std::vector<std::string>{"a"});
  connected.server().reply(waiting[0], Json{{"ok", 1}});
  CHECK(commands == std::vector<std::string>{"a", "b"});
  connected.server().reply(waiting[1], Json{{"ok", 2}});
  CHECK(connected.read_lines(3) == "{\"ok\":1}\n{\"ok\":2}\n{\"ok\":false,\"error\":\"not a JSON object with a command: not JSON at byte 1\"}\n");
}

TEST_CASE("a request that nests deeper than 64 levels is refused and the next one is answered") {
  int handled = 0;
  Connected connected([&](ClientId client, const nlohmann::json&, Permission) {
    ++handled;
    connected.server().reply(client, Json{{"ok", true}});
  });
  const std::string deep(20'000, '[');
  std::string objects = "{\"command\":\"a\"";
  for (int i = 0; i < 10'000; ++i) objects += ",\"a\":{\"a\":1";
  connected.send(deep + "\n" + deep + std::string(20'000, ']') + "\n" + objects.substr(0, 60'000) + "\n{\"command\":\"b\"}\n");
  const std::string refused = "{\"ok\":false,\"error\":\"not a JSON object with a command: nested deeper than 64 levels\"}\n";
  CHECK(connected.read_lines(4) == refused + refused + refused + "{\"ok\":true}\n");
  CHECK(handled == 1);
}
