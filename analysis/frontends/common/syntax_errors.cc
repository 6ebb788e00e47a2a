#include "analysis/frontends/common/syntax_errors.h"

#include <algorithm>
#include <string>

#include "analysis/text.h"

namespace ca::analysis {

void add_syntax_error(TSNode node, std::string_view code, Collector& out) {
  std::string message = "syntax error: missing ";
  message += ts_node_type(node);
  if (ts_node_is_error(node)) {
    std::string_view near = trim(code);
    near = near.substr(0, std::min<std::size_t>(near.find('\n'), 40));
    message = "syntax error near: " + fold_space(to_valid_utf8(near));
  }
  Range range = range_of(node);
  const std::uint32_t last = std::max(1u, out.source().line_count());  // what is missing at the end stands behind the last line
  range.start_line = std::min(range.start_line, last);
  range.end_line = std::min(range.end_line, last);
  out.add_issue("parse-error", Severity::error, std::move(message), range);
}

void SyntaxErrors::enter(TSNode node) {
  const bool error = ts_node_is_error(node);
  if (error && depth_++ > 0) return;  // only the outermost is told
  if (!error && !ts_node_is_missing(node)) return;
  if (found_++ < limit_) add_syntax_error(node, source_.parsed(ts_node_start_byte(node), ts_node_end_byte(node)), out_);
}

void SyntaxErrors::leave(TSNode node) {
  if (ts_node_is_error(node)) --depth_;
}

}  // namespace ca::analysis
