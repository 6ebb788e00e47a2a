#include "supervisor/shell/log_pump.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace ca::shell {

LogPump::LogPump(uv_loop_t* loop, UniqueFd pipe, std::string process, Log& log)
    : process_(std::move(process)), log_(log), pipe_(std::move(pipe)) {
  watch_ = std::make_unique<FdWatch>(loop, pipe_.get(), [this] {
    if (read_once() == Read::end) close();
  });
}

LogPump::Read LogPump::read_once() {
  static char buffer[32 << 10];  // the supervisor has one thread; a pump uses it for the length of one call
  if (!pipe_) return Read::end;
  const ssize_t count = ::read(pipe_.get(), buffer, sizeof buffer);
  if (count < 0) return errno == EAGAIN || errno == EINTR ? Read::nothing : Read::end;
  if (count == 0) return Read::end;
  const std::string_view bytes(buffer, static_cast<std::size_t>(count));
  if (log_.is_full(process_)) {  // no line of this chunk would be kept: only count them
    log_.count_dropped(static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n')));
    return Read::some;
  }
  lines_.feed(bytes, [this](std::string_view line) { log_.captured(process_, line); });
  return Read::some;
}

void LogPump::drain() {
  constexpr int reads_of_a_full_pipe = 4;
  for (int i = 0; i < reads_of_a_full_pipe; ++i) {
    if (read_once() != Read::some) return;
  }
}

void LogPump::close() {
  if (!pipe_) return;
  drain();
  lines_.end([this](std::string_view line) { log_.captured(process_, line); });
  watch_.reset();
  pipe_.reset();
}

}  // namespace ca::shell
