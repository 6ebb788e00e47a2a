#include "driver/session/pool.h"

#include <algorithm>

#include "common/check.h"
#include "common/log.h"

namespace ca::driver {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t read_buffer_size = 64 << 10;
constexpr milliseconds first_retry{50};
constexpr milliseconds longest_retry{500};

}  // namespace

Pool::Pool(EventLoop& loop, PoolSettings settings, Listener listener)
    : loop_(loop),
      settings_(std::move(settings)),
      listener_(std::move(listener)),
      budget_(settings_.shared_connections, settings_.exclusive_connections),
      read_buffer_(read_buffer_size),
      retry_(loop, [] {}),
      recancel_(loop, [this] { cancel_again(); }),
      overdue_(loop, [this] { refuse_overdue(); }),
      stalled_(loop, [this] { evict_stalled(); }),
      long_leases_(loop, [this] { move_long_leases(); }),
      idle_limit_(loop, [this] { close_idle(); }),
      silence_(loop, settings_.server_wait_timeout > milliseconds{} ? settings_.server_wait_timeout : settings_.connect.timeout,
               [this] { return watched(); },
               [this](const PeerAddress& server, Instant since) { server_silent(server, since); }) {}

std::string Pool::parameter(std::string_view name) const {
  for (const auto& [known, value] : parameters_) {
    if (known.size() == name.size() && std::equal(name.begin(), name.end(), known.begin(), [](char a, char b) {
          return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
        })) {
      return value;
    }
  }
  return {};
}

// ---- requests and leases ----

void Pool::request(LeaseRequest& request) {
  if (waiting() >= settings_.queue_limit && !at_once(request)) {
    return request.lease_refused("53300", "too many statements wait for a server connection (queue_limit)");
  }
  queue(request.mode).push(request, MonotonicClock::now());
}

// True where nobody is before it: it waits for no longer than a connection takes to be made.
bool Pool::at_once(const LeaseRequest& request) const {
  return !paused_ && queue(request.mode).size() == 0 && (budget_.allowed(request.mode) & class_bit(request.priority)) != 0;
}

void Pool::withdraw(LeaseRequest& request) {
  if (request.waiting()) queue(request.mode).remove(request);
}

Pool::Member& Pool::member(const ServerConnection& server) {
  const auto place = std::find_if(members_.begin(), members_.end(),
                                  [&](const Member& member) { return member.server.get() == &server; });
  CA_CHECK(place != members_.end());
  return *place;
}

void Pool::make_exclusive(ServerConnection& server) {
  Member& lent = member(server);
  if (lent.mode != LeaseMode::shared) return;
  budget_.make_exclusive();
  lent.mode = LeaseMode::exclusive;
}

void Pool::give_back(ServerConnection& server, Pins pins) {
  member(server).borrower = nullptr;
  server.end_lease(pins);
}

void Pool::abandon(ServerConnection& server, const SessionState& state, bool inside_message) {
  Member& lent = member(server);
  lent.borrower = nullptr;
  server.forget_holder();
  if (server.phase() == ServerConnection::Phase::leased) server.flush();  // refers to bytes that are gone afterwards
  if (server.phase() != ServerConnection::Phase::leased) return;
  const bool runs = server.replies().ready_count() > 0;
  const bool open = state.group_open() || server.replies().copying_in() || inside_message || server.blocked();
  if (open || (runs && state.in_transaction())) {
    if (runs || state.group_open()) cancel(server);
    server.close_politely();
    finish_lease(lent);
    closed_any_ = true;
    return;
  }
  make_exclusive(server);
  lent.only_reads_left = runs && state.only_reads();
  if (lent.only_reads_left) cancel(server);
  server.end_lease(state.pins());
}

// Each of the abandoned statements is cancelled as its turn comes.
void Pool::drains_on(ServerConnection& server) {
  if (member(server).only_reads_left) cancel(server);
}

void Pool::finish_lease(Member& member) {
  if (member.mode) budget_.take_back(*member.mode);
  member.mode.reset();
  member.borrower = nullptr;
  member.only_reads_left = false;
}

void Pool::retire(StatementId statement) {
  for (auto& member : members_) member.server->retire(statement);
}

// ---- what connections report ----

