// The supervisor's hands: steps through facts and carries out what the lifecycle orders.
#include <cerrno>
#include <csignal>
#include <utility>

#include "supervisor/both_halves/descendants.h"
#include "supervisor/core/describe.h"
#include "supervisor/shell/control/status.h"
#include "supervisor/shell/records/records.h"
#include "supervisor/shell/supervisor.h"

namespace ca::shell {

namespace {

// A spawn takes about a millisecond, in which nothing else is heard: a few, then back to the loop.
constexpr int spawns_a_turn = 4;

}  // namespace

// Exits first, whatever the fact: a signal is then never meant for a process that has gone.
void Supervisor::feed(const core::Event& event) {
  if (!is_reaping_) reap();
  facts_.push_back(event);
  if (!is_stepping_) step_through();
}

void Supervisor::step_through() {
  is_stepping_ = true;
  while (!facts_.empty()) {
    const core::Event event = facts_.front();
    facts_.pop_front();
    looked_in_this_step_ = false;
    for (const core::Action& action : core::step(rules_, state_, event, MonotonicClock::now())) {
      std::visit([this](const auto& order) { carry_out(order); }, action);
    }
  }
  is_stepping_ = false;
  if (has_ended_) return;
  if (exit_code_) return next_turn_->set(MonotonicClock::now());  // ended from the loop: whoever fed this fact is still at work
  deadline_->set(core::next_deadline(rules_, state_));
  control_->look();
}

void Supervisor::on_turn() {
  if (exit_code_) return has_ended_ ? void() : end(*exit_code_);
  int spawns = 0;
  while (spawns < spawns_a_turn) {
    reap();  // an exit may have made the next order void
    if (spawn_queue_.empty()) break;
    const core::ProcessId process = spawn_queue_.front();
    spawn_queue_.pop_front();
    if (core::may_begin(rules_, state_, process)) {
      // The answer comes before anything is reaped: the child may have exited already, and its exit is about this spawn.
      facts_.push_back(children_->spawn(process));
      ++spawns;
    } else {
      facts_.push_back(core::SpawnNotBegun{process});
    }
    step_through();
  }
  if (!spawn_queue_.empty() || exit_code_) next_turn_->set(MonotonicClock::now());
}

void Supervisor::carry_out(const core::Spawn& order) {
  spawn_queue_.push_back(order.process);
  next_turn_->set(MonotonicClock::now());
}

void Supervisor::carry_out(const core::Signal& order) {
  if (children_->view(order.process).pid != order.pid) return;
  signal_child(order.pid, order.signal);
  signal_child(order.pid, SIGCONT);
}

void Supervisor::carry_out(const core::Kill& order) {
  if (children_->view(order.process).pid == order.pid) signal_child(order.pid, SIGKILL);
}

void Supervisor::carry_out(const core::EndLeftovers& order) {
  clearing_.insert(order.process);
  needs_sweep_ = true;
}

void Supervisor::carry_out(const core::Announce& order) {
  const bool is_stop = order.record == core::Record::stop_requested || order.record == core::Record::shutdown_started;
  if (is_stop && !std::exchange(looked_in_this_step_, true)) look_for_strays();
  events_->append(core::record_name(order.record), event_fields(rules_, order));
  std::optional<Milliseconds> since_spawn;
  if (order.process) {
    since_spawn = std::chrono::duration_cast<Milliseconds>(MonotonicClock::now() -
                                                           children_->view(*order.process).spawned_at);
  }
  const LogLine line = log_line(rules_, order, since_spawn);
  log_->write(line.level, {}, line.text);
  if (order.record == core::Record::failed || order.record == core::Record::shutdown_started) last_reason_ = line.text;
  // What does not end on SIGKILL holds its service up, but not the end of the tree.
  if (order.record == core::Record::shutdown_started && !clearing_.empty()) sweep_again_->set(MonotonicClock::now());
  if (order.record == core::Record::shutdown_started) notify_parent("STOPPING=1\nSTATUS=" + line.text);
  if (order.record == core::Record::tier_ready && !state_.first_start_done) notify_parent("STATUS=" + line.text);
}

void Supervisor::carry_out(const core::TreeReady&) {
  log_->info("the whole tree is ready");
  notify_parent("STATUS=ready");
  if (options_.detaches) {
    detach_standard_streams();
    log_->use(STDERR_FILENO);
  }
  to_guardian_->tree_is_ready();
}

void Supervisor::carry_out(const core::Exit& order) { exit_code_ = order.code; }

void Supervisor::notify_parent(const std::string& text) { to_guardian_->notify(text); }

Json Supervisor::status() const {
  return status_of({plan_, state_, *children_, listeners_, half_.guardian_pid, started_at_, reload_->is_running()});
}

}  // namespace ca::shell
