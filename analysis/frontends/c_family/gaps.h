// What C and C++ have and their grammars here do not know, put into words that they do know. Each byte stays where it is; names
// and signatures are read from the source, so they do not change.
#pragma once

#include <cstddef>
#include <string_view>

#include "analysis/frontends/c_family/prepare.h"

namespace ca::analysis::c_family {

// Is shown the code in order, without comments, strings and directives.
class Gaps {
 public:
  // `out` begins as a copy of `in`.
  Gaps(std::string_view in, Prepared& out, bool is_cpp) : in_(in), out_(out), is_cpp_(is_cpp) {}

  // `code_end` is behind the last character of code before.
  void word(Span word, std::size_t code_end, std::uint32_t line);
  void sign(std::size_t at, std::size_t code_end);

 private:
  void cpp_word(Span word, std::string_view text);
  void unnamed_default(std::size_t at);
  void member_pointer(std::size_t at);
  void called_operator(Span word);
  void type_name_as_value(Span word);
  void cast_in_brackets(Span word);
  void deletion(Span word);
  void comparison_in_angles(Span word);
  void unpacked_using(Span word);
  void unnamed_enumeration(Span word);
  void sequence_in_decltype(Span word);
  void module_line(Span word, std::string_view text);
  void imported_module(std::size_t start, std::size_t end);
  void qualifier_before_angle(Span word);

  char before() const { return code_end_ > 0 ? in_[code_end_ - 1] : '\0'; }
  bool follows(std::string_view word) const { return last_end_ == code_end_ && last_ == word; }
  std::size_t skip_space(std::size_t at) const;
  char at(std::size_t index) const { return index < in_.size() ? in_[index] : '\0'; }
  std::size_t behind_brackets(std::size_t open) const;  // 0: they do not close nearby
  std::size_t behind_name(std::size_t start) const;     // a::b<c>::d; 0: there is none
  void blank(std::size_t start, std::size_t end);
  void blank_uses(std::size_t start, std::size_t end);  // the words in it stay uses of their names

  std::string_view in_;
  Prepared& out_;
  bool is_cpp_;
  std::size_t code_end_ = 0;
  std::uint32_t line_ = 1;
  std::string_view last_;        // the word before
  std::size_t last_end_ = 0, last_start_ = 0;
  char before_last_ = '\0';      // the character of code before that word
  Span specifier_;               // the last `inline` or `constexpr`
  bool has_modules_ = false;
};

}  // namespace ca::analysis::c_family
