#include "database/text.h"

#include "database/error.h"
#include "tests/support/catch.h"

using namespace ca::workers;

TEST_CASE("valid UTF-8 is left as it is") {
  const std::string text = "plain, caf\xC3\xA9, \xE2\x82\xAC, \xF0\x9F\x98\x80";
  CHECK(valid_text(text) == text);
  CHECK(is_valid_text(text));
}

TEST_CASE("each byte that PostgreSQL would refuse becomes U+FFFD") {
  const std::string mark = "\xEF\xBF\xBD";
  CHECK(valid_text(std::string("a\0b", 3)) == "a" + mark + "b");
  CHECK(valid_text("a\xFFz") == "a" + mark + "z");
  CHECK(valid_text("\xC0\x80") == mark + mark);                        // overlong
  CHECK(valid_text("\xED\xA0\x80") == mark + mark + mark);             // surrogate
  CHECK(valid_text("\xF4\x90\x80\x80") == mark + mark + mark + mark);  // beyond U+10FFFF
  CHECK(valid_text("\xE2\x82") == mark + mark);                        // cut off
}

TEST_CASE("any two bytes become valid text") {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string bytes = {static_cast<char>(first), static_cast<char>(second)};
      CHECK(is_valid_text(valid_text(bytes)));
    }
  }
}

TEST_CASE("text is cut between characters") {
  CHECK(valid_text("ab\xC3\xA9", 3) == "ab");
  CHECK(valid_text("ab\xC3\xA9", 4) == "ab\xC3\xA9");
  CHECK(valid_text("\xFF", 2).empty());
}

TEST_CASE("array literals quote what must be quoted") {
  CHECK(text_array({}) == "{}");
  CHECK(text_array({"a,b", "q\"\\"}) == "{\"a,b\",\"q\\\"\\\\\"}");
  CHECK(integer_array({1, -2}) == "{1,-2}");
}

TEST_CASE("a list of texts comes back from array_to_json as it was, and anything else is empty") {
  CHECK(text_list(R"(["a","","\"{,}\\\u00e4"])") == std::vector<std::string>{"a", "", "\"{,}\\\xc3\xa4"});
  for (const auto& other : {std::string(), std::string("{}"), std::string("[1]"), std::string("[\"a\",null]"),
                            std::string("[[\"a\"]]"), std::string(1'000'000, '[')}) {
    CHECK(text_list(other).empty());
  }
}

TEST_CASE("COPY rows escape separators and tell null from text") {
  CopyRows rows;
  rows.add("a\tb\nc\\N\r").add_null().add(-7).add_bool(true).add_array({1, -1, 3}, -1);
  rows.end_row();
  rows.add("x").add("").add(0).add_bool(false).add_array({}, -1);
  rows.end_row();
  CHECK(rows.bytes() == "a\\tb\\nc\\\\N\\r\t\\N\t-7\tt\t{1,NULL,3}\nx\t\t0\tf\t{}\n");
  CHECK(rows.rows() == 2);
}

TEST_CASE("the SQLSTATE says whether to connect again, to repeat, or to give up") {
  for (const char* state : {"08006", "08007", "57P01", "57P03", "53300"}) {
    CHECK(trouble_of_sqlstate(state) == Trouble::connection);
  }
  for (const char* state : {"40001", "40P01"}) CHECK(trouble_of_sqlstate(state) == Trouble::conflict);
  for (const char* state : {"22021", "42P01", "23505", "57014", ""}) {
    CHECK(trouble_of_sqlstate(state) == Trouble::statement);
  }
}
