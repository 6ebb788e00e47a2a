#include "workers/indexer/indexer.h"

#include "common/clock.h"
#include "common/log.h"
#include "workers/indexer/loader.h"

namespace ca::workers {

namespace {

constexpr int files_per_claim = 64;
// A batch is stored after this time, so that a file that changes now does not wait for a long list of large ones.
constexpr Milliseconds batch_time{400};
// Work is announced by NOTIFY; this is for what nobody announces (a lease that ran out, a pause that is over).
constexpr Milliseconds slow_poll{5000};
constexpr Milliseconds fast_poll{500};  // where the database refuses LISTEN

}  // namespace

Indexer::Indexer(const Stop& stop, Session& session, std::string name)
    : stop_(stop), session_(session), name_(std::move(name)) {
  session_.on_connect([this](Connection& connection) { return prepare(connection); });
}

DbStatus Indexer::prepare(Connection& connection) {
  auto listening = connection.execute("LISTEN index_queue");
  listens_ = listening.has_value();
  if (!listening && listening.error().trouble != Trouble::statement) return tl::unexpected(listening.error());
  // After a lost connection the claims of this very process are given back; what it is working on is then not stored.
  auto released = release_all(connection, name_, !started_);
  if (released) released = release_rounds(connection, name_);
  if (released) started_ = true;
  return released;
}

Status Indexer::run(ReadinessPipe& readiness) {
  session_.on_trouble([&](const std::string& reason) { readiness.waiting("database: " + reason); });
  auto connected = session_.connection();
  if (connected) readiness.ready();
  DbResult<bool> worked = true;
  while (connected && worked && !stop_.requested()) {
    worked = round();
    if (!worked) break;
    const bool idle = !*worked;
    worked = resolve_imports(idle);
    if (worked && idle && !*worked) wait_for_work();
  }
  if (!worked && worked.error().trouble == Trouble::statement) return failure("database: " + worked.error().message);
  return {};
}

// One batch. False where there was nothing to do.
DbResult<bool> Indexer::round() {
  auto claims = claim_next(session_, name_, files_per_claim);
  if (!claims) return tl::unexpected(claims.error());
  if (claims->files.empty()) return false;
  const Instant end = MonotonicClock::now() + batch_time;
  std::vector<Outcome> outcomes;
  for (const auto& claim : claims->files) {
    if (stop_.requested() || MonotonicClock::now() > end) break;
    outcomes.push_back(work_on(claim));
    const auto& last = outcomes.back();
    if (last.kind == Outcome::Kind::dead) log::warning("giving up on {}/{}: {}", claim.root, claim.path, last.reason);
  }
  if (auto stored = store_batch(claims->token, outcomes); !stored) return tl::unexpected(stored.error());
  if (auto released = release(session_, claims->token); !released) return tl::unexpected(released.error());
  return true;
}

// All at once; where the database refuses that, one by one, so that one file's rows do not hold up the others'.
DbStatus Indexer::store_batch(std::int64_t token, const std::vector<Outcome>& outcomes) {
  auto stored = store(session_, token, outcomes);
  if (stored || stored.error().trouble != Trouble::statement) return stored;
  for (const auto& outcome : outcomes) {
    auto alone = store(session_, token, {outcome});
    if (!alone && alone.error().trouble == Trouble::statement) {
      alone = store(session_, token, {failed_attempt(outcome.claim, "cannot be stored: " + alone.error().message)});
    }
    if (!alone) return alone;
  }
  return {};
}

// A portion of a round over the imports of a project. False where there is no more to do at once. A round that the database
// refuses is given up, not this process: its lease runs out, and then it is tried again.
DbResult<bool> Indexer::resolve_imports(bool idle) {
  const Instant start = MonotonicClock::now();
  DbResult<bool> more = false;
  if (imports_) {
    more = imports_->step(session_);
  } else {
    const Milliseconds due_for = pace_.due_for(idle, start);
    if (due_for.count() < 0) return false;
    auto begun = ImportRound::begin(session_, name_, due_for);
    if (!begun) {
      more = tl::unexpected(begun.error());
    } else if (!*begun) {
      pace_.looked(start);
      return false;
    } else {
      imports_ = std::move(*begun);
      imports_time_ = {};
      more = true;
    }
  }
  const Instant end = MonotonicClock::now();
  imports_time_ += end - start;
  if (more && *more) return true;
  imports_.reset();
  pace_.worked(std::chrono::ceil<Milliseconds>(imports_time_), end);
  if (more || more.error().trouble != Trouble::statement) return more;
  log::error("where imports lead is not known for now: database: {}", more.error().message);
  return false;
}

void Indexer::wait_for_work() {
  Connection* connection = session_.current();
  if (connection == nullptr || !connection->is_usable()) return;
  const Milliseconds nap = pace_.longest_nap(listens_ ? slow_poll : fast_poll, MonotonicClock::now());
  // One may have come together with the last answer: then the socket has nothing more to say.
  auto woken = connection->take_notifications();
  if (woken && !*woken && wait_readable(stop_, connection->socket(), -1, nap)) {
    woken = connection->take_notifications();
  }
  if (!woken) session_.drop();
}

}  // namespace ca::workers
