#include "cli/code_mapper/config.h"

#include <algorithm>

#include "tests/support/catch.h"

using namespace ca::code_mapper;
using ca::analysis::Severity;

namespace {

Config parsed(const std::string& text) {
  auto config = parse_config(text, "c.yaml");
  INFO((config ? "" : config.error().message));
  REQUIRE(config);
  return *config;
}

std::string error_of(const std::string& text) {
  auto config = parse_config(text, "c.yaml");
  return config ? std::string() : config.error().message;
}

}  // namespace

TEST_CASE("an empty file changes nothing") {
  for (const char* text : {"", "# only a comment\n", "{}", "paths: []\n"}) {
    const Config config = parsed(text);
    CHECK(config.limits_for("a.py", {}).max_file_lines == ca::analysis::Limits{}.max_file_lines);
    CHECK_FALSE(config.verdict("a.py", "complexity").is_off);
    CHECK_FALSE(config.verdict("a.py", "complexity").severity);
  }
}

TEST_CASE("a later entry wins, and changes only what it names") {
  const Config config = parsed(
      "disable: [any-type]\n"
      "severity: {complexity: error}\n"
      "paths:\n"
      "  - {path: src/, limits: {max_nesting: 9, max_complexity: 30}, severity: {any-type: info, complexity: off}}\n"
      "  - {path: [\"*.gen.py\", \"!keep.gen.py\"], limits: {max_nesting: 20}, disable: parse-error}\n");
  CHECK(config.limits_for("src/a.py", {}).max_nesting == 9);
  CHECK(config.limits_for("src/deep/a.gen.py", {}).max_nesting == 20);
  CHECK(config.limits_for("src/deep/a.gen.py", {}).max_complexity == 30);
  CHECK(config.limits_for("keep.gen.py", {}).max_nesting == ca::analysis::Limits{}.max_nesting);
  CHECK(config.verdict("a.py", "any-type").is_off);
  CHECK(config.verdict("src/a.py", "any-type").severity == Severity::info);
  CHECK(config.verdict("a.py", "complexity").severity == Severity::error);
  CHECK(config.verdict("src/a.py", "complexity").is_off);
  CHECK(config.verdict("x.gen.py", "parse-error").is_off);
  CHECK_FALSE(config.verdict("keep.gen.py", "parse-error").is_off);
}

TEST_CASE("an error names file, line, column and what was meant") {
  CHECK(error_of("limitz: {}\n") == "c.yaml:1:1: unknown key in the file: \"limitz\"; did you mean \"limits\"?");
  CHECK(error_of("limits:\n  max_paramters: 3\n") == "c.yaml:2:3: unknown key in limits: \"max_paramters\"; did you mean \"max_parameters\"?");
  CHECK(error_of("disable: [missing-docstrin]\n") == "c.yaml:1:11: unknown issue \"missing-docstrin\"; did you mean \"missing-docstring\"?");
  CHECK(error_of("xyzzyplugh: 1\n") == "c.yaml:1:1: unknown key in the file: \"xyzzyplugh\"");
  CHECK(error_of("limits: {max_nesting: -1}\n") == "c.yaml:1:23: max_nesting must be a whole number");
  CHECK(error_of("limits: {max_nesting: 3, max_nesting: 4}\n") == "c.yaml:1:26: key \"max_nesting\" stands there twice");
  CHECK(error_of("severity: {complexity: loud}\n") == "c.yaml:1:24: severity of complexity must be off, info, warning or error");
  CHECK(error_of("include_tests: perhaps\n") == "c.yaml:1:16: include_tests must be true or false");
  CHECK(error_of("- a\n") == "c.yaml:1:1: the file must be a mapping");
  CHECK(error_of("paths: {a: 1}\n") == "c.yaml:1:8: paths must be a list");
  CHECK(error_of("paths:\n  - limits: {}\n") == "c.yaml:2:5: an entry of paths needs \"path\"");
  CHECK(error_of("exclude: [[a]]\n") == "c.yaml:1:11: an entry of exclude must be a text");
  CHECK(error_of("a: [\n").find("c.yaml:2:") == 0);
}

TEST_CASE("a file that nests deep, is long or multiplies its aliases is refused soon") {
  const auto repeated = [](const std::string& part, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += part;
    return text;
  };
  for (const char* part : {"[", "{\"a\": ", "- "}) {
    CHECK(error_of("exclude: " + repeated(part, 20'000)).starts_with("c.yaml:1:"));
    CHECK(error_of(repeated(part, 20'000)) == "c.yaml:1:1: nested deeper than 32 levels");
  }
  CHECK(error_of(std::string(1'000'000, '[')) == "c.yaml:1:1: nested deeper than 32 levels");
  CHECK(error_of(repeated("{\"a\":", 1'000'000)) == "c.yaml:1:1: longer than 1048576 bytes");
  const auto bomb = "exclude: &a [" + repeated("x, ", 100'000) + "x]\npaths:\n" + repeated("- {path: *a}\n", 20'000);
  CHECK(error_of(bomb).find("aliases included") != std::string::npos);
  const auto many = error_of(repeated("x:\n", 100'000));
  CHECK(std::count(many.begin(), many.end(), '\n') == 99);
}

TEST_CASE("all errors are told at once") {
  CHECK(error_of("exclud: []\nlimits: {max_x: 1}\n") ==
        "c.yaml:1:1: unknown key in the file: \"exclud\"; did you mean \"exclude\"?\n"
        "c.yaml:2:10: unknown key in limits: \"max_x\"");
}
