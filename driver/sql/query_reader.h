// Proves that a query (SELECT, VALUES, TABLE, INSERT, UPDATE, DELETE, MERGE, with WITH or without) leaves nothing
// behind in its session: the relations that it names to be written are outside pg_catalog and information_schema, and
// it calls only functions that are known to be harmless.
//
// It reads tokens and knows as much of PostgreSQL's grammar as tells a call from whatever else stands before a
// parenthesis
// (`IN (`, `INSERT INTO t (`, `AS x (`). What it cannot tell counts as a call of an unknown function, so that a query
// which it does not understand is not proven. What the text does not show (triggers, views, operators of users, ...) is
// in docs/driver.md.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "driver/sql/harmless_functions.h"
#include "driver/sql/sql_scanner.h"

namespace ca::driver {

class QueryReader {
 public:
  explicit QueryReader(const HarmlessFunctions& functions) noexcept : functions_(functions) {
    levels_[0] = {Phase::body, false, false};
  }

  // A query begins with the next token, or goes on with what an earlier call of feed() has left open.
  void begin_query() noexcept { level().phase = Phase::start; }
  // The target of COPY comes next.
  void expect_target() noexcept { expected_ = Expected::target; }
  void feed(const Token& token);
  // At the end of the statement: whether all of it is proven.
  bool proven();

  bool writes() const noexcept { return writes_; }  // an INSERT, UPDATE, DELETE or MERGE is in it
  bool only_reads() const noexcept { return !writes_ && !changes_; }
  std::size_t depth() const noexcept { return depth_; }  // of parentheses

 private:
  enum class Phase : std::uint8_t { start, with_list, body };
  enum class Expected : std::uint8_t { nothing, into, from, target };
  enum class Kind : std::uint8_t { none, word, quoted, dot, comma, open, close_item, close, cast, other };
  struct Last {
    Kind kind = Kind::none;
    std::string_view text;  // of a word or a quoted name, as it is written
  };
  struct Level {
    Phase phase;
    bool item;         // ends an item of FROM, or a call: an alias may follow
    bool is_operator;  // OPERATOR( ... )
  };
  // name, schema.name, ...: what stands before it decides what it can be.
  struct Chain {
    int length = 0;
    Last schema;
    Last name;
    Last before;
    Last before_that;
  };

  Level& level() noexcept { return levels_[depth_]; }
  void on_name(const Token& token);
  void on_symbol(std::string_view text);
  void on_word(std::string_view word);
  void on_verb(std::string_view word);
  void open();
  void close();
  void end_chain();
  void check_target();
  bool is_call() const;
  bool is_construct(std::string_view word) const;
  bool follows_operand() const;
  bool is_harmless_call();
  void remember(Last last) noexcept;

  const HarmlessFunctions& functions_;
  std::array<Level, 96> levels_;  // no more than depth_ + 1 of them mean something
  std::size_t depth_ = 0;
  Last last_;
  Last last_but_one_;
  Chain chain_;
  Expected expected_ = Expected::nothing;
  bool colon_ = false;  // the last token is one
  bool inserts_ = false;
  bool writes_ = false;
  bool changes_ = false;  // a function may do so
  bool proven_ = true;
};

}  // namespace ca::driver
