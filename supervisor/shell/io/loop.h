// The event loop of the supervisor half: watched descriptors and timers, one thread. It reads before it judges: a timer
// fires only after everything that could be read when it was due has been dispatched. A fact that was there before a
// deadline is therefore never too late, however long the supervisor itself was held up.
// A callback may destroy its own owner, or any other one; what is destroyed is not called again.
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "common/unique_fd.h"

namespace ca::shell {

class Loop {
 public:
  Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Errors: the loop could not be made. Then it must not be used otherwise.
  Status usable() const;

  void run();   // until stop(). Blocks.
  void turn();  // dispatches what is there now
  void stop() { is_stopped_ = true; }

  // Everything that could be read at this instant has been dispatched. The time by which a timer's callback may judge
  // that something did not come.
  Instant facts_until() const { return facts_until_; }

 private:
  friend class FdWatch;
  friend class Timer;
  using Key = std::uint64_t;
  using Watched = std::function<void(std::uint32_t)>;
  using Timed = std::function<void()>;

  void one_turn(int timeout_ms);
  void dispatch(int timeout_ms);
  void fire_timers();
  int milliseconds_to_wait() const;

  UniqueFd epoll_;
  int error_ = 0;
  Key next_key_ = 1;
  // Shared, so that a callback may destroy its owner while it runs.
  std::unordered_map<Key, std::shared_ptr<Watched>> watches_;
  std::map<std::pair<Instant, Key>, std::shared_ptr<Timed>> timers_;
  std::vector<epoll_event> events_;
  Instant facts_until_{};
  bool is_stopped_ = false;
};

// Calls back with epoll's events while the wanted ones, EPOLLERR or EPOLLHUP are there (level-triggered).
class FdWatch {
 public:
  // `fd` stays the caller's; the watch is destroyed before it is closed. Errors: the fd cannot be watched, or the
  // system allows no more (ENOSPC: fs.epoll.max_user_watches).
  static Result<std::unique_ptr<FdWatch>> make(Loop& loop, int fd, std::uint32_t events,
                                               std::function<void(std::uint32_t)> on_event);
  ~FdWatch();
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  void want(std::uint32_t events);  // 0: only EPOLLERR and EPOLLHUP

 private:
  FdWatch(Loop& loop, int fd, std::uint32_t events, Loop::Key key) : loop_(loop), fd_(fd), events_(events), key_(key) {}

  Loop& loop_;
  int fd_;
  std::uint32_t events_;
  Loop::Key key_;
};

// One deadline; setting it again replaces it.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> on_time);
  ~Timer() { set(std::nullopt); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Never fires early, and never within the call; an instant that has passed: in the next turn. nullopt: not at all.
  void set(std::optional<Instant> at);

 private:
  Loop& loop_;
  Loop::Key key_;
  std::shared_ptr<Loop::Timed> call_;
  std::optional<Instant> at_;
};

}  // namespace ca::shell