void Pool::connected(ServerConnection& server) {
  ++connections_made_;
  member(server).made_at = loop_.now();
  if (away_since_) {
    away_since_.reset();
    up_since_ = loop_.now();
    overdue_.stop();
  }
  pause_before_retry_ = {};
  parameters_changed(server);
  add_idle(server);
  if (!announced_) {
    announced_ = true;
    listener_.first_connected();
  }
}

void Pool::parameters_changed(ServerConnection& server) {
  parameters_.clear();
  for (const char* name : reported_parameters) {
    const auto value = server.parameter(name);
    if (!value.empty()) parameters_.emplace_back(name, value);
  }
  dialect_ = {parameter("standard_conforming_strings") != "off", keeps_ascii(parameter("client_encoding"))};
}

void Pool::connect_failed(ServerConnection& server, ConnectFailure failure) {
  closed_any_ = true;
  if (closing_) return;
  if (failure.permanent && !has_live()) return listener_.hopeless(failure.text);
  listener_.waiting(failure.text);
  pause_before_retry_ = pause_before_retry_ == milliseconds{} ? first_retry
                                                              : std::min(pause_before_retry_ * 2, longest_retry);
  if (!retry_.running()) retry_.start(pause_before_retry_);
  if (failure.answered && has_live()) return;
  away(server.started_at(), failure.text);
}

void Pool::available(ServerConnection& server) {
  Member& returned = member(server);
  finish_lease(returned);
  if (server.stale || outlived(returned)) {
    server.close_politely();
    closed_any_ = true;
    return;
  }
  add_idle(server);
}

void Pool::add_idle(ServerConnection& server) {
  member(server).idle_since = loop_.now();
  idle_.push_back(&server);
}

void Pool::lost(ServerConnection& server) {
  ++connections_lost_;
  lost_.push_back(&server);
}

void Pool::tell_losses() {
  while (!lost_.empty()) {
    ServerConnection& server = *lost_.back();
    lost_.pop_back();
    closed_any_ = true;
    std::erase(idle_, &server);
    Member& gone = member(server);
    LeaseRequest* const borrower = gone.borrower;
    finish_lease(gone);
    server.forget_holder();
    if (borrower != nullptr) borrower->server_lost(server);
  }
}

// A connection proves that PostgreSQL is up only by what it has received since.
void Pool::away(Instant since, const std::string& reason) {
  away_reason_ = reason;
  if (away_since_ || last_heard() > since) return;
  away_since_ = since;
  overdue_.stop();  // another limit applies from here on
}

void Pool::server_silent(const PeerAddress& server, Instant since) {
  const std::string reason = "it accepts connections at most, and does not answer";
  listener_.waiting(reason);
  for (ServerConnection* idle : idle_) {
    if (idle->peer() == server) idle->close_politely();
  }
  std::erase_if(idle_, [](const ServerConnection* idle) { return idle->phase() == ServerConnection::Phase::closed; });
  closed_any_ = true;
  away(since, reason);
}

std::vector<ServerConnection*> Pool::watched() const {
  std::vector<ServerConnection*> list;
  for (const auto& member : members_) list.push_back(member.server.get());
  if (other_ != nullptr) list.push_back(other_);
  return list;
}

Instant Pool::last_heard() const {
  Instant last{};
  for (const auto& member : members_) last = std::max(last, member.server->heard_at());
  return last;
}

// ---- after each event ----

void Pool::settle() {
  tell_losses();
  if (closed_any_) remove_closed();
  if (!closing_) {
    lend_free();
    tell_losses();  // a connection may break at its first byte
    open_more();
    reclaim();
    watch_waits();
    watch_stalls();
    watch_long_leases();
    watch_idle();
    silence_.settle();
  }
  if (closed_any_) remove_closed();
}

void Pool::lend_free() {
  if (paused_) return;
  while (!idle_.empty()) {
    const LeaseMode first = shared_first_ ? LeaseMode::shared : LeaseMode::exclusive;
    const LeaseMode second = shared_first_ ? LeaseMode::exclusive : LeaseMode::shared;
    shared_first_ = !shared_first_;
    if (!lend_one(first) && !lend_one(second)) return;
  }
}

bool Pool::lend_one(LeaseMode mode) {
  if (queue(mode).size() == 0) return false;
  auto* request = static_cast<LeaseRequest*>(queue(mode).pop(budget_.allowed(mode)));
  if (request == nullptr) return false;
  ServerConnection& server = *idle_.back();
  idle_.pop_back();
  Member& lent = member(server);
  lent.borrower = request;
  lent.mode = mode;
  lent.priority = request->priority;
  lent.since = loop_.now();
  budget_.lend(mode);
  ++leases_given_;
  server.lend(request->holder());
  request->lease_granted(server);
  return true;
}

