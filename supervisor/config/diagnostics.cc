#include "supervisor/config/diagnostics.h"

#include <fmt/format.h>

#include <algorithm>

namespace ca::config {

void Diagnostics::error(Mark mark, std::string message) {
  if (!full()) errors_.push_back({mark, std::move(message)});
}

void Diagnostics::warning(Mark mark, std::string message) {
  if (warnings_.size() < max_errors) warnings_.push_back({mark, std::move(message)});
}

void Diagnostics::host_fact(Mark mark, std::string message) {
  starting_ ? error(mark, std::move(message)) : warning(mark, std::move(message));
}

std::vector<std::string> Diagnostics::lines(std::vector<Entry> entries) const {
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.mark < b.mark; });
  std::vector<std::string> lines;
  for (const Entry& entry : entries) {
    lines.push_back(fmt::format("{}:{}:{}: {}", file_, entry.mark.line, entry.mark.column, entry.message));
  }
  return lines;
}

std::vector<std::string> Diagnostics::errors() const {
  std::vector<std::string> all = lines(errors_);
  if (full()) all.push_back(fmt::format("{}:1:1: there are more errors; only {} are shown", file_, max_errors));
  return all;
}

std::vector<std::string> Diagnostics::warnings() const { return lines(warnings_); }

std::vector<std::string> Diagnostics::marked_warnings() const {
  std::vector<Entry> marked = warnings_;
  for (Entry& entry : marked) entry.message.insert(0, "warning: ");
  return lines(std::move(marked));
}

std::string quote(std::string_view text) {
  constexpr std::size_t limit = 60;
  std::string result = "\"";
  for (const char c : text.substr(0, limit)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      result += c;
    }
  }
  return result + (text.size() > limit ? "...\"" : "\"");
}

}  // namespace ca::config
