#include "supervisor/shell/loop.h"

#include <algorithm>

#include "common/check.h"

namespace ca::shell {

// The callback lives in the handle, which libuv gives back at the end of the turn: so it may destroy its owner.
struct FdWatch::Handle {
  uv_poll_t poll{};
  std::function<void()> call;
};

FdWatch::FdWatch(uv_loop_t* loop, int fd, std::function<void()> on_readable) : handle_(new Handle) {
  handle_->call = std::move(on_readable);
  CA_CHECK(uv_poll_init(loop, &handle_->poll, fd) == 0);
  handle_->poll.data = handle_;
  uv_poll_start(&handle_->poll, UV_READABLE, [](uv_poll_t* poll, int, int) {
    static_cast<Handle*>(poll->data)->call();
  });
}

FdWatch::~FdWatch() {
  uv_poll_stop(&handle_->poll);
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_->poll),
           [](uv_handle_t* handle) { delete static_cast<Handle*>(handle->data); });
}

struct Timer::Handle {
  uv_timer_t timer{};
  std::function<void()> call;
};

Timer::Timer(uv_loop_t* loop, std::function<void()> on_time) : handle_(new Handle) {
  handle_->call = std::move(on_time);
  uv_timer_init(loop, &handle_->timer);
  handle_->timer.data = handle_;
}

Timer::~Timer() {
  uv_timer_stop(&handle_->timer);
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_->timer),
           [](uv_handle_t* handle) { delete static_cast<Handle*>(handle->data); });
}

void Timer::set(std::optional<Instant> at) {
  if (at == at_ && uv_is_active(reinterpret_cast<uv_handle_t*>(&handle_->timer)) == (at ? 1 : 0)) return;
  at_ = at;
  uv_timer_stop(&handle_->timer);
  if (!at) return;
  // libuv counts in whole milliseconds of a clock that it reads once a turn: one more, so as not to be early.
  uv_update_time(handle_->timer.loop);
  const auto left = std::chrono::duration_cast<Milliseconds>(*at - MonotonicClock::now()).count();
  uv_timer_start(&handle_->timer, [](uv_timer_t* timer) { static_cast<Handle*>(timer->data)->call(); },
                 static_cast<std::uint64_t>(std::max<std::int64_t>(left, -1) + 1), 0);
}

struct EachTurn::Handle {
  uv_idle_t idle{};
  std::function<void()> call;
};

EachTurn::EachTurn(uv_loop_t* loop, std::function<void()> on_turn) : handle_(new Handle) {
  handle_->call = std::move(on_turn);
  uv_idle_init(loop, &handle_->idle);
  handle_->idle.data = handle_;
}

EachTurn::~EachTurn() {
  uv_idle_stop(&handle_->idle);
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_->idle),
           [](uv_handle_t* handle) { delete static_cast<Handle*>(handle->data); });
}

void EachTurn::on() {
  uv_idle_start(&handle_->idle, [](uv_idle_t* idle) { static_cast<Handle*>(idle->data)->call(); });
}

void EachTurn::off() { uv_idle_stop(&handle_->idle); }

}  // namespace ca::shell
