#include "driver/sql/sql_traits.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "driver/sql/query_reader.h"

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
                                              {"unproven", pin::unproven},
                                              {"startup", pin::startup},
                                              {"unknown", pin::unknown},
                                              {"found", pin::found}}};

// Functions whose state is the client's wish, wherever in a statement their name stands.
constexpr NamedPin pinning_functions[] = {
    {"set_config", pin::setting}, {"setseed", pin::setting}, {"pg_advisory_lock", pin::lock},
    {"pg_advisory_lock_shared", pin::lock}, {"pg_try_advisory_lock", pin::lock}, {"pg_try_advisory_lock_shared", pin::lock},
    {"pg_create_physical_replication_slot", pin::temporary}, {"pg_create_logical_replication_slot", pin::temporary},
    {"pg_backup_start", pin::lock}};

bool has_prefix(std::string_view text, std::string_view lower_prefix) {
  return text.size() >= lower_prefix.size() && is_word(text.substr(0, lower_prefix.size()), lower_prefix);
}

bool is_temporary(std::string_view word) { return is_word(word, "temp") || is_word(word, "temporary"); }

// How a statement is judged.
enum class Verdict : std::uint8_t {
  harmless,
  query,     // as query_reader.h finds
  ddl,       // changes the database, not the session; what expressions in it call is undone by a reset
  unproven,
};

struct NamedVerdict {
  std::string_view word;
  Verdict verdict;
};

// By the first word. Whatever is not here is unproven.
constexpr NamedVerdict verdicts[] = {
    {"select", Verdict::query}, {"values", Verdict::query}, {"table", Verdict::query}, {"with", Verdict::query},
    {"insert", Verdict::query}, {"update", Verdict::query}, {"delete", Verdict::query}, {"merge", Verdict::query},
    // The server reports each transaction's state, and what ends with it leaves nothing.
    {"begin", Verdict::harmless}, {"start", Verdict::harmless}, {"commit", Verdict::harmless}, {"end", Verdict::harmless},
    {"rollback", Verdict::harmless}, {"abort", Verdict::harmless}, {"savepoint", Verdict::harmless},
    {"release", Verdict::harmless},
    // SET itself is a pin; what remains here is SET LOCAL, SET TRANSACTION and SET CONSTRAINTS, which end with the transaction.
    {"set", Verdict::harmless},
    // Only reads, and a connection that is not the client's own has no settings but the server's.
    {"show", Verdict::harmless},
    // Back to what every connection has.
    {"reset", Verdict::harmless}, {"discard", Verdict::harmless},
    // Locks of the transaction. No expression can stand in it.
    {"lock", Verdict::harmless},
    // Cursors without HOLD end with their transaction; DECLARE is judged by its query.
    {"declare", Verdict::query}, {"fetch", Verdict::harmless}, {"move", Verdict::harmless}, {"close", Verdict::harmless},
    // Sent to those who listen when the transaction ends.
    {"notify", Verdict::harmless},
    // LISTEN is a pin, or the driver's own work; UNLISTEN and DEALLOCATE end something.
    {"listen", Verdict::harmless}, {"unlisten", Verdict::harmless}, {"deallocate", Verdict::harmless},
    // PREPARE is a pin; PREPARE TRANSACTION gives the transaction away, settings and all.
    {"prepare", Verdict::harmless},
    // Of a table or a query, from or to the client only.
    {"copy", Verdict::query},
    // Runs what triggers and no expressions.
    {"truncate", Verdict::query},
    {"create", Verdict::ddl}, {"alter", Verdict::ddl}, {"drop", Verdict::ddl}, {"comment", Verdict::ddl},
    {"grant", Verdict::ddl}, {"revoke", Verdict::ddl}, {"vacuum", Verdict::ddl}, {"analyze", Verdict::ddl},
    {"analyse", Verdict::ddl}, {"reindex", Verdict::ddl}, {"cluster", Verdict::ddl}, {"refresh", Verdict::ddl},
    {"reassign", Verdict::ddl}, {"security", Verdict::ddl}, {"import", Verdict::ddl}, {"checkpoint", Verdict::ddl},
};

Verdict verdict_of(std::string_view word) {
  for (const auto& named : verdicts) {
    if (is_word(word, named.word)) return named.verdict;
  }
  return Verdict::unproven;
}

