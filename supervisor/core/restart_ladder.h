// How often and how soon a process is restarted: the memory of one process's restarts.
#pragma once

#include <cstdint>
#include <vector>

#include "common/clock.h"
#include "supervisor/core/rules.h"

namespace ca::core {

struct RestartLadder {
  // Restarts within the window, oldest first. Exact up to 256 entries; above, neighbours closer than window / 256 are
  // counted together, so that memory stays bounded whatever max_restarts is.
  struct Group {
    Instant at;
    std::uint32_t count;
    bool operator==(const Group&) const = default;
  };
  std::vector<Group> recent;
  std::uint32_t rung = 0;  // restarts since the ladder began; rung 0 restarts at once

  bool operator==(const RestartLadder&) const = default;
};

struct RestartDecision {
  bool allowed = false;      // false: limit reached, fail
  Milliseconds delay{0};
};

// Asks for one more restart at `now`, notes it when it is allowed. `random` is advanced for the jitter.
RestartDecision next_restart(RestartLadder& ladder, const RestartRules& rules, Instant now, std::uint64_t& random);

}  // namespace ca::core
