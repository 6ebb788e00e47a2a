// The supervisor's status as text for people; no I/O.
#pragma once

#include <cstdint>
#include <string>

#include "common/control_client.h"

namespace ca::ctl {

struct TableStyle {
  bool colour = false;            // ANSI escapes for what is degraded
  std::int64_t now_unix_ms = 0;   // wall-clock time, for "2m ago"
};

// `status` is the value of that name in the reply to `status`. Total: a field that is missing or of another type shows
// as "-".
std::string status_table(const Json& status, const TableStyle& style);

// "850ms", "12s", "3m 20s", "5h 10m", "12d 3h"
std::string duration_text(std::int64_t duration_ms);
// "512 B", "3.1 KiB", "64 MiB"
std::string size_text(std::int64_t bytes);

}  // namespace ca::ctl
