// Questions about a state, for status, readyz and the events that others wait for.
#pragma once

#include <vector>

#include "supervisor/core/action.h"
#include "supervisor/core/rules.h"
#include "supervisor/core/state.h"

namespace ca::core {

// The tier was ready as a whole since it was last stopped, and each essential process of it is ready, or was stopped by
// hand, or its work is done. What the tiers above need in order to start.
bool tier_carries(const Rules& rules, const State& state, Tier tier);

// Every tier carries, and nothing takes the tree or the tiers above the driver down. A worker in back-off does not take it back (it is degraded).
bool tree_ready(const Rules& rules, const State& state);

// What is failed, in back-off or stopped by hand, in the order of the rules.
std::vector<ProcessId> degraded(const State& state);

// Whether `start` or `restart` by hand is accomplished: it is ready and nothing else was asked for meanwhile.
bool is_running_as_asked(const ProcessState& process);

// The event's name in the event log.
const char* record_name(Record record);

// "starting", "running" or "stopping", as status names the supervisor's state ("reloading" is the shell's to add).
// After the first start it is "running" even while something restarts.
const char* tree_state_name(const State& state);

}  // namespace ca::core