bool Pool::has_live() const {
  return std::any_of(members_.begin(), members_.end(), [](const Member& member) {
    const auto phase = member.server->phase();
    return phase != ServerConnection::Phase::connecting && phase != ServerConnection::Phase::closed;
  });
}

// One connection is always kept or tried for; more as long as somebody waits who may have one, and never more than may be
// lent.
void Pool::open_more() {
  if ((waiting() == 0 && !members_.empty()) || retry_.running()) return;
  const int places = budget_.total_limit() - budget_.in_use();
  if (places <= static_cast<int>(idle_.size()) && !members_.empty()) return;
  const int wanted = std::min(places, budget_.grantable(LeaseMode::shared, shared_) +
                                          budget_.grantable(LeaseMode::exclusive, exclusive_));
  int missing = paused_ ? 0 : wanted - static_cast<int>(idle_.size());
  if (members_.empty()) missing = std::max(missing, 1);
  if (missing <= 0) return;
  for (missing -= counts().connecting; missing > 0; --missing) open();
}

// As many as wait beyond those connections that will soon be free.
void Pool::reclaim() {
  if (waiting() == 0 || paused_ || budget_.exclusive() == 0) return;  // a shared lease ends by itself
  const Counts now = counts();
  // Where as many are exclusive as may be, a free one is of no use to who wants it exclusively.
  const bool blocked = queue(LeaseMode::exclusive).size() > 0 && budget_.allowed(LeaseMode::exclusive) == 0;
  std::size_t coming = static_cast<std::size_t>(blocked ? now.cleaning : now.idle + now.connecting + now.cleaning);
  for (auto& member : members_) {
    if (coming >= waiting()) return;
    if (member.borrower != nullptr && member.mode == LeaseMode::exclusive && member.borrower->yield()) ++coming;
  }
}

void Pool::open() {
  members_.push_back({std::make_unique<ServerConnection>(loop_, static_cast<ServerOwner&>(*this), next_serial_++, read_buffer_), nullptr, {}});
  members_.back().server->connect(settings_.connect);
}

void Pool::remove_closed() {
  closed_any_ = false;
  std::erase_if(members_, [](const Member& member) {
    return member.server->phase() == ServerConnection::Phase::closed && !member.borrower;
  });
}

// ---- console and the end ----

void Pool::resume() {
  paused_ = false;
  up_since_ = loop_.now();
}

void Pool::reconnect() {
  for (auto& member : members_) member.server->stale = true;
  for (ServerConnection* server : idle_) server->close_politely();
  idle_.clear();
  closed_any_ = true;
}

void Pool::close() {
  closing_ = true;
  retry_.stop();
  recancel_.stop();
  overdue_.stop();
  stalled_.stop();
  long_leases_.stop();
  idle_limit_.stop();
  silence_.stop();
  for (auto& member : members_) {
    if (member.server->phase() == ServerConnection::Phase::idle) member.server->close_politely();
  }
  idle_.clear();
  closed_any_ = true;
}

Pool::Counts Pool::counts() const {
  Counts counts;
  for (const auto& member : members_) {
    switch (member.server->phase()) {
      case ServerConnection::Phase::connecting: ++counts.connecting; break;
      case ServerConnection::Phase::idle: ++counts.idle; break;
      case ServerConnection::Phase::leased: ++counts.leased; break;
      case ServerConnection::Phase::draining:
      case ServerConnection::Phase::cleaning: ++counts.cleaning; break;
      case ServerConnection::Phase::closed: break;
    }
  }
  return counts;
}

milliseconds Pool::longest_wait() const {
  milliseconds longest{};
  const auto now = MonotonicClock::now();
  for (const Scheduler* line : {&shared_, &exclusive_}) {
    if (const Waiter* waiter = line->oldest(); waiter != nullptr) {
      longest = std::max(longest, std::chrono::duration_cast<milliseconds>(now - waiter->waiting_since()));
    }
  }
  return longest;
}

std::vector<Pool::Lent> Pool::list() const {
  std::vector<Lent> list;
  for (const auto& member : members_) list.push_back({member.server.get(), member.mode});
  return list;
}

}  // namespace ca::driver
