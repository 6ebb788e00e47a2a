#include "driver/sql_traits.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "driver/sql_scanner.h"

namespace ca::driver {

namespace {

struct NamedPin {
  std::string_view name;
  Pins pins;
};

constexpr std::array<NamedPin, 12> pin_names{{{"setting", pin::setting},
                                              {"listen", pin::listen},
                                              {"prepared", pin::prepared},
                                              {"cursor", pin::cursor},
                                              {"temporary", pin::temporary},
                                              {"lock", pin::lock},
                                              {"role", pin::role},
                                              {"library", pin::library},
                                              {"block", pin::block},
                                              {"startup", pin::startup},
                                              {"unknown", pin::unknown},
                                              {"parameter", pin::parameter}}};

// Words that may precede "(" in a statement that only reads: keywords, types, and functions of pg_catalog.
constexpr auto reading = std::to_array<std::string_view>(
    {"in",       "exists",   "and",     "or",        "not",       "values",    "as",         "on",       "using",
     "any",      "some",     "all",     "select",    "from",      "where",     "over",       "filter",   "group",
     "array",    "row",      "when",    "then",      "else",      "between",   "like",       "having",   "by",
     "join",     "lateral",  "union",   "except",    "intersect", "distinct",  "numeric",    "decimal",  "varchar",
     "char",     "interval", "timestamp", "count",   "sum",       "avg",       "min",        "max",      "coalesce",
     "nullif",   "greatest", "least",   "cast",      "extract",   "substring", "trim",       "lower",    "upper",
     "length",   "repeat",   "abs",     "round",     "md5",       "random",    "now",        "date_trunc", "string_agg",
     "array_agg", "json_agg", "jsonb_agg", "row_number", "rank", "unnest", "generate_series", "similarity", "pg_sleep"});
constexpr auto writing = std::to_array<std::string_view>({"into", "insert", "update", "delete", "merge"});

bool is_among(std::string_view word, std::span<const std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [word](std::string_view known) { return is_word(word, known); });
}

// Functions that leave session state behind, wherever in a statement their name stands.
constexpr std::array<NamedPin, 9> functions{{{"set_config", pin::setting},
                                             {"setseed", pin::setting},
                                             {"pg_advisory_lock", pin::lock},
                                             {"pg_advisory_lock_shared", pin::lock},
                                             {"pg_try_advisory_lock", pin::lock},
                                             {"pg_try_advisory_lock_shared", pin::lock},
                                             {"pg_create_physical_replication_slot", pin::temporary},
                                             {"pg_create_logical_replication_slot", pin::temporary},
                                             {"pg_backup_start", pin::lock}}};

bool has_prefix(std::string_view text, std::string_view lower_prefix) {
  return text.size() >= lower_prefix.size() && is_word(text.substr(0, lower_prefix.size()), lower_prefix);
}

bool is_temporary(std::string_view word) { return is_word(word, "temp") || is_word(word, "temporary"); }

// One statement, fed token by token.
class Statement {
 public:
  explicit Statement(SqlTraits& traits) : traits_(traits) {}

  void feed(const Token& token) {
    if (count_ == 0 && token.kind == TokenKind::symbol && token.text == "(") return;
    ++count_;
    if (token.kind == TokenKind::word || token.kind == TokenKind::quoted_name) look_at_name(token.text);
    if (count_ == 1) {
      first_ = token.kind == TokenKind::word ? token.text : std::string_view{};
      begin();
    } else if (!settled_) {
      settled_ = !go_on(token);
    }
    if (traits_.only_reads) traits_.only_reads = still_reads(token);
    qualified_ = previous_kind_ == TokenKind::symbol && last_symbol_ == ".";
    if (token.kind == TokenKind::symbol) last_symbol_ = token.text;
    previous_kind_ = token.kind;
    previous_ = token.kind == TokenKind::word ? token.text : std::string_view{};
  }

  // At the statement's end: an open question is answered in favour of a pin.
  void finish() {
    if (!settled_ && is_set_) traits_.pins |= pin::setting;
    if (is_deallocate_ && target_count_ == 1) traits_.deallocates_one = true;
  }

  bool is_listen() const { return is_word(first_, "listen") || is_word(first_, "unlisten"); }

  // It asks for what an earlier statement of the session did.
  bool needs_history() const { return asks_history_ && !makes_history_; }

  bool empty() const { return count_ == 0; }

 private:
  void look_at_name(std::string_view name) {
    for (const auto& function : functions) {
      if (is_word(name, function.name)) traits_.pins |= function.pins;
    }
    if (has_prefix(name, "pg_temp")) traits_.pins |= pin::temporary;
    if (has_prefix(name, "dblink_")) traits_.pins |= pin::block;
    if (is_word(name, "currval") || is_word(name, "lastval")) asks_history_ = true;
    if (is_word(name, "nextval")) makes_history_ = true;
    if (is_word(name, "execute") || is_word(name, "deallocate")) traits_.names_statements = true;
    // SELECT ... INTO TEMP name; also INTO LOCAL TEMP.
    if (is_temporary(name) && (is_word(previous_, "into") || is_word(previous_, "local") || is_word(previous_, "global"))) {
      traits_.pins |= pin::temporary;
    }
  }

