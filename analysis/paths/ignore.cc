#include "analysis/paths/ignore.h"

#include <algorithm>

#include "analysis/paths/wildcard.h"

namespace ca::analysis::paths {
namespace {

// Spaces at the end do not count unless a backslash stands before them.
std::string_view strip_trailing_spaces(std::string_view line) {
  std::size_t end = line.size();
  while (end > 0 && line[end - 1] == ' ') --end;
  if (end == line.size()) return line;
  std::size_t backslashes = 0;
  while (backslashes < end && line[end - 1 - backslashes] == '\\') ++backslashes;
  return line.substr(0, backslashes % 2 == 1 ? end + 1 : end);
}

std::string_view last_component(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

IgnoreFile::IgnoreFile(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty()) {
    std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (std::optional<Rule> rule = parse(line)) rules_.push_back(std::move(*rule));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::optional<IgnoreFile::Rule> IgnoreFile::parse(std::string_view line) {
  if (line.starts_with('#')) return std::nullopt;
  line = strip_trailing_spaces(line);
  Rule rule;
  if (line.starts_with('!')) {
    rule.negated = true;
    line.remove_prefix(1);
  }
  if (line.ends_with('/')) {
    rule.directory_only = true;
    line.remove_suffix(1);
  }
  if (line.empty()) return std::nullopt;
  rule.whole_path = line.find('/') != std::string_view::npos;
  if (line.starts_with('/')) line.remove_prefix(1);
  rule.pattern = line;
  rule.literal = line.find_first_of("*?[\\") == std::string_view::npos;
  return rule;
}

std::optional<bool> IgnoreFile::decide(std::string_view path, bool is_directory) const {
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
    if (rule->directory_only && !is_directory) continue;
    std::string_view subject = rule->whole_path ? path : last_component(path);
    if (rule->literal ? rule->pattern == subject : wildcard_match(rule->pattern, subject)) return !rule->negated;
  }
  return std::nullopt;
}

void IgnoreTree::set(std::string_view folder, std::string_view text) {
  IgnoreFile file(text);
  if (file.empty()) {
    remove(folder);
  } else {
    files_.insert_or_assign(std::string(folder), std::move(file));
  }
}

void IgnoreTree::remove(std::string_view folder) {
  auto found = files_.find(folder);
  if (found != files_.end()) files_.erase(found);
}

bool IgnoreTree::ignored_here(std::string_view path, bool is_directory) const {
  if (std::optional<bool> decided = override_.decide(path, is_directory)) return *decided;
  for (std::size_t slash = path.rfind('/'); !files_.empty(); slash = slash == 0 ? std::string_view::npos : path.rfind('/', slash - 1)) {
    bool at_root = slash == std::string_view::npos;
    auto found = files_.find(at_root ? std::string_view{} : path.substr(0, slash));
    if (found != files_.end()) {
      std::string_view below = at_root ? path : path.substr(slash + 1);
      if (std::optional<bool> decided = found->second.decide(below, is_directory)) return *decided;
    }
    if (at_root) break;
  }
  return fallback_.decide(path, is_directory).value_or(false);
}

bool IgnoreTree::ignored(std::string_view path, bool is_directory) const {
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
    if (ignored_here(path.substr(0, slash), true)) return true;
  }
  return ignored_here(path, is_directory);
}

}  // namespace ca::analysis::paths
