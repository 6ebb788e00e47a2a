// Cuts SQL text into tokens as PostgreSQL's own lexer does, as far as is needed to see what a statement is: comments,
// strings, quoted names and dollar quotes are told apart from words. It knows no grammar and never fails.
#pragma once

#include <cstdint>
#include <string_view>

namespace ca::driver {

enum class TokenKind : std::uint8_t {
  word,         // keyword or unquoted name, any case
  quoted_name,  // "name": the text between the quotes, doubled quotes left as they are
  string,       // '...', E'...', $tag$...$tag$: its text is not looked at
  semicolon,
  symbol,       // any other character, and numbers
  end,
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view text;
};

class SqlScanner {
 public:
  explicit SqlScanner(std::string_view sql) noexcept : rest_(sql) {}

  Token next() noexcept;  // after the last token: kind end, for ever

  // A comment, string or quoted name was open at the end of the text, or text was found that only PostgreSQL can read
  // (a name with Unicode escapes): what the statement does is not known.
  bool uncertain() const noexcept { return uncertain_; }

 private:
  void skip_blanks() noexcept;
  void skip_line_comment() noexcept;
  void skip_block_comment() noexcept;
  Token take(TokenKind kind, std::size_t length) noexcept;
  Token take_word() noexcept;
  Token take_string(std::size_t quote_at, bool with_escapes) noexcept;
  Token take_quoted_name(std::size_t quote_at) noexcept;
  Token take_dollar() noexcept;

  std::string_view rest_;
  bool uncertain_ = false;
};

// True where `word` is `lower`, whatever the case of `word`. REQUIRES: `lower` is lower case ASCII.
bool is_word(std::string_view word, std::string_view lower) noexcept;

}  // namespace ca::driver
