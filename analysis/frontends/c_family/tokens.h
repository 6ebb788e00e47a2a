// C and C++ code as tokens, as far as what stands outside of function bodies needs them: brackets are one token each with all
// that is in them, so that a declaration is a short row.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "analysis/frontends/c_family/prepare.h"
#include "analysis/text.h"

namespace ca::analysis::c_family {

enum class Word : std::uint8_t {
  none,        // no word
  plain,       // a name
  specifier,   // const, static, noexcept: says no type
  with_group,  // alignas, noexcept, __attribute__: a specifier that brackets may follow
  primitive,   // int, void, auto: says the type
  typeof_,     // decltype, typeof: says the type, brackets follow
  tag,         // class, struct, union, enum
  opener,      // namespace, template, using: begins a declaration and nothing else can stand before it but attributes
  operator_,
  access,      // public, private, protected
  statement,   // if, return, static_assert: this is no declaration
};

struct Token {
  enum class Kind : std::uint8_t { word, group, angle, square, star, scope, colon, comma, equals, semicolon, open, close, tilde, text, other, end };
  Kind kind = Kind::end;
  Word word = Word::none;
  bool macro_like = false;  // a plain word that is written as macros are: IN_CAPITALS, or __reserved; or this file defines it as one
  bool is_defined = false;  // this file defines it as a macro that takes arguments
  Span span;
};

struct DefinedMacro {
  std::uint32_t start = 0;  // known behind it only
  bool function_like = false;
};
using DefinedMacros = std::unordered_map<std::string_view, DefinedMacro>;  // those that the file itself defines

class Tokens {
 public:
  // `bytes` without directives, as Preparer leaves them; they may be blanked while this reads on.
  Tokens(std::string_view bytes, bool is_cpp, const DefinedMacros* defined = nullptr, std::uint32_t start = 0)
      : in_(bytes), at_(start), is_cpp_(is_cpp), defined_(defined) {}

  Token next();
  std::uint32_t at() const { return at_; }
  // Behind the bracket that closes the one just read. False: none does, and the end is reached.
  bool skip_braces();
  // The same for the body of a function; `macro(name, arguments)` is called for each macro that stands as a statement without
  // a semicolon: CHECK(x) return;
  template <class F>
  bool skip_body(F&& macro);
  // As far as a semicolon or comma outside of any bracket, or a closing one; stays before it.
  void skip_initializer();

 private:
  void skip_space();
  void skip_string(char quote);
  bool skip_balanced(char open, char close, std::uint32_t limit = UINT32_MAX);
  bool skip_angle();
  bool is_separator() const;  // the ' of 1'000
  void step_in_code();        // one character, string or comment
  Token word();
  bool statement_macro(Span& name, Span& arguments);

  std::string_view in_;
  std::uint32_t at_ = 0;
  bool is_cpp_;
  const DefinedMacros* defined_;
  std::uint32_t angle_failures_ = 0;
  Token::Kind last_ = Token::Kind::end;
  Word last_word_ = Word::none;
};

template <class F>
bool Tokens::skip_body(F&& macro) {
  bool starts = true;  // a statement may begin here
  for (std::size_t depth = 1; at_ < in_.size();) {
    const char c = in_[at_];
    if (c == '{' || c == '}') {
      ++at_;
      starts = true;
      if (c == '{') {
        ++depth;
      } else if (--depth == 0) {
        return true;
      }
    } else if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
      ++at_;
    } else if (starts && ((c >= 'A' && c <= 'Z') || c == '_')) {
      Span name, arguments;
      if (statement_macro(name, arguments)) macro(name, arguments);
      starts = false;
    } else {
      const bool comment = c == '/' && at_ + 1 < in_.size() && (in_[at_ + 1] == '/' || in_[at_ + 1] == '*');
      starts = c == ';' || (comment && starts);
      step_in_code();
    }
  }
  return false;
}

// GLAPI, __wur, PyAPI_FUNC; not T or X1: two letters at least, none of them small behind the last underscore, or two underscores
// before the first.
bool is_macro_like(std::string_view word);

}  // namespace ca::analysis::c_family
