#include "supervisor/shell/records/log_pump.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace ca::shell {

Result<std::unique_ptr<LogPump>> LogPump::make(Loop& loop, UniqueFd pipe, std::string process, Log& log) {
  ::fcntl(pipe.get(), F_SETFL, O_NONBLOCK);
  std::unique_ptr<LogPump> pump(new LogPump(std::move(pipe), std::move(process), log));
  LogPump* const raw = pump.get();
  auto watch = FdWatch::make(loop, raw->pipe_.get(), EPOLLIN, [raw](std::uint32_t) {
    if (raw->read_once() == Read::end) raw->close();
  });
  if (!watch) return tl::unexpected(watch.error());
  pump->watch_ = std::move(*watch);
  return pump;
}

LogPump::Read LogPump::read_once() {
  static char buffer[32 << 10];  // the supervisor has one thread; a pump uses it for the length of one call
  if (!pipe_) return Read::end;
  const ssize_t count = ::read(pipe_.get(), buffer, sizeof buffer);
  if (count < 0) return errno == EAGAIN || errno == EINTR ? Read::nothing : Read::end;
  if (count == 0) return Read::end;
  const std::string_view bytes(buffer, static_cast<std::size_t>(count));
  if (log_.is_full(process_)) {  // no line of this chunk would be kept: only count them
    lines_.skip(bytes);
  } else {
    lines_.feed(bytes, [this](std::string_view line) { log_.captured(process_, line); });
  }
  log_.count_dropped(lines_.take_skipped());
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
  log_.count_dropped(lines_.take_skipped());
  watch_.reset();
  pipe_.reset();
}

}  // namespace ca::shell
