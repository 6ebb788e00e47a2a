#include "server/slow_clients.h"

#include <sys/socket.h>

#include <algorithm>

namespace ca::server {

SlowClients::SlowClients() : thread_([this] { run(); }) {}

SlowClients::~SlowClients() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void SlowClients::watch(const void* connection, int fd, Instant deadline) {
  const std::lock_guard lock(mutex_);
  watched_[connection] = {fd, deadline};
  if (deadline < wakes_at_) changed_.notify_all();
}

void SlowClients::forget(const void* connection) {
  const std::lock_guard lock(mutex_);
  watched_.erase(connection);  // its deadline may wake the thread once, for nothing
}

Instant SlowClients::end_expired(Instant now) {
  Instant next = Instant::max();
  for (auto entry = watched_.begin(); entry != watched_.end();) {
    if (entry->second.deadline <= now) {
      ::shutdown(entry->second.fd, SHUT_RDWR);  // the connection's own thread sees the end and closes it
      entry = watched_.erase(entry);
    } else {
      next = std::min(next, entry->second.deadline);
      ++entry;
    }
  }
  return next;
}

void SlowClients::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    wakes_at_ = end_expired(MonotonicClock::now());
    if (wakes_at_ == Instant::max()) {
      changed_.wait(lock);
    } else {
      changed_.wait_until(lock, wakes_at_);
    }
  }
}

}  // namespace ca::server
