#include "common/log.h"

#include <climits>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "common/printable.h"

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
  line += printable(text);
  constexpr std::size_t room_for_the_rest = 64;
  if (line.size() > PIPE_BUF - 1) {
    const std::string_view kept = cut_text(line, PIPE_BUF - room_for_the_rest);
    line = std::string(kept) + fmt::format("... ({} bytes more)", line.size() - kept.size());
  }
  line += '\n';
  [[maybe_unused]] const auto ignored = ::write(2, line.data(), line.size());
}

}  // namespace ca::log
