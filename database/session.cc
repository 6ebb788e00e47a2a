#include "database/session.h"

#include <algorithm>
#include <random>

#include "common/log.h"

namespace ca::workers {

namespace {

constexpr Milliseconds first_pause{50};
constexpr Milliseconds longest_pause{2000};

// Half to the whole of `time`, so that workers that failed together do not come back together.
Milliseconds with_jitter(Milliseconds time) {
  static thread_local std::minstd_rand random{std::random_device{}()};
  const auto half = time.count() / 2;
  return Milliseconds(half + static_cast<long>(random() % static_cast<unsigned long>(half + 1)));
}

tl::unexpected<DbError> stopping() { return tl::unexpected(DbError{"told to stop", "", Trouble::stopping}); }

}  // namespace

void Session::pause(Milliseconds time) { (void)wait_readable(stop_, -1, -1, with_jitter(time)); }

DbStatus Session::connect_once() {
  auto opened = Connection::open(stop_);
  if (!opened) return tl::unexpected(opened.error());
  if (on_connect_) {
    if (auto prepared = on_connect_(*opened); !prepared) return prepared;
  }
  connection_.emplace(std::move(*opened));
  return {};
}

DbResult<Connection*> Session::connection() {
  if (connection_ && !connection_->is_usable()) connection_.reset();
  bool told = false;
  for (Milliseconds wait = first_pause; !connection_; wait = std::min(wait * 2, longest_pause)) {
    if (stop_.requested()) return stopping();
    const auto connected = connect_once();
    if (connected) {
      if (told) log::info("connected to the database again");
      break;
    }
    if (connected.error().trouble == Trouble::stopping) return tl::unexpected(connected.error());
    if (!told) log::warning("cannot connect to the database, trying on: {}", connected.error().message);
    told = true;
    if (on_trouble_) on_trouble_(connected.error().message);
    pause(wait);
  }
  return &*connection_;
}

DbStatus Session::attempt(Connection& connection, const Work& work) {
  if (auto begun = connection.execute("BEGIN"); !begun) return tl::unexpected(begun.error());
  auto done = work(connection);
  if (!done) {
    if (connection.is_usable() && done.error().trouble != Trouble::stopping) {
      if (auto undone = connection.execute("ROLLBACK"); !undone) drop();
    } else {
      drop();
    }
    return done;
  }
  auto committed = connection.execute("COMMIT");
  if (!committed) return tl::unexpected(committed.error());
  return {};
}

DbStatus Session::transaction(const Work& work) {
  for (Milliseconds wait = first_pause;; wait = std::min(wait * 2, longest_pause)) {
    auto usable = connection();
    if (!usable) return tl::unexpected(usable.error());
    auto done = attempt(**usable, work);
    if (done || done.error().trouble == Trouble::statement || done.error().trouble == Trouble::stopping) return done;
    if (done.error().trouble == Trouble::connection) {
      log::warning("the database connection failed in a transaction, doing it again: {}", done.error().message);
      drop();
    }
    pause(wait);
    if (stop_.requested()) return stopping();
  }
}

DbResult<Rows> Session::execute(const char* statement, const std::vector<Parameter>& parameters) {
  for (Milliseconds wait = first_pause;; wait = std::min(wait * 2, longest_pause)) {
    auto usable = connection();
    if (!usable) return tl::unexpected(usable.error());
    auto rows = (*usable)->execute(statement, parameters);
    if (rows) return rows;
    const auto trouble = rows.error().trouble;
    if (trouble == Trouble::statement) return rows;
    if (trouble != Trouble::conflict) drop();
    if (trouble == Trouble::stopping) return rows;
    pause(wait);
    if (stop_.requested()) return stopping();
  }
}

}  // namespace ca::workers
