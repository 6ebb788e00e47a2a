// The parse-error issues of a walk over a tree: one for each outermost ERROR and one for each missing token, up to a limit.
#pragma once

#include <cstdint>
#include <string_view>

#include "analysis/collector.h"
#include "analysis/syntax_tree.h"

namespace ca::analysis {

// `code` is what stands at the node, as the parser saw it.
void add_syntax_error(TSNode node, std::string_view code, Collector& out);

class SyntaxErrors {
 public:
  SyntaxErrors(const Source& source, Collector& out, std::uint32_t limit) : source_(source), out_(out), limit_(limit) {}

  // For each node of the walk, in pairs.
  void enter(TSNode node);
  void leave(TSNode node);

  // Whether the walk is inside an ERROR: words stand loose there.
  bool inside() const { return depth_ > 0; }

 private:
  const Source& source_;
  Collector& out_;
  std::uint32_t limit_;
  std::uint32_t depth_ = 0, found_ = 0;
};

}  // namespace ca::analysis
