// Orders that the lifecycle gives to the shell, carried out in the order given.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <variant>

#include "supervisor/core/event.h"
#include "supervisor/core/rules.h"

namespace ca::core {

// Start the process; answered by SpawnSucceeded, SpawnFailed or SpawnNotBegun, at once or later. The shell asks may_begin()
// at the moment at which it carries this out.
struct Spawn { ProcessId process; };
// Send a signal to a live child; the shell sends SIGCONT after it, so that a stopped child obeys.
struct Signal { ProcessId process; pid_t pid; int signal; };
// SIGKILL for a live child. Its exit is reported as usual.
struct Kill { ProcessId process; pid_t pid; };
// End what an exited process left behind (adopted descendants); answered by LeftoversGone.
struct EndLeftovers { ProcessId process; };

enum class Record : std::uint8_t {
  spawned, spawn_failed, ready, ready_timeout, exited, stop_requested, killed, backoff, failed,
  tier_ready, tier_stopped, shutdown_started,
};

// A line of the event log; written before the orders after it are carried out. Fields that do not apply are empty.
struct Announce {
  Record record;
  std::optional<ProcessId> process;
  std::optional<Tier> tier;                // set for every record but shutdown_started
  std::optional<pid_t> pid;
  std::optional<ExitStatus> status;        // exited
  bool expected = false;                   // exited: we had asked for it
  std::optional<SpawnError> spawn_error;   // spawn_failed
  std::optional<int> signal;               // stop_requested
  std::optional<Milliseconds> delay;       // backoff
  std::string reason;                      // failed, shutdown_started: one line for a person
};

// The tree was ready for the first time (sd_notify READY=1, --daemonize returns).
struct TreeReady {};
// Everything has exited: clean up and exit with this code. Given once, last.
struct Exit { int code; };

using Action = std::variant<Spawn, Signal, Kill, EndLeftovers, Announce, TreeReady, Exit>;

}  // namespace ca::core
