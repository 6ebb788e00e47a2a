// The working part of one `step`: the rules, the state that is being changed, the time, and the orders given so far.
// Private to supervisor/core; the outside is lifecycle.h.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "supervisor/core/lifecycle.h"

namespace ca::core {

// Nothing of it lives: neither the process, nor a spawn under way, nor anything it left behind.
bool is_down(const Place& place);
// Alive and not told to stop.
bool is_serving(const Place& place);

class Turn {
 public:
  Turn(const Rules& rules, State& state, Instant now) : rules_(rules), state_(state), now_(now) {}

  void record(const Event& event);   // facts.cc: what is now known
  void expire();                     // deadlines.cc: what has taken too long, as of WokeUp
  void reconcile();                  // reconcile.cc: one step towards the goal
  std::vector<Action> take_actions() { return std::move(actions_); }

 private:
  // Facts, one function an event.
  void on(const Begin&);
  void on(const SpawnSucceeded& fact);
  void on(const SpawnFailed& fact);
  void on(const SpawnNotBegun& fact);
  void on(const BecameReady& fact);
  void on(const StartProgressed& fact);
  void on(const ReadinessLost& fact);
  void on(const Exited& fact);
  void on(const LeftoversGone& fact);
  void on(const TreeStopRequested& request);
  void on(const ProcessStartRequested& request);
  void on(const ProcessStopRequested& request);
  void on(const ProcessRestartRequested& request);
  void on(const WokeUp& fact);

  bool is_over(Instant deadline) const { return judged_until_ && deadline <= *judged_until_; }

  // Life of one process (process.cc).
  const ProcessRules& rule(ProcessId id) const { return rules_.processes[id]; }
  ProcessState& process(ProcessId id) { return state_.processes[id]; }
  template <class Kind>
  Kind* place(ProcessId id) { return std::get_if<Kind>(&state_.processes[id].place); }
  ProcessId process_count() const { return static_cast<ProcessId>(rules_.processes.size()); }
  void become_ready(ProcessId id, pid_t pid);
  void leave_ready(ProcessId id);
  void tell_to_stop(ProcessId id, bool failure);
  void tell_more_strictly(ProcessId id);
  void kill(ProcessId id);
  Outcome outcome_of(ProcessId id, ExitStatus status) const;
  void settle(ProcessId id, Instant since, Outcome outcome);
  void restart_or_fail(ProcessId id, Instant since);
  void fail(ProcessId id, const std::string& reason);
  void start_afresh(ProcessId id);
  std::string why_it_failed(ProcessId id) const;
  void note_driver_failure(ProcessId id, Outcome outcome);
  StopMode strictness(ProcessId id) const;
  Milliseconds patience(ProcessId id, StopMode mode) const;

  // The tree (reconcile.cc).
  void begin_stop(StopMode mode, int exit_code, const std::string& reason);
  void move();
  void stop_as_asked_by_hand();
  bool take_down(Tier lowest);
  void stop_tier(Tier tier);
  void note_tier_down(Tier tier);
  void bring_up();
  void spawn_waiting(Tier tier);
  void note_tier_up(Tier tier);
  void give_exit();
  bool tier_empty(Tier tier) const;
  bool tier_down(Tier tier) const;
  bool tier_complete(Tier tier) const;

  void order(Action action) { actions_.push_back(std::move(action)); }
  Announce record_of(Record record, ProcessId id) const;
  void announce(Record record, ProcessId id) { order(record_of(record, id)); }

  const Rules& rules_;
  State& state_;
  const Instant now_;
  std::optional<Instant> judged_until_;  // deadlines at or before it are over; nullopt: none is judged
  std::vector<Action> actions_;
};

}  // namespace ca::core
