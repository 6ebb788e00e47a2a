#include "common/log.h"

#include <unistd.h>

#include <cstdlib>
#include <string>

namespace ca::log {

namespace {

struct Name {
  const char* word;   // for a reader
  const char* digit;  // for the supervisor: sd-daemon(3)
};

Name name_of(Level level) {
  switch (level) {
    case Level::debug: return {"debug: ", "<7>"};
    case Level::info: return {"info: ", "<6>"};
    case Level::warning: return {"warning: ", "<4>"};
    case Level::error: return {"error: ", "<3>"};
  }
  return {"", ""};
}

}  // namespace

void write(Level level, std::string_view text) noexcept {
  static const bool supervised = std::getenv("CODE_ANALYSIS_PROCESS") != nullptr;
  const Name name = name_of(level);
  std::string line = supervised ? name.digit : name.word;
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
