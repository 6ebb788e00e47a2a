// Cancels statements whose answer nobody waits for, so that they do not hold up the statements of others.
#pragma once

#include <libpq-fe.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

namespace ca::server {

struct FinishConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using Connection = std::unique_ptr<PGconn, FinishConnection>;

// Any number of threads at once. PQcancel blocks until the other side has read it, so a thread of its own does it.
class StatementCanceller {
 public:
  StatementCanceller();
  ~StatementCanceller();  // REQUIRES: the other side answers or has gone; what is queued is closed without a cancel
  StatementCanceller(const StatementCanceller&) = delete;
  StatementCanceller& operator=(const StatementCanceller&) = delete;

  // Cancels the statement that runs on `connection`, waits a moment for it to end, and closes the connection. `held` is
  // released after that: the places that the statement takes. Does not block.
  void cancel(Connection connection, std::shared_ptr<void> held);

 private:
  struct Item {
    std::shared_ptr<void> held;  // released last
    Connection connection;
  };

  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> items_;  // bounded by the places of those who call
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace ca::server
