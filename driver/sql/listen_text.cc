#include "driver/sql/listen_text.h"

#include <algorithm>
#include <array>
#include <optional>

#include "driver/sql/sql_scanner.h"

namespace ca::driver {

namespace {

constexpr std::size_t longest_name = 63;  // PostgreSQL's NAMEDATALEN - 1

// What pg_get_keywords() lists as reserved, or as a name of functions and types only. Sorted.
constexpr std::array<std::string_view, 100> reserved_words{
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization", "binary", "both",
    "case", "cast", "check", "collate", "collation", "column", "concurrently", "constraint", "create", "cross",
    "current_catalog", "current_date", "current_role", "current_schema", "current_time", "current_timestamp",
    "current_user", "default", "deferrable", "desc", "distinct", "do", "else", "end", "except", "false", "fetch", "for",
    "foreign", "freeze", "from", "full", "grant", "group", "having", "ilike", "in", "initially", "inner", "intersect",
    "into", "is", "isnull", "join", "lateral", "leading", "left", "like", "limit", "localtime", "localtimestamp",
    "natural", "not", "notnull", "null", "offset", "on", "only", "or", "order", "outer", "overlaps", "placing", "primary",
    "references", "returning", "right", "select", "session_user", "similar", "some", "symmetric", "table", "tablesample",
    "then", "to", "trailing", "true", "union", "unique", "user", "using", "variadic", "verbose", "when", "where",
    "window", "with"};

// At the beginning of a character, as UTF-8 has them.
std::string cut(std::string name) {
  if (name.size() <= longest_name) return name;
  std::size_t length = longest_name;
  while (length > 0 && (static_cast<unsigned char>(name[length]) & 0xC0) == 0x80) --length;
  name.resize(length);
  return name;
}

std::optional<std::string> name_of(const Token& token) {
  std::string name;
  if (token.kind == TokenKind::quoted_name) {
    for (std::size_t at = 0; at < token.text.size(); ++at) {
      name += token.text[at];
      if (token.text[at] == '"') ++at;  // doubled
    }
  } else if (token.kind == TokenKind::word) {
    for (const char c : token.text) name += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (is_reserved_word(name)) return std::nullopt;
  }
  if (name.empty()) return std::nullopt;
  return cut(std::move(name));
}

struct Statement {
  std::array<Token, 2> tokens;
  std::size_t count = 0;

  std::optional<ListenCommand> command() const {
    if (count != 2 || tokens[0].kind != TokenKind::word) return std::nullopt;
    const bool listens = is_word(tokens[0].text, "listen");
    if (!listens && !is_word(tokens[0].text, "unlisten")) return std::nullopt;
    if (!listens && tokens[1].kind == TokenKind::symbol && tokens[1].text == "*") return ListenCommand{};
    auto name = name_of(tokens[1]);
    if (!name) return std::nullopt;
    return ListenCommand{listens, std::move(*name)};
  }
};

}  // namespace

bool is_reserved_word(std::string_view word) noexcept {
  return std::binary_search(reserved_words.begin(), reserved_words.end(), word);
}

ListenText read_listens(std::string_view sql) {
  ListenText text;
  SqlScanner scanner(sql);
  int statements = 0;
  for (bool more = true; more;) {
    Statement statement;
    for (;;) {
      const Token token = scanner.next();
      if (token.kind == TokenKind::end) more = false;
      if (token.kind == TokenKind::end || token.kind == TokenKind::semicolon) break;
      if (statement.count < statement.tokens.size()) statement.tokens[statement.count] = token;
      ++statement.count;
    }
    if (statement.count > 0) ++statements;
    if (auto command = statement.command()) text.commands.push_back(std::move(*command));
  }
  if (scanner.uncertain()) text.commands.clear();
  text.alone = statements == 1 && text.commands.size() == 1;
  return text;
}

std::string quoted_channel(std::string_view channel) {
  std::string quoted = "\"";
  for (const char c : channel) {
    quoted += c;
    if (c == '"') quoted += c;
  }
  return quoted += '"';
}

}  // namespace ca::driver
