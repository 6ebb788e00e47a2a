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

// Told to stop: how strictly (only ever raised), when SIGKILL follows, whether it went out already (then the deadline
// means nothing), and whether the stop itself counts as a failure (ready_timeout, readiness lost).
struct Stopping {
  pid_t pid;
  Instant deadline;
  StopMode mode;
  bool killed;
  bool failure;
  bool operator==(const Stopping&) const = default;
};

// What an exit means for what comes next, as long as nobody asks for something else meanwhile.
enum class Outcome : std::uint8_t {
  asked,    // we had told it to stop
  done,     // exit code 0 after it was ready, and the policy lets it rest
  failure,  // counts as a restart
  give_up,  // an exit code in give_up_on
};

// Exited at `since`; what it left behind is being ended.
struct Clearing { Instant since; Outcome outcome; bool operator==(const Clearing&) const = default; };
struct Backoff { Instant until; bool operator==(const Backoff&) const = default; };
struct Stopped { bool operator==(const Stopped&) const = default; };      // by hand, by shutdown, or its work is done
struct Failed { bool operator==(const Failed&) const = default; };        // for good, until started by hand

using Place = std::variant<Waiting, Spawning, Starting, Ready, Stopping, Clearing, Backoff, Stopped, Failed>;

// What was asked by hand, apart from where the process is. `stay_down` holds until it is started by hand; `restart`
// becomes `run` as soon as the old process is down.
enum class Intent : std::uint8_t { run, stay_down, restart };

struct ProcessState {
  Place place = Waiting{};
  Intent intent = Intent::run;
  RestartLadder ladder;
  std::uint64_t restarts = 0;            // automatic ones, since the supervisor started
  std::optional<ExitStatus> last_exit;

  bool operator==(const ProcessState&) const = default;
};

struct State {
  std::vector<ProcessState> processes;   // same index as Rules::processes
  StopMode stop = StopMode::none;        // of the whole tree
  int exit_code = 0;                     // means something once stop is set
  bool begun = false;
  bool first_start_done = false;         // the whole tree was ready once
  bool cycling = false;                  // the driver died and on_driver_restart takes the tiers above it down
  bool overdue = false;                  // shutdown_timeout is over: SIGKILL for all but postgres
  bool exit_ordered = false;
  std::uint8_t tiers_up = 0;             // bit per tier: was ready as a whole since it was last stopped
  std::uint8_t tiers_started = 0;        // bit per tier: one of its processes was spawned since it was last stopped
  std::optional<Instant> start_deadline;
  std::optional<Instant> shutdown_deadline;
  std::uint64_t random = 0;              // for jitter; advanced by each draw

  bool operator==(const State&) const = default;
};

// Names as they stand in status and documentation: waiting, starting, ready, stopping, stopped, backoff, failed.
const char* place_name(const Place& place);
std::optional<pid_t> pid_of(const Place& place);

}  // namespace ca::core
