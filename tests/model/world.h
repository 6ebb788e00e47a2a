// The production state together with its surroundings: what really lives, what was asked, and what a fair observer
// remembers. The observer's part is kept by the actions and events alone, never read from the production state, so that
// the two can be compared.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/core/lifecycle.h"

namespace ca::model {

using core::ProcessId;
using core::Tier;

// A time as long as this never passes within an exploration: nothing that it bounds is explored.
inline constexpr Milliseconds endless{3'600'000};

// What is configured, and what the surroundings may do in this exploration.
struct Configuration {
  std::string name;
  core::Rules rules;
  std::vector<core::ExitStatus> exits;     // ways in which a live process may end by itself
  std::vector<core::StopMode> stops;       // requests to stop the tree
  std::vector<ProcessId> by_hand;          // processes that may be started, stopped and restarted by hand
  std::vector<ProcessId> twins;            // two processes with equal rules: their order does not matter
  bool progress = false;                   // a starting process may say that it waits
  Milliseconds pass{0};                    // time may also pass by so much without a deadline; 0: it may not
};

enum class Life : std::uint8_t { none, spawning, alive, leftovers };

// What the observer knows of one process.
struct Seen {
  Life life = Life::none;
  bool ready = false;
  bool told = false;              // a stop signal was sent
  bool quit = false;              // SIGQUIT was sent
  bool killed = false;
  bool wanted_down = false;       // stopped by hand and not started since
  bool wanted_again = false;      // to be started again by hand once it is down
  bool resting = false;           // failed for good, or its work is done
  bool own_failure = false;       // its readiness failed: the stop is its own fault
  bool failed_before = false;     // its last end was a failure (decides the delay of the next spawn)
  std::uint8_t rung = 0;          // failures since it last proved itself or was started by hand
  std::uint8_t restarts = 0;      // restarts of its own since it was last started by hand
  Instant told_at{};              // told
  Instant quit_at{};              // quit
  Instant ready_by{};             // alive and not ready
  Instant ready_at{};             // ready
  Instant ended_at{};             // failed_before

  bool operator==(const Seen&) const = default;
};

// What the observer knows of the tree.
struct SeenTree {
  bool begun = false;
  bool stopping = false;
  core::StopMode mode = core::StopMode::none;
  bool ready_once = false;
  bool exited = false;
  bool driver_failed = false;              // under on_driver_restart = restart, and something above is still there
  std::uint8_t exit_code = 0;
  std::uint8_t tiers_ready = 0;            // tier_ready without tier_stopped
  std::uint8_t tiers_started = 0;          // spawned without tier_stopped
  std::optional<Instant> start_by;         // start_timeout, while it runs
  Instant stopped_at{};                    // stopping
  Instant hurried_at{};                    // mode is hurried or more

  bool operator==(const SeenTree&) const = default;
};

struct World {
  core::State state;
  std::vector<Seen> seen;
  SeenTree tree;
  Instant now{};
};

World first_world(const Configuration& configuration);

// The pid that a process has whenever it lives. Late facts are made with another one.
inline pid_t pid_of_process(ProcessId id) { return static_cast<pid_t>(10 + id); }
inline constexpr pid_t stale_pid = 9999;

// Something that may happen next.
struct Move {
  core::Event event;
  Milliseconds pass{0};    // time that passes before it
  std::string text;        // for a trace
  bool is_late = false;    // it was there before a deadline and is seen after it: the wake-up follows at once
};

// All that may happen in this world, each of which a real shell could report.
std::vector<Move> moves(const Configuration& configuration, const World& world);

// Facts that must change nothing here: of a former pid, repeated, unasked.
std::vector<core::Event> stale_facts(const World& world);

bool tier_gone(const Configuration& configuration, const World& world, Tier tier);
bool above_gone(const Configuration& configuration, const World& world, Tier tier);
// As docs/lifecycle.md says it, judged by what was seen.
bool tier_carries(const Configuration& configuration, const World& world, Tier tier);
bool tier_complete(const Configuration& configuration, const World& world, Tier tier);

// One line for a person.
std::string describe(const Configuration& configuration, const World& world);

}  // namespace ca::model
