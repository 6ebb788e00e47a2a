#include "supervisor/shell/io/paced_watch.h"

#include <algorithm>

namespace ca::shell {

PacedWatch::PacedWatch(Loop& loop, std::function<bool()> read_one)
    : read_one_(std::make_shared<std::function<bool()>>(std::move(read_one))), pause_over_(loop, [this] {
        is_paused_ = false;
        watch_->want(EPOLLIN);
      }) {}

Result<std::unique_ptr<PacedWatch>> PacedWatch::make(Loop& loop, int fd, std::function<bool()> read_one) {
  std::unique_ptr<PacedWatch> paced(new PacedWatch(loop, std::move(read_one)));
  PacedWatch* const raw = paced.get();
  auto watch = FdWatch::make(loop, fd, EPOLLIN, [raw](std::uint32_t) { raw->on_readable(); });
  if (!watch) return tl::unexpected(watch.error());
  paced->watch_ = std::move(*watch);
  return paced;
}

void PacedWatch::on_readable() {
  constexpr std::chrono::microseconds wake_up{20};  // what being called costs beside the reading
  const auto read_one = read_one_;
  const Instant began = MonotonicClock::now();
  if (began - window_began_ >= window) {
    window_began_ = began;
    spent_ = {};
  }
  const auto left = std::max<std::chrono::nanoseconds>(budget - spent_, {});
  do {
    if (!(*read_one)()) break;
  } while (MonotonicClock::now() - began < left);
  if (read_one.use_count() == 1) return;  // this watch is gone
  spent_ += MonotonicClock::now() - began + wake_up;
  if (spent_ < budget) return;
  is_paused_ = true;
  watch_->want(0);
  pause_over_.set(window_began_ + window);
}

void PacedWatch::read_now(int pieces) const {
  const auto read_one = read_one_;
  for (int i = 0; i < pieces && (*read_one)(); ++i) {
  }
}

}  // namespace ca::shell
