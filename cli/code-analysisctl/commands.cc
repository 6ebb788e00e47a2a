#include "cli/code-analysisctl/commands.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "cli/code-analysisctl/mcp_bridge.h"
#include "cli/code-analysisctl/projects_program.h"
#include "cli/code-analysisctl/status_table.h"
#include "common/check.h"
#include "common/control_client.h"
#include "common/printable.h"

namespace ca::ctl {

namespace {

constexpr Milliseconds connect_timeout{5'000};
constexpr Milliseconds reply_timeout{10'000};     // of the commands that the supervisor answers at once
constexpr Milliseconds start_grace{2'000};

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

int fail(const std::string& reason) {
  fmt::print(stderr, "code-analysisctl: {}\n", printable_lines(reason));
  return exit_failed;
}

int fail(const Error& error, const std::string& socket_path) {
  if (!means_not_running(error)) return fail(error.message);
  fmt::print(stderr, "code-analysisctl: no supervisor is running at {}\n", printable(socket_path));
  return exit_not_running;
}

std::string reason_of(const Json& reply) {
  const auto error = reply.find("error");
  return error != reply.end() && error->is_string() ? error->get<std::string>() : "refused without a reason";
}

bool is_ok(const Json& reply) {
  const auto ok = reply.find("ok");
  return ok != reply.end() && ok->is_boolean() && ok->get<bool>();
}

std::string line_of(const Json& value, int indent = -1) {
  return printable_json(value.dump(indent, ' ', false, Json::error_handler_t::replace)) + "\n";
}

std::int64_t unix_time_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

// Asks and prints nothing but the reason of a refusal.
int ask_and_report(ControlClient& client, const Json& request, std::optional<Milliseconds> timeout) {
  auto reply = client.ask(request, timeout);
  if (!reply) return fail(reply.error().message);
  return is_ok(*reply) ? exit_done : fail(reason_of(*reply));
}

constexpr Milliseconds projects_timeout{1'000};
constexpr std::size_t projects_limit = 64u << 20;

// How far each project's index is and which files were given up on; nothing where the tree has no database of ours.
std::string projects_text(const Json& tree) {
  if (!has_own_driver(tree)) return "";
  const auto environment = driver_environment(tree);
  const auto text = environment ? ask_projects_program({"status"}, *environment, projects_timeout)
                                : Result<std::string>(tl::unexpected(environment.error()));
  return printable_lines("\n" + (text ? *text : "projects: not known: " + text.error().message + "\n"));
}

Json with_projects(Json tree) {
  const auto environment = driver_environment(tree);
  if (!environment || !has_own_driver(tree)) return tree;
  const auto text = ask_projects_program({"status", "--json"}, *environment, projects_timeout);
  const auto answer = text ? parse_json(*text, projects_limit) : Result<Json>(Json());
  if (answer && answer->is_object()) tree.update(*answer);
  return tree;
}

int run_projects_program(ControlClient& client, const Invocation& invocation) {
  auto reply = client.ask({{"command", "status"}}, reply_timeout);
  if (!reply) return fail(reply.error().message);
  if (!is_ok(*reply)) return fail(reason_of(*reply));
  const auto environment = driver_environment((*reply)["status"]);
  if (!environment) return fail(environment.error().message);
  std::vector<std::string> arguments = invocation.operands;
  if (*invocation.verb == Verb::verify) arguments.insert(arguments.begin(), "verify");
  return fail(become_projects_program(arguments, *environment).message);
}

int status(ControlClient& client, const Invocation& invocation) {
  const bool on_terminal = ::isatty(STDOUT_FILENO) == 1;
  const bool colour = on_terminal && std::getenv("NO_COLOR") == nullptr;
  for (bool first = true;; first = false) {
    auto reply = client.ask({{"command", "status"}}, reply_timeout);
    if (!reply && !first && reply.error().code == EPIPE) {
      fmt::print(stderr, "code-analysisctl: the supervisor has ended\n");
      return exit_not_running;
    }
    if (!reply) return fail(reply.error().message);
    if (!is_ok(*reply)) return fail(reason_of(*reply));
    const Json& tree = (*reply)["status"];
    if (invocation.json) {
      print(line_of(with_projects(tree), invocation.watch ? -1 : 2));
    } else {
      const auto table = status_table(tree, {colour, unix_time_ms()}) + projects_text(tree);
      print((invocation.watch && on_terminal ? "\033[H\033[2J" : first ? "" : "\n") + table);
    }
    if (!invocation.watch) return exit_done;
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

int events(ControlClient& client, bool follow) {
  auto reply = client.ask({{"command", "events"}, {"follow", follow}}, reply_timeout);
  if (!reply) return fail(reply.error().message);
  if (!is_ok(*reply)) return fail(reason_of(*reply));
  std::string lines;
  for (const auto& event : (*reply)["events"]) lines += line_of(event);
  print(lines);
  while (follow) {
    auto next = client.receive(std::nullopt);
    if (!next) return fail(next.error().message);
    if (!*next) return exit_done;
    if ((*next)->contains("event")) print(line_of((**next)["event"]));
  }
  return exit_done;
}

// The answer comes when the shutdown has begun; it is done when the supervisor closes the connection.
int shutdown(ControlClient& client, bool now) {
  auto reply = client.ask({{"command", "shutdown"}, {"now", now}}, reply_timeout);
  if (!reply) return fail(reply.error().message);
  if (!is_ok(*reply)) return fail(reason_of(*reply));
  for (;;) {
    auto next = client.receive(std::nullopt);
    if (!next) return fail(next.error().message);
    if (!*next) return exit_done;
  }
}

int wait_ready(ControlClient& client, std::optional<Milliseconds> timeout) {
  Json request{{"command", "wait"}};
  if (timeout) request["timeout_ms"] = timeout->count();
  std::optional<Milliseconds> bound;
  if (timeout) bound = *timeout + reply_timeout;
  return ask_and_report(client, request, bound);
}

Result<ControlClient> connect(const std::string& socket_path, Milliseconds grace) {
  const auto deadline = MonotonicClock::now() + grace;
  for (;;) {
    auto client = ControlClient::connect(socket_path, connect_timeout);
    if (client || !means_not_running(client.error()) || MonotonicClock::now() >= deadline) return client;
    std::this_thread::sleep_for(Milliseconds(20));
  }
}

int not_supported(const char* what) { return fail(std::string(what) + ": not supported yet"); }

int run_connected(ControlClient& client, const Invocation& invocation) {
  const auto& operands = invocation.operands;
  switch (*invocation.verb) {
    case Verb::status: return status(client, invocation);
    case Verb::start: return ask_and_report(client, {{"command", "start"}, {"process", operands[0]}}, std::nullopt);
    case Verb::stop: return ask_and_report(client, {{"command", "stop"}, {"process", operands[0]}}, std::nullopt);
    case Verb::restart: return ask_and_report(client, {{"command", "restart"}, {"process", operands[0]}}, std::nullopt);
    case Verb::signal:
      return ask_and_report(client, {{"command", "signal"}, {"process", operands[0]}, {"signal", operands[1]}},
                            reply_timeout);
    case Verb::reload: return ask_and_report(client, {{"command", "reload"}}, std::nullopt);
    case Verb::shutdown: return shutdown(client, invocation.now);
    case Verb::events: return events(client, invocation.follow);
    case Verb::wait: return wait_ready(client, invocation.timeout);
    case Verb::project:
    case Verb::verify: return run_projects_program(client, invocation);
    case Verb::mcp:
    case Verb::scale:
    case Verb::upgrade:
    case Verb::logs: break;  // run_command has dealt with them
  }
  return exit_failed;
}

}  // namespace

int run_command(const Invocation& invocation, const std::string& socket_path) {
  CA_CHECK(invocation.verb.has_value());
  if (invocation.rolling) return not_supported("restart --rolling");
  if (*invocation.verb == Verb::scale) return not_supported("scale");
  if (*invocation.verb == Verb::upgrade) return not_supported("upgrade");
  if (*invocation.verb == Verb::logs) return not_supported("logs");
  if (*invocation.verb == Verb::mcp) return run_mcp_bridge(socket_path, std::cin, std::cout);
  Milliseconds grace{0};
  if (*invocation.verb == Verb::wait) grace = std::min(start_grace, invocation.timeout.value_or(start_grace));
  auto client = connect(socket_path, grace);
  if (!client) return fail(client.error(), socket_path);
  return run_connected(*client, invocation);
}

}  // namespace ca::ctl
