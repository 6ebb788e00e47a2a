// Log lines of the child programs on stderr, one write(2) of at most PIPE_BUF bytes each, so that lines of several
// processes on one pipe do not mix: "info: text\n"; under a supervisor "<6>text\n" as in sd-daemon(3),
// since it captures them and adds time, level and process name. (The supervisor's own log is supervisor/shell/records/log.h.)
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace ca::log {

enum class Level { debug, info, warning, error };

// The text is made printable (common/printable.h). One that is too long for a line is cut, and the line says how much is
// missing. A failed write is dropped.
void write(Level level, std::string_view text) noexcept;

template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::warning, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::error, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace ca::log
