#include "driver/sql/query_reader.h"

#include <algorithm>

#include "driver/sql/sql_keywords.h"
#include "driver/sql/sql_traits.h"

namespace ca::driver {

namespace {

constexpr std::string_view operator_characters = "~!@#^&|`?+-*/%<>=";

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// A name of at most 63 bytes as PostgreSQL folds it; longer ones are no name that is known here.
class Folded {
 public:
  explicit Folded(std::string_view word) noexcept : size_(std::min(word.size(), text_.size())) {
    std::transform(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(size_), text_.begin(), lower);
  }
  std::string_view view() const noexcept { return {text_.data(), size_}; }

 private:
  std::array<char, 64> text_;
  std::size_t size_;
};

bool has_prefix(std::string_view text, std::string_view lower_prefix) {
  return text.size() >= lower_prefix.size() && is_word(text.substr(0, lower_prefix.size()), lower_prefix);
}

template <class... Words>
bool is_one_of(std::string_view text, Words... words) {
  return (is_word(text, words) || ...);
}

}  // namespace

void QueryReader::remember(Last last) noexcept {
  last_but_one_ = last_;
  last_ = last;
}

void QueryReader::feed(const Token& token) {
  const bool names = token.kind == TokenKind::word || token.kind == TokenKind::quoted_name;
  if (names) return on_name(token);
  if (token.kind == TokenKind::symbol) return on_symbol(token.text);
  end_chain();
  if (level().phase == Phase::start) level().phase = Phase::body;
  if (level().is_operator) proven_ = false;
  remember({Kind::other, {}});
}

bool QueryReader::proven() {
  end_chain();
  return proven_ && depth_ == 0 && expected_ == Expected::nothing;
}

// ---- names ----

void QueryReader::on_name(const Token& token) {
  const Last name{token.kind == TokenKind::word ? Kind::word : Kind::quoted, token.text};
  if (last_.kind == Kind::dot && chain_.length > 0) {
    ++chain_.length;
    chain_.schema = chain_.name;
    chain_.name = name;
    return remember(name);
  }
  end_chain();
  colon_ = false;
  const bool after_dot = last_.kind == Kind::dot;
  chain_ = {1, {}, name, last_, last_but_one_};
  if (name.kind == Kind::word && !after_dot) {
    on_word(token.text);
  } else if (level().phase == Phase::start) {
    level().phase = Phase::body;
  }
  remember(name);
}

void QueryReader::on_word(std::string_view word) {
  if (expected_ == Expected::into || expected_ == Expected::from) {
    proven_ = proven_ && is_word(word, expected_ == Expected::into ? "into" : "from");
    expected_ = Expected::target;
    chain_ = {};
    return;
  }
  if (expected_ == Expected::target) {
    if (is_word(word, "only")) chain_ = {};
    return;
  }
  switch (level().phase) {
    case Phase::start:
      if (is_word(word, "with"))
        level().phase = Phase::with_list;
      else
        on_verb(word);
      return;
    case Phase::with_list:
      // The name of a WITH query that is also a verb ends the list here: what follows is no target then.
      if (is_one_of(word, "select", "values", "table", "insert", "update", "delete", "merge")) on_verb(word);
      return;
    case Phase::body:
      if (is_word(word, "into")) proven_ = false;  // SELECT ... INTO makes a table
      return;
  }
}

void QueryReader::on_verb(std::string_view word) {
  level().phase = Phase::body;
  expected_ = is_one_of(word, "insert", "merge") ? Expected::into
              : is_word(word, "update")          ? Expected::target
              : is_word(word, "delete")          ? Expected::from
                                                 : Expected::nothing;
  if (expected_ == Expected::nothing) return;
  writes_ = true;
  inserts_ = inserts_ || is_word(word, "insert");
  chain_ = {};
}

// ---- what stands behind a name ----

// It does not stand before a parenthesis; open() sees to those that do.
void QueryReader::end_chain() {
  if (chain_.length == 0) return;
  if (expected_ == Expected::target) {
    check_target();
  } else if (chain_.before.kind == Kind::dot && !is_harmless_call()) {
    proven_ = false;  // (expression).name: a field, or a call of a function with one argument
  }
  chain_ = {};
}

// pg_settings can be written to, and more of pg_catalog, where names without a schema are looked up first.
void QueryReader::check_target() {
  expected_ = Expected::nothing;
  const std::string_view outermost = chain_.length > 1 ? chain_.schema.text : chain_.name.text;
  if (chain_.before.kind == Kind::dot || chain_.length > 3 || has_prefix(outermost, "pg_") ||
      is_word(outermost, "information_schema")) {
    proven_ = false;
  }
}

bool QueryReader::is_harmless_call() {
  if (chain_.length > 2) return false;
  const auto text = [](const Last& name) { return name.kind == Kind::word ? Folded(name.text) : Folded({}); };
  const Folded folded_name = text(chain_.name);
  const Folded folded_schema = text(chain_.schema);
  const std::string_view name = chain_.name.kind == Kind::word ? folded_name.view() : chain_.name.text;
  const std::string_view schema = chain_.schema.kind == Kind::word ? folded_schema.view() : chain_.schema.text;
  changes_ = changes_ || !functions_.only_reads(schema, name);
  if (sees_to_function(name)) return true;
  return functions_.contains(schema, name);
}

// An expression never follows another one without an operator, a keyword or a comma between them; so what follows one
// and is no keyword is an alias, or the name of a column with its type.
bool QueryReader::follows_operand() const {
  const Last& before = chain_.before;
  if (before.kind == Kind::close_item || before.kind == Kind::quoted) return true;
  if (before.kind != Kind::word) return false;
  return keyword(Folded(before.text).view()) == Keyword::none || is_word(before.text, "ordinality");
}

// The name at hand stands before a parenthesis.
bool QueryReader::is_call() const {
  const Last& before = chain_.before;
  if (before.kind == Kind::cast) return false;                                          // ::numeric(3, 1)
  if (before.kind == Kind::word && is_one_of(before.text, "as", "into")) return false;  // alias, type, INSERT INTO t (
  const bool listed =
      before.kind == Kind::comma || (before.kind == Kind::word && is_one_of(before.text, "with", "recursive"));
  if (levels_[depth_].phase == Phase::with_list && listed) return false;  // WITH a (x) AS (...), b (
  if (chain_.length == 1 && chain_.name.kind == Kind::word && is_construct(chain_.name.text)) return false;
  return !follows_operand();
}

// Words before a parenthesis that belong to the grammar there.
bool QueryReader::is_construct(std::string_view word) const {
  const Folded folded(word);
  const Keyword kind = keyword(folded.view());
  // TREAT (x AS name) calls the function of that name.
  if (kind == Keyword::reserved || kind == Keyword::column_name) return folded.view() != "treat";
  if (kind == Keyword::none) return false;
  const auto after = [&](auto... words) {
    return chain_.before.kind == Kind::word && is_one_of(chain_.before.text, words...);
  };
  const std::string_view name = folded.view();
  if (name == "join") return after("left", "right", "full", "inner", "outer", "cross", "natural") || follows_operand();
  if (name == "by") return after("group", "order", "partition");
  if (name == "set") return after("update");   // ON CONFLICT ... DO UPDATE SET (a, b) = ...
  if (name == "insert") return after("then");  // MERGE ... WHEN NOT MATCHED THEN INSERT (a, b)
  if (name == "conflict") return inserts_ && after("on");
  if (name == "materialized") return after("not");  // WITH a AS NOT MATERIALIZED (
  if (name == "sets") return after("grouping");
  if (name == "system") return after("tablesample");
  if (name == "operator") return true;  // close() looks at what is in it
  if (name == "rollup" || name == "cube") {
    return after("by") && chain_.before_that.kind == Kind::word && is_word(chain_.before_that.text, "group");
  }
  return kind == Keyword::type_or_function && follows_operand();  // a LIKE (b)
}

// ---- symbols ----

void QueryReader::on_symbol(std::string_view text) {
  const char c = text[0];
  if (c == '.' && text.size() == 1) return remember({Kind::dot, {}});
  if (c == '(') return open();
  end_chain();
  const bool second_colon = c == ':' && colon_;
  colon_ = c == ':' && !second_colon;
  if (c == ')') return close();
  if (level().phase == Phase::start) level().phase = Phase::body;
  if (level().is_operator && operator_characters.find(c) == std::string_view::npos) proven_ = false;
  // UPDATE and the others want a name there.
  if (expected_ != Expected::nothing) proven_ = false, expected_ = Expected::nothing;
  remember({c == ',' ? Kind::comma : second_colon ? Kind::cast : Kind::other, {}});
}

void QueryReader::open() {
  bool item = last_.kind == Kind::comma || last_.kind == Kind::open;
  bool is_operator = false;
  bool in_list = false;
  if (chain_.length > 0 && expected_ != Expected::target) {
    const bool call = is_call();
    if (call && !is_harmless_call()) proven_ = false;
    item = call || (last_.kind == Kind::word && is_one_of(last_.text, "from", "join", "lateral", "filter", "group"));
    is_operator = !call && chain_.length == 1 && last_.kind == Kind::word && is_word(last_.text, "operator");
    in_list = level().phase == Phase::with_list && !call;
    chain_ = {};
  }
  end_chain();
  if (expected_ != Expected::nothing) proven_ = false, expected_ = Expected::nothing;
  if (!in_list) level().phase = Phase::body;
  remember({Kind::open, {}});
  if (depth_ + 1 == levels_.size()) {
    proven_ = false;
    return;
  }
  ++depth_;
  level() = {Phase::start, item, is_operator};
}

void QueryReader::close() {
  // Not OPERATOR (pg_catalog.+), but a call of a function of that name.
  if (level().is_operator && last_.kind != Kind::other) proven_ = false;
  if (expected_ != Expected::nothing) proven_ = false, expected_ = Expected::nothing;
  const bool item = level().item && !level().is_operator;
  if (depth_ == 0)
    proven_ = false;
  else
    --depth_;
  remember({item ? Kind::close_item : Kind::close, {}});
}

}  // namespace ca::driver
