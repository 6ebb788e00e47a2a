// What each fact changes by itself. Whatever follows from the whole state (who may start, whose turn it is to stop) is
// left to reconcile().
#include <algorithm>

#include "common/check.h"
#include "supervisor/core/turn.h"

namespace ca::core {

namespace {

struct ProcessOf {
  std::optional<ProcessId> operator()(const auto& event) const {
    if constexpr (requires { event.process; }) return event.process;
    return std::nullopt;
  }
};

}  // namespace

void Turn::record(const Event& event) {
  const auto id = std::visit(ProcessOf{}, event);
  CA_CHECK(!id || *id < process_count());
  std::visit([this](const auto& fact) { on(fact); }, event);
}

void Turn::on(const Begin&) { state_.begun = true; }

void Turn::on(const SpawnSucceeded& fact) {
  if (!place<Spawning>(fact.process)) return;
  process(fact.process).place = Starting{fact.pid, now_ + rule(fact.process).ready_timeout};
  announce(Record::spawned, fact.process);
  if (rule(fact.process).ready == ReadyKind::none) become_ready(fact.process, fact.pid);
}

void Turn::on(const SpawnFailed& fact) {
  if (!place<Spawning>(fact.process)) return;
  Announce record = record_of(Record::spawn_failed, fact.process);
  record.spawn_error = fact.error;
  order(std::move(record));
  process(fact.process).last_exit.reset();
  note_driver_failure(fact.process, Outcome::failure);
  settle(fact.process, now_, Outcome::failure);
}

// As if it had not been ordered: nothing failed.
void Turn::on(const SpawnNotBegun& fact) {
  if (place<Spawning>(fact.process)) settle(fact.process, now_, Outcome::asked);
}

void Turn::on(const BecameReady& fact) {
  const auto* starting = place<Starting>(fact.process);
  if (starting && starting->pid == fact.pid) become_ready(fact.process, fact.pid);
}

void Turn::on(const StartProgressed& fact) {
  auto* starting = place<Starting>(fact.process);
  if (starting && starting->pid == fact.pid) starting->deadline = now_ + rule(fact.process).ready_timeout;
}

void Turn::on(const ReadinessLost& fact) {
  if (state_.stop != StopMode::none) return;
  const auto* starting = place<Starting>(fact.process);
  if (starting && starting->pid == fact.pid) tell_to_stop(fact.process, true);
}

void Turn::on(const Exited& fact) {
  ProcessState& it = process(fact.process);
  if (pid_of(it.place) != fact.pid) return;
  Announce record = record_of(Record::exited, fact.process);
  record.status = fact.status;
  record.expected = std::holds_alternative<Stopping>(it.place);
  const Outcome outcome = outcome_of(fact.process, fact.status);
  leave_ready(fact.process);
  it.last_exit = fact.status;
  it.place = Clearing{now_, outcome};
  order(std::move(record));
  order(EndLeftovers{fact.process});
  note_driver_failure(fact.process, outcome);
}

void Turn::on(const LeftoversGone& fact) {
  if (const auto* clearing = place<Clearing>(fact.process)) {
    const Clearing was = *clearing;
    settle(fact.process, was.since, was.outcome);
  }
}

void Turn::on(const TreeStopRequested& request) {
  if (request.mode == StopMode::none) return;
  if (state_.stop == StopMode::none) return begin_stop(request.mode, request.exit_code, request.reason);
  const bool again = request.mode == StopMode::orderly && state_.stop == StopMode::orderly;
  state_.stop = std::max(state_.stop, again ? StopMode::hurried : request.mode);
}

void Turn::on(const WokeUp& fact) { judged_until_ = std::min(fact.facts_until, now_); }

void Turn::on(const ProcessStartRequested& request) {
  if (state_.stop != StopMode::none) return;
  ProcessState& it = process(request.process);
  if (is_down(it.place)) {
    start_afresh(request.process);
  } else if (std::holds_alternative<Spawning>(it.place)) {
    if (it.intent == Intent::stay_down) it.intent = Intent::run;  // nothing was told to stop yet
  } else if (!is_serving(it.place)) {
    it.intent = Intent::restart;  // on its way down: up again at once, whatever it went down for
  }
}

void Turn::on(const ProcessStopRequested& request) {
  if (state_.stop != StopMode::none) return;
  ProcessState& it = process(request.process);
  it.intent = Intent::stay_down;
  it.ladder = {};
  if (is_down(it.place)) it.place = Stopped{};
}

void Turn::on(const ProcessRestartRequested& request) {
  if (state_.stop != StopMode::none) return;
  if (is_down(process(request.process).place)) return start_afresh(request.process);
  process(request.process).intent = Intent::restart;
}

}  // namespace ca::core
