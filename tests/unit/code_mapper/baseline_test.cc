#include "cli/code_mapper/baseline.h"

#include "cli/code_mapper/progress.h"
#include "cli/code_mapper/rules.h"
#include "tests/support/catch.h"

using namespace ca::code_mapper;
using ca::analysis::Issue;
using ca::analysis::Severity;

namespace {

Issue issue(const char* id, const char* message, std::uint32_t line) { return {id, Severity::warning, message, {line, line, 0, 0}}; }

const char* const before =
    "issues:\n"
    "  - {id: function-too-long, file: a.py, start_line: 10, message: \"function f1 has lines: 80, more than 70\"}\n"
    "  - {id: parse-error, file: a.py, start_line: 3, message: \"syntax error near: (\"}\n"
    "  - {id: parse-error, file: a.py, start_line: 4, message: \"syntax error near: (\"}\n";

}  // namespace

TEST_CASE("an old issue is known again on another line and with other figures") {
  auto baseline = Baseline::parse(before);
  REQUIRE(baseline);
  CHECK_FALSE(baseline->take("a.py", issue("function-too-long", "function f2 has lines: 80, more than 70", 10)));
  CHECK_FALSE(baseline->take("b.py", issue("function-too-long", "function f1 has lines: 80, more than 70", 10)));
  CHECK_FALSE(baseline->take("a.py", issue("complexity", "function f1 has lines: 80, more than 70", 10)));
  CHECK(baseline->take("a.py", issue("function-too-long", "function f1 has lines: 95, more than 60", 500)));
  CHECK_FALSE(baseline->take("a.py", issue("function-too-long", "function f1 has lines: 95, more than 60", 600)));
}

TEST_CASE("what was there twice is old twice, and the third is new") {
  auto baseline = Baseline::parse(before);
  REQUIRE(baseline);
  CHECK(baseline->take("a.py", issue("parse-error", "syntax error near: (", 1)));
  CHECK(baseline->take("a.py", issue("parse-error", "syntax error near: (", 2)));
  CHECK_FALSE(baseline->take("a.py", issue("parse-error", "syntax error near: (", 3)));
}

TEST_CASE("what is no list of issues is no baseline") {
  CHECK(Baseline::parse("issues: []\n"));
  for (const char* bad : {"", "files: []\n", "issues: 3\n", "issues: [{id: x}]\n", "issues: [\n"}) CHECK_FALSE(Baseline::parse(bad));
}

TEST_CASE("a baseline that nests deep, or whose aliases multiply, is refused soon") {
  const auto repeated = [](const std::string& part, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += part;
    return text;
  };
  for (const std::size_t depth : {20'000, 1'000'000}) {
    for (const char* part : {"[", "{\"a\": ", "- ", "? "}) {
      const auto read = Baseline::parse("issues: " + repeated(part, depth));
      REQUIRE_FALSE(read);
    }
    CHECK(Baseline::parse("issues: " + repeated("[", depth)).error().message == "nested deeper than 32 levels");
    CHECK(Baseline::parse(repeated("- ", depth)).error().message == "nested deeper than 32 levels");
  }
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 20; ++i) {
    const auto alias = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + repeated(alias + ", ", 9) + alias + "]\n";
  }
  CHECK(Baseline::parse(bomb + "issues: *a19\n").error().message.find("aliases included") != std::string::npos);
  const auto multiplied = "x: &m \"" + std::string(1 << 20, 'm') + "\"\nissues:\n" +
                          repeated("- {file: a, id: b, message: *m}\n", 10'000);
  CHECK(Baseline::parse(multiplied).error().message.find("aliases included") != std::string::npos);
}

TEST_CASE("progress says how many files are done, and how fast, once there is a rate") {
  CHECK(progress_line(0, 10, 0) == "[........................] 0 of 10 files");
  CHECK(progress_line(5, 10, 0.5) == "[############............] 5 of 10 files, 10 files/s");
  CHECK(progress_line(10, 10, 4) == "[########################] 10 of 10 files, 3 files/s");
  CHECK(progress_line(0, 0, 0).size() < 80);
}

TEST_CASE("every rule is described once, in order") {
  for (std::size_t i = 1; i < all_rules().size(); ++i) CHECK(std::string(all_rules()[i - 1].id) < all_rules()[i].id);
  CHECK(find_rule("complexity"));
  CHECK_FALSE(find_rule("complexit"));
  CHECK(nearest("complexit", {"other", "complexity"}) == "complexity");
  CHECK(nearest("quite-something-else", {"other", "complexity"}).empty());
}
