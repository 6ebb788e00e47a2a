#include "cli/code-analysisctl/status_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>
#include <vector>

#include "common/printable.h"

namespace ca::ctl {

namespace {

constexpr std::array<const char*, 9> headings{"TIER",     "PROCESS",   "STATE",  "PID", "UPTIME",
                                              "RESTARTS", "LAST EXIT", "MEMORY", "NOTE"};
constexpr std::size_t state_column = 2;
using Cells = std::array<std::string, headings.size()>;

const Json& field(const Json& object, const char* name) {
  static const Json nothing;
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() ? *found : nothing;
}

std::string text_field(const Json& object, const char* name) {
  const auto& value = field(object, name);
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return std::to_string(value.get<std::int64_t>());
  return "-";
}

std::optional<std::int64_t> number_field(const Json& object, const char* name) {
  const auto& value = field(object, name);
  if (!value.is_number()) return std::nullopt;
  return value.get<std::int64_t>();
}

// "2024-05-01T12:34:56.789Z" to Unix time.
std::optional<std::int64_t> unix_ms(const std::string& time) {
  tm utc{};
  const char* rest = ::strptime(time.c_str(), "%Y-%m-%dT%H:%M:%S", &utc);
  if (rest == nullptr) return std::nullopt;
  return static_cast<std::int64_t>(::timegm(&utc)) * 1000;
}

std::string last_exit_text(const Json& process, const TableStyle& style) {
  const auto& last = field(process, "last_exit");
  if (!last.is_object()) return "-";
  std::string text = last.contains("signal") ? text_field(last, "signal") : "code " + text_field(last, "code");
  const auto at = unix_ms(text_field(last, "at"));
  if (at && style.now_unix_ms >= *at) text += fmt::format(", {} ago", duration_text(style.now_unix_ms - *at));
  return text;
}

std::string note_text(const Json& process) {
  std::string note;
  for (const auto& address : field(process, "listen")) {
    if (!address.is_string()) continue;
    if (!note.empty()) note += ", ";
    note += address.get<std::string>();
  }
  const auto& status_text = field(process, "status_text");
  if (status_text.is_string() && !status_text.get<std::string>().empty()) {
    if (!note.empty()) note += "; ";
    note += status_text.get<std::string>();
  }
  return note;
}

Cells cells_of(const Json& process, const TableStyle& style) {
  const auto uptime = number_field(process, "uptime_ms");
  const auto memory = number_field(process, "rss_bytes");
  const bool lives = field(process, "pid").is_number();
  Cells cells{text_field(process, "tier"),
              text_field(process, "name"),
              text_field(process, "state"),
              text_field(process, "pid"),
              lives && uptime ? duration_text(*uptime) : "-",
              text_field(process, "restarts"),
              last_exit_text(process, style),
              lives && memory ? size_text(*memory) : "-",
              note_text(process)};
  for (auto& cell : cells) cell = printable(cell);
  return cells;
}

const char* colour_of(const std::string& state) {
  if (state == "failed") return "\033[1;31m";
  if (state == "backoff" || state == "stopped") return "\033[33m";
  return nullptr;
}

bool is_right_aligned(std::size_t column) { return column == 3 || column == 5 || column == 7; }

std::string row_text(const Cells& cells, const std::array<std::size_t, headings.size()>& widths, bool colour) {
  std::string line;
  for (std::size_t column = 0; column < cells.size(); ++column) {
    if (column > 0) line += "  ";
    const auto& cell = cells[column];
    const char* escape = colour && column == state_column ? colour_of(cell) : nullptr;
    const auto padded = is_right_aligned(column) ? fmt::format("{:>{}}", cell, widths[column])
                                                 : fmt::format("{:<{}}", cell, widths[column]);
    line += escape == nullptr ? padded : escape + padded + "\033[0m";
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::string heading_text(const Json& status, bool colour) {
  const auto& supervisor = field(status, "supervisor");
  const auto uptime = number_field(supervisor, "uptime_ms");
  std::string text = fmt::format("code-analysisd {}: {}, pid {}, up {}\n", printable(text_field(supervisor, "version")),
                                 printable(text_field(supervisor, "state")), text_field(supervisor, "pid"),
                                 uptime ? duration_text(*uptime) : "-");
  text += fmt::format("configuration: {}\n", printable(text_field(supervisor, "config")));
  std::string names;
  for (const auto& name : field(supervisor, "degraded")) {
    if (name.is_string()) names += (names.empty() ? "" : ", ") + name.get<std::string>();
  }
  if (!names.empty()) {
    text += fmt::format("{}degraded: {}{}\n", colour ? "\033[1;31m" : "", printable(names), colour ? "\033[0m" : "");
  }
  return text;
}

}  // namespace

std::string duration_text(std::int64_t duration_ms) {
  const auto seconds = duration_ms / 1000;
  if (duration_ms < 1000) return fmt::format("{}ms", std::max<std::int64_t>(duration_ms, 0));
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m {}s", seconds / 60, seconds % 60);
  if (seconds < 86'400) return fmt::format("{}h {}m", seconds / 3600, seconds / 60 % 60);
  return fmt::format("{}d {}h", seconds / 86'400, seconds / 3600 % 24);
}

std::string size_text(std::int64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  auto value = static_cast<double>(bytes);
  const char* unit = "B";
  for (const char* next : {"KiB", "MiB", "GiB", "TiB"}) {
    if (value < 1024) break;
    value /= 1024;
    unit = next;
  }
  return value < 10 ? fmt::format("{:.1f} {}", value, unit) : fmt::format("{:.0f} {}", value, unit);
}

std::string status_table(const Json& status, const TableStyle& style) {
  std::vector<Cells> rows(1);
  std::copy(headings.begin(), headings.end(), rows.front().begin());
  for (const auto& process : field(status, "processes")) rows.push_back(cells_of(process, style));
  std::array<std::size_t, headings.size()> widths{};
  for (const auto& row : rows) {
    for (std::size_t column = 0; column < row.size(); ++column) {
      widths[column] = std::max(widths[column], row[column].size());
    }
  }
  std::string text = heading_text(status, style.colour);
  if (rows.size() == 1) return text + "no processes\n";
  text += "\n";
  for (const auto& row : rows) text += row_text(row, widths, style.colour);
  return text;
}

}  // namespace ca::ctl
