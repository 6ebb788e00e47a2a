#include "supervisor/shell/child/readiness_parser.h"

#include "tests/support/catch.h"

using namespace ca::shell;
using Kind = ReadinessFact::Kind;

namespace {

std::string letters(const std::vector<ReadinessFact>& facts) {
  std::string text;
  for (const ReadinessFact& fact : facts) {
    text += fact.kind == Kind::ready ? "R" : fact.kind == Kind::progress ? "P(" + fact.text + ")" : "L";
  }
  return text;
}

std::string told_at_once(const std::string& bytes) {
  ReadinessParser parser;
  return letters(parser.feed(bytes));
}

std::string told_bytewise(const std::string& bytes) {
  ReadinessParser parser;
  std::string text;
  for (const char byte : bytes) text += letters(parser.feed(std::string(1, byte)));
  return text;
}

std::string told_in_two(const std::string& bytes, std::size_t cut) {
  ReadinessParser parser;
  const std::string first = letters(parser.feed(bytes.substr(0, cut)));
  return first + letters(parser.feed(bytes.substr(cut)));
}

}  // namespace

TEST_CASE("the same bytes tell the same, however they are cut") {
  const auto [bytes, expected] = GENERATE(table<std::string, std::string>({
      {"READY\n", "R"},
      {"READY\nREADY\nmore", "R"},
      {"WAITING for it\nREADY\n", "P(for it)R"},
      {"WAITING a\nWAITING b\n", "P(a)P(b)"},
      {"WAITING \nREADY\n", "P()R"},
      {"READ", ""},
      {"WAITING and no newline", ""},
      {"rubbish", "L"},
      {"READYX\n", "L"},
      {"READY \n", "L"},
      {"READ\n", "L"},
      {"\n", "L"},
      {"ready\n", "L"},
      {"WAITING\n", "L"},
      {"WAITINGX\n", "L"},
      {std::string("\0", 1), "L"},
      {std::string("READY\0\n", 7), "L"},
      {std::string("WAITING a\0b\n", 12), "L"},
      {"rubbish\nREADY\n", "L"},
  }));
  CAPTURE(bytes);
  CHECK(told_at_once(bytes) == expected);
  CHECK(told_bytewise(bytes) == expected);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) CHECK(told_in_two(bytes, cut) == expected);
}

TEST_CASE("an end of file before READY is a loss, after it nothing") {
  for (const std::string before : {"", "REA", "WAITING a\n", "WAITING a"}) {
    ReadinessParser parser;
    parser.feed(before);
    CHECK(letters(parser.end_of_file()) == "L");
    CHECK(letters(parser.end_of_file()).empty());
  }
  ReadinessParser parser;
  CHECK(letters(parser.feed("READY\n")) == "R");
  CHECK(letters(parser.end_of_file()).empty());
}

TEST_CASE("a line without an end is given up at the limit, in one piece or in many") {
  const std::string endless = "WAITING " + std::string(1 << 20, 'x');
  CHECK(told_at_once(endless) == "L");
  ReadinessParser parser;
  std::string told;
  for (std::size_t at = 0; at < endless.size(); at += 1000) told += letters(parser.feed(endless.substr(at, 1000)));
  CHECK(told == "L");
}

TEST_CASE("a WAITING line of just under the limit is taken whole") {
  const std::string text(ReadinessParser::line_limit - 9, 'x');
  CHECK(told_at_once("WAITING " + text + "\n") == "P(" + text + ")");
}
