#include "supervisor/shell/records/event_log.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "common/clock.h"
#include "common/printable.h"

namespace ca::shell {

namespace {

constexpr off_t tail_size = 64 << 10;

// The last bytes of a file and where they begin.
struct Tail {
  std::string bytes;
  off_t begin = 0;
};

Tail read_tail(int fd, off_t size) {
  Tail tail;
  tail.begin = std::max<off_t>(0, size - tail_size);
  tail.bytes.resize(static_cast<std::size_t>(size - tail.begin));
  const ssize_t count = ::pread(fd, tail.bytes.data(), tail.bytes.size(), tail.begin);
  tail.bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return tail;
}

std::optional<std::uint64_t> sequence_of(std::string_view line) {
  const auto json = parse_json(line, tail_size);
  if (!json || !json->is_object() || !json->contains("seq") || !(*json)["seq"].is_number_unsigned()) return std::nullopt;
  return (*json)["seq"].get<std::uint64_t>();
}

// The number in the last whole line that has one.
std::optional<std::uint64_t> last_sequence(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.rfind('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::size_t before = end == 0 ? std::string_view::npos : text.rfind('\n', end - 1);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    if (const auto found = sequence_of(text.substr(begin, end - begin))) return found;
    text = text.substr(0, begin);
  }
  return std::nullopt;
}

std::string rotated(const std::string& path, int number) { return path + "." + std::to_string(number); }

}  // namespace

EventLog::EventLog(Options options) : options_(std::move(options)) {
  open_file();
  recover_sequence();
}

void EventLog::open_file() {
  file_.reset();
  unfinished_.clear();
  size_ = 0;
  if (options_.path.empty()) return;
  file_ = UniqueFd(::open(options_.path.c_str(),
                          O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644));
  struct stat info{};
  is_regular_ = file_ && ::fstat(file_.get(), &info) == 0 && S_ISREG(info.st_mode);
  if (is_regular_) size_ = info.st_size;
}

void EventLog::recover_sequence() {
  if (!is_regular_) return;
  const Tail tail = read_tail(file_.get(), size_);
  const std::size_t newline = tail.bytes.rfind('\n');
  const off_t whole = newline == std::string::npos ? tail.begin : tail.begin + static_cast<off_t>(newline) + 1;
  if (whole < size_ && (newline != std::string::npos || tail.begin == 0) && ::ftruncate(file_.get(), whole) == 0) {
    size_ = whole;
  }
  auto last = last_sequence(tail.bytes);
  if (!last) {
    const UniqueFd previous(::open(rotated(options_.path, 1).c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    struct stat info{};
    if (previous && ::fstat(previous.get(), &info) == 0 && S_ISREG(info.st_mode)) {
      last = last_sequence(read_tail(previous.get(), info.st_size).bytes);
    }
  }
  if (last) next_seq_ = *last + 1;
}

std::string EventLog::make_line(std::string_view event, const Json& fields, const Json& seq) const {
  Json line;
  line["seq"] = seq;
  line["mono_ns"] = MonotonicClock::now().time_since_epoch().count();
  line["time"] = rfc3339_now();
  line["event"] = std::string(event);
  if (fields.is_object()) line.update(fields);
  return printable_json(line.dump(-1, ' ', false, Json::error_handler_t::replace)) + "\n";
}

void EventLog::append(std::string_view event, const Json& fields) {
  if (dropped_ > 0) {
    const std::string note = make_line("log_dropped", {{"log", "event_log"}, {"lines", dropped_}}, next_seq_);
    if (write_line(note)) {
      dropped_ = 0;
      remember(note);
    }
  }
  const std::string line = make_line(event, fields, next_seq_);
  // A line that was not written uses up no number, so that the file has no gap.
  if (write_line(line)) {
    remember(line);
  } else {
    ++dropped_;
    remember(make_line(event, fields, nullptr));
  }
}

void EventLog::remember(const std::string& line) {
  recent_.push_back(line.substr(0, line.size() - 1));
  if (recent_.size() > recent_limit) recent_.pop_front();
  if (listener_) listener_(recent_.back());
}

bool EventLog::write_line(const std::string& line) {
  if (options_.path.empty()) {
    ++next_seq_;
    return true;
  }
  if (!file_) open_file();
  if (!file_) return false;
  if (is_regular_ && size_ > 0 && size_ + static_cast<std::int64_t>(line.size()) > options_.max_size) rotate();
  if (!unfinished_.empty() && !write_bytes(unfinished_)) return false;
  std::string rest = line;
  const std::int64_t before = size_;
  if (!write_bytes(rest) && rest.size() < line.size()) {
    // Half a line on a full disk is taken back; where it cannot be, its rest comes before anything else.
    if (is_regular_ && ::ftruncate(file_.get(), before) == 0) {
      size_ = before;
      return false;
    }
    unfinished_ = std::move(rest);
  } else if (!rest.empty()) {
    return false;
  }
  ++next_seq_;
  return true;
}

bool EventLog::write_bytes(std::string& bytes) {
  pollfd writable{file_.get(), POLLOUT, 0};
  if (!is_regular_ && ::poll(&writable, 1, 0) != 1) return false;
  const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
  if (count <= 0) return false;
  size_ += count;
  bytes.erase(0, static_cast<std::size_t>(count));
  return bytes.empty();
}

void EventLog::rotate() {
  if (options_.keep <= 0) {
    if (::ftruncate(file_.get(), 0) == 0) size_ = 0;
    return;
  }
  for (int number = options_.keep - 1; number >= 1; --number) {
    ::rename(rotated(options_.path, number).c_str(), rotated(options_.path, number + 1).c_str());
  }
  if (::rename(options_.path.c_str(), rotated(options_.path, 1).c_str()) == 0) open_file();
}

void EventLog::reopen() { open_file(); }

}  // namespace ca::shell
