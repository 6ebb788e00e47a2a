#include "analysis/suppressions.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "analysis/text.h"

namespace ca::analysis {
namespace {

constexpr std::string_view marker = "code-analysis: ignore";

struct Suppression {
  bool whole_file = false;
  std::uint32_t line = 0;
  std::vector<std::string> ids;  // empty: all
};

std::vector<std::string> parse_ids(std::string_view rest) {
  std::vector<std::string> ids;
  if (!rest.starts_with('(')) return ids;
  std::string_view list = rest.substr(1, rest.find_first_of(")\n") - 1);
  while (!list.empty()) {
    std::size_t comma = std::min(list.find(','), list.size());
    ids.emplace_back(trim(list.substr(0, comma)));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return ids;
}

std::vector<Suppression> find_suppressions(std::string_view bytes) {
  std::vector<Suppression> found;
  std::size_t counted_to = 0;
  std::uint32_t line = 1;
  for (std::size_t at = bytes.find(marker); at != std::string_view::npos; at = bytes.find(marker, at + 1)) {
    line += static_cast<std::uint32_t>(std::count(bytes.begin() + counted_to, bytes.begin() + at, '\n'));
    counted_to = at;
    std::string_view rest = bytes.substr(at + marker.size());
    Suppression suppression;
    suppression.line = line;
    if (rest.starts_with("-file")) {
      suppression.whole_file = true;
      rest.remove_prefix(5);
    }
    suppression.ids = parse_ids(rest);
    // A whole file is never silenced without naming what.
    if (!suppression.whole_file || !suppression.ids.empty()) found.push_back(std::move(suppression));
  }
  return found;
}

bool covers(const Suppression& suppression, const Issue& issue) {
  std::uint32_t line = issue.range.start_line;
  if (!suppression.whole_file && line != suppression.line && line != suppression.line + 1) return false;
  return suppression.ids.empty() || std::count(suppression.ids.begin(), suppression.ids.end(), issue.id) > 0;
}

}  // namespace

void drop_suppressed(std::string_view bytes, std::vector<Issue>& issues) {
  if (issues.empty()) return;
  const std::vector<Suppression> suppressions = find_suppressions(bytes);
  std::erase_if(issues, [&](const Issue& issue) {
    return std::any_of(suppressions.begin(), suppressions.end(), [&](const Suppression& s) { return covers(s, issue); });
  });
}

}  // namespace ca::analysis
