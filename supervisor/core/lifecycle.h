// The lifecycle of the tree as a pure function: facts in, orders out, time as an argument. docs/lifecycle.md states in
// prose what it does; tests/model explores it.
#pragma once

#include <optional>
#include <vector>

#include "common/clock.h"
#include "supervisor/core/action.h"
#include "supervisor/core/event.h"
#include "supervisor/core/rules.h"
#include "supervisor/core/state.h"

namespace ca::core {

// A state in which nothing has started. `seed` feeds the jitter.
State initial_state(const Rules& rules, std::uint64_t seed);

// Records the fact, expires deadlines where the fact is WokeUp, then moves every process one step towards the goal.
// Total: any event is legal in any state; stale pids, repeated events and early wake-ups change nothing.
// REQUIRES: state was made for these rules; process ids are in range.
std::vector<Action> step(const Rules& rules, State& state, const Event& event, Instant now);

// Returns true if a Spawn that was ordered and not carried out yet would be ordered now as well.
bool may_begin(const Rules& rules, const State& state, ProcessId process);

// When the shell must send WokeUp at the latest; nothing to wait for: nullopt.
std::optional<Instant> next_deadline(const Rules& rules, const State& state);

}  // namespace ca::core
