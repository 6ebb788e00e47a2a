// Everything that depends on time: what happens at a deadline, and which deadline is next. The two halves name the same
// deadlines in the same conditions; a deadline in one half only would be a wake-up for nothing, or none where one is due.
#include <algorithm>

#include "supervisor/core/turn.h"

namespace ca::core {

namespace {

// Failures during a stop of the tree change nothing, so nobody is waiting for readiness or back-off then.
bool counts_starts(const State& state) { return state.stop == StopMode::none; }

struct DeadlineOf {
  const State& state;
  std::optional<Instant> operator()(const Starting& place) const {
    return counts_starts(state) ? std::optional(place.deadline) : std::nullopt;
  }
  std::optional<Instant> operator()(const Stopping& place) const {
    return place.killed ? std::nullopt : std::optional(place.deadline);
  }
  std::optional<Instant> operator()(const Backoff& place) const { return place.until; }
  std::optional<Instant> operator()(const auto&) const { return std::nullopt; }
};

void take_earlier(std::optional<Instant>& earliest, std::optional<Instant> other) {
  if (other && (!earliest || *other < *earliest)) earliest = other;
}

}  // namespace

void Turn::expire() {
  if (!judged_until_) return;
  for (ProcessId id = 0; id < process_count(); ++id) {
    const auto deadline = std::visit(DeadlineOf{state_}, process(id).place);
    if (!deadline || !is_over(*deadline)) continue;
    if (place<Starting>(id)) {
      announce(Record::ready_timeout, id);
      tell_to_stop(id, true);
    } else if (place<Stopping>(id)) {
      kill(id);
    } else {
      process(id).place = Waiting{};
    }
  }
  if (state_.shutdown_deadline && is_over(*state_.shutdown_deadline)) {
    state_.shutdown_deadline.reset();
    state_.overdue = true;
  }
}

std::optional<Instant> next_deadline(const Rules&, const State& state) {
  if (state.exit_ordered) return std::nullopt;
  std::optional<Instant> earliest = state.start_deadline;
  take_earlier(earliest, state.shutdown_deadline);
  for (const ProcessState& process : state.processes) {
    take_earlier(earliest, std::visit(DeadlineOf{state}, process.place));
  }
  return earliest;
}

}  // namespace ca::core
