// What is remembered of a text is what inspect_sql() says of it, whichever texts came before.
#include "driver/sql/text_inspector.h"

#include <random>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace ca::driver {
namespace {

const std::vector<std::string> own{"app.lookup"};

void check_same(TextInspector& inspector, const HarmlessFunctions& functions, const std::string& sql, SqlDialect dialect) {
  const SqlTraits got = inspector.inspect(sql, dialect);
  const SqlTraits expected = inspect_sql(sql, functions, dialect);
  INFO(sql);
  CHECK(got.pins == expected.pins);
  CHECK(got.only_reads == expected.only_reads);
  CHECK(got.may_copy == expected.may_copy);
  CHECK(got.name == expected.name);
  CHECK(got.listens.commands.size() == expected.listens.commands.size());
}

TEST_CASE("A text that comes again has the traits that it had") {
  TextInspector inspector(own);
  const HarmlessFunctions functions(own);
  const std::string texts[] = {"select 1", "set work_mem to 1", "listen a", "deallocate b", "copy t from stdin", "",
                               "select app.lookup(1)", std::string(3000, ' ') + "set work_mem to 1"};
  for (int turn = 0; turn < 4; ++turn) {
    for (const std::string& sql : texts) check_same(inspector, functions, sql, {});
  }
}

TEST_CASE("Texts that share a place do not share their traits") {
  TextInspector inspector(own);
  const HarmlessFunctions functions(own);
  std::mt19937 random(7);
  for (int turn = 0; turn < 20000; ++turn) {
    const auto number = std::to_string(random() % 600);
    check_same(inspector, functions, (random() % 2 == 0 ? "select " : "set work_mem to ") + number, {});
  }
}

TEST_CASE("The same text in another dialect is another text") {
  TextInspector inspector(own);
  const HarmlessFunctions functions(own);
  const std::string sql = R"(select 'a\'; set work_mem to 1; select ' ')";
  for (int turn = 0; turn < 4; ++turn) {
    check_same(inspector, functions, sql, {true, true});
    check_same(inspector, functions, sql, {true, true});
    check_same(inspector, functions, sql, {false, true});
    check_same(inspector, functions, sql, {false, true});
  }
}

}  // namespace
}  // namespace ca::driver
