#include "cli/code_mapper/options.h"

#include "cli/code_mapper/reports.h"
#include "tests/support/catch.h"

using namespace ca::code_mapper;

TEST_CASE("options are read in both spellings") {
  auto options = parse_arguments({"-r", "a", "--output-dir=b", "-m", "7", "--format", "sarif", "--fail-on=error", "--exit-zero", "--jobs", "3"});
  REQUIRE(options);
  CHECK(options->root_dir == "a");
  CHECK(options->output_dir == "b");
  CHECK(options->limits.max_file_lines == 7);
  CHECK(options->format == Format::sarif);
  CHECK(options->fail_on == ca::analysis::Severity::error);
  CHECK(options->exit_zero);
  CHECK(options->jobs == 3);
}

TEST_CASE("a wrong command line is an error that names the option") {
  for (const char* bad : {"--nothing", "extra", "-x"}) CHECK_FALSE(parse_arguments({bad}));
  CHECK_FALSE(parse_arguments({"-r"}));
  CHECK_FALSE(parse_arguments({"-m", "many"}));
  CHECK_FALSE(parse_arguments({"--format", "xml"}));
  CHECK(parse_arguments({"--fail-on", "never"}).error().message.find("--fail-on") != std::string::npos);
}

TEST_CASE("text is quoted so that YAML gives it back") {
  CHECK(yaml_string("a: b # c") == "\"a: b # c\"");
  CHECK(yaml_string("\"\\") == "\"\\\"\\\\\"");
  CHECK(yaml_string("a\n\tb\x7f") == "\"a\\n\\x09b\\x7F\"");
  CHECK(yaml_string("\xE2\x80\xA8\xEF\xBB\xBF\xC2\x85") == "\"\\u2028\\uFEFF\\x85\"");
  CHECK(yaml_string("\xF0\x9F\x98\x80") == "\"\xF0\x9F\x98\x80\"");
}
