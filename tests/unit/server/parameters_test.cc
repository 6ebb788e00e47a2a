#include "server/http/parameters.h"

#include "tests/support/catch.h"

using namespace ca::server;

namespace {

Request with(std::vector<std::pair<std::string, std::string>> query) {
  Request request;
  request.query = std::move(query);
  return request;
}

}  // namespace

TEST_CASE("a parameter of an unknown name, or one that is there twice, is told by name") {
  const auto told = [](std::vector<std::pair<std::string, std::string>> query) {
    Request request;
    request.query = std::move(query);
    const auto known = only_parameters(request, {"q", "limit"});
    return known ? "" : known.error().message;
  };
  CHECK(told({}).empty());
  CHECK(told({{"limit", "5"}, {"q", "a"}}).empty());
  CHECK(told({{"limt", "5"}}) == "there is no parameter 'limt' here; known are: q, limit");
  CHECK(told({{"q", "a"}, {"limit", "1"}, {"q", "b"}}) == "the parameter q is there twice");
  CHECK(told({{"\xff", "a"}}) == "there is no parameter '?' here; known are: q, limit");
  Request request;
  request.query = {{"q", "a"}};
  CHECK(only_parameters(request, {}).error().message == "this path takes no parameters");
}

TEST_CASE("a choice is one of its words, or absent") {
  Request request;
  request.query = {{"a", "one"}, {"b", "three"}, {"c", ""}};
  CHECK(choice_parameter(request, "a", {"one", "two"}).value() == "one");
  CHECK(choice_parameter(request, "b", {"one", "two"}).error().message == "b must be one of: one, two");
  CHECK(choice_parameter(request, "c", {"one", "two"}).value().empty());
  CHECK(choice_parameter(request, "d", {"one", "two"}).value().empty());
}

TEST_CASE("a page is 50 from the start unless it is said otherwise") {
  CHECK(page_of(with({}))->limit == 50);
  CHECK(page_of(with({}))->offset == 0);
  const auto page = page_of(with({{"limit", "500"}, {"offset", "1000"}}));
  REQUIRE(page);
  CHECK(page->limit == 500);
  CHECK(page->offset == 1000);
}

TEST_CASE("a limit or offset out of range or not a number is refused") {
  for (const auto* wrong : {"0", "501", "-1", "", "x", "5x", " 5", "99999999999999999999"}) {
    CAPTURE(wrong);
    CHECK_FALSE(page_of(with({{"limit", wrong}})));
  }
  CHECK(page_of(with({{"limit", "501"}})).error().message == "limit must be a number from 1 to 500");
  CHECK_FALSE(page_of(with({{"offset", "-1"}})));
  CHECK_FALSE(page_of(with({{"offset", "1000001"}})));
}

TEST_CASE("text must be what PostgreSQL takes") {
  CHECK(text_parameter(with({}), "q").value().empty());
  CHECK(text_parameter(with({{"q", "größe"}}), "q").value() == "größe");
  CHECK_FALSE(text_parameter(with({{"q", "a\xff"}}), "q"));
  CHECK_FALSE(text_parameter(with({{"q", std::string("a\0b", 3)}}), "q"));
  CHECK_FALSE(text_parameter(with({{"q", std::string(1001, 'a')}}), "q"));
  CHECK_FALSE(required_parameter(with({}), "q"));
  CHECK_FALSE(required_parameter(with({{"q", ""}}), "q"));
}

TEST_CASE("UTF-8 has one form for each character") {
  for (const auto* good : {"", "a", "\xC2\xA0", "\xE2\x82\xAC", "\xED\x9F\xBF", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"}) {
    CHECK(is_utf8(good));
  }
  for (const auto* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xE0\x80\x80", "\xED\xA0\x80", "\xE2\x82", "\xF0\x80\x80\x80",
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    CHECK_FALSE(is_utf8(bad));
  }
}

TEST_CASE("what LIKE takes for a pattern becomes literal") { CHECK(like_escape("a_b%c\\d") == "a\\_b\\%c\\\\d"); }
