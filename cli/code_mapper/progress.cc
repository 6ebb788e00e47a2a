#include "cli/code_mapper/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "common/printable.h"

namespace ca::code_mapper {

std::string progress_line(std::size_t done, std::size_t total, double seconds) {
  constexpr std::size_t width = 24;
  const std::size_t full = total == 0 ? width : std::min(width, done * width / total);
  std::string line = "[" + std::string(full, '#') + std::string(width - full, '.') + "] " + std::to_string(done) + " of " + std::to_string(total) + " files";
  if (seconds >= 0.2) line += ", " + std::to_string(static_cast<std::size_t>(static_cast<double>(done) / seconds + 0.5)) + " files/s";
  return line;
}

Progress::Progress(std::size_t total, bool names)
    : total_(total), names_(names), on_terminal_(::isatty(STDERR_FILENO) == 1), start_(MonotonicClock::now()), last_(start_) {}

Progress::~Progress() {
  if (is_shown_) std::fputs("\r\033[K", stderr);
}

void Progress::note(const std::string& path) {
  std::lock_guard lock(mutex_);
  ++done_;
  if (names_) {
    std::fprintf(stderr, "%s\n", printable(path).c_str());
    return;
  }
  if (!on_terminal_) return;
  const Instant now = MonotonicClock::now();
  if (now - last_ < Milliseconds(100) && done_ < total_) return;
  last_ = now;
  is_shown_ = true;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  std::fprintf(stderr, "\r%s\033[K", progress_line(done_, total_, seconds).c_str());
}

}  // namespace ca::code_mapper
