// A front end out of a visitor: parse, walk, done.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "analysis/front_end.h"
#include "analysis/syntax_tree.h"

namespace ca::analysis {

// Visitor has a constructor (path, source, out), `grammar()` with `language` and `kinds`, `knows_interpreter_line` (else "#!" is
// hidden from the parser), `begin(root)`, and what walk() calls. It may have `fill_gaps(bytes)`: what the grammar does not know, put
// into what it does, at the same places; empty: as it is.
template <class Visitor>
class TreeFrontEnd final : public FrontEnd {
 public:
  void collect(std::string_view path, const Source& source, Collector& out) const override {
    const auto& grammar = Visitor::grammar();
    std::string_view bytes = source.parse_bytes();
    std::string hidden;
    if (!Visitor::knows_interpreter_line && bytes.starts_with("#!")) {
      hidden = bytes;
      const auto line_end = static_cast<std::ptrdiff_t>(std::min(hidden.find('\n'), hidden.size()));
      std::fill(hidden.begin(), hidden.begin() + line_end, ' ');
      bytes = hidden;
    }
    if constexpr (requires { Visitor::fill_gaps(bytes); }) {
      hidden = Visitor::fill_gaps(bytes);
      if (!hidden.empty()) bytes = hidden;
    }
    SyntaxTree tree(grammar.language, bytes);
    Visitor visitor(path, source, out);
    visitor.begin(tree.root());
    walk(tree.root(), grammar.kinds, visitor);
  }
};

}  // namespace ca::analysis
