// The time limits of the pool: for waiting, for a client that stalls, for a shared lease, for idle connections. Each has one timer, armed only
// while there is something that it may end.
#include <algorithm>

#include "driver/session/pool.h"

namespace ca::driver {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds stall_limit{5000};  // a client that stalls this long while others wait is evicted
constexpr milliseconds long_lease{20};     // a shared lease that lasts longer than this is no short statement

constexpr std::string_view advice =
    "SHOW CLIENTS in database \"driver\" lists the transactions and the session state that hold connections. End these, or "
    "raise exclusive_connections (shared_connections if slow statements hold them).";

}  // namespace

// ---- waiting ----

// While PostgreSQL is away, server_wait_timeout counts from the loss; while it is up, query_wait_timeout counts from its
// return. PAUSE suspends the latter, since the operator has asked for the wait.
std::optional<Instant> Pool::wait_limit(const LeaseRequest& request) const {
  const Instant since = request.waiting_since();
  if (away_since_) return std::max({since, *away_since_, last_heard()}) + settings_.server_wait_timeout;
  if (paused_ || settings_.query_wait_timeout == milliseconds{}) return std::nullopt;
  return std::max(since, up_since_) + settings_.query_wait_timeout;
}

void Pool::watch_waits() {
  if (waiting() == 0 || overdue_.running()) return;
  std::optional<Instant> due;
  for (const Scheduler* line : {&shared_, &exclusive_}) {
    const auto* first = static_cast<const LeaseRequest*>(line->oldest());
    const auto limit = first != nullptr ? wait_limit(*first) : std::nullopt;
    if (limit) due = std::min(due.value_or(*limit), *limit);
  }
  if (due) overdue_.start(std::chrono::ceil<milliseconds>(*due - MonotonicClock::now()));
}

void Pool::refuse_overdue() {
  const auto now = MonotonicClock::now();
  for (Scheduler* line : {&shared_, &exclusive_}) {
    while (auto* request = static_cast<LeaseRequest*>(line->oldest())) {
      const auto limit = wait_limit(*request);
      if (!limit || *limit > now) break;
      line->remove(*request);
      if (away_since_) {
        request->lease_refused("08001", "PostgreSQL cannot be reached (server_wait_timeout): " + away_reason_);
      } else {
        request->lease_refused("53300", "no server connection became free in time (query_wait_timeout)", advice);
      }
    }
  }
}

// Who does not read, or leaves a message or a group of them unfinished, must not keep others waiting for ever.
void Pool::watch_stalls() {
  if (waiting() == 0 || paused_ || stalled_.running()) return;
  stalled_.start(stall_limit);
}

void Pool::evict_stalled() {
  const auto now = MonotonicClock::now();
  if (paused_ || longest_wait() < stall_limit / 2) return;
  for (auto& member : members_) {
    if (member.borrower == nullptr) continue;
    const auto since = member.borrower->stalled_since();
    if (since && now - *since >= stall_limit) return member.borrower->evict();  // the next one, if need be, at the next look
  }
}

// ---- idle connections ----

bool Pool::outlived(const Member& member) const {
  const auto lifetime = settings_.server_lifetime;
  return lifetime > milliseconds{} && loop_.now() - member.made_at >= lifetime;
}

// The timer is not stopped when a connection is lent, so that a statement costs nothing here. It starts anew if another
// connection than the first is idle now, which may have to be closed sooner than the first must be replaced.
void Pool::watch_idle() {
  if (idle_.empty()) return;
  const bool sooner = members_.size() > 1 && settings_.server_idle_timeout > milliseconds{} &&
                      loop_.now() + settings_.server_idle_timeout < idle_due_;
  if (idle_limit_.running() && !sooner) return;
  std::optional<Instant> due;
  const auto at = [&due](Instant limit) { due = std::min(due.value_or(limit), limit); };
  for (const ServerConnection* server : idle_) {
    const Member& idle = member(*server);
    if (settings_.server_lifetime > milliseconds{}) at(idle.made_at + settings_.server_lifetime);
    if (settings_.server_idle_timeout > milliseconds{} && members_.size() > 1) at(idle.idle_since + settings_.server_idle_timeout);
  }
  if (!due) return;
  idle_due_ = *due;
  idle_limit_.start(std::max(std::chrono::ceil<milliseconds>(*due - loop_.now()), milliseconds{1}));
}

// The first in idle_ has been idle for the longest time. settle() replaces a connection if it was the only one.
void Pool::close_idle() {
  const auto idle_limit = settings_.server_idle_timeout;
  std::size_t left = members_.size();
  for (ServerConnection* server : idle_) {
    const Member& idle = member(*server);
    const bool unused = idle_limit > milliseconds{} && left > 1 && loop_.now() - idle.idle_since >= idle_limit;
    if (!unused && !outlived(idle)) continue;
    server->close_politely();
    --left;
  }
  std::erase_if(idle_, [](const ServerConnection* server) { return server->phase() == ServerConnection::Phase::closed; });
  closed_any_ = true;
}

// ---- shared leases that last long ----

// Moving a lease helps if requests for a shared connection wait and none of their classes may be served now.
bool Pool::shared_places_are_short() const {
  if (shared_.size() == 0 || paused_) return false;
  const unsigned allowed = budget_.allowed(LeaseMode::shared);
  for (const Priority priority : {Priority::interactive, Priority::normal, Priority::bulk}) {
    if (shared_.size(priority) > 0 && (allowed & class_bit(priority)) != 0) return false;
  }
  return true;
}

bool Pool::may_move(const Member& member) const {
  return member.mode == LeaseMode::shared &&
         (budget_.allowed(LeaseMode::exclusive) & class_bit(member.priority)) != 0;
}

void Pool::watch_long_leases() {
  if (long_leases_.running() || !shared_places_are_short()) return;
  std::optional<Instant> first;
  for (const Member& member : members_) {
    if (may_move(member)) first = std::min(first.value_or(member.since), member.since);
  }
  if (!first) return;
  const auto left = std::chrono::ceil<milliseconds>(*first + long_lease - loop_.now());
  long_leases_.start(std::max(left, milliseconds{1}));
}

// The statement runs on where it is; only the place that it takes is another one from here on.
void Pool::move_long_leases() {
  if (!shared_places_are_short()) return;
  std::size_t wanted = shared_.size();
  for (Member& member : members_) {
    if (wanted == 0) return;
    if (!may_move(member) || loop_.now() - member.since < long_lease) continue;
    make_exclusive(*member.server);
    --wanted;
  }
}

}  // namespace ca::driver
