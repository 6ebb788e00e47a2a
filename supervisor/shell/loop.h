// Thin owners of libuv handles: what is destroyed is stopped, and its callback does not run again.
// A callback may destroy its own owner.
#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <optional>

#include "common/clock.h"

namespace ca::shell {

// Calls back whenever fd is readable (or at its end). The fd stays the caller's and becomes non-blocking.
class FdWatch {
 public:
  FdWatch(uv_loop_t* loop, int fd, std::function<void()> on_readable);  // REQUIRES: fd can be polled
  ~FdWatch();
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

 private:
  struct Handle;
  Handle* handle_;
};

// One deadline; setting it again replaces it.
class Timer {
 public:
  Timer(uv_loop_t* loop, std::function<void()> on_time);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void set(std::optional<Instant> at);  // never fires early; nullopt: not at all

 private:
  struct Handle;
  Handle* handle_;
  std::optional<Instant> at_;
};

// Calls back in each turn of the loop, without waiting for anything, while it is on.
class EachTurn {
 public:
  EachTurn(uv_loop_t* loop, std::function<void()> on_turn);
  ~EachTurn();
  EachTurn(const EachTurn&) = delete;
  EachTurn& operator=(const EachTurn&) = delete;

  void on();
  void off();

 private:
  struct Handle;
  Handle* handle_;
};

}  // namespace ca::shell
