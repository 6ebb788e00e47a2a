#include "analysis/frontends/c_family/gaps.h"

#include <algorithm>
#include <array>

#include "analysis/frontends/c_family/declaration.h"
#include "analysis/frontends/c_family/tokens.h"

namespace ca::analysis::c_family {
namespace {

constexpr std::size_t max_look = 2000;  // bytes looked ahead or back, so that no input makes the time grow with its square

constexpr std::array<std::string_view, 14> primitives = {"unsigned", "int", "char", "bool", "float", "double", "long", "short", "signed",
                                                         "void", "wchar_t", "char8_t", "char16_t", "char32_t"};

bool is_primitive(std::string_view word) { return std::find(primitives.begin(), primitives.end(), word) != primitives.end(); }

std::uint32_t pos(std::size_t offset) { return static_cast<std::uint32_t>(offset); }

}  // namespace

std::size_t Gaps::skip_space(std::size_t at) const {
  while (at < in_.size() && (in_[at] == ' ' || in_[at] == '\t' || in_[at] == '\n' || in_[at] == '\r')) ++at;
  return at;
}

std::size_t Gaps::behind_brackets(std::size_t open) const {
  const char opening = at(open), closing = opening == '(' ? ')' : opening == '<' ? '>' : ']';
  std::size_t depth = 0;
  for (std::size_t i = open; i < std::min(in_.size(), open + max_look); ++i) {
    if (in_[i] == opening) ++depth;
    if (in_[i] == closing && !(closing == '>' && in_[i - 1] == '-') && --depth == 0) return i + 1;
    if (in_[i] == ';') break;
    if (in_[i] == '\'' || in_[i] == '"') {
      const std::size_t end = in_.find(in_[i], i + 1);
      if (end == std::string_view::npos) break;
      i = end;
    }
  }
  return 0;
}

std::size_t Gaps::behind_name(std::size_t start) const {
  std::size_t end = skip_space(start);
  while (end < start + max_look) {
    if (in_.substr(end, 2) == "::") end = skip_space(end + 2);
    if (in_.substr(end, 9) == "template ") end = skip_space(end + 9);
    const std::size_t name = end;
    while (end < in_.size() && is_word_character(in_[end])) ++end;
    if (end == name) return 0;
    std::size_t next = skip_space(end);
    if (at(next) == '<') {
      next = behind_brackets(next);
      if (next == 0) return 0;
      end = next;
      next = skip_space(next);
    }
    if (in_.substr(next, 2) != "::") return end;
    end = next;
  }
  return 0;
}

void Gaps::blank(std::size_t start, std::size_t end) { blank_span(out_, {pos(start), pos(end)}); }

void Gaps::blank_uses(std::size_t start, std::size_t end) {
  Tokens tokens(in_.substr(0, end), false, nullptr, pos(start));  // the words in template arguments, too
  Token token = tokens.next();
  while (token.kind != Token::Kind::end) {
    const Token ahead = tokens.next();
    if (token.word == Word::plain) blank_macro(out_, token.span, ahead.kind == Token::Kind::group ? ahead.span : Span{});
    token = ahead;
  }
  blank(start, end);
}

void Gaps::sign(std::size_t at, std::size_t code_end) {
  code_end_ = code_end;
  const char c = in_[at];
  if (!is_cpp_) return;
  if (c == '=') unnamed_default(at);
  if (c == '*') member_pointer(at);
  if (c == '&' && before() == ')') {  // R (A::*)() &>
    const std::size_t next = skip_space(in_.find_first_not_of('&', at));
    if (this->at(next) == '>') blank(at, next);
  }
}

// `f(int* = nullptr)`: the grammar knows no default of a pointer without a name.
void Gaps::unnamed_default(std::size_t at) {
  for (std::size_t i = code_end_; i > 0 && i < at && (in_[i - 1] == '*' || in_[i - 1] == '&'); --i) blank(i - 1, i);
}

// `int A::*p`: a pointer will do. `a->*p`: a member will do.
void Gaps::member_pointer(std::size_t at) {
  if (code_end_ < 2) return;
  if (code_end_ == at && in_.substr(at - 2, 2) == "->") {
    if (last_ != "operator" || skip_space(last_end_) + 2 != at) blank(at, at + 1);  // it is no name
    return;
  }
  if (in_.substr(code_end_ - 2, 2) != "::") return;
  std::size_t start = code_end_ - 2;
  for (std::size_t angles = 0; start > 0 && at - start < max_look; --start) {
    const char c = in_[start - 1];
    if (c == '>') ++angles;
    if (angles == 0 && c != ':' && !is_word_character(c)) break;
    if (c == ';' || c == '{' || c == '}') return;
    if (c == '<') --angles;
  }
  if (in_.substr(start, 2) == "::" && start + 2 == code_end_) return;
  blank_uses(start, code_end_);
}

void Gaps::word(Span word, std::size_t code_end, std::uint32_t line) {
  code_end_ = code_end;
  line_ = line;
  const std::string_view text = word.in(in_);
  if (text == "_Complex" || text == "__complex__" || text == "_Imaginary") blank(word.start, word.end);
  const bool behind_first_word = (before_last_ == ';' || before_last_ == '{' || before_last_ == '}') && last_end_ == code_end_;
  if (behind_first_word && is_macro_like(last_) && is_primitive(text)) {
    blank_macro(out_, {pos(last_start_), pos(last_end_)}, {});  // { UNUSED int a = f();
  }
  if (is_cpp_ && out_.bytes[word.start] == text[0]) cpp_word(word, text);
  if (text == "inline" || text == "constexpr") specifier_ = word;
  before_last_ = before();
  last_ = text;
  last_start_ = word.start;
  last_end_ = word.end;
}

void Gaps::cpp_word(Span word, std::string_view text) {
  switch (text[0]) {
    case 'c':
      if (text.starts_with("conditional")) comparison_in_angles(word);
      break;
    case 'd':
      if (text == "delete") deletion(word);
      if (text == "decltype") sequence_in_decltype(word);
      break;
    case 'e':
      if (text.starts_with("enable_if")) comparison_in_angles(word);
      if (text == "enum") unnamed_enumeration(word);
      if (text == "export") module_line(word, text);
      break;
    case 'i':
      if (text == "import") module_line(word, text);
      break;
    case 'm':
      if (text == "module") module_line(word, text);
      break;
    case 'o':
      if (text == "operator") called_operator(word);
      break;
    case 't':
      if (text == "typename") type_name_as_value(word);
      break;
    case 'u':
      if (text == "using") unpacked_using(word);
      break;
    case 'n':
      if (text == "noexcept") qualifier_before_angle(word);
      break;
    default: break;
  }
  if (text == "const" || text == "volatile") qualifier_before_angle(word);
  if (before() == '(' && is_primitive(text)) cast_in_brackets(word);
}

// `R (*)() const>`, `template <class P = const T*>`
void Gaps::qualifier_before_angle(Span word) {
  if (before() == '=') blank(word.start, word.end);
  if (before() != ')') return;
  const std::size_t next = skip_space(word.end);
  if (at(next) == '>' || (at(next) == '&' && at(skip_space(in_.find_first_not_of('&', next))) == '>')) blank(word.start, word.end);
}

// `= delete;` of what is no member, or a template: `= default` is known there. `delete[] (T*)p`
void Gaps::deletion(Span word) {
  const std::size_t next = skip_space(word.end);
  if (before() == '=' && at(next) == ';') {
    if (in_[word.start - 1] == ' ') out_.bytes.replace(word.start - 1, 7, "default");
    return;
  }
  if (at(next) != '[' || follows("operator")) return;
  const std::size_t end = behind_brackets(next);
  if (end != 0 && at(skip_space(end)) == '(') blank(next, end);
}

// `f(typename A::type())`, `using typename A::type;`
void Gaps::type_name_as_value(Span word) {
  if (follows("using") || follows("friend")) {
    blank(word.start, word.end);
    return;
  }
  const std::size_t end = behind_name(word.end);
  const char next = end == 0 ? '\0' : at(skip_space(end));
  if (next == '(' || next == '{') blank(word.start, word.end);
}

// `(unsigned(a) >> 4)`: the brackets behind it are enough.
void Gaps::cast_in_brackets(Span word) {
  const std::size_t open = skip_space(word.end);
  if (at(open) != '(') return;
  const std::size_t end = behind_brackets(open);
  if (end == 0) return;
  const char next = at(skip_space(end));
  if (std::string_view("<>=!+-/%&|^?*").find(next) != std::string_view::npos && next != '\0') blank(word.start, word.end);
}

// `enable_if_t<(a >= b), c>`: any comparison that does not look like an end will do.
void Gaps::comparison_in_angles(Span word) {
  const std::size_t open = skip_space(word.end);
  if (at(open) != '<') return;
  for (std::size_t i = open; i < std::min(in_.size(), open + max_look) && in_[i] != ';' && in_[i] != '{'; ++i) {
    if (in_[i] == '>' && at(i + 1) == '=' && in_[i - 1] != '>') out_.bytes[i] = '=';
  }
}

// `using Bases::operator()...;`
void Gaps::unpacked_using(Span word) {
  const std::size_t length = in_.substr(word.end, max_look).find_first_of(";=");
  if (length == std::string_view::npos || length < 3 || in_.substr(word.end + length - 3, 4) != "...;") return;
  blank(word.end + length - 3, word.end + length);
}

// `enum : type {`
void Gaps::unnamed_enumeration(Span word) {
  const std::size_t colon = skip_space(word.end), type = skip_space(colon + 1);
  if (at(colon) != ':') return;
  const std::size_t end = behind_name(type);
  if (end != 0 && at(skip_space(end)) == '{') blank_uses(colon, end);
}

// `decltype((void)a.b(), int())`: a row of expressions, of which the type is the last one's.
void Gaps::sequence_in_decltype(Span word) {
  const std::size_t open = skip_space(word.end);
  if (at(open) != '(') return;
  const std::size_t end = behind_brackets(open);
  if (end == 0) return;
  if (before() == ':' && !(code_end_ > 1 && in_[code_end_ - 2] == ':')) {  // a base class
    out_.bytes[word.start] = 'D';
    blank_uses(open, end);
    return;
  }
  if (in_.substr(open, end - open).find(',') == std::string_view::npos) return;
  blank_uses(open + 1, end - 1);
  out_.bytes[skip_space(open + 1)] = '0';
}

// `a.operator==(b)`, `operator++();`: the grammar knows operators by that name where they are declared, but not all where they
// are called.
void Gaps::called_operator(Span word) {
  const char c = before();
  if (c == ':' && specifier_.end > 0 && is_word_character(at(skip_space(word.end)))) {  // inline A::operator bool()
    if (behind_name(specifier_.end) == word.end) blank(specifier_.start, specifier_.end);
    return;
  }
  const bool member = c == '.' || (c == '>' && code_end_ > 1 && in_[code_end_ - 2] == '-');
  const bool value = (last_end_ + (c == '(' || c == '&' || c == '*' || c == '!' ? 1 : 0) >= code_end_ && last_ == "return") || follows("delete");
  const bool statement = c == ';' || c == '{' || c == '}';
  const std::string_view rest = in_.substr(word.end);
  if (c == ')' && !rest.starts_with("()<")) return;
  if (!member && !value && !statement && c != '(' && c != '!' && c != ')') return;
  static constexpr std::string_view signs = "+-*/%^&|~!=<>, ";
  std::size_t end = word.end;
  if (rest.starts_with("()<")) {
    end += 2;
  } else {
    while (end < in_.size() && signs.find(in_[end]) != std::string_view::npos) ++end;
    if (end == word.end && (rest.starts_with("()(") || rest.starts_with("[]("))) end += 2;
    if (end < in_.size() && in_[end] != '(' && value && is_word_character(in_[end])) {  // return operator A<b>();
      blank(word.start, word.end);
      return;
    }
    if (end == word.end || end >= in_.size() || in_[end] != '(') return;
  }
  std::fill(out_.bytes.begin() + word.start, out_.bytes.begin() + static_cast<std::ptrdiff_t>(end), '_');
}

// `export module a.b:c;`, `import a;`, `export namespace a {`
void Gaps::module_line(Span word, std::string_view text) {
  const bool starts = code_end_ == 0 || before() == ';' || before() == '}' || before() == '{' || follows("export");
  const std::size_t next = skip_space(word.end);
  if (!starts) return;
  if (text == "export") {
    if (is_word_character(at(next))) blank(word.start, word.end);
    return;
  }
  const std::size_t length = in_.substr(next, max_look).find_first_of(";\n{}()="), end = next + length;
  if (length == std::string_view::npos || in_[end] != ';') return;
  if (text == "module") {
    if (!follows("export") && end != next && code_end_ > 0) return;  // a type of that name
    has_modules_ = true;
  } else if (!has_modules_ && !follows("export")) {
    return;
  }
  if (text == "import") imported_module(next, end);
  blank(word.start, end + 1);
}

// `import a.b;`, `import <header>;`, `import "header";`
void Gaps::imported_module(std::size_t start, std::size_t end) {
  while (end > start && (in_[end - 1] == ' ' || in_[end - 1] == '\t')) --end;
  const bool quoted = end - start > 2 && (in_[start] == '<' || in_[start] == '"');
  Directive import{};
  import.kind = Directive::Kind::include;
  import.span = {pos(start), pos(end)};
  import.line = import.end_line = line_;
  import.name = {pos(start + (quoted ? 1 : 0)), pos(end - (quoted ? 1 : 0))};
  import.is_system = in_[start] != '"';
  out_.directives.push_back(import);
}

}  // namespace ca::analysis::c_family
