// Ends connections that take too long: a client that sends one byte now and then would hold its thread for ever.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "common/clock.h"

namespace ca::server {

// Any number of threads at once. Sleeps as long as no deadline is set.
class SlowClients {
 public:
  SlowClients();
  ~SlowClients();
  SlowClients(const SlowClients&) = delete;
  SlowClients& operator=(const SlowClients&) = delete;

  // From now on `fd` is shut down at `deadline`; a later call for the same connection moves it.
  void watch(const void* connection, int fd, Instant deadline);
  // No deadline from now on; called before fd is closed.
  void forget(const void* connection);

 private:
  struct Watched {
    int fd;
    Instant deadline;
  };

  void run();
  Instant end_expired(Instant now);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<const void*, Watched> watched_;
  Instant wakes_at_ = Instant::max();
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace ca::server
