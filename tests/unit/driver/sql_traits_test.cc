#include "driver/sql/sql_traits.h"

#include <string>
#include <vector>

#include "driver/sql/sql_scanner.h"
#include "tests/support/catch.h"

using namespace ca::driver;

namespace {

const HarmlessFunctions functions;

SqlTraits inspect(std::string_view sql) { return inspect_sql(sql, functions); }

std::vector<std::pair<TokenKind, std::string>> tokens(std::string_view sql) {
  std::vector<std::pair<TokenKind, std::string>> list;
  SqlScanner scanner(sql);
  for (Token token = scanner.next(); token.kind != TokenKind::end; token = scanner.next()) {
    list.emplace_back(token.kind, std::string(token.text));
  }
  return list;
}

using Tokens = std::vector<std::pair<TokenKind, std::string>>;

}  // namespace

TEST_CASE("comments are blanks, nested ones too, and never end a word's statement") {
  CHECK(tokens("-- ; x\nselect /* a ; /* b */ ; */ 1") ==
        Tokens{{TokenKind::word, "select"}, {TokenKind::symbol, "1"}});
  CHECK(tokens("a--b") == Tokens{{TokenKind::word, "a"}});
}

TEST_CASE("text in quotes is one token, whatever stands in it") {
  CHECK(tokens("'a;''b' e'c\\';d' \"q;\"\"r\"") == Tokens{{TokenKind::string, "'a;''b'"},
                                                          {TokenKind::string, "e'c\\';d'"},
                                                          {TokenKind::quoted_name, "q;\"\"r"}});
  CHECK(tokens("$$ ; set x $$ $t$ $$ ; $t$ $1") ==
        Tokens{{TokenKind::string, "$$ ; set x $$"}, {TokenKind::string, "$t$ $$ ; $t$"}, {TokenKind::symbol, "$1"}});
  CHECK(tokens("a$b$c") == Tokens{{TokenKind::word, "a$b$c"}});
  CHECK(tokens("U&'\\0041' x'1F' b'01'").size() == 3);
}

TEST_CASE("text that ends within quotes or a comment is uncertain") {
  const std::string sql = GENERATE("'a", "\"a", "$$a", "/* a", "/* /* */", "e'\\'", "U&\"d\\0061ta\"");
  SqlScanner scanner(sql);
  while (scanner.next().kind != TokenKind::end) {
  }
  CHECK(scanner.uncertain());
  CHECK((inspect(sql).pins & pin::unknown) != 0);
}

TEST_CASE("every prefix of a text is scanned to its end") {
  const std::string sql = "SELECT 'a''b', E'\\'', $x$ y $x$, U&\"n\" /* /* */ */ -- c\n; SET LOCAL a = 1";
  for (std::size_t length = 0; length <= sql.size(); ++length) {
    CHECK(tokens(sql.substr(0, length)).size() <= length);
  }
}

TEST_CASE("what ties a session to its connection is found in the text") {
  struct Row {
    const char* sql;
    Pins pins;
  };
  const Row row = GENERATE(
      Row{"set x = 1", pin::setting}, Row{"SET", pin::setting}, Row{"/* a */ Set Session x to 1", pin::setting},
      Row{"set session local_x to 1", pin::setting}, Row{"select 1; set time zone 'UTC'", pin::setting},
      Row{"set session characteristics as transaction read only", pin::setting}, Row{"SET ROLE x", pin::role},
      Row{"set session authorization x", pin::role},
      Row{"select SET_CONFIG('a','b',false)", pin::setting},
      Row{"select pg_catalog.set_config('a','b',true)", pin::setting},
      Row{"select \"set_config\"('a','b',false)", pin::setting},
      Row{"with a as (select setseed(0.5)) table a", pin::setting},
      Row{"copy (select set_config('a','b',false)) to stdout", pin::setting},
      Row{"listen c", pin::listen}, Row{"prepare p as select 1", pin::prepared}, Row{"PREPARE p", pin::prepared},
      Row{"declare c cursor with hold for select 1", pin::cursor},
      Row{"declare c binary insensitive no scroll cursor with hold for select 1", pin::cursor},
      Row{"create temp table t()", pin::temporary}, Row{"create temporary view t as select 1", pin::temporary},
      Row{"create or replace local temporary view v as select 1", pin::temporary},
      Row{"select 1 into temp t", pin::temporary | pin::unproven},
      Row{"select 1 into local temp t", pin::temporary | pin::unproven},
      Row{"explain analyze create temp table t as select 1", pin::temporary | pin::unproven},
      Row{"explain (analyze) create temporary table t as select 1", pin::temporary | pin::unproven},
      Row{"create table pg_temp.t()", pin::temporary}, Row{"select * from \"pg_temp\".t", pin::temporary},
      Row{"select pg_advisory_lock(1)", pin::lock},
      Row{"SELECT pg_try_advisory_lock_shared(1)", pin::lock},
      Row{"load 'x'", pin::library}, Row{"do $$ begin end $$", pin::unproven}, Row{"call p()", pin::unproven},
      Row{"select dblink_connect('x')", pin::unproven}, Row{"begin; set x = 1; listen c", pin::setting | pin::listen},
      Row{"(select 1); (set x = 1)", pin::setting}, Row{"select E'a'\n'b\\''; set x = 1; --'", pin::setting},
      Row{"select E'a' -- c\n \t\n'b\\''; set x = 1; select '", pin::setting | pin::unknown});
  INFO(row.sql);
  CHECK(pins_text(inspect(row.sql).pins) == pins_text(row.pins));
}