bool is_explain_option(std::string_view word) {
  for (const std::string_view option : {"analyze", "analyse", "verbose", "costs", "settings", "generic_plan", "buffers",
                                        "serialize", "wal", "timing", "summary", "memory", "format"}) {
    if (is_word(word, option)) return true;
  }
  return false;
}

bool decides_rows(std::string_view first) {
  for (const std::string_view word : {"insert", "update", "delete", "merge", "begin", "start", "commit", "end", "rollback"}) {
    if (is_word(first, word)) return true;
  }
  return false;
}

// SET LOCAL of these changes how the texts behind it in the transaction are to be read.
bool changes_dialect(const Token& token) {
  return token.kind != TokenKind::word || is_word(token.text, "standard_conforming_strings") ||
         is_word(token.text, "client_encoding") || is_word(token.text, "names");
}

// One statement, fed token by token.
class Statement {
 public:
  Statement(SqlTraits& traits, const HarmlessFunctions& functions) : traits_(traits), query_(functions) {}

  void feed(const Token& token) {
    if (token.kind == TokenKind::word || token.kind == TokenKind::quoted_name) look_at_name(token.text);
    if (explain_ != Explain::no && skip_explain(token)) return;
    if (count_ == 0 && token.kind == TokenKind::symbol && token.text == "(") {
      verdict_ = Verdict::query;
      if (query_.depth() == 0) query_.begin_query();
      query_.feed(token);
      in_parentheses_ = true;
      return;
    }
    ++count_;
    if (count_ == 1) {
      first_ = token.kind == TokenKind::word ? token.text : std::string_view{};
      begin();
      if (count_ == 0) return;  // EXPLAIN
    } else if (!settled_) {
      settled_ = !go_on(token);
    }
    if (verdict_ == Verdict::query) go_on_query(token);
    previous_ = token.kind == TokenKind::word ? token.text : std::string_view{};
  }

  // At the statement's end: an open question is answered in favour of a pin.
  void finish() {
    if (!settled_ && is_set_) traits_.pins |= pin::setting;
    if (is_deallocate_ && target_count_ == 1) traits_.deallocates_one = true;
    if (empty()) return;
    const bool whole = copy_ == Copy::no || copy_ == Copy::options;
    if (verdict_ == Verdict::query && (!query_.proven() || !whole)) verdict_ = Verdict::unproven;
    if (verdict_ == Verdict::unproven) traits_.pins |= pin::unproven;
    if (verdict_ == Verdict::ddl) traits_.pins |= pin::reset;
    writes_ = writes_ || query_.writes();
    traits_.writes = traits_.writes || writes_;
    const bool reads = verdict_ == Verdict::query && query_.only_reads() && explain_ == Explain::no && copy_ == Copy::no &&
                       !is_word(first_, "declare") && !is_word(first_, "truncate");
    traits_.only_reads = traits_.only_reads && reads;
  }

  bool is_listen() const { return is_word(first_, "listen") || is_word(first_, "unlisten"); }

  // It asks for what an earlier statement of the session drew.
  bool needs_history() const { return asks_history_ && !makes_history_; }
  bool may_draw() const { return makes_history_ || writes_ || verdict_ == Verdict::unproven; }

  bool empty() const { return count_ == 0 && !in_parentheses_ && explain_ == Explain::no; }

 private:
  enum class Explain : std::uint8_t { no, begin, words, parentheses, options, done };
  enum class Copy : std::uint8_t { no, source, stream, options };

  void look_at_name(std::string_view name) {
    constexpr std::string_view initials = "cdelnpst";  // of every name below; spares most words the comparisons
    if (name.empty() || initials.find(static_cast<char>(name[0] | 0x20)) == std::string_view::npos) return;
    note_pins(name);
    if (is_word(name, "currval") || is_word(name, "lastval")) asks_history_ = true;
    if (is_word(name, "nextval") || is_word(name, "setval")) makes_history_ = true;
    if (is_word(name, "execute") || is_word(name, "deallocate")) traits_.names_statements = true;
  }

