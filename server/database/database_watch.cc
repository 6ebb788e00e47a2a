#include "server/database/database_watch.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "common/check.h"
#include "common/clock.h"
#include "common/log.h"

namespace ca::server {

namespace {

constexpr Milliseconds remembered{1'000};  // a failure holds for this long
constexpr Milliseconds between_probes{300};

}  // namespace

DatabaseWatch::DatabaseWatch(Probe probe) : probe_(std::move(probe)), event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CA_CHECK(event_);
  thread_ = std::thread([this] { run(); });
}

DatabaseWatch::~DatabaseWatch() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void DatabaseWatch::suspect() {
  const std::lock_guard lock(mutex_);
  is_suspected_ = true;
  changed_.notify_all();
}

std::optional<std::string> DatabaseWatch::away() const {
  const std::lock_guard lock(mutex_);
  return away_;
}

void DatabaseWatch::run() {
  std::unique_lock lock(mutex_);
  const auto pause = [&](Milliseconds time) { changed_.wait_for(lock, time, [this] { return is_stopping_; }); };
  for (;;) {
    changed_.wait(lock, [this] { return is_suspected_ || is_stopping_; });
    if (is_stopping_) return;
    lock.unlock();
    auto reason = probe_();
    lock.lock();
    if (!reason) {
      pause(between_probes);
      is_suspected_ = false;
      continue;
    }
    log::warning("database: {}", *reason);
    away_ = std::move(reason);
    std::uint64_t count = 1;
    [[maybe_unused]] const auto written = ::write(event_.get(), &count, sizeof count);
    pause(remembered);
    away_.reset();
    is_suspected_ = false;
    [[maybe_unused]] const auto drained = ::read(event_.get(), &count, sizeof count);
  }
}

}  // namespace ca::server
