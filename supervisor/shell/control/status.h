// The answer to `status`.
#pragma once

#include <string>
#include <vector>

#include "supervisor/core/state.h"
#include "supervisor/plan.h"
#include "supervisor/shell/child/children.h"
#include "supervisor/shell/records/event_log.h"

namespace ca::shell {

struct StatusInput {
  const Plan& plan;
  const core::State& state;
  const Children& children;
  const std::vector<BoundListener>& listeners;
  pid_t published_pid;
  Instant started_at;
  bool is_reloading;
};

// {"supervisor": {...}, "processes": [...]} as docs/protocol.md describes. Reads /proc once a live process.
Json status_of(const StatusInput& input);

// "starting", "running", "reloading" or "stopping".
std::string supervisor_state(const StatusInput& input);

}  // namespace ca::shell
