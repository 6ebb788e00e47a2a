// The commands of the control socket. Some are answered at once; `start`, `stop`, `restart`, `reload` and `wait` when
// what they ask for has come about, or cannot.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/core/event.h"
#include "supervisor/core/state.h"
#include "supervisor/plan.h"
#include "supervisor/shell/control/control_server.h"
#include "supervisor/shell/io/loop.h"

namespace ca::shell {

// What the commands need of the supervisor.
struct ControlHost {
  const Plan& plan;
  const core::State& state;
  EventLog& events;
  std::function<void(const core::Event&)> feed;
  std::function<Json()> status;
  std::function<std::optional<pid_t>(core::ProcessId)> pid;
  // Reads the configuration again, after the reload that runs if there is one. Returns the number of the reload that does
  // it, for reload_done(); nullopt: refused, a shutdown is under way.
  std::function<std::optional<std::uint64_t>()> start_reload;
};

class ControlCommands {
 public:
  ControlCommands(Loop& loop, ControlHost host);
  ~ControlCommands() { host_.events.on_event({}); }
  ControlCommands(const ControlCommands&) = delete;
  ControlCommands& operator=(const ControlCommands&) = delete;

  // See ControlServer.
  Status listen_on(UniqueFd listening) { return server_.listen_on(std::move(listening)); }
  // The state may have changed: answers what can be answered now.
  void look();
  void reload_done(std::uint64_t number, bool applied, const std::vector<std::string>& errors);

 private:
  enum class Wish { run, stay_down, tree_ready, reload };
  struct Pending {
    ClientId client;
    Wish wish;
    std::vector<core::ProcessId> processes;
    std::optional<Instant> until;
    std::uint64_t reload = 0;  // its number
  };

  void handle(ClientId client, const nlohmann::json& request, Permission permission);
  void forget(ClientId client);
  void ask_processes(ClientId client, const nlohmann::json& request, const std::string& command);
  void send_signal(ClientId client, const nlohmann::json& request);
  void send_events(ClientId client, const nlohmann::json& request);
  void shut_down(ClientId client, const nlohmann::json& request);
  void wait(ClientId client, const nlohmann::json& request);
  void reload(ClientId client);
  std::vector<core::ProcessId> named(const nlohmann::json& request) const;
  std::optional<Json> answer(const Pending& pending) const;
  void time_is_over();
  std::optional<Json> answer_run(const Pending& pending) const;
  std::optional<Json> answer_stay_down(const Pending& pending) const;
  void arm();

  ControlHost host_;
  std::vector<Pending> pending_;
  std::vector<ClientId> followers_;
  Loop& loop_;
  Timer timer_;
  ControlServer server_;
};

}  // namespace ca::shell