  void note_pins(std::string_view name) {
    for (const auto& function : pinning_functions) {
      if (is_word(name, function.name)) traits_.pins |= function.pins;
    }
    if (has_prefix(name, "pg_temp")) traits_.pins |= pin::temporary;
    // SELECT ... INTO TEMP name; also INTO LOCAL TEMP.
    const bool target = is_word(previous_, "into") || is_word(previous_, "local") || is_word(previous_, "global");
    if (target && is_temporary(name)) traits_.pins |= pin::temporary;
  }

  void begin() {
    const auto is = [this](std::string_view keyword) { return is_word(first_, keyword); };
    settled_ = true;
    if (is("explain") && !in_parentheses_) {
      explain_ = Explain::begin;
      count_ = 0;
      return;
    }
    if (!in_parentheses_) verdict_ = verdict_of(first_);
    // EXPLAIN runs or plans queries, and statements that make a table of one.
    if (explain_ != Explain::no && verdict_ != Verdict::query) verdict_ = Verdict::unproven;
    if (verdict_ == Verdict::query && !in_parentheses_) query_.begin_query();
    traits_.text_decides_rows = decides_rows(first_);
    if (is("begin") || is("start")) traits_.begins_transaction = true;
    else if (is("listen")) traits_.pins |= pin::listen;
    else if (is("load")) traits_.pins |= pin::library, verdict_ = Verdict::harmless;
    else if (is("set")) is_set_ = true, settled_ = false;
    else if (is("deallocate")) is_deallocate_ = true, settled_ = false;
    else if (is("copy") && !in_parentheses_) copy_ = Copy::source, traits_.may_copy = true;
    else if (is("truncate")) writes_ = true;
    else settled_ = !goes_on_with_more(first_);
  }

  // The words behind the first one decide.
  static bool goes_on_with_more(std::string_view first) {
    return is_word(first, "prepare") || is_word(first, "declare") || is_word(first, "discard") || is_word(first, "create");
  }

  // EXPLAIN [ANALYZE] [VERBOSE] or EXPLAIN (options); false at the statement that it explains. EXPLAIN (query) is not told
  // from the options, and not proven.
  bool skip_explain(const Token& token) {
    if (count_ > 0) return false;
    const bool option = token.kind == TokenKind::word && is_explain_option(token.text);
    const bool symbol = token.kind == TokenKind::symbol;
    if (explain_ == Explain::begin && symbol && token.text == "(") {
      explain_ = Explain::parentheses;
    } else if (explain_ == Explain::parentheses) {
      if (!option) verdict_ = Verdict::unproven, settled_ = true, count_ = 1;
      explain_ = Explain::options;
    } else if (explain_ == Explain::options) {
      if (symbol && token.text == ")") explain_ = Explain::done;
    } else {
      if (explain_ == Explain::begin) explain_ = Explain::words;
      return explain_ == Explain::words && option;
    }
    return true;
  }

  void go_on_query(const Token& token) {
    if (is_word(first_, "declare")) return go_on_declare(token);
    if (copy_ != Copy::no) return go_on_copy(token);
    if (is_word(first_, "truncate")) {
      if (has_prefix(token.text, "pg_") || is_word(token.text, "information_schema")) verdict_ = Verdict::unproven;
      return;
    }
    query_.feed(token);
  }

  // DECLARE name [options] CURSOR [WITH HOLD] FOR query
  void go_on_declare(const Token& token) {
    if (declared_) return query_.feed(token);
    declared_ = count_ > 2 && token.kind == TokenKind::word && is_word(token.text, "for");
  }

  // COPY name [(columns)] FROM STDIN | TO STDOUT ...; COPY (query) TO STDOUT ...
  void go_on_copy(const Token& token) {
    if (count_ == 1) return;
    if (count_ == 2 && token.text != "(") query_.expect_target();
    const bool name = token.kind == TokenKind::word || token.kind == TokenKind::quoted_name;
    if (query_.depth() == 0 && name && copy_ == Copy::stream) {
      copy_ = Copy::options;
      if (!is_word(token.text, copies_in_ ? "stdin" : "stdout")) verdict_ = Verdict::unproven;
      return;
    }
    if (query_.depth() == 0 && name && copy_ == Copy::source && count_ > 2) {
      copies_in_ = is_word(token.text, "from");
      writes_ = writes_ || copies_in_;
      if (copies_in_ || is_word(token.text, "to")) copy_ = Copy::stream;
      else if (!after_dot_) verdict_ = Verdict::unproven;  // COPY BINARY name
    }
    after_dot_ = token.kind == TokenKind::symbol && token.text == ".";
    query_.feed(token);
  }

