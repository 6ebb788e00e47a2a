#include "supervisor/shell/child/readiness_parser.h"

namespace ca::shell {

namespace {

constexpr std::string_view ready_line = "READY";
constexpr std::string_view waiting_prefix = "WAITING ";

// Whether more bytes could still make a line of the protocol of this one. Judged at once, not only at the newline: a
// child that talks rubbish is not waited for.
bool may_become_valid(std::string_view line) {
  if (line.size() <= ready_line.size() && ready_line.substr(0, line.size()) == line) return true;
  const std::size_t common = std::min(line.size(), waiting_prefix.size());
  return waiting_prefix.substr(0, common) == line.substr(0, common) && line.find('\0') == std::string_view::npos &&
         line.size() < ReadinessParser::line_limit;
}

}  // namespace

std::vector<ReadinessFact> ReadinessParser::feed(std::string_view bytes) {
  std::vector<ReadinessFact> facts;
  while (!bytes.empty() && !is_decided_) {
    const std::size_t newline = bytes.find('\n');
    const bool is_whole = newline != std::string_view::npos;
    // One byte more than fits is enough to see that a line is too long.
    line_.append(bytes.substr(0, std::min(is_whole ? newline : bytes.size(), line_limit)));
    bytes.remove_prefix(is_whole ? newline + 1 : bytes.size());
    if (is_whole && line_ == ready_line) {
      facts.push_back({ReadinessFact::Kind::ready, {}});
      is_decided_ = true;
    } else if (!may_become_valid(line_) || (is_whole && line_.size() < waiting_prefix.size())) {
      facts.push_back({ReadinessFact::Kind::lost, {}});
      is_decided_ = true;
    } else if (is_whole) {
      facts.push_back({ReadinessFact::Kind::progress, line_.substr(waiting_prefix.size())});
    }
    if (is_whole || is_decided_) line_.clear();
  }
  return facts;
}

std::vector<ReadinessFact> ReadinessParser::end_of_file() {
  if (is_decided_) return {};
  is_decided_ = true;
  return {{ReadinessFact::Kind::lost, {}}};
}

}  // namespace ca::shell
