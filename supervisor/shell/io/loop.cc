#include "supervisor/shell/io/loop.h"

#include <algorithm>
#include <cerrno>
#include <climits>

namespace ca::shell {

Loop::Loop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), error_(epoll_ ? 0 : errno) {}

Status Loop::usable() const {
  if (!epoll_) return system_failure("epoll_create1", error_);
  return {};
}

void Loop::run() {
  is_stopped_ = false;
  while (!is_stopped_) one_turn(milliseconds_to_wait());
}

void Loop::turn() { one_turn(0); }

void Loop::one_turn(int timeout_ms) {
  dispatch(timeout_ms);
  fire_timers();
}

void Loop::dispatch(int timeout_ms) {
  constexpr std::size_t fewest = 16;
  // Room for all of them: none is kept from its turn by the others.
  events_.resize(std::max(fewest, watches_.size()));
  const int count = ::epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), timeout_ms);
  // A callback may run a turn of its own (a test does): so by value.
  const std::vector<epoll_event> events(events_.begin(), events_.begin() + std::max(count, 0));
  for (const epoll_event& event : events) {
    const auto found = watches_.find(event.data.u64);
    if (found == watches_.end()) continue;
    const std::shared_ptr<Watched> call = found->second;
    (*call)(event.events);
  }
}

void Loop::fire_timers() {
  if (timers_.empty() || timers_.begin()->first.first > MonotonicClock::now()) return;
  const Instant now = MonotonicClock::now();
  dispatch(0);
  facts_until_ = now;
  std::vector<std::pair<Instant, Key>> due;
  for (auto timer = timers_.begin(); timer != timers_.end() && timer->first.first <= now; ++timer) {
    due.push_back(timer->first);
  }
  for (const auto& key : due) {
    const auto found = timers_.find(key);
    if (found == timers_.end()) continue;
    const std::shared_ptr<Timed> call = found->second;
    timers_.erase(found);
    (*call)();
  }
}

int Loop::milliseconds_to_wait() const {
  if (timers_.empty()) return -1;
  const auto left = std::chrono::ceil<Milliseconds>(timers_.begin()->first.first - MonotonicClock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX));
}

Result<std::unique_ptr<FdWatch>> FdWatch::make(Loop& loop, int fd, std::uint32_t events,
                                               std::function<void(std::uint32_t)> on_event) {
  const Loop::Key key = loop.next_key_++;
  epoll_event interest{};
  interest.events = events;
  interest.data.u64 = key;
  if (::epoll_ctl(loop.epoll_.get(), EPOLL_CTL_ADD, fd, &interest) != 0) {
    return system_failure("cannot watch a descriptor", errno);
  }
  loop.watches_.emplace(key, std::make_shared<Loop::Watched>(std::move(on_event)));
  return std::unique_ptr<FdWatch>(new FdWatch(loop, fd, events, key));
}

FdWatch::~FdWatch() {
  epoll_event unused{};
  ::epoll_ctl(loop_.epoll_.get(), EPOLL_CTL_DEL, fd_, &unused);
  loop_.watches_.erase(key_);
}

void FdWatch::want(std::uint32_t events) {
  if (events == events_) return;
  events_ = events;
  epoll_event interest{};
  interest.events = events;
  interest.data.u64 = key_;
  ::epoll_ctl(loop_.epoll_.get(), EPOLL_CTL_MOD, fd_, &interest);  // allocates nothing: it cannot fail
}

Timer::Timer(Loop& loop, std::function<void()> on_time)
    : loop_(loop), key_(loop.next_key_++), call_(std::make_shared<Loop::Timed>(std::move(on_time))) {}

void Timer::set(std::optional<Instant> at) {
  if (at_) loop_.timers_.erase({*at_, key_});
  at_ = at;
  if (at_) loop_.timers_.emplace(std::pair(*at_, key_), call_);
}

}  // namespace ca::shell
