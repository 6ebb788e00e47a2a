// One answer for all who ask the same within a short time: made once, without a lock held, and shared, failures too.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

#include "common/clock.h"

namespace ca::server {

// Any number of threads at once. T: copyable.
template <class T>
class SharedAnswer {
 public:
  // Returns the last answer while it is fresh. Otherwise one caller makes a new one, and callers that come before it is
  // made wait for it and share it. `make(T& answer)` fills in the answer and returns how long it is fresh.
  // Blocks: as long as one `make`.
  template <class Make>
  T get(Make&& make) {
    std::unique_lock lock(mutex_);
    const auto asked = made_;
    while (is_making_) ended_.wait(lock);
    if (last_ && (made_ != asked || MonotonicClock::now() < fresh_until_)) return *last_;
    Making making(*this, lock);
    T answer{};
    const auto fresh_for = std::chrono::duration_cast<Instant::duration>(make(answer));
    lock.lock();
    last_ = answer;
    fresh_until_ = MonotonicClock::now() + fresh_for;
    ++made_;
    return answer;
  }

 private:
  // Others wait while this exists, whatever ends it. The lock is free meanwhile.
  class Making {
   public:
    Making(SharedAnswer& shared, std::unique_lock<std::mutex>& lock) : shared_(shared), lock_(lock) {
      shared_.is_making_ = true;
      lock_.unlock();
    }
    ~Making() {
      if (!lock_.owns_lock()) lock_.lock();
      shared_.is_making_ = false;
      shared_.ended_.notify_all();
    }
    Making(const Making&) = delete;
    Making& operator=(const Making&) = delete;

   private:
    SharedAnswer& shared_;
    std::unique_lock<std::mutex>& lock_;
  };

  std::mutex mutex_;
  std::condition_variable ended_;
  bool is_making_ = false;
  std::uint64_t made_ = 0;
  std::optional<T> last_;
  Instant fresh_until_{};
};

}  // namespace ca::server