TEST_CASE("the begin of a transaction is seen wherever its statement stands") {
  const auto [sql, begins] = GENERATE(std::make_pair("BEGIN", true), std::make_pair("start transaction", true),
                                      std::make_pair("select 1; begin isolation level serializable", true),
                                      std::make_pair("select 'begin'", false), std::make_pair("commit", false),
                                      std::make_pair("select * from begin_here", false));
  INFO(sql);
  CHECK(inspect(sql).begins_transaction == begins);
  CHECK(inspect(sql).wants_own_connection() == begins);
}

TEST_CASE("a text asks for history only where an earlier text of the session decides its answer") {
  CHECK(inspect("select currval('s')").needs_history);
  CHECK(inspect("insert into t values (LASTVAL())").needs_history);
  CHECK(inspect("select 1; select lastval()").needs_history);
  CHECK(inspect("begin; select lastval()").needs_history);
  CHECK(inspect("select ('s'::regclass).currval").needs_history);
  CHECK_FALSE(inspect("select nextval('s'), currval('s')").needs_history);
  CHECK_FALSE(inspect("insert into t default values; select lastval()").needs_history);
  CHECK_FALSE(inspect("select mine(); select lastval()").needs_history);
  CHECK_FALSE(inspect("select 'lastval'").needs_history);
}

TEST_CASE("a lone DEALLOCATE of one name is told from all others") {
  CHECK(inspect("DEALLOCATE _pg3_0").deallocates_one);
  CHECK(inspect("DEALLOCATE _pg3_0").name == "_pg3_0");
  CHECK(inspect("deallocate prepare Foo;").name == "foo");
  CHECK(inspect("deallocate \"Foo\"").name == "Foo");
  CHECK_FALSE(inspect("deallocate all").deallocates_one);
  CHECK_FALSE(inspect("deallocate prepare all").deallocates_one);
  CHECK_FALSE(inspect("deallocate").deallocates_one);
  CHECK_FALSE(inspect("deallocate a; select 1").deallocates_one);
  CHECK_FALSE(inspect("deallocate a b").deallocates_one);
  CHECK_FALSE(inspect("select 1").deallocates_one);
}

TEST_CASE("a text only reads if each statement is a query of functions that are known to write nothing") {
  const std::string reads = GENERATE("select 1", "SELECT count(*) FROM t WHERE a IN (1, 2)", "values (1)", "table t", "",
                                     "select pg_sleep(3); select (select max(a) from t)", "(select 1) union (select 2)",
                                     "with a as (select 1) select * from a", "select * from t for update");
  CHECK(inspect(reads).only_reads);
  const std::string writes = GENERATE("insert into t values (1)", "select 1; delete from t", "select f(1)", "select x.count(1)",
                                      "select \"Count\"(1)", "select 1 into t", "select nextval('s')",
                                      "select pg_notify('a', 'b')", "begin", "explain analyze select 1", "fetch 1 from c",
                                      "with a as (delete from t returning 1) select 1", "select lastval()", "select set_config('a', 'b', false)", "select 'a");
  INFO(writes);
  CHECK_FALSE(inspect(writes).only_reads);
}