  bool still_reads(const Token& token) const {
    if (count_ == 1) {
      return token.kind == TokenKind::word && is_among(token.text, std::to_array<std::string_view>({"select", "values", "table"}));
    }
    if (token.kind == TokenKind::word) return !is_among(token.text, writing);
    if (token.kind != TokenKind::symbol || token.text != "(") return true;
    if (previous_kind_ == TokenKind::quoted_name) return false;
    return previous_kind_ != TokenKind::word || (!qualified_ && is_among(previous_, reading));
  }

  void begin() {
    const auto is = [this](std::string_view keyword) { return is_word(first_, keyword); };
    settled_ = true;
    if (is("begin") || is("start")) traits_.begins_transaction = true;
    else if (is("listen")) traits_.pins |= pin::listen;
    else if (is("load")) traits_.pins |= pin::library;
    else if (is("copy")) traits_.may_copy = true;
    else if (is("do") || is("call")) traits_.pins |= pin::block;
    else if (is("set")) is_set_ = true, settled_ = false;
    else if (is("deallocate")) is_deallocate_ = true, settled_ = false;
    else if (is("prepare") || is("declare") || is("create")) settled_ = false;
  }

  // Looks at the tokens after the first; false once nothing more is to be learnt from them.
  bool go_on(const Token& token) {
    if (is_set_) return go_on_set(token.text);
    if (is_deallocate_) return go_on_deallocate(token);
    if (is_word(first_, "prepare")) {
      if (!is_word(token.text, "transaction")) traits_.pins |= pin::prepared;
      return false;
    }
    if (is_word(first_, "declare")) {
      if (is_word(token.text, "hold")) traits_.pins |= is_word(previous_, "without") ? 0 : pin::cursor;
      return true;
    }
    if (is_temporary(token.text)) traits_.pins |= pin::temporary;
    return count_ < 6;  // CREATE OR REPLACE LOCAL TEMPORARY
  }

  bool go_on_set(std::string_view word) {
    if (count_ == 2 && is_word(word, "session")) return true;
    const bool plain = count_ == 2;
    if (plain && (is_word(word, "local") || is_word(word, "transaction") || is_word(word, "constraints"))) return false;
    traits_.pins |= is_word(word, "role") || is_word(word, "authorization") ? pin::role : pin::setting;
    return false;
  }

  bool go_on_deallocate(const Token& token) {
    if (count_ == 2 && token.kind == TokenKind::word && is_word(token.text, "prepare")) return true;
    ++target_count_;
    if (token.kind == TokenKind::word && is_word(token.text, "all")) target_count_ = 2;
    if (token.kind != TokenKind::word && token.kind != TokenKind::quoted_name) target_count_ = 2;
    traits_.name = token.text;
    if (token.kind == TokenKind::word) {
      for (char& c : traits_.name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    return true;
  }

  SqlTraits& traits_;
  std::string_view first_;
  std::string_view previous_;
  std::string_view last_symbol_;
  TokenKind previous_kind_ = TokenKind::end;
  bool qualified_ = false;  // the token before is the last part of a name with dots
  int count_ = 0;
  int target_count_ = 0;
  bool asks_history_ = false;
  bool makes_history_ = false;
  bool settled_ = false;
  bool is_set_ = false;
  bool is_deallocate_ = false;
};

}  // namespace

std::string pins_text(Pins pins) {
  std::string text;
  for (const auto& named : pin_names) {
    if ((pins & named.pins) == 0) continue;
    if (!text.empty()) text += ',';
    text += named.name;
  }
  return text;
}

SqlTraits inspect_sql(std::string_view sql) {
  SqlTraits traits;
  SqlScanner scanner(sql);
  int statements = 0;
  bool listens = false;
  for (bool more = true; more;) {
    Statement statement(traits);
    for (;;) {
      const Token token = scanner.next();
      if (token.kind == TokenKind::end) more = false;
      if (token.kind == TokenKind::end || token.kind == TokenKind::semicolon) break;
      statement.feed(token);
    }
    statement.finish();
    listens = listens || statement.is_listen();
    if (statements == 0 && statement.needs_history()) traits.needs_history = true;  // a later one sees the first one's
    if (!statement.empty()) ++statements;
  }
  if (statements != 1) traits.deallocates_one = false;
  if (listens) traits.listens = read_listens(sql);
  if (scanner.uncertain()) {
    traits.pins |= pin::unknown;
    traits.may_copy = true;
  }
  if (traits.pins != 0) traits.only_reads = false;
  return traits;
}

}  // namespace ca::driver
