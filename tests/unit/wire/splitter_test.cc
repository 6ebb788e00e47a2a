#include "driver/wire/splitter.h"

#include <random>
#include <string>
#include <vector>

#include "driver/wire/bytes.h"
#include "driver/wire/messages.h"
#include "tests/support/catch.h"

using namespace ca;
using namespace std::string_literals;

namespace {

struct Whole {
  char type;
  std::string bytes;
  bool operator==(const Whole&) const = default;
};

// Feeds `stream` in the given pieces, carrying what the splitter leaves over, and puts the slices together again.
std::vector<Whole> split(const wire::Grammar& grammar, const std::vector<std::string>& pieces) {
  wire::Splitter splitter(grammar);
  std::vector<Whole> result;
  std::string carry;
  for (const auto& piece : pieces) {
    carry += piece;
    std::string_view input = carry;
    while (const auto slice = splitter.next(input)) {
      if (slice->first) result.push_back({slice->type, ""});
      REQUIRE_FALSE(result.empty());
      result.back().bytes += slice->bytes;
      CHECK(slice->last == (result.back().bytes.size() == slice->length));
    }
    REQUIRE(splitter.error().empty());
    carry.erase(0, carry.size() - input.size());
  }
  CHECK(carry.empty());
  CHECK_FALSE(splitter.inside_message());
  return result;
}

std::string message(char type, std::string_view body) {
  std::string out(1, type);
  wire::append_u32(out, static_cast<std::uint32_t>(body.size() + 4));
  return out.append(body);
}

const std::string every_frontend_message =
    message('Q', "select 1\0"s) + message('P', "name\0select $1\0\0\1\0\0\0\x17"s) +
    message('B', "portal\0name\0\0\0\0\1\0\0\0\3abc\0\0"s) + message('D', "Sname\0"s) + message('E', "\0\0\0\0\0"s) +
    message('C', "Pportal\0"s) + message('H', "") + message('d', "copy data") + message('c', "") +
    message('f', "no\0"s) + message('F', "\0\0\0\1\0\0\0\0\0\0"s) + message('S', "") + message('X', "");

const std::string every_backend_message =
    message('R', "\0\0\0\0"s) + message('K', "12345678") + message('S', "a\0b\0"s) + message('Z', "I") +
    message('T', "\0\0"s) + message('D', "\0\1\0\0\0\5hello"s) + message('d', "row\n") + message('C', "SELECT 1\0"s) +
    message('E', "SERROR\0\0"s) + message('N', "SNOTICE\0\0"s) + message('A', "\0\0\0\1a\0b\0"s) + message('1', "") +
    message('2', "") + message('3', "") + message('n', "") + message('s', "") + message('I', "") +
    message('t', "\0\0"s) + message('G', "\0\0\0"s) + message('H', "\0\0\0"s) + message('c', "") +
    message('V', "\xff\xff\xff\xff") + message('v', "\0\3\0\0\0\0\0\0"s);

}  // namespace

TEST_CASE("a stream split in two at every offset gives the same messages as in one piece") {
  const auto [grammar, stream] = GENERATE(std::make_pair(&wire::frontend_grammar, &every_frontend_message),
                                          std::make_pair(&wire::backend_grammar, &every_backend_message));
  const auto expected = split(*grammar, {*stream});
  REQUIRE(expected.size() >= 13);
  for (std::size_t cut = 0; cut <= stream->size(); ++cut) {
    CHECK(split(*grammar, {stream->substr(0, cut), stream->substr(cut)}) == expected);
  }
}

TEST_CASE("a stream that arrives byte by byte gives the same messages as in one piece") {
  const auto [grammar, stream] = GENERATE(std::make_pair(&wire::frontend_grammar, &every_frontend_message),
                                          std::make_pair(&wire::backend_grammar, &every_backend_message));
  std::vector<std::string> bytes;
  for (const char byte : *stream) bytes.emplace_back(1, byte);
  CHECK(split(*grammar, bytes) == split(*grammar, {*stream}));
}

