#include "common/json.h"

#include <chrono>

#include "tests/support/catch.h"

using namespace ca;

namespace {

constexpr std::size_t any_size = 64u << 20;

std::string repeated(std::string_view part, std::size_t count) {
  std::string text;
  text.reserve(part.size() * count);
  for (std::size_t i = 0; i < count; ++i) text += part;
  return text;
}

std::string error_of(std::string_view text) {
  const auto parsed = parse_json(text, any_size);
  return parsed ? "" : parsed.error().message;
}

std::string nested_lists(std::size_t depth) { return repeated("[", depth) + repeated("]", depth); }

}  // namespace

TEST_CASE("a value is parsed as the library itself parses it") {
  for (const auto* text :
       {"null", "true", "-1", "18446744073709551615", "1.5e3", R"("a\u00e4\n")", "[]", "{}", R"({"b":[1,{"a":null}],"a":{}})",
        R"([[1,2],[3,[4,{"x":[true,false]}]],"s"])", R"({"a":1,"b":2,"a":{"c":[3]}})", " [ 1 ] "}) {
    CAPTURE(text);
    const auto parsed = parse_json(text, any_size);
    REQUIRE(parsed);
    CHECK(parsed->dump() == Json::parse(text).dump());
    const auto sorted = parse_json<nlohmann::json>(text, any_size);
    REQUIRE(sorted);
    CHECK(*sorted == nlohmann::json::parse(text));
  }
}

TEST_CASE("text that is not one JSON value is refused with its position and none of its words") {
  CHECK(error_of("") == "not JSON at byte 1");
  CHECK(error_of("{\"secret\":hunter2}") == "not JSON at byte 11");
  for (const auto* text : {"{", "[1,]", "{\"a\"}", "1 2", "nan", "'a'", "\"\xff\"", "[1]]", "{\"a\":1,}", "\x00"}) {
    CAPTURE(text);
    CHECK(error_of(text).starts_with("not JSON at byte "));
  }
}

TEST_CASE("a text that nests deeper than the limit is refused however deep it is") {
  CHECK(error_of(nested_lists(json_depth_limit)).empty());
  CHECK(error_of(nested_lists(json_depth_limit + 1)) == "nested deeper than 64 levels");
  CHECK(error_of(repeated("{\"a\":", json_depth_limit) + "1" + repeated("}", json_depth_limit)).empty());
  for (const std::size_t depth : {20'000, 1'000'000}) {
    CHECK(error_of(nested_lists(depth)) == "nested deeper than 64 levels");
    CHECK(error_of(repeated("[", depth)) == "nested deeper than 64 levels");
    CHECK(error_of(repeated("{\"a\":", depth)) == "nested deeper than 64 levels");
    CHECK(error_of("[1," + repeated("[{\"a\":", depth)) == "nested deeper than 64 levels");
  }
}

TEST_CASE("a text longer than the caller's limit is refused unread") {
  CHECK(parse_json("[1,2]", 5));
  CHECK(parse_json("[1,2]", 4).error().message == "longer than 4 bytes");
}

TEST_CASE("an object of very many members takes no quadratic time") {
  std::string many = "{";
  for (int i = 0; i < 200'000; ++i) many += "\"k" + std::to_string(i) + "\":0,";
  CHECK(error_of(many + "\"z\":0}") == "an object has more than 1000 members");
  std::string full = "{";
  for (std::size_t i = 1; i < json_member_limit; ++i) full += "\"k" + std::to_string(i) + "\":0,";
  CHECK(error_of(full + "\"z\":0}").empty());
  CHECK(error_of(full + "\"y\":0,\"z\":0}") == "an object has more than 1000 members");
}
