// Moves every process one step towards the goal, judging from the whole state alone: down from the top, up from the
// bottom. Runs after every event; where there is nothing to do it does nothing.
#include <algorithm>

#include "common/exit_code.h"
#include "supervisor/core/describe.h"
#include "supervisor/core/turn.h"

namespace ca::core {

namespace {

std::uint8_t bit(Tier tier) { return static_cast<std::uint8_t>(1u << tier); }

Announce tier_record(Record record, Tier tier) {
  Announce announce{};
  announce.record = record;
  announce.tier = tier;
  return announce;
}

// Settled on the way up: ready, or not going to be and nobody waits for it.
bool is_complete(const Place& place) {
  return std::holds_alternative<Ready>(place) || std::holds_alternative<Failed>(place) ||
         std::holds_alternative<Stopped>(place);
}

}  // namespace

void Turn::reconcile() {
  stop_as_asked_by_hand();
  move();
  // After move(), so that a tree that became ready at this very instant is ready.
  if (state_.start_deadline && is_over(*state_.start_deadline)) {
    begin_stop(StopMode::orderly, exit_code::start_failed,
               "the tree was not ready within start_timeout, " + std::to_string(rules_.start_timeout.count()) + " ms");
    move();
  }
}

void Turn::move() {
  if (state_.stop != StopMode::none) {
    if (take_down(tier_postgres)) give_exit();
    return;
  }
  if (state_.cycling && take_down(tier_driver)) state_.cycling = false;
  if (state_.begun) bring_up();
}

void Turn::begin_stop(StopMode mode, int exit_code, const std::string& reason) {
  if (state_.stop != StopMode::none) return;
  state_.stop = mode;
  state_.exit_code = exit_code;
  state_.cycling = false;
  state_.start_deadline.reset();
  if (mode != StopMode::immediate) state_.shutdown_deadline = now_ + rules_.shutdown_timeout;
  Announce record{};
  record.record = Record::shutdown_started;
  record.reason = reason;
  order(std::move(record));
  for (ProcessState& it : state_.processes) {
    if (std::holds_alternative<Waiting>(it.place) || std::holds_alternative<Backoff>(it.place)) it.place = Stopped{};
  }
}

void Turn::stop_as_asked_by_hand() {
  if (state_.stop != StopMode::none) return;  // then its tier's turn decides
  for (ProcessId id = 0; id < process_count(); ++id) {
    if (process(id).intent != Intent::run && is_serving(process(id).place)) tell_to_stop(id, false);
  }
}

// From the top down to `lowest`, each tier only when the one above is down. Returns whether all of them are down.
bool Turn::take_down(Tier lowest) {
  for (Tier tier = tier_count; tier-- > lowest;) {
    stop_tier(tier);
    if (!tier_down(tier)) return false;
    note_tier_down(tier);
  }
  return true;
}

void Turn::note_tier_down(Tier tier) {
  const bool was_there = ((state_.tiers_up | state_.tiers_started) & bit(tier)) != 0;
  if (was_there && !tier_empty(tier)) order(tier_record(Record::tier_stopped, tier));
  state_.tiers_up &= static_cast<std::uint8_t>(~bit(tier));
  state_.tiers_started &= static_cast<std::uint8_t>(~bit(tier));
}

void Turn::stop_tier(Tier tier) {
  for (ProcessId id = 0; id < process_count(); ++id) {
    if (rule(id).tier != tier) continue;
    if (is_serving(process(id).place)) {
      tell_to_stop(id, false);
    } else if (place<Stopping>(id)) {
      tell_more_strictly(id);
    }
  }
}

// From the bottom up, each tier only while all below it carry. While the tiers above postgres are being taken down,
// none of them starts anything.
void Turn::bring_up() {
  const Tier end = state_.cycling ? tier_driver : tier_count;
  for (Tier tier = 0; tier < end; ++tier) {
    spawn_waiting(tier);
    if (!(state_.tiers_up & bit(tier)) && tier_complete(tier)) note_tier_up(tier);
    if (!tier_carries(rules_, state_, tier)) return;
  }
  if (!state_.cycling && !state_.first_start_done) {
    state_.first_start_done = true;
    state_.start_deadline.reset();
    order(TreeReady{});
  }
}

void Turn::spawn_waiting(Tier tier) {
  for (ProcessId id = 0; id < process_count(); ++id) {
    if (rule(id).tier != tier || !place<Waiting>(id)) continue;
    process(id).place = Spawning{};
    state_.tiers_started |= bit(tier);
    order(Spawn{id});
  }
}

void Turn::note_tier_up(Tier tier) {
  state_.tiers_up |= bit(tier);
  if (!tier_empty(tier)) order(tier_record(Record::tier_ready, tier));
  if (tier == tier_postgres && !state_.first_start_done) state_.start_deadline = now_ + rules_.start_timeout;
}

void Turn::give_exit() {
  state_.exit_ordered = true;
  state_.shutdown_deadline.reset();
  order(Exit{state_.exit_code});
}

bool Turn::tier_empty(Tier tier) const {
  return std::none_of(rules_.processes.begin(), rules_.processes.end(), [&](const auto& it) { return it.tier == tier; });
}

bool Turn::tier_down(Tier tier) const {
  for (ProcessId id = 0; id < process_count(); ++id) {
    if (rule(id).tier == tier && !is_down(state_.processes[id].place)) return false;
  }
  return true;
}

bool Turn::tier_complete(Tier tier) const {
  for (ProcessId id = 0; id < process_count(); ++id) {
    if (rule(id).tier == tier && !is_complete(state_.processes[id].place)) return false;
  }
  return true;
}

}  // namespace ca::core
