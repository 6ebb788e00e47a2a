// The libuv loop as the driver uses it: readiness of descriptors, timers, and one `settle` function that runs after every
// event. Handlers only record what happened to whom; what must not happen in the middle of a handler (lending connections
// to others, deleting objects) is done by `settle`.
#pragma once

#include <uv.h>

#include <chrono>
#include <functional>

#include "common/clock.h"

namespace ca::driver {

class EventLoop {
 public:
  EventLoop();
  ~EventLoop();  // REQUIRES: every Poll and Timer is gone. Work in threads is not waited for
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void run() { uv_run(&loop_, UV_RUN_DEFAULT); }
  void stop() { uv_stop(&loop_); }
  Instant now() const noexcept { return Instant(std::chrono::milliseconds(uv_now(&loop_))); }  // of this turn's beginning
  uv_loop_t* raw() noexcept { return &loop_; }

  std::function<void()> settle;

 private:
  uv_loop_t loop_;
};

// Watches one descriptor, level-triggered. The handler may destroy the Poll.
class Poll {
 public:
  // Among the events: the descriptor is broken. Reading tells what is left and then why; who does not read gives it up.
  static constexpr int broken = 1 << 16;
  // The peer has closed its socket, and not only its sending side. libuv reports a hang-up by whatever event is watched, and
  // this one does not come otherwise.
  static constexpr int hung_up = UV_PRIORITIZED;

  // `handler` gets UV_READABLE, UV_WRITABLE, `hung_up` and `broken` bits. REQUIRES: fd outlives the Poll.
  Poll(EventLoop& loop, int fd, std::function<void(int events)> handler);
  ~Poll();
  Poll(const Poll&) = delete;
  Poll& operator=(const Poll&) = delete;

  void want(int events) noexcept;  // 0: nothing. Stopping and going on with reading costs no system call

 private:
  struct State;
  State* state_;
};

// Fires once, `delay` after start(). The handler may destroy the Timer.
class Timer {
 public:
  Timer(EventLoop& loop, std::function<void()> handler);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void start(std::chrono::milliseconds delay) noexcept;  // anew where it runs already
  void stop() noexcept;
  bool running() const noexcept;

 private:
  struct State;
  State* state_;
};

}  // namespace ca::driver
