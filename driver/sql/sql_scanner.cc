#include "driver/sql/sql_scanner.h"

#include <string>

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

SqlScanner::SqlScanner(std::string_view sql, SqlDialect dialect) noexcept : rest_(sql), dialect_(dialect) {
  if (dialect.ascii_is_ascii) return;
  for (const char c : sql) uncertain_ = uncertain_ || static_cast<unsigned char>(c) >= 0x80;
}

bool keeps_ascii(std::string_view name) {
  std::string folded;
  for (const char c : name) {
    if (c != '-' && c != '_' && c != ' ') folded += lower(c);
  }
  for (const std::string_view other : {"sjis", "shiftjis", "shiftjis2004", "big5", "gbk", "uhc", "gb18030", "johab", "mskanji",
                                       "win932", "windows932", "win936", "windows936", "win949", "windows949", "win950",
                                       "windows950", "win1361"}) {
    if (folded == other) return false;
  }
  return true;
}

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

// Behind the closing quote. A backslash in a plain string is doubtful where the dialect makes it so.
std::size_t SqlScanner::end_of_string(std::size_t quote_at, bool with_escapes) noexcept {
  const std::string_view stops = with_escapes || !dialect_.standard_strings ? "'\\" : "'";
  std::size_t at = quote_at + 1;
  while ((at = rest_.find_first_of(stops, at)) != std::string_view::npos) {
    const bool backslash = rest_[at] == '\\';
    if (backslash && !with_escapes) {
      uncertain_ = true;
      ++at;
    } else if (backslash || (at + 1 < rest_.size() && rest_[at + 1] == '\'')) {
      at += 2;  // the next character is taken as it is; a doubled quote
    } else {
      return at + 1;
    }
  }
  uncertain_ = true;
  return rest_.size();
}

// The quote that continues a string which has ended before `from`: behind blanks and comments of the kind `--` with at least
// one end of line among them. npos: there is none.
std::size_t SqlScanner::continued_at(std::size_t from) const noexcept {
  bool new_line = false;
  for (std::size_t at = from; at < rest_.size(); ++at) {
    const char c = rest_[at];
    if (c == '\'') return new_line ? at : std::string_view::npos;
    if (c == '\n' || c == '\r') {
      new_line = true;
    } else if (c == '-' && rest_.substr(at, 2) == "--") {
      at = rest_.find_first_of("\n\r", at);
      if (at == std::string_view::npos) return at;
      new_line = true;
    } else if (!is_blank(c)) {
      break;
    }
  }
  return std::string_view::npos;
}

// A continuation reads as its beginning does: that of E'...' has escapes too.
Token SqlScanner::take_string(std::size_t quote_at, bool with_escapes) noexcept {
  std::size_t end = end_of_string(quote_at, with_escapes);
  for (std::size_t next; (next = continued_at(end)) != std::string_view::npos;) end = end_of_string(next, with_escapes);
  return take(TokenKind::string, end);
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

// $tag$ ... $tag$, a parameter ($1), or a lone $.
Token SqlScanner::take_dollar() noexcept {
  std::size_t at = 1;
  while (at < rest_.size() && is_digit(rest_[at])) ++at;
  if (at > 1) return take(TokenKind::symbol, at);
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
