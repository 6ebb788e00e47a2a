// A tree without processes: keeps rules, state and a clock, feeds events to the production `step` and remembers what was
// ordered as short lines ("spawn driver", "signal driver 15", "kill driver", "clear driver", "tree ready", "exit 0") and
// what was announced ("driver backoff 100", "tier 1 tier_ready", "shutdown_started").
#pragma once

#include <string>
#include <vector>

#include "supervisor/core/lifecycle.h"

namespace ca::core {

// Rules of one process with short, even times: ready_timeout 2 s, stop_timeout 1 s, restart 100 ms doubling to 800 ms
// without jitter, 3 restarts in 10 s.
ProcessRules process_rules(const std::string& name, Tier tier, bool essential = false);

// driver (essential), two workers, server (essential); all of them must report readiness.
Rules small_tree();

class FakeTree {
 public:
  explicit FakeTree(Rules the_rules);

  // Each returns what was ordered, joined with ", ".
  std::string begin() { return feed(Begin{}); }
  std::string feed(const Event& event);
  std::string spawned(const std::string& name);          // gives it a new pid
  std::string spawn_fails(const std::string& name);
  std::string ready(const std::string& name);
  std::string exits(const std::string& name, int code);  // then its leftovers are still to be cleared
  std::string dies(const std::string& name, int signal);
  std::string cleared(const std::string& name);
  std::string stop(StopMode mode = StopMode::orderly);
  std::string start_by_hand(const std::string& name) { return feed(ProcessStartRequested{id(name)}); }
  std::string stop_by_hand(const std::string& name) { return feed(ProcessStopRequested{id(name)}); }
  std::string restart_by_hand(const std::string& name) { return feed(ProcessRestartRequested{id(name)}); }
  std::string wait(int milliseconds);                     // time passes, the deadlines on the way are met one by one

  // Composites: the orders of all steps.
  std::string goes_up(const std::string& name);           // spawned and ready
  std::string goes_down(const std::string& name, int code = 0);  // exits and is cleared
  void bring_up();                                        // Begin, then everything that is spawned becomes ready

  ProcessId id(const std::string& name) const;
  pid_t pid(const std::string& name) const;               // of the live process
  std::string place(const std::string& name) const;
  int until_deadline() const;                             // ms; -1: none

  Rules rules;
  State state;
  Instant now{std::chrono::hours(1)};
  std::vector<std::string> announced;

 private:
  void remember(const Action& action, std::string& orders);
  pid_t next_pid_ = 100;
};

}  // namespace ca::core
