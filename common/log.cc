#include "common/log.h"

#include <unistd.h>

#include <string>

namespace ca::log {

namespace {

const char* prefix(Level level) {
  switch (level) {
    case Level::debug: return "debug: ";
    case Level::info: return "info: ";
    case Level::warning: return "warning: ";
    case Level::error: return "error: ";
  }
  return "";
}

}  // namespace

void write(Level level, std::string_view text) noexcept {
  std::string line = prefix(level);
  for (const char c : text) {
    if (c == '\n') {
      line += "\\n";
    } else {
      line += c;
    }
  }
  line += '\n';
  [[maybe_unused]] const auto ignored = ::write(2, line.data(), line.size());
}

}  // namespace ca::log
