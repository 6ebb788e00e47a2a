#include "server/database/statement_canceller.h"

#include <poll.h>

#include "common/clock.h"
#include "common/log.h"

namespace ca::server {

namespace {

constexpr Milliseconds time_to_end{500};

// Waits until the statement has ended, as far as it does so soon.
void drain(PGconn* connection) {
  const auto deadline = MonotonicClock::now() + time_to_end;
  while (PQtransactionStatus(connection) == PQTRANS_ACTIVE) {
    if (PQisBusy(connection) == 0) {
      PQclear(PQgetResult(connection));
      continue;
    }
    const auto left = std::chrono::ceil<Milliseconds>(deadline - MonotonicClock::now()).count();
    pollfd entry{PQsocket(connection), POLLIN, 0};
    if (left <= 0 || ::poll(&entry, 1, static_cast<int>(left)) != 1 || PQconsumeInput(connection) != 1) return;
  }
}

void end_statement(PGconn* connection) {
  const std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> cancel(PQgetCancel(connection), &PQfreeCancel);
  char error[256] = "";
  if (!cancel || PQcancel(cancel.get(), error, sizeof error) != 1)
    return log::warning("database: cannot cancel: {}", error);
  drain(connection);
}

}  // namespace

StatementCanceller::StatementCanceller() : thread_([this] { run(); }) {}

StatementCanceller::~StatementCanceller() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void StatementCanceller::cancel(Connection connection, std::shared_ptr<void> held) {
  const std::lock_guard lock(mutex_);
  items_.push_back({std::move(held), std::move(connection)});
  changed_.notify_all();
}

void StatementCanceller::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return is_stopping_ || !items_.empty(); });
    if (is_stopping_) return;
    Item item = std::move(items_.front());
    items_.pop_front();
    lock.unlock();
    end_statement(item.connection.get());
    item.connection.reset();
    item.held.reset();
    lock.lock();
  }
}

}  // namespace ca::server