TEST_CASE("a row larger than the input is passed on as it arrives and never waited for") {
  const std::string row = message('D', std::string(100000, 'x'));
  wire::Splitter splitter(wire::backend_grammar);
  std::string_view start(row.data(), 7);
  const auto first = splitter.next(start);
  REQUIRE(first.has_value());
  CHECK(first->bytes.size() == 7);
  CHECK(first->length == row.size());
  CHECK_FALSE(first->last);
  CHECK(splitter.inside_message());
  std::string_view rest(row.data() + 7, row.size() - 7);
  const auto second = splitter.next(rest);
  REQUIRE(second.has_value());
  CHECK_FALSE(second->first);
  CHECK(second->last);
  CHECK(second->bytes.data() == row.data() + 7);  // no copy
  CHECK_FALSE(splitter.inside_message());
}

TEST_CASE("a whole message is waited for and its length is known from the header on") {
  const std::string query = message('Q', std::string(1000, 'q') + '\0');
  wire::Splitter splitter(wire::frontend_grammar);
  std::string_view input(query.data(), 4);
  CHECK_FALSE(splitter.next(input).has_value());
  CHECK(splitter.awaited() == 0);
  input = std::string_view(query.data(), query.size() - 1);
  CHECK_FALSE(splitter.next(input).has_value());
  CHECK(input.size() == query.size() - 1);
  CHECK(splitter.awaited() == query.size());
  input = query;
  CHECK(splitter.next(input).has_value());
}

TEST_CASE("a long Query or error is delivered once its beginning is there, and the rest as it comes") {
  const auto check = [](const wire::Grammar& grammar, char type) {
    const std::string text = message(type, std::string(grammar.largest_head + 1000u, 'q'));
    wire::Splitter splitter(grammar);
    std::string_view input(text.data(), grammar.largest_head - 1u);
    CHECK_FALSE(splitter.next(input).has_value());
    CHECK(splitter.awaited() == grammar.largest_head);
    input = std::string_view(text.data(), grammar.largest_head);
    const auto head = splitter.next(input);
    REQUIRE(head.has_value());
    CHECK(head->first);
    CHECK_FALSE(head->last);
    CHECK(head->length == text.size());
    input = std::string_view(text).substr(grammar.largest_head);
    const auto rest = splitter.next(input);
    REQUIRE(rest.has_value());
    CHECK(rest->last);
  };
  check(wire::frontend_grammar, 'Q');
  check(wire::backend_grammar, 'E');
}

TEST_CASE("a Bind is delivered from the moment its two names are there") {
  const std::string bind = message('B', "p\0s\0"s + std::string(1000, 'v'));
  for (std::size_t count = 0; count < bind.size(); ++count) {
    wire::Splitter splitter(wire::frontend_grammar);
    std::string_view input(bind.data(), count);
    CHECK(splitter.next(input).has_value() == (count >= 9));
    CHECK(splitter.error().empty());
  }
}

TEST_CASE("a Bind whose names do not end is refused once they are longer than any name") {
  const std::string bind = message('B', std::string(1 << 20, 'n'));
  wire::Splitter splitter(wire::frontend_grammar);
  std::string_view input(bind.data(), 70000);
  CHECK_FALSE(splitter.next(input).has_value());
  CHECK(splitter.error() == "name too long");
}

TEST_CASE("an unknown type, a length below four and one beyond the limit are refused for good") {
  const std::string bad = GENERATE(std::string("?"), "Q\0\0\0\3"s, "d\x7f\xff\xff\xff"s, "Q\x3f\xff\xff\xff"s,
                                   "Q\xff\xff\xff\xff"s, "p\0\0\0\4"s);
  wire::Splitter splitter(wire::frontend_grammar);
  std::string_view input = bad;
  CHECK_FALSE(splitter.next(input).has_value());
  CHECK_FALSE(splitter.error().empty());
  const std::string good = message('S', "");
  input = good;
  CHECK_FALSE(splitter.next(input).has_value());
}

TEST_CASE("random bytes never make the splitter read beyond its input or deliver more than it got") {
  std::mt19937 random(20240501);
  for (int round = 0; round < 20000; ++round) {
    std::string noise(random() % 64, '\0');
    for (char& byte : noise) byte = static_cast<char>(random() % 4 == 0 ? "QPBDSdX"[random() % 7] : random() % 9);
    const auto& grammar = round % 2 == 0 ? wire::frontend_grammar : wire::backend_grammar;
    wire::Splitter splitter(grammar);
    const std::string exact(noise);  // sanitizers see any byte read beyond it
    std::string_view input = exact;
    std::size_t delivered = 0;
    while (const auto slice = splitter.next(input)) delivered += slice->bytes.size();
    CHECK(delivered + input.size() == exact.size());
  }
}
