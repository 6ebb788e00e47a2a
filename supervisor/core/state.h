// The whole state of the tree as plain values: no handles, no clocks, no pointers, so that every interleaving can be
// explored and the state could be written out and read by a newer program.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/clock.h"
#include "supervisor/core/event.h"
#include "supervisor/core/restart_ladder.h"
#include "supervisor/core/rules.h"

namespace ca::core {

// Where a process is. A pid outside of a live state cannot be written.
struct Waiting { bool operator==(const Waiting&) const = default; };      // for a lower tier, or for its first start
struct Spawning { bool operator==(const Spawning&) const = default; };    // Spawn was ordered, no answer yet
struct Starting { pid_t pid; Instant deadline; bool operator==(const Starting&) const = default; };
struct Ready { pid_t pid; Instant since; bool operator==(const Ready&) const = default; };
struct Stopping { pid_t pid; Instant deadline; bool killed; bool operator==(const Stopping&) const = default; };
struct Clearing { bool operator==(const Clearing&) const = default; };    // exited; what it left behind is being ended
struct Backoff { Instant until; bool operator==(const Backoff&) const = default; };
struct Stopped { bool operator==(const Stopped&) const = default; };      // by hand, by shutdown, or its work is done
struct Failed { bool operator==(const Failed&) const = default; };        // for good, until started by hand

using Place = std::variant<Waiting, Spawning, Starting, Ready, Stopping, Clearing, Backoff, Stopped, Failed>;

// Why it is being stopped or kept down, apart from where it is.
enum class Intent : std::uint8_t { run, stay_down, restart };

struct LastExit {
  ExitStatus status;
  bool operator==(const LastExit&) const = default;
};

struct ProcessState {
  Place place = Waiting{};
  Intent intent = Intent::run;
  bool failure_pending = false;       // the running stop counts as a failure (ready_timeout, readiness lost)
  RestartLadder ladder;
  std::uint64_t restarts = 0;         // since the supervisor started
  std::optional<LastExit> last_exit;

  bool operator==(const ProcessState&) const = default;
};

struct State {
  std::vector<ProcessState> processes;   // same index as Rules::processes
  StopMode stop = StopMode::none;
  int exit_code = 0;
  bool begun = false;
  bool first_start_done = false;         // the whole tree was ready once
  bool exit_ordered = false;
  std::uint8_t tiers_up = 0;             // bit per tier: was ready as a whole since it was last stopped
  std::optional<Instant> start_deadline;
  std::optional<Instant> shutdown_deadline;
  std::uint64_t random = 0x9e3779b97f4a7c15;  // for jitter

  bool operator==(const State&) const = default;
};

// Names as they stand in status and documentation: waiting, starting, ready, stopping, stopped, backoff, failed.
const char* place_name(const Place& place);
std::optional<pid_t> pid_of(const Place& place);

}  // namespace ca::core
