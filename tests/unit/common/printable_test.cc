#include "common/printable.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

using ca::cut_text;
using ca::printable;
using ca::printable_json;
using ca::printable_lines;

TEST_CASE("text without anything that steers a terminal stays as it is") {
  CHECK(printable("").empty());
  CHECK(printable("tab\there, Gr\u00fc\u00dfe, \u65e5\u672c, \U0001F600") == "tab\there, Gr\u00fc\u00dfe, \u65e5\u672c, \U0001F600");
  CHECK(printable("back\\slash") == "back\\slash");
}

TEST_CASE("control characters are escaped, as bytes and as characters of UTF-8") {
  CHECK(printable("\x1b[2J\x07\x7f") == "\\x1b[2J\\x07\\x7f");
  CHECK(printable("one\ntwo\r") == "one\\ntwo\\r");
  CHECK(printable(std::string_view("\0", 1)) == "\\x00");
  CHECK(printable("\xc2\x9b" "31m") == "\\u009b31m");
  CHECK(printable("\x9b" "31m") == "\\x9b31m");
  CHECK(printable("a\u202eb\u2066c\u2028d\u200f") == "a\\u202eb\\u2066c\\u2028d\\u200f");
  CHECK(printable_lines("one\ntwo\x1b\n") == "one\ntwo\\x1b\n");
}

TEST_CASE("bytes that are not UTF-8 are escaped one by one") {
  CHECK(printable("\xff" "a\xc3") == "\\xffa\\xc3");
  CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");                  // overlong
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");         // a surrogate
  CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80"); // above U+10FFFF
  CHECK(printable("\xe2\x82") == "\\xe2\\x82");
}

TEST_CASE("a cut splits no character") {
  const std::string text = "ab\u00fc\u65e5\U0001F600z";  // 2 + 2 + 3 + 4 + 1 bytes
  const std::size_t whole[] = {0, 1, 2, 2, 4, 4, 4, 7, 7, 7, 7, 11, 12};
  for (std::size_t limit = 0; limit <= text.size(); ++limit) CHECK(cut_text(text, limit).size() == whole[limit]);
  CHECK(cut_text("short", 100) == "short");
  CHECK(cut_text("\xff\xff\xff\xff", 2).size() == 2);
}

TEST_CASE("JSON means the same after its characters that steer a terminal were escaped") {
  const nlohmann::json value{{"text", "\x1b \x7f \u009b \u202e \u00fc \" \\ \n"}, {"list", {1, 2}}};
  const std::string shown = printable_json(value.dump(2));
  CHECK(shown.find("\x7f") == std::string::npos);
  CHECK(shown.find("\\u007f \\u009b \\u202e \u00fc") != std::string::npos);
  CHECK(nlohmann::json::parse(shown) == value);
}
