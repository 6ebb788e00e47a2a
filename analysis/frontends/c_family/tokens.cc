#include "analysis/frontends/c_family/tokens.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>

namespace ca::analysis::c_family {
namespace {

struct Keyword {
  std::string_view text;
  Word word;
};

// In order of the first letter: each word of the source is compared with those only that begin as it does.
constexpr Keyword keywords[] = {
    {"_Alignas", Word::with_group}, {"_Atomic", Word::with_group}, {"_BitInt", Word::typeof_}, {"_Bool", Word::primitive},
    {"_Complex", Word::primitive}, {"_Noreturn", Word::specifier}, {"_Static_assert", Word::statement}, {"_Thread_local", Word::specifier},
    {"__asm", Word::with_group}, {"__asm__", Word::with_group}, {"__attribute", Word::with_group}, {"__attribute__", Word::with_group},
    {"__cdecl", Word::specifier}, {"__const", Word::specifier}, {"__declspec", Word::with_group}, {"__extension__", Word::specifier},
    {"__fastcall", Word::specifier}, {"__inline", Word::specifier}, {"__inline__", Word::specifier}, {"__int128", Word::primitive},
    {"__restrict", Word::specifier}, {"__restrict__", Word::specifier}, {"__signed__", Word::primitive}, {"__stdcall", Word::specifier},
    {"__thread", Word::specifier}, {"__typeof", Word::typeof_}, {"__typeof__", Word::typeof_}, {"__volatile__", Word::specifier},
    {"alignas", Word::with_group}, {"asm", Word::with_group}, {"auto", Word::primitive},
    {"bool", Word::primitive}, {"break", Word::statement},
    {"case", Word::statement}, {"char", Word::primitive}, {"char16_t", Word::primitive}, {"char32_t", Word::primitive},
    {"char8_t", Word::primitive}, {"class", Word::tag}, {"concept", Word::statement}, {"const", Word::specifier},
    {"consteval", Word::specifier}, {"constexpr", Word::specifier}, {"constinit", Word::specifier}, {"continue", Word::statement},
    {"decltype", Word::typeof_}, {"default", Word::statement}, {"delete", Word::statement}, {"do", Word::statement}, {"double", Word::primitive},
    {"else", Word::statement}, {"enum", Word::tag}, {"explicit", Word::with_group}, {"export", Word::specifier}, {"extern", Word::specifier},
    {"final", Word::specifier}, {"float", Word::primitive}, {"for", Word::statement}, {"friend", Word::specifier},
    {"goto", Word::statement},
    {"if", Word::statement}, {"inline", Word::specifier}, {"int", Word::primitive},
    {"long", Word::primitive},
    {"mutable", Word::specifier},
    {"namespace", Word::opener}, {"noexcept", Word::with_group},
    {"operator", Word::operator_}, {"override", Word::specifier},
    {"private", Word::access}, {"protected", Word::access}, {"public", Word::access},
    {"register", Word::specifier}, {"requires", Word::statement}, {"restrict", Word::specifier}, {"return", Word::statement},
    {"short", Word::primitive}, {"signed", Word::primitive}, {"static", Word::specifier}, {"static_assert", Word::statement},
    {"struct", Word::tag}, {"switch", Word::statement},
    {"template", Word::opener}, {"thread_local", Word::specifier}, {"throw", Word::with_group}, {"try", Word::statement},
    {"typedef", Word::specifier}, {"typename", Word::specifier}, {"typeof", Word::typeof_},
    {"union", Word::tag}, {"unsigned", Word::primitive}, {"using", Word::opener},
    {"virtual", Word::specifier}, {"void", Word::primitive}, {"volatile", Word::specifier},
    {"wchar_t", Word::primitive}, {"while", Word::statement},
};

// Where the keywords that begin with a letter begin.
constexpr std::array<std::uint8_t, 257> first_keywords() {
  std::array<std::uint8_t, 257> first{};
  std::size_t at = 0;
  for (std::size_t letter = 0; letter < 256; ++letter) {
    first[letter] = static_cast<std::uint8_t>(at);
    while (at < std::size(keywords) && static_cast<unsigned char>(keywords[at].text[0]) == letter) ++at;
  }
  first[256] = static_cast<std::uint8_t>(at);
  return first;
}
constexpr std::array<std::uint8_t, 257> first_keyword = first_keywords();
static_assert(first_keyword[256] == std::size(keywords), "the keywords are in order");

Word classify(std::string_view text) {
  const auto letter = static_cast<unsigned char>(text[0]);
  for (std::size_t i = first_keyword[letter]; i < first_keyword[letter + 1u]; ++i) {
    if (keywords[i].text == text) return keywords[i].word;
  }
  return Word::plain;
}

// Looking ahead and back ends after so many bytes: no input makes the time grow with its square.
constexpr std::uint32_t max_number = 64, max_angle = 4000, max_arguments = 4000;
constexpr std::uint32_t max_angle_failures = 100;  // in one declaration

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool is_macro_like(std::string_view word) {
  if (word.starts_with("__")) return true;
  std::size_t letters = 0;  // capitals, from the end
  for (auto at = word.rbegin(); at != word.rend(); ++at) {
    if (*at >= 'A' && *at <= 'Z') {
      ++letters;
    } else if (*at != '_' && !is_digit(*at)) {
      return false;
    } else if (*at == '_' && letters >= 3) {
      return true;  // PyAPI_FUNC
    }
  }
  return letters >= 2;
}

void Tokens::skip_space() {
  while (at_ < in_.size()) {
    const char c = in_[at_];
    if (c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '\v' || c == '\\') {
      ++at_;
    } else if (c == '/' && at_ + 1 < in_.size() && (in_[at_ + 1] == '/' || in_[at_ + 1] == '*')) {
      step_in_code();
    } else {
      return;
    }
  }
}

void Tokens::skip_string(char quote) {
  if (quote == '"' && is_cpp_ && at_ > 0 && in_[at_ - 1] == 'R') {
    const std::size_t open = in_.find('(', at_);
    if (open != std::string_view::npos && open - at_ <= 17) {
      std::string close(1, ')');
      close.append(in_.substr(at_ + 1, open - at_ - 1)).push_back('"');
      const std::size_t end = in_.find(close, open);
      at_ = static_cast<std::uint32_t>(end == std::string_view::npos ? in_.size() : end + close.size());
      return;
    }
  }
  for (++at_; at_ < in_.size() && in_[at_] != '\n'; ++at_) {
    if (in_[at_] == '\\' && at_ + 1 < in_.size()) {
      ++at_;
    } else if (in_[at_] == quote) {
      ++at_;
      return;
    }
  }
}

bool Tokens::is_separator() const {
  if (at_ == 0 || !is_word_character(in_[at_ - 1])) return false;
  std::size_t start = at_;
  while (start > 0 && at_ - start < max_number && (is_word_character(in_[start - 1]) || in_[start - 1] == '\'')) --start;
  return is_digit(in_[start]);
}

void Tokens::step_in_code() {
  const char c = in_[at_];
  const char ahead = at_ + 1 < in_.size() ? in_[at_ + 1] : '\0';
  if (c == '"' || (c == '\'' && !is_separator())) {
    skip_string(c);
  } else if (c == '/' && ahead == '/') {
    std::size_t end = at_;
    do {  // a backslash at the end continues it
      end = std::min(in_.find('\n', end + 1), in_.size());
    } while (end < in_.size() && (in_[end - 1] == '\\' || (in_[end - 1] == '\r' && in_[end - 2] == '\\')));
    at_ = static_cast<std::uint32_t>(end);
  } else if (c == '/' && ahead == '*') {
    const std::size_t end = in_.find("*/", at_ + 2);
    at_ = static_cast<std::uint32_t>(end == std::string_view::npos ? in_.size() : end + 2);
  } else {
    ++at_;
  }
}

bool Tokens::skip_balanced(char open, char close, std::uint32_t limit) {
  const std::size_t end = std::min<std::size_t>(in_.size(), std::size_t{at_} + limit);
  for (std::size_t depth = 1; at_ < end;) {
    const char c = in_[at_];
    if (c == open) {
      ++depth;
      ++at_;
    } else if (c == close) {
      ++at_;
      if (--depth == 0) return true;
    } else {
      step_in_code();
    }
  }
  return false;
}

// Reads the name, and the arguments where it is one.
bool Tokens::statement_macro(Span& name, Span& arguments) {
  name.start = at_;
  while (at_ < in_.size() && is_word_character(in_[at_])) ++at_;
  name.end = at_;
  if (!is_macro_like(name.in(in_)) || at_ >= in_.size() || in_[at_] != '(') return false;
  const std::uint32_t back = at_++;
  arguments.start = back;
  const bool closed = skip_balanced('(', ')', max_arguments);
  arguments.end = at_;
  const std::size_t line_end = in_.find_first_not_of(" \t\r", at_);
  if (closed && line_end != std::string_view::npos && in_[line_end] == '\n') {
    skip_space();
    if (at_ < in_.size() && (in_[at_] == '}' || (is_word_character(in_[at_]) && !is_digit(in_[at_])))) return true;
  }
  at_ = back;
  return false;
}

bool Tokens::skip_braces() { return skip_balanced('{', '}'); }

void Tokens::skip_initializer() {
  std::size_t depth = 0;
  while (at_ < in_.size()) {
    const char c = in_[at_];
    if (c == '{' || c == '(' || c == '[') ++depth;
    if (c == '}' || c == ')' || c == ']') {
      if (depth == 0) return;
      --depth;
    }
    if ((c == ';' || c == ',') && depth == 0) return;
    step_in_code();
  }
}

// Template arguments: behind their end; false, and nothing is taken, where this "<" opens none.
bool Tokens::skip_angle() {
  if (angle_failures_ >= max_angle_failures) return false;
  const std::uint32_t start = at_, limit = static_cast<std::uint32_t>(std::min<std::size_t>(in_.size(), std::size_t{at_} + max_angle));
  std::size_t depth = 1, round = 0;
  while (at_ < limit && depth > 0) {
    const char c = in_[at_];
    if (c == '(') ++round;
    if (c == ')' && round-- == 0) break;
    if (c == ';' || c == '{' || c == '}') break;
    if (c == '<' && round == 0) ++depth;
    if (c == '>' && round == 0 && in_[at_ - 1] != '-') --depth;
    step_in_code();
  }
  if (depth == 0) return true;
  ++angle_failures_;
  at_ = start;
  return false;
}

Token Tokens::word() {
  Token token;
  token.kind = Token::Kind::word;
  token.span.start = at_;
  while (at_ < in_.size() && is_word_character(in_[at_])) ++at_;
  token.span.end = at_;
  const std::string_view text = token.span.in(in_);
  if (is_digit(text[0])) {
    token.kind = Token::Kind::other;
    return token;
  }
  token.word = classify(text);
  if (token.word == Word::plain) {
    token.macro_like = is_macro_like(text);
    if (defined_ && !defined_->empty()) {
      const auto found = defined_->find(text);
      const bool known = found != defined_->end() && found->second.start < token.span.start;
      token.is_defined = known && found->second.function_like;
      token.macro_like = token.macro_like || known;
    }
  }
  return token;
}

Token Tokens::next() {
  skip_space();
  Token token;
  token.span = {at_, at_};
  if (at_ >= in_.size()) return token;
  const char c = in_[at_];
  if (is_word_character(c)) {
    token = word();
    last_ = token.kind;
    last_word_ = token.word;
    return token;
  }
  const bool after_name = last_ == Token::Kind::word && (last_word_ == Word::plain || last_word_ == Word::opener || last_word_ == Word::specifier);
  using Kind = Token::Kind;
  if (c == '"' || c == '\'') {
    skip_string(c);
    token.kind = Kind::text;
  } else {
    ++at_;
    switch (c) {
      case '(': token.kind = skip_balanced('(', ')') ? Kind::group : Kind::end; break;
      case '[': token.kind = skip_balanced('[', ']') ? Kind::square : Kind::end; break;
      case '<': token.kind = is_cpp_ && after_name && skip_angle() ? Kind::angle : Kind::other; break;
      case '*': case '&': case '^': token.kind = Kind::star; break;
      case ':':
        token.kind = Kind::colon;
        if (at_ < in_.size() && in_[at_] == ':') {
          ++at_;
          token.kind = Kind::scope;
        }
        break;
      case ',': token.kind = Kind::comma; break;
      case '=': token.kind = Kind::equals; break;
      case ';':
        token.kind = Kind::semicolon;
        angle_failures_ = 0;
        break;
      case '{': token.kind = Kind::open; break;
      case '}': token.kind = Kind::close; break;
      case '~': token.kind = Kind::tilde; break;
      default: token.kind = Kind::other; break;
    }
  }
  token.span.end = at_;
  last_ = token.kind;
  last_word_ = Word::none;
  return token;
}

}  // namespace ca::analysis::c_family
