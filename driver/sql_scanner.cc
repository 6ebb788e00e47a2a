#include "driver/sql_scanner.h"

namespace ca::driver {

namespace {

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

constexpr bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

constexpr bool starts_word(char c) noexcept {
  return (lower(c) >= 'a' && lower(c) <= 'z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

constexpr bool continues_word(char c) noexcept { return starts_word(c) || is_digit(c) || c == '$'; }

}  // namespace

bool is_word(std::string_view word, std::string_view lower_text) noexcept {
  if (word.size() != lower_text.size()) return false;
  for (std::size_t at = 0; at < word.size(); ++at) {
    if (lower(word[at]) != lower_text[at]) return false;
  }
  return true;
}

void SqlScanner::skip_line_comment() noexcept {
  const auto end = rest_.find_first_of("\n\r");
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end);
}

// Block comments nest.
void SqlScanner::skip_block_comment() noexcept {
  int depth = 0;
  while (!rest_.empty()) {
    const auto two = rest_.substr(0, 2);
    if (two == "/*") {
      ++depth;
      rest_.remove_prefix(2);
    } else if (two == "*/") {
      rest_.remove_prefix(2);
      if (--depth == 0) return;
    } else {
      rest_.remove_prefix(1);
    }
  }
  uncertain_ = true;
}

void SqlScanner::skip_blanks() noexcept {
  while (!rest_.empty()) {
    const auto two = rest_.substr(0, 2);
    if (is_blank(rest_[0])) {
      rest_.remove_prefix(1);
    } else if (two == "--") {
      skip_line_comment();
    } else if (two == "/*") {
      skip_block_comment();
    } else {
      return;
    }
  }
}

Token SqlScanner::take(TokenKind kind, std::size_t length) noexcept {
  const Token token{kind, rest_.substr(0, length)};
  rest_.remove_prefix(length);
  return token;
}

Token SqlScanner::take_string(std::size_t quote_at, bool with_escapes) noexcept {
  std::size_t at = quote_at + 1;
  while (at < rest_.size()) {
    if (with_escapes && rest_[at] == '\\') {
      at += 2;
    } else if (rest_[at] == '\'') {
      if (at + 1 >= rest_.size() || rest_[at + 1] != '\'') return take(TokenKind::string, at + 1);
      at += 2;  // a doubled quote
    } else {
      ++at;
    }
  }
  uncertain_ = true;
  return take(TokenKind::string, rest_.size());
}

Token SqlScanner::take_quoted_name(std::size_t quote_at) noexcept {
  std::size_t at = quote_at + 1;
  for (;;) {
    at = rest_.find('"', at);
    if (at == std::string_view::npos) {
      uncertain_ = true;
      return take(TokenKind::quoted_name, rest_.size());
    }
    if (at + 1 >= rest_.size() || rest_[at + 1] != '"') break;
    at += 2;
  }
  const Token token{TokenKind::quoted_name, rest_.substr(quote_at + 1, at - quote_at - 1)};
  rest_.remove_prefix(at + 1);
  return token;
}

// $tag$ ... $tag$, or a lone $ (a parameter: $1).
Token SqlScanner::take_dollar() noexcept {
  std::size_t at = 1;
  if (at < rest_.size() && starts_word(rest_[at])) {
    while (at < rest_.size() && (starts_word(rest_[at]) || is_digit(rest_[at]))) ++at;
  }
  if (at >= rest_.size() || rest_[at] != '$') return take(TokenKind::symbol, 1);
  const auto tag = rest_.substr(0, at + 1);
  const auto close = rest_.find(tag, tag.size());
  if (close == std::string_view::npos) {
    uncertain_ = true;
    return take(TokenKind::string, rest_.size());
  }
  return take(TokenKind::string, close + tag.size());
}

Token SqlScanner::take_word() noexcept {
  if (rest_.size() >= 2 && rest_[1] == '\'') {  // E'..', B'..', X'..', N'..'
    const char kind = lower(rest_[0]);
    if (kind == 'e') return take_string(1, true);
    if (kind == 'b' || kind == 'x' || kind == 'n') return take_string(1, false);
  }
  if (rest_.size() >= 3 && lower(rest_[0]) == 'u' && rest_[1] == '&') {
    if (rest_[2] == '\'') return take_string(2, false);
    if (rest_[2] == '"') {
      uncertain_ = true;
      return take_quoted_name(2);
    }
  }
  std::size_t length = 1;
  while (length < rest_.size() && continues_word(rest_[length])) ++length;
  return take(TokenKind::word, length);
}

Token SqlScanner::next() noexcept {
  skip_blanks();
  if (rest_.empty()) return {};
  const char c = rest_[0];
  if (starts_word(c)) return take_word();
  if (c == '\'') return take_string(0, false);
  if (c == '"') return take_quoted_name(0);
  if (c == '$') return take_dollar();
  if (c == ';') return take(TokenKind::semicolon, 1);
  std::size_t length = 1;
  if (is_digit(c)) {
    while (length < rest_.size() && (is_digit(rest_[length]) || rest_[length] == '.')) ++length;
  }
  return take(TokenKind::symbol, length);
}

}  // namespace ca::driver
