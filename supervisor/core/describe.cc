#include "supervisor/core/describe.h"

namespace ca::core {

bool tier_carries(const Rules& rules, const State& state, Tier tier) {
  if (!(state.tiers_up & 1u << tier)) return false;
  for (ProcessId id = 0; id < rules.processes.size(); ++id) {
    if (rules.processes[id].tier != tier || !rules.processes[id].essential) continue;
    const Place& place = state.processes[id].place;
    if (!std::holds_alternative<Ready>(place) && !std::holds_alternative<Stopped>(place)) return false;
  }
  return true;
}

bool tree_ready(const Rules& rules, const State& state) {
  if (state.stop != StopMode::none || state.cycling) return false;
  for (Tier tier = 0; tier < tier_count; ++tier) {
    if (!tier_carries(rules, state, tier)) return false;
  }
  return true;
}

std::vector<ProcessId> degraded(const State& state) {
  std::vector<ProcessId> found;
  for (ProcessId id = 0; id < state.processes.size(); ++id) {
    const ProcessState& it = state.processes[id];
    const bool by_hand = std::holds_alternative<Stopped>(it.place) && it.intent == Intent::stay_down;
    if (by_hand || std::holds_alternative<Failed>(it.place) || std::holds_alternative<Backoff>(it.place)) {
      found.push_back(id);
    }
  }
  return found;
}

bool is_running_as_asked(const ProcessState& process) {
  return std::holds_alternative<Ready>(process.place) && process.intent == Intent::run;
}

const char* record_name(Record record) {
  switch (record) {
    case Record::spawned: return "spawned";
    case Record::spawn_failed: return "spawn_failed";
    case Record::ready: return "ready";
    case Record::ready_timeout: return "ready_timeout";
    case Record::exited: return "exited";
    case Record::stop_requested: return "stop_requested";
    case Record::killed: return "killed";
    case Record::backoff: return "backoff";
    case Record::failed: return "failed";
    case Record::tier_ready: return "tier_ready";
    case Record::tier_stopped: return "tier_stopped";
    case Record::shutdown_started: return "shutdown_started";
  }
  return "unknown";
}

const char* tree_state_name(const State& state) {
  if (state.stop != StopMode::none) return "stopping";
  return state.first_start_done ? "running" : "starting";
}

}  // namespace ca::core
