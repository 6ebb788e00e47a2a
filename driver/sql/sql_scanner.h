// Cuts SQL text into tokens as PostgreSQL's own lexer does, as far as is needed to see what a statement is: comments,
// strings, quoted names and dollar quotes are told apart from words. It knows no grammar and never fails.
#pragma once

#include <cstdint>
#include <string_view>

namespace ca::driver {

enum class TokenKind : std::uint8_t {
  word,         // keyword or unquoted name, any case
  quoted_name,  // "name": the text between the quotes, doubled quotes left as they are
  string,       // '...', E'...', $tag$...$tag$, with the strings that continue it: its text is not looked at
  semicolon,
  symbol,       // any other character, numbers ("1e5": number and word), and parameters ("$1")
  end,
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view text;
};

// What the lexer depends on besides the text.
struct SqlDialect {
  bool standard_strings = true;  // standard_conforming_strings is on: a backslash in '...' is a character like any other
  bool ascii_is_ascii = true;    // in client_encoding no byte below 0x80 is part of another character
  bool operator==(const SqlDialect&) const = default;
};

// True where client_encoding `name` is such an encoding. Blanks, `-` and `_` in it do not count.
bool keeps_ascii(std::string_view name);

class SqlScanner {
 public:
  explicit SqlScanner(std::string_view sql, SqlDialect dialect = {}) noexcept;

  Token next() noexcept;  // after the last token: kind end, for ever

  // A comment, string or quoted name was open at the end of the text, or text was found that only PostgreSQL can read
  // (a name with Unicode escapes, what the dialect makes doubtful): what the statement does is not known.
  bool uncertain() const noexcept { return uncertain_; }

 private:
  void skip_blanks() noexcept;
  std::size_t end_of_string(std::size_t quote_at, bool with_escapes) noexcept;
  std::size_t continued_at(std::size_t from) const noexcept;
  void skip_line_comment() noexcept;
  void skip_block_comment() noexcept;
  Token take(TokenKind kind, std::size_t length) noexcept;
  Token take_word() noexcept;
  Token take_string(std::size_t quote_at, bool with_escapes) noexcept;
  Token take_quoted_name(std::size_t quote_at) noexcept;
  Token take_dollar() noexcept;

  std::string_view rest_;
  SqlDialect dialect_;
  bool uncertain_ = false;
};

// True where `word` is `lower`, whatever the case of `word`. REQUIRES: `lower` is lower case ASCII.
bool is_word(std::string_view word, std::string_view lower) noexcept;

}  // namespace ca::driver
