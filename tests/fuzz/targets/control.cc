// The control socket: whatever a client sends, each of its lines is answered by one line of JSON, in order, or its connection
// ends. The commands act on a tree that is made up. 0xff in the input is a pause, in which the tree changes.
#include <unistd.h>

#include <csignal>

#include <nlohmann/json.hpp>

#include "supervisor/shell/control/control_commands.h"
#include "tests/fuzz/targets/socket_ends.h"

namespace {

using namespace ca;

Plan made_up_plan() {
  Plan plan;
  for (const char* name : {"driver", "indexer.0", "indexer.1", "server"}) {
    core::ProcessRules process;
    process.name = name;
    plan.rules.processes.push_back(process);
  }
  return plan;
}

class World {
 public:
  World() : address_("ca-fuzz-control-" + std::to_string(::getpid())), events_({"", 1 << 20, 0}) {
    ::signal(SIGPIPE, SIG_IGN);  // as in the supervisor
    state_.processes.resize(plan_.rules.processes.size());
    shell::ControlHost host{plan_, state_, events_, [this](const core::Event&) { change(); },
                            [] { return shell::Json{{"supervisor", nullptr}}; },
                            [](core::ProcessId) { return std::optional<pid_t>(); }, [this] { return (reload_allowed_ ^= true) ? std::optional<std::uint64_t>(1) : std::nullopt; }};
    commands_ = std::make_unique<shell::ControlCommands>(loop_, std::move(host));
    CA_CHECK(commands_->listen_on(listen_on(address_)));
  }
  void run(std::string_view input) {
    UniqueFd client = connect_to(address_);
    turns();
    fuzz::Input parts(input);
    std::string received, sent;
    bool open = true;
    while (open && !parts.empty()) {
      const std::string_view piece = parts.until('\xff');
      sent.append(piece);
      fuzz::send_some(client, piece);
      turns();
      open = fuzz::receive_all(client, received);
      change();
      commands_->look();
      turns();
    }
    commands_->reload_done(1, true, {});
    turns();
    fuzz::receive_all(client, received);
    check(received, sent);
    client.reset();
    turns();
    commands_->look();  // forgets what the client still waited for
  }

 private:
  static UniqueFd connect_to(const fuzz::AbstractAddress& address) { return fuzz::connect_to(address); }
  static UniqueFd listen_on(const fuzz::AbstractAddress& address) { return fuzz::listen_on(address); }

  void turns() {
    for (int count = 0; count < 40; ++count) loop_.turn();
  }

  // Another place for a process, in turn.
  void change() {
    const core::Place places[] = {core::Waiting{}, core::Ready{1, {}}, core::Backoff{{}}, core::Failed{}, core::Stopped{}};
    core::ProcessState& process = state_.processes[changes_ % state_.processes.size()];
    process.place = places[changes_ / 3 % std::size(places)];
    events_.append("ready", shell::Json{{"process", "driver"}});
    ++changes_;
  }

  static void check(std::string_view received, std::string_view sent) {
    std::size_t answers = 0;
    fuzz::Input lines(received);
    while (lines.rest().find('\n') != std::string_view::npos) {
      const auto line = nlohmann::json::parse(lines.until('\n'), nullptr, false);
      CA_CHECK(line.is_object() && (line.contains("ok") || line.contains("event")));
      if (!line.contains("ok")) continue;
      CA_CHECK(line["ok"].is_boolean() && (line["ok"] == true || line["error"].is_string()));
      ++answers;
    }
    const auto asked = static_cast<std::size_t>(std::count(sent.begin(), sent.end(), '\n'));
    CA_CHECK(answers <= asked + 1);  // one more: a line that is too long is refused before it ends
  }

  shell::Loop loop_;
  Plan plan_ = made_up_plan();
  core::State state_;
  fuzz::AbstractAddress address_;
  shell::EventLog events_;
  std::unique_ptr<shell::ControlCommands> commands_;
  std::size_t changes_ = 0;
  bool reload_allowed_ = false;
};

}  // namespace

CA_FUZZ_TARGET(control) {
  static World world;
  world.run(input);
}
