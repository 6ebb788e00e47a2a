#include "driver/io/event_loop.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "common/check.h"

namespace ca::driver {

EventLoop::EventLoop() { CA_CHECK(uv_loop_init(&loop_) == 0); }

EventLoop::~EventLoop() {
  uv_run(&loop_, UV_RUN_NOWAIT);  // close callbacks
  uv_loop_close(&loop_);  // busy where work still runs in a thread: then the process is about to end
}

// libuv keeps a handle until its close callback has run: the state lives on the heap till then.
struct Poll::State {
  uv_poll_t handle;
  EventLoop* loop;
  std::function<void(int)> handler;
  int wanted = 0;
  int watched = 0;  // what libuv was told: `wanted`, and what was wanted before and has not come since
  bool closed = false;

  void watch(int events) noexcept {
    watched = events;
    if (events == 0) {
      uv_poll_stop(&handle);
    } else {
      uv_poll_start(&handle, events, &State::on_event);
    }
  }

  static void on_event(uv_poll_t* handle, int status, int events) noexcept {
    auto* state = static_cast<State*>(handle->data);
    if (state->closed) return;
    if (status < 0) {  // libuv has stopped it: as long as somebody wants it, it goes on
      state->watch(state->wanted);
      events = UV_READABLE | UV_WRITABLE | broken;
    } else {
      events &= state->wanted;
      if (events == 0) return state->watch(state->wanted);
    }
    state->handler(events);
    if (state->loop->settle) state->loop->settle();
  }
};

Poll::Poll(EventLoop& loop, int fd, std::function<void(int)> handler)
    : state_(new State{{}, &loop, std::move(handler)}) {
  state_->handle.data = state_;
  CA_CHECK(uv_poll_init(loop.raw(), &state_->handle, fd) == 0);
}

Poll::~Poll() {
  state_->closed = true;
  uv_close(reinterpret_cast<uv_handle_t*>(&state_->handle),
           [](uv_handle_t* handle) { delete static_cast<State*>(handle->data); });
}

// Each change costs two system calls, and who waits for an answer stops reading and goes on with it at each statement.
// So what is not wanted any more stays watched until it comes; only room to write, which comes at once, does not.
void Poll::want(int events) noexcept {
  state_->wanted = events;
  if ((events & ~state_->watched) != 0) return state_->watch(events | (state_->watched & ~UV_WRITABLE));
  if ((state_->watched & ~events & UV_WRITABLE) != 0) state_->watch(events);
}

struct Timer::State {
  uv_timer_t handle;
  EventLoop* loop;
  std::function<void()> handler;
  bool closed = false;

  static void on_timeout(uv_timer_t* handle) noexcept {
    auto* state = static_cast<State*>(handle->data);
    if (state->closed) return;
    state->handler();
    if (state->loop->settle) state->loop->settle();
  }
};

Timer::Timer(EventLoop& loop, std::function<void()> handler) : state_(new State{{}, &loop, std::move(handler)}) {
  state_->handle.data = state_;
  uv_timer_init(loop.raw(), &state_->handle);
}

Timer::~Timer() {
  state_->closed = true;
  uv_close(reinterpret_cast<uv_handle_t*>(&state_->handle),
           [](uv_handle_t* handle) { delete static_cast<State*>(handle->data); });
}

void Timer::start(std::chrono::milliseconds delay) noexcept {
  uv_update_time(state_->loop->raw());
  const auto count = static_cast<std::uint64_t>(std::max<std::int64_t>(delay.count(), 0));
  uv_timer_start(&state_->handle, &State::on_timeout, count, 0);
}

void Timer::stop() noexcept { uv_timer_stop(&state_->handle); }

bool Timer::running() const noexcept {
  return uv_is_active(reinterpret_cast<const uv_handle_t*>(&state_->handle)) != 0;
}

}  // namespace ca::driver
