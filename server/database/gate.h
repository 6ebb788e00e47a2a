// A limit on how many threads do the same costly thing at once.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

#include "common/clock.h"

namespace ca::server {

// Any number of threads at once.
class Gate {
 public:
  // One place, given back when the last copy is gone. Must not outlive the gate. Null: none was free.
  using Pass = std::shared_ptr<void>;

  // `places` may be taken at once, and `queue` threads may wait for one.
  Gate(int places, int queue) : free_(places), queue_(queue) {}
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  // Takes a place. Returns null if none becomes free within `patience`, or at once if the queue is full.
  // Blocks: at most `patience`.
  Pass enter(Milliseconds patience);

 private:
  void leave();

  std::mutex mutex_;
  std::condition_variable returned_;
  int free_;
  int queue_;  // places left in the queue
};

}  // namespace ca::server
