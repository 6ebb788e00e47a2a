#include "supervisor/shell/records/log.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <nlohmann/json.hpp>

#include "common/clock.h"
#include "common/printable.h"

namespace ca::shell {

namespace {

const char* name_of(Level level) {
  switch (level) {
    case Level::debug: return "debug";
    case Level::info: return "info";
    case Level::warning: return "warning";
    case Level::error: return "error";
  }
  return "info";
}

// The eight levels of syslog(3), of which this log knows four.
Level level_of(char digit) {
  switch (digit) {
    case '4': return Level::warning;
    case '5': case '6': return Level::info;
    case '7': return Level::debug;
    default: return Level::error;
  }
}

constexpr std::size_t line_overhead = 96;  // what a queued line costs beside its bytes

}  // namespace

Log::Log(Loop& loop, int fd, const LogPlan& plan, std::function<void(std::uint64_t)> on_dropped)
    : loop_(loop), plan_(plan), on_dropped_(std::move(on_dropped)) {
  use(fd);
}

void Log::use(int fd) {
  room_watch_.reset();
  reopened_.reset();
  if (!std::exchange(unfinished_, {}).empty()) ++dropped_;  // its beginning is elsewhere
  fd_ = fd;
  struct stat info{};
  if (::fstat(fd, &info) != 0) info.st_mode = 0;
  is_socket_ = S_ISSOCK(info.st_mode);
  can_block_ = !S_ISREG(info.st_mode);
  if (S_ISFIFO(info.st_mode) || (S_ISCHR(info.st_mode) && ::isatty(fd) == 1)) {
    // An open file of our own: O_NONBLOCK on the inherited one would be the launcher's too.
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    reopened_ = UniqueFd(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  }
}

std::string Log::format(Level level, std::string_view process, std::string_view text) const {
  if (plan_.json) {
    nlohmann::ordered_json line;
    line["time"] = rfc3339_now();
    line["level"] = name_of(level);
    line["process"] = process.empty() ? "supervisor" : std::string(process);
    line["text"] = std::string(text);
    return printable_json(line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)) + "\n";
  }
  std::string line = rfc3339_now();
  line.append(" ").append(name_of(level)).append(" ");
  line.append(process.empty() ? "supervisor" : printable(process)).append(": ").append(printable(text)).append("\n");
  return line;
}

bool Log::is_full(std::string_view process) const {
  if (waiting_total_ == 0) return false;
  const auto found = waiting_.find(std::string(process));
  return waiting_total_ >= queue_limit || (found != waiting_.end() && found->second >= share_limit);
}

void Log::write(Level level, std::string_view process, std::string_view text) {
  if (static_cast<int>(level) < plan_.level) return;
  if (is_full(process)) {
    ++dropped_;
    return;
  }
  std::string line = format(level, process, text);
  if (!queue_.empty() && !room_watch_) flush();  // where nothing tells of room, each line asks
  if (queue_.empty()) {
    switch (write_line(line)) {
      case Wrote::all: return unfinished_.empty() ? void() : watch_for_room();
      case Wrote::failed: ++dropped_; return;
      case Wrote::blocked: break;
    }
  }
  enqueue(process, std::move(line));
}

void Log::captured(std::string_view process, std::string_view line) {
  const bool has_level = line.size() >= 3 && line[0] == '<' && line[1] >= '0' && line[1] <= '7' && line[2] == '>';
  if (!has_level) return write(Level::info, process, line);
  write(level_of(line[1]), process, line.substr(3));
}

void Log::enqueue(std::string_view process, std::string line) {
  const std::size_t cost = line.size() + line_overhead;
  waiting_[std::string(process)] += cost;
  waiting_total_ += cost;
  queue_.push_back({std::string(process), std::move(line)});
  watch_for_room();
}

Log::Wrote Log::write_some(std::string_view& bytes) const {
  const int fd = reopened_ ? reopened_.get() : fd_;
  while (!bytes.empty()) {
    if (can_block_ && !reopened_) {
      pollfd writable{fd, POLLOUT, 0};
      if (::poll(&writable, 1, 0) != 1) return Wrote::blocked;
    }
    // A pipe takes a piece of at most PIPE_BUF as a whole or not at all; a socket may keep the limits of a message.
    const std::size_t piece = is_socket_ ? bytes.size() : std::min<std::size_t>(bytes.size(), PIPE_BUF);
    const ssize_t count = is_socket_ ? ::send(fd, bytes.data(), piece, MSG_DONTWAIT | MSG_NOSIGNAL)
                                     : ::write(fd, bytes.data(), piece);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN ? Wrote::blocked : Wrote::failed;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return Wrote::all;
}

Log::Wrote Log::write_line(std::string_view line) {
  std::string_view before = unfinished_;
  const Wrote finished = write_some(before);
  unfinished_.erase(0, unfinished_.size() - before.size());
  if (finished != Wrote::all) return finished;
  std::string_view rest = line;
  const Wrote wrote = write_some(rest);
  if (rest.size() == line.size() && !line.empty()) return wrote;
  unfinished_ = rest;
  if (dropped_ > 0) {
    const std::uint64_t lines = std::exchange(dropped_, 0);
    on_dropped_(lines);
  }
  return Wrote::all;
}

void Log::flush() {
  while (!queue_.empty()) {
    const Wrote wrote = write_line(queue_.front().text);
    if (wrote == Wrote::blocked) return watch_for_room();
    if (wrote == Wrote::failed) ++dropped_;
    const Line line = std::move(queue_.front());
    queue_.pop_front();
    const std::size_t cost = line.text.size() + line_overhead;
    waiting_total_ -= cost;
    if ((waiting_[line.source] -= cost) == 0) waiting_.erase(line.source);
  }
  std::string_view rest = unfinished_;
  const Wrote finished = write_some(rest);
  unfinished_.erase(0, unfinished_.size() - rest.size());
  if (finished == Wrote::blocked) return watch_for_room();
  room_watch_.reset();
}

void Log::watch_for_room() {
  if (room_watch_) return;
  auto watch = FdWatch::make(loop_, reopened_ ? reopened_.get() : fd_, EPOLLOUT, [this](std::uint32_t) { flush(); });
  if (watch) room_watch_ = std::move(*watch);  // else the next line tries again
}

}  // namespace ca::shell