  bool go_on_set(const Token& token) {
    const std::string_view word = token.text;
    if (count_ == 2 && (is_word(word, "session") || is_word(word, "local"))) return true;
    const bool plain = count_ == 2;
    if (plain && (is_word(word, "transaction") || is_word(word, "constraints"))) return false;
    if (count_ == 3 && is_word(previous_, "local")) {
      if (changes_dialect(token)) verdict_ = Verdict::unproven;
      return false;
    }
    traits_.pins |= is_word(word, "role") || is_word(word, "authorization") ? pin::role : pin::setting;
    return false;
  }

  // Looks at the tokens after the first; false once nothing more is to be learnt from them.
  bool go_on(const Token& token) {
    if (is_set_) return go_on_set(token);
    if (is_deallocate_) return go_on_deallocate(token);
    if (is_word(first_, "prepare")) {
      if (!is_word(token.text, "transaction")) traits_.pins |= pin::prepared;
      return false;
    }
    if (is_word(first_, "declare")) {
      if (is_word(token.text, "hold")) traits_.pins |= is_word(previous_, "without") ? 0 : pin::cursor;
      return true;
    }
    if (is_word(first_, "discard")) {
      traits_.discards_all = traits_.discards_all || is_word(token.text, "all");
      traits_.drops_statements = traits_.drops_statements || traits_.discards_all;
      return false;
    }
    if (is_temporary(token.text)) traits_.pins |= pin::temporary;
    return count_ < 6;  // CREATE OR REPLACE LOCAL TEMPORARY
  }

  bool go_on_deallocate(const Token& token) {
    if (count_ == 2 && token.kind == TokenKind::word && is_word(token.text, "prepare")) return true;
    ++target_count_;
    if (token.kind == TokenKind::word && is_word(token.text, "all")) {
      target_count_ = 2;
      traits_.drops_statements = true;
    }
    if (token.kind != TokenKind::word && token.kind != TokenKind::quoted_name) target_count_ = 2;
    traits_.name = token.text;
    if (token.kind == TokenKind::word) {
      for (char& c : traits_.name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    return true;
  }

  SqlTraits& traits_;
  QueryReader query_;
  std::string_view first_;
  std::string_view previous_;
  Verdict verdict_ = Verdict::harmless;
  Explain explain_ = Explain::no;
  Copy copy_ = Copy::no;
  int count_ = 0;
  int target_count_ = 0;
  bool asks_history_ = false;
  bool makes_history_ = false;
  bool settled_ = false;
  bool is_set_ = false;
  bool is_deallocate_ = false;
  bool copies_in_ = false;
  bool after_dot_ = false;
  bool declared_ = false;    // the query of DECLARE has begun
  bool writes_ = false;
  bool in_parentheses_ = false;
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

bool sees_to_function(std::string_view lower_name) noexcept {
  if (lower_name == "currval" || lower_name == "lastval") return true;
  return std::any_of(std::begin(pinning_functions), std::end(pinning_functions),
                     [&](const NamedPin& function) { return function.name == lower_name; });
}

SqlTraits inspect_sql(std::string_view sql, const HarmlessFunctions& functions, SqlDialect dialect) {
  SqlTraits traits;
  SqlScanner scanner(sql, dialect);
  int statements = 0;
  bool listens = false;
  for (bool more = true; more;) {
    Statement statement(traits, functions);
    for (;;) {
      const Token token = scanner.next();
      if (token.kind == TokenKind::end) more = false;
      if (token.kind == TokenKind::end || token.kind == TokenKind::semicolon) break;
      statement.feed(token);
    }
    if (statement.empty()) continue;
    statement.finish();
    listens = listens || statement.is_listen();
    if (statement.needs_history() && !traits.may_draw) traits.needs_history = true;
    traits.may_draw = traits.may_draw || statement.may_draw();
    ++statements;
  }
  if (statements != 1) traits.deallocates_one = false;
  if (listens) traits.listens = read_listens(sql);
  if (scanner.uncertain()) {
    traits.pins |= pin::unknown;
    traits.may_copy = true;
  }
  if (traits.pins != 0 || traits.needs_history) traits.only_reads = false;
  return traits;
}

}  // namespace ca::driver
