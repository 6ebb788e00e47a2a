// What the lifecycle needs to know of the configuration: immutable values, made from the plan.
// A process is named by its index in Rules::processes, which is ordered by tier.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/clock.h"

namespace ca::core {

using ProcessId = std::uint32_t;
using Tier = std::uint8_t;

inline constexpr Tier tier_postgres = 0;
inline constexpr Tier tier_driver = 1;
inline constexpr Tier tier_workers = 2;
inline constexpr Tier tier_server = 3;
inline constexpr Tier tier_count = 4;

enum class ReadyKind : std::uint8_t { pipe, notify, none };
enum class RestartPolicy : std::uint8_t { always, on_failure, never };
enum class OnLimit : std::uint8_t { fail, slow };
enum class OnDriverRestart : std::uint8_t { keep, restart };

struct RestartRules {
  RestartPolicy policy = RestartPolicy::always;
  Milliseconds initial_delay{100};
  Milliseconds max_delay{30'000};
  double multiplier = 2;
  double jitter = 0.2;                 // a delay is drawn from [delay * (1 - jitter), delay * (1 + jitter)]
  Milliseconds reset_after{30'000};    // ready for so long: the ladder starts afresh
  std::uint32_t max_restarts = 5;      // within window
  Milliseconds window{300'000};
  OnLimit on_limit = OnLimit::fail;
  std::vector<int> give_up_on{78};     // exit codes

  bool operator==(const RestartRules&) const = default;
};

struct ProcessRules {
  std::string name;                    // "postgres", "driver", "indexer.0", ...
  Tier tier = tier_workers;
  ReadyKind ready = ReadyKind::none;
  Milliseconds ready_timeout{30'000};
  int stop_signal = 15;
  Milliseconds stop_timeout{10'000};
  bool essential = false;
  bool is_postgres = false;            // embedded cluster: hurried and immediate stops send SIGQUIT, SIGKILL 4 s later
  RestartRules restart;

  bool operator==(const ProcessRules&) const = default;
};

struct Rules {
  Milliseconds start_timeout{300'000};    // first start of the tree, from tier 0's readiness on
  Milliseconds shutdown_timeout{60'000};  // ordered shutdown, embedded PostgreSQL apart
  OnDriverRestart on_driver_restart = OnDriverRestart::keep;
  std::vector<ProcessRules> processes;    // ascending by tier

  bool operator==(const Rules&) const = default;
};

}  // namespace ca::core
