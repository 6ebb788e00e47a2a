#include "driver/sql/listen_text.h"

#include "driver/sql/sql_traits.h"
#include "tests/support/catch.h"

using namespace ca::driver;

namespace {

const HarmlessFunctions functions;

SqlTraits inspect(std::string_view sql) { return inspect_sql(sql, functions); }

}  // namespace

TEST_CASE("a text that is one LISTEN names its channel as PostgreSQL does") {
  struct Row {
    std::string sql, channel;
  };
  const auto row = GENERATE(values<Row>({
      {"LISTEN Work", "work"}, {" ; listen /* c */ a -- b\n;;", "a"}, {"listen \"As Is\"", "As Is"},
      {"LISTEN\"a\"\"b\"", "a\"b"}, {"listen \"select\"", "select"}, {"listen name", "name"},
      {"listen Gr\xC3\x96\xC3\x9F" "E", "gr\xC3\x96\xC3\x9F" "e"}, {"listen a$1", "a$1"}, {"listen \";--\"", ";--"},
      {"listen " + std::string(64, 'A'), std::string(63, 'a')},
      {"listen " + std::string(62, 'a') + "\xC3\xA9", std::string(62, 'a')},
      {"listen \"" + std::string(61, 'A') + "\xC3\xA9\"", std::string(61, 'A') + "\xC3\xA9"},
  }));
  INFO(row.sql);
  const auto text = read_listens(row.sql);
  REQUIRE(text.is_one_listen());
  CHECK(text.commands.size() == 1);
  CHECK(text.commands.front().channel == row.channel);
}

TEST_CASE("what is more, less or other than one LISTEN is none") {
  const std::string sql = GENERATE("", "listen", "listen a b", "listen a.b", "listen 'a'", "listen \"\"", "listen \"a\"b",
                                   "listen a, b", "listen a; listen b", "begin; listen a", "listen a; select 1",
                                   "listen select", "listen *", "listen $1", "(listen a)", "listen \"a", "listen a /*",
                                   "listen u&\"a\"", "listen 1", "unlisten a", "\"listen\" a", "prepare p as listen a");
  INFO(sql);
  CHECK_FALSE((read_listens(sql).alone && read_listens(sql).is_one_listen()));
}

TEST_CASE("each UNLISTEN in a text is found, in order") {
  const auto text = read_listens("close all; UNLISTEN A; select 'unlisten b'; unlisten *; unlisten \"C\"; unlisten from");
  REQUIRE(text.commands.size() == 3);
  CHECK(text.commands[0].channel == "a");
  CHECK(text.commands[1].channel.empty());
  CHECK(text.commands[2].channel == "C");
  CHECK_FALSE(text.commands[0].listens);
  CHECK_FALSE(text.alone);
  const auto alone = read_listens("unlisten *;");
  CHECK(alone.alone);
  CHECK_FALSE(alone.is_one_listen());
}

TEST_CASE("a text without LISTEN and UNLISTEN costs no second look, and pins stay as they were") {
  CHECK(inspect("select 'listen a'").listens.commands.empty());
  CHECK(inspect("notify a").listens.commands.empty());
  CHECK(inspect("listen a").listens.is_one_listen());
  CHECK(inspect("listen a").pins == pin::listen);
  CHECK(inspect("begin; unlisten a").listens.commands.size() == 1);
}

TEST_CASE("a channel is quoted so that PostgreSQL reads it back") {
  const std::string name = GENERATE("a", "A b", "\"", "a\"\"b", "select");
  CHECK(read_listens("listen " + quoted_channel(name)).commands.front().channel == name);
}

TEST_CASE("reserved words are found at both ends of their list") {
  CHECK(is_reserved_word("all"));
  CHECK(is_reserved_word("with"));
  CHECK(is_reserved_word("limit"));
  CHECK_FALSE(is_reserved_word("ALL"));
  CHECK_FALSE(is_reserved_word("name"));
  CHECK_FALSE(is_reserved_word(""));
}
