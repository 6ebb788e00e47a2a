#include "supervisor/core/lifecycle.h"

#include "common/check.h"
#include "supervisor/core/describe.h"
#include "supervisor/core/turn.h"

namespace ca::core {

State initial_state(const Rules& rules, std::uint64_t seed) {
  State state;
  state.processes.resize(rules.processes.size());
  state.random = seed;
  return state;
}

bool may_begin(const Rules& rules, const State& state, ProcessId process) {
  if (state.stop != StopMode::none || state.processes[process].intent != Intent::run) return false;
  for (Tier below = 0; below < rules.processes[process].tier; ++below) {
    if (!tier_carries(rules, state, below)) return false;
  }
  return true;
}

std::vector<Action> step(const Rules& rules, State& state, const Event& event, Instant now) {
  CA_CHECK(state.processes.size() == rules.processes.size());
  if (state.exit_ordered) return {};
  Turn turn(rules, state, now);
  turn.record(event);
  turn.expire();
  turn.reconcile();
  return turn.take_actions();
}

}  // namespace ca::core
