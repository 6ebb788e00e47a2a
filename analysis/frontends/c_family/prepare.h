// C and C++ before the parser: a grammar knows nothing of a preprocessor, so its directives are read here and blanked out,
// each byte staying where it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ca::analysis::c_family {

struct Span {
  std::uint32_t start = 0, end = 0;  // bytes, end exclusive
  std::string_view in(std::string_view bytes) const { return bytes.substr(start, end - start); }
};

struct Comment {
  Span span;
  std::uint32_t line = 0, end_line = 0;  // from 1
  bool own_line = false;                 // nothing but space stands before it on its line
};

struct Directive {
  enum class Kind : std::uint8_t { include, define };
  Kind kind;
  Span span;                             // the whole of it, continued lines too
  std::uint32_t line = 0, end_line = 0;
  std::uint32_t column = 0;
  Span name;                             // define: the macro; include: the path without its quotes
  Span body;                             // define: the replacement, and the parameters where there are any
  bool function_like = false;
  bool is_system = false;                // include: <...>
};

struct MacroUse {                        // one that was blanked
  Span span;                             // the name
  Span arguments;                        // with their brackets; empty where there are none
};

struct Prepared {
  std::string bytes;                     // for the parser: as long as the original, without any directive
  std::vector<Comment> comments;         // in order
  std::vector<Directive> directives;     // #include and #define, in order, those of dropped branches too
  std::vector<MacroUse> macros;          // in order
};

// All branches of a conditional stay where each is a sequence of whole statements or declarations; else (as where two branches
// open the same function differently) those that are not are dropped, but for the first if all of them are like that.
Prepared prepare(std::string_view bytes, bool is_cpp);

}  // namespace ca::analysis::c_family
