#include "supervisor/shell/control/control_server.h"

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
  explicit Connected(std::function<void(ClientId, const nlohmann::json&, Permission)> handler) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (folder_ / "s").copy(address.sun_path, sizeof address.sun_path - 1);
    ca::UniqueFd listening(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto* const raw = reinterpret_cast<const sockaddr*>(&address);
    REQUIRE(::bind(listening.get(), raw, sizeof address) == 0);
    REQUIRE(::listen(listening.get(), 4096) == 0);
    server_.emplace(loop_, [this](uid_t) { return permission; },
                    ControlServer::Calls{std::move(handler), [this](ClientId id) { gone.push_back(id); }});
    REQUIRE(server_->listen_on(std::move(listening)));
    client_ = connect();
  }

  ca::UniqueFd connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (folder_ / "s").copy(address.sun_path, sizeof address.sun_path - 1);
    ca::UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return client;
  }

  ControlServer& server() { return *server_; }
  int client() const { return client_.get(); }
  void close_client() { client_.reset(); }

  void send(const std::string& text) {
    REQUIRE(::send(client_.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  }
  // What the client reads until it is `lines` lines.
  std::string read_lines(std::ptrdiff_t lines) {
    std::string text;
    while (std::count(text.begin(), text.end(), '\n') < lines) {
      loop_.turn();
      char buffer[4096];
      const ssize_t count = ::recv(client_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
      if (count == 0) break;
      if (count > 0) text.append(buffer, static_cast<std::size_t>(count));
    }
    return text;
  }
  void turn() { loop_.turn(); }

  Permission permission = Permission::everything;  // of whoever connects next
  std::vector<ClientId> gone;

 private:
  TempFolder folder_;
  Loop loop_;
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

namespace {

// What the peer has been sent and not read yet; "end" where the connection has ended after it.
std::string rest_of(int fd) {
  char buffer[4096];
  const ssize_t count = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (count < 0) return errno == EAGAIN ? "" : "end";
  if (count == 0) return "end";
  return std::string(buffer, static_cast<std::size_t>(count)) + rest_of(fd);
}

void settle(Connected& connected) {
  for (int i = 0; i < 20; ++i) connected.turn();
}

}  // namespace

TEST_CASE("a stranger is sent one line and ends before it has asked anything") {
  Connected connected([](ClientId, const nlohmann::json&, Permission) { FAIL("a stranger's request was handled"); });
  connected.turn();
  connected.permission = Permission::nothing;
  const ca::UniqueFd stranger = connected.connect();
  ::send(stranger.get(), "{\"command\":\"status\"}\n", 21, MSG_NOSIGNAL);
  settle(connected);
  CHECK(rest_of(stranger.get()) == "{\"ok\":false,\"error\":\"permission denied\"}\nend");
  CHECK(connected.gone.empty());
}

TEST_CASE("strangers and readers without number take no place from those who may do everything") {
  int handled = 0;
  ControlServer* server = nullptr;
  Connected connected([&](ClientId client, const nlohmann::json&, Permission) {
    ++handled;
    server->reply(client, Json{{"ok", true}});
  });
  server = &connected.server();
  std::vector<ca::UniqueFd> crowd;
  for (const Permission permission : {Permission::nothing, Permission::reading}) {
    connected.permission = permission;
    for (std::size_t i = 0; i < 3 * ControlServer::places; ++i) {
      crowd.push_back(connected.connect());
      connected.turn();
    }
  }
  connected.permission = Permission::everything;
  const ca::UniqueFd root = connected.connect();
  ::send(root.get(), "{\"command\":\"status\"}\n", 21, MSG_NOSIGNAL);
  settle(connected);
  CHECK(rest_of(root.get()) == "{\"ok\":true}\n");
  CHECK(handled == 1);
}

TEST_CASE("where places run out the reader that was idle for longest ends, not one that waits for its answer") {
  std::vector<ClientId> asked;
  Connected connected([&](ClientId client, const nlohmann::json&, Permission) { asked.push_back(client); });
  connected.turn();
  connected.permission = Permission::reading;
  std::vector<ca::UniqueFd> readers;
  for (std::size_t i = 0; i < ControlServer::places; ++i) {
    readers.push_back(connected.connect());
    connected.turn();
  }
  ::send(readers[0].get(), "{\"command\":\"wait\"}\n", 19, MSG_NOSIGNAL);
  settle(connected);
  const ca::UniqueFd late = connected.connect();
  settle(connected);
  CHECK(rest_of(readers[0].get()).empty());
  CHECK(rest_of(readers[1].get()) == "end");
  CHECK(rest_of(readers[2].get()).empty());
  CHECK(rest_of(late.get()).empty());
}

TEST_CASE("a client that has gone frees its place at once while its request is pending; one that only ends its sending waits") {
  std::vector<ClientId> asked;
  Connected connected([&](ClientId client, const nlohmann::json&, Permission) { asked.push_back(client); });
  const ca::UniqueFd half = connected.connect();
  ::send(half.get(), "{\"command\":\"wait\"}\n", 19, MSG_NOSIGNAL);
  ::shutdown(half.get(), SHUT_WR);
  connected.send("{\"command\":\"wait\"}\n");
  settle(connected);
  REQUIRE(asked.size() == 2);
  CHECK(connected.gone.empty());
  connected.close_client();
  settle(connected);
  REQUIRE(connected.gone.size() == 1);
  const ClientId waiting = connected.gone[0] == asked[0] ? asked[1] : asked[0];
  connected.server().reply(waiting, Json{{"ok", true}});
  settle(connected);
  CHECK(rest_of(half.get()) == "{\"ok\":true}\nend");
  CHECK(connected.gone.size() == 2);
}

TEST_CASE("what a client asked before it hung up is done") {
  std::vector<std::string> commands;
  ControlServer* server = nullptr;
  Connected connected([&](ClientId client, const nlohmann::json& request, Permission) {
    commands.push_back(request["command"]);
    server->reply(client, Json{{"ok", true}});
  });
  server = &connected.server();
  connected.send("{\"command\":\"a\"}\n{\"command\":\"b\"}\n");
  connected.close_client();
  settle(connected);
  CHECK(commands == std::vector<std::string>{"a", "b"});
  CHECK(connected.gone.size() == 1);
}

TEST_CASE("an answer that is larger than the socket reaches a client that has ended its sending side") {
  ControlServer* server = nullptr;
  const std::string text(600'000, 'x');
  Connected connected([&](ClientId client, const nlohmann::json&, Permission) { server->reply(client, Json{{"ok", text}}); });
  server = &connected.server();
  connected.send("{\"command\":\"a\"}\n");
  ::shutdown(connected.client(), SHUT_WR);
  CHECK(connected.read_lines(1).size() > text.size());
  settle(connected);
  CHECK(connected.gone.size() == 1);
}
