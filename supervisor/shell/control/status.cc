#include "supervisor/shell/control/status.h"

#include <unistd.h>

#include <version.h>

#include "common/posix.h"
#include "supervisor/core/describe.h"
#include "supervisor/shell/child/procfs.h"

namespace ca::shell {

namespace {

std::int64_t milliseconds_since(Instant then) {
  return std::chrono::duration_cast<Milliseconds>(MonotonicClock::now() - then).count();
}

Json last_exit_of(const Children::View& child) {
  if (!child.last_exit) return nullptr;
  Json exit;
  if (child.last_exit->signalled) {
    exit["signal"] = signal_name(child.last_exit->value);
  } else {
    exit["code"] = child.last_exit->value;
  }
  exit["at"] = child.last_exit_time;
  return exit;
}

Json process_of(const StatusInput& input, core::ProcessId id) {
  const core::ProcessRules& rules = input.plan.rules.processes[id];
  const core::ProcessState& state = input.state.processes[id];
  const Children::View& child = input.children.view(id);
  const auto stat = child.pid != 0 ? process_stat(child.pid) : std::nullopt;
  Json process;
  process["name"] = rules.name;
  process["tier"] = rules.tier;
  process["state"] = core::place_name(state.place);
  process["pid"] = child.pid != 0 ? Json(child.pid) : Json(nullptr);
  process["ready"] = std::holds_alternative<core::Ready>(state.place);
  process["uptime_ms"] = child.pid != 0 ? milliseconds_since(child.spawned_at) : 0;
  process["restarts"] = state.restarts;
  process["last_exit"] = last_exit_of(child);
  process["rss_bytes"] = stat ? stat->rss_bytes : 0;
  process["cpu_ms"] = stat ? stat->cpu_ms : 0;
  process["listen"] = Json::array();
  for (const std::uint32_t index : input.plan.launches[id].listeners) {
    process["listen"].push_back(input.listeners[index].address);
  }
  process["builtin"] = !input.plan.launches[id].config_json.empty();
  process["status_text"] = child.status_text.empty() ? Json(nullptr) : Json(child.status_text);
  return process;
}

}  // namespace

std::string supervisor_state(const StatusInput& input) {
  const std::string state = core::tree_state_name(input.state);
  return state == "running" && input.is_reloading ? "reloading" : state;
}

Json status_of(const StatusInput& input) {
  Json supervisor;
  supervisor["pid"] = input.published_pid;
  supervisor["version"] = CODE_ANALYSIS_VERSION;
  supervisor["state"] = supervisor_state(input);
  supervisor["uptime_ms"] = milliseconds_since(input.started_at);
  supervisor["config"] = input.plan.config_path;
  supervisor["degraded"] = Json::array();
  for (const core::ProcessId id : core::degraded(input.state)) {
    supervisor["degraded"].push_back(input.plan.rules.processes[id].name);
  }
  Json processes = Json::array();
  for (core::ProcessId id = 0; id < input.plan.rules.processes.size(); ++id) processes.push_back(process_of(input, id));
  Json status;
  status["supervisor"] = std::move(supervisor);
  status["processes"] = std::move(processes);
  return status;
}

}  // namespace ca::shell
