// The lifecycle's announcements in words: fields for the event log, a line for people.
#pragma once

#include <optional>
#include <string>

#include "supervisor/core/action.h"
#include "supervisor/shell/records/event_log.h"
#include "supervisor/shell/records/log.h"

namespace ca::shell {

// `process`, `tier`, `pid` and what the record carries beside them.
Json event_fields(const core::Rules& rules, const core::Announce& announce);

struct LogLine {
  Level level;
  std::string text;
};
// `since_spawn`: how long ago the process was started, for `ready`.
LogLine log_line(const core::Rules& rules, const core::Announce& announce, std::optional<Milliseconds> since_spawn);

}  // namespace ca::shell
