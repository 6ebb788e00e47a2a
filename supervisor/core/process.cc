// The life of one process: told to stop, killed, and what becomes of it once it is down.
#include <algorithm>
#include <csignal>

#include "common/exit_code.h"
#include "supervisor/core/turn.h"

namespace ca::core {

namespace {

// How long a process has where the whole tree is in a hurry.
constexpr Milliseconds hurried_timeout{1'000};
// PostgreSQL ends its own sessions on SIGQUIT; after this it is killed like everything else.
constexpr Milliseconds postgres_quit_timeout{4'000};

bool contains(const std::vector<int>& codes, int code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

}  // namespace

bool is_down(const Place& place) {
  return std::holds_alternative<Waiting>(place) || std::holds_alternative<Backoff>(place) ||
         std::holds_alternative<Stopped>(place) || std::holds_alternative<Failed>(place);
}

bool is_serving(const Place& place) {
  return std::holds_alternative<Starting>(place) || std::holds_alternative<Ready>(place);
}

Announce Turn::record_of(Record record, ProcessId id) const {
  Announce announce{};
  announce.record = record;
  announce.process = id;
  announce.tier = rule(id).tier;
  announce.pid = pid_of(state_.processes[id].place);
  return announce;
}

void Turn::become_ready(ProcessId id, pid_t pid) {
  process(id).place = Ready{pid, now_};
  announce(Record::ready, id);
}

// A process that was ready for long enough has proved itself: its next failure restarts it at once.
void Turn::leave_ready(ProcessId id) {
  const auto* ready = place<Ready>(id);
  if (ready && now_ - ready->since >= rule(id).restart.reset_after) process(id).ladder.rung = 0;
}

// Once shutdown_timeout is over, all but postgres are treated as in an immediate stop.
StopMode Turn::strictness(ProcessId id) const {
  if (state_.overdue && !rule(id).is_postgres) return StopMode::immediate;
  return std::max(state_.stop, StopMode::orderly);
}

Milliseconds Turn::patience(ProcessId id, StopMode mode) const {
  if (mode == StopMode::orderly) return rule(id).stop_timeout;
  if (rule(id).is_postgres) return postgres_quit_timeout;
  return std::min(rule(id).stop_timeout, hurried_timeout);
}

void Turn::tell_to_stop(ProcessId id, bool failure) {
  leave_ready(id);
  const pid_t pid = *pid_of(process(id).place);
  const StopMode mode = strictness(id);
  const bool postgres = rule(id).is_postgres;
  process(id).place = Stopping{pid, now_ + patience(id, mode), mode, false, failure};
  if (mode == StopMode::immediate && !postgres) return kill(id);
  const int signal = postgres && mode != StopMode::orderly ? SIGQUIT : rule(id).stop_signal;
  Announce record = record_of(Record::stop_requested, id);
  record.signal = signal;
  order(std::move(record));
  order(Signal{id, pid, signal});
}

// The tree's stop became stricter after this process was told: its deadline comes nearer, never further away.
void Turn::tell_more_strictly(ProcessId id) {
  Stopping& stopping = *place<Stopping>(id);
  const StopMode before = stopping.mode, mode = strictness(id);
  if (stopping.killed || before >= mode) return;
  stopping.mode = mode;
  stopping.deadline = std::min(stopping.deadline, now_ + patience(id, mode));
  if (!rule(id).is_postgres) {
    if (mode == StopMode::immediate) kill(id);
  } else if (before == StopMode::orderly) {
    Announce record = record_of(Record::stop_requested, id);
    record.signal = SIGQUIT;
    order(std::move(record));
    order(Signal{id, stopping.pid, SIGQUIT});
  }
}

void Turn::kill(ProcessId id) {
  Stopping& stopping = *place<Stopping>(id);
  stopping.killed = true;
  stopping.deadline = Instant{};
  announce(Record::killed, id);
  order(Kill{id, stopping.pid});
}

// REQUIRES: it is live.
Outcome Turn::outcome_of(ProcessId id, ExitStatus status) const {
  const Place& place = state_.processes[id].place;
  const auto* stopping = std::get_if<Stopping>(&place);
  if (stopping && !stopping->failure) return Outcome::asked;
  if (!status.signalled && contains(rule(id).restart.give_up_on, status.value)) return Outcome::give_up;
  const bool clean = !status.signalled && status.value == 0;
  const bool was_ready = std::holds_alternative<Ready>(place);
  if (clean && was_ready && rule(id).restart.policy != RestartPolicy::always) return Outcome::done;
  return Outcome::failure;
}

// Down and cleared: what now? What was asked meanwhile comes before what the exit meant.
void Turn::settle(ProcessId id, Instant since, Outcome outcome) {
  ProcessState& it = process(id);
  if (state_.stop != StopMode::none) {
    it.place = Stopped{};
  } else if (it.intent == Intent::stay_down) {
    it.place = Stopped{};
  } else if (it.intent == Intent::restart) {
    start_afresh(id);
  } else {
    switch (outcome) {
      case Outcome::asked: it.place = Waiting{}; break;
      case Outcome::done: it.place = Stopped{}; break;
      case Outcome::give_up: fail(id, why_it_failed(id) + ", and a restart cannot help"); break;
      case Outcome::failure: restart_or_fail(id, since); break;
    }
  }
}

// The delay counts from the exit, so that the time it took to end what was left behind is part of it.
void Turn::restart_or_fail(ProcessId id, Instant since) {
  ProcessState& it = process(id);
  const RestartRules& restart = rule(id).restart;
  if (restart.policy == RestartPolicy::never) return fail(id, why_it_failed(id) + ", and its policy is never to restart");
  const RestartDecision decision = next_restart(it.ladder, restart, since, state_.random);
  if (!decision.allowed) {
    return fail(id, why_it_failed(id) + ", more than " + std::to_string(restart.max_restarts) + " restarts within " +
                        std::to_string(restart.window.count()) + " ms");
  }
  ++it.restarts;
  it.place = Waiting{};
  if (decision.delay == Milliseconds(0)) return;
  Announce record = record_of(Record::backoff, id);
  record.delay = decision.delay;
  order(std::move(record));
  if (since + decision.delay > now_) it.place = Backoff{since + decision.delay};
}

std::string Turn::why_it_failed(ProcessId id) const {
  const auto& exit = state_.processes[id].last_exit;
  if (!exit) return "it could not be started";
  return (exit->signalled ? "ended by signal " : "exit code ") + std::to_string(exit->value);
}

void Turn::fail(ProcessId id, const std::string& reason) {
  process(id).place = Failed{};
  Announce record = record_of(Record::failed, id);
  record.reason = reason;
  order(std::move(record));
  if (rule(id).essential) {
    begin_stop(StopMode::orderly, state_.first_start_done ? exit_code::failed : exit_code::start_failed, rule(id).name + " failed for good: " + reason);
  }
}

// By hand: whatever happened before is forgiven.
void Turn::start_afresh(ProcessId id) {
  process(id).ladder = {};
  process(id).intent = Intent::run;
  process(id).place = Waiting{};
}

void Turn::note_driver_failure(ProcessId id, Outcome outcome) {
  if (rule(id).tier != tier_driver || rules_.on_driver_restart == OnDriverRestart::keep) return;
  if (state_.stop != StopMode::none || process(id).intent != Intent::run) return;
  if (outcome != Outcome::failure && outcome != Outcome::give_up) return;
  constexpr unsigned above = 1u << tier_workers | 1u << tier_server;
  const bool was_up = (state_.tiers_up & 1u << tier_driver) != 0;
  if (was_up || (state_.tiers_started & above) != 0) state_.cycling = true;
}

}  // namespace ca::core
