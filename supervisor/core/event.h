// Facts that the shell reports to the lifecycle. Each names the process and, where one lives, the pid it is about, so
// that a late fact about a former pid changes nothing.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <variant>

#include "common/clock.h"
#include "supervisor/core/rules.h"

namespace ca::core {

// How a process ended: exactly one of an exit code or a signal.
struct ExitStatus {
  bool signalled = false;
  int value = 0;  // exit code, or signal number where signalled

  bool operator==(const ExitStatus&) const = default;
};

// Which step of a spawn failed: stage is the system call or step ("execve", "chdir", "clone3", "open log", ...).
struct SpawnError {
  std::string stage;
  int error = 0;      // errno
  std::string path;   // what the step was about; empty where nothing

  bool operator==(const SpawnError&) const = default;
};

enum class StopMode : std::uint8_t { none, orderly, hurried, immediate };  // a ratchet: only ever raised

struct Begin {};                                             // the first event: start the tree
struct SpawnSucceeded { ProcessId process; pid_t pid; };     // exec has succeeded; reported before an exit of the same pid
struct SpawnFailed { ProcessId process; SpawnError error; }; // no process was left behind
struct SpawnNotBegun { ProcessId process; };                 // may_begin() said no when it was about to be carried out
struct BecameReady { ProcessId process; pid_t pid; };
struct StartProgressed { ProcessId process; pid_t pid; };    // a WAITING line: ready_timeout starts afresh
struct ReadinessLost { ProcessId process; pid_t pid; };      // readiness channel ended without readiness
struct Exited { ProcessId process; pid_t pid; ExitStatus status; };
struct LeftoversGone { ProcessId process; };                 // answers EndLeftovers, once for each

// Stop the whole tree. The first request (or the lifecycle's own decision) fixes reason and exit code; further ones only
// raise the mode, and `orderly` during an orderly stop means `hurried`. So the shell reports each TERM as orderly.
struct TreeStopRequested { StopMode mode; std::string reason; int exit_code = 0; };

struct ProcessStartRequested { ProcessId process; };         // by hand; also from `failed`
struct ProcessStopRequested { ProcessId process; };          // by hand
struct ProcessRestartRequested { ProcessId process; };       // by hand
// The deadline that next_deadline named is here. Only this fact lets a deadline pass, and only one that is at or before
// `facts_until`: the shell has reported every fact that it could have seen by then.
struct WokeUp { Instant facts_until = Instant::max(); };

using Event = std::variant<Begin, SpawnSucceeded, SpawnFailed, SpawnNotBegun, BecameReady, StartProgressed, ReadinessLost, Exited,
                           LeftoversGone, TreeStopRequested, ProcessStartRequested, ProcessStopRequested,
                           ProcessRestartRequested, WokeUp>;

}  // namespace ca::core
