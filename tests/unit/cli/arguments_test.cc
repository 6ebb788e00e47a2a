#include "cli/code-analysisctl/arguments.h"

#include "tests/support/catch.h"

using namespace ca;
using namespace ca::ctl;

namespace {

Result<Invocation> parse(std::vector<std::string_view> arguments) { return parse_arguments(arguments); }

std::string error_of(std::vector<std::string_view> arguments) {
  auto invocation = parse(std::move(arguments));
  return invocation ? "" : invocation.error().message;
}

}  // namespace

TEST_CASE("options are taken before and behind the command, with a blank or an equals sign") {
  const auto before = parse({"--runtime-dir", "/run/x", "status", "--json"});
  REQUIRE(before);
  CHECK(before->runtime_dir == "/run/x");
  CHECK(before->verb == Verb::status);
  CHECK(before->json);
  const auto behind = parse({"status", "--watch", "--config=/etc/a.yaml"});
  REQUIRE(behind);
  CHECK(behind->config == "/etc/a.yaml");
  CHECK(behind->watch);
  CHECK_FALSE(behind->json);
}

TEST_CASE("the operands of a command are counted") {
  CHECK(parse({"start", "driver"})->operands == std::vector<std::string>{"driver"});
  CHECK(error_of({"start"}) == "usage: code-analysisctl start NAME");
  CHECK_FALSE(error_of({"start", "a", "b"}).empty());
  CHECK_FALSE(error_of({"status", "a"}).empty());
  CHECK(parse({"signal", "driver", "HUP"})->operands.size() == 2);
}

TEST_CASE("a signal that does not exist is refused before anybody is asked") {
  CHECK(error_of({"signal", "driver", "NOPE"}) == "'NOPE' is no signal");
  CHECK(parse({"signal", "driver", "SIGUSR1"}));
  CHECK(parse({"signal", "driver", "10"}));
}

TEST_CASE("an option of another command is refused") {
  CHECK(error_of({"start", "x", "--json"}) == "'start' does not take the option '--json'");
  CHECK(error_of({"status", "--timeout", "5s"}) == "'status' does not take the option '--timeout'");
  CHECK(error_of({"status", "--nope"}) == "unknown option '--nope'");
  CHECK(error_of({"status", "--json=1"}) == "option '--json' takes no value");
}

TEST_CASE("both ways to name the runtime folder at once are refused") {
  CHECK_FALSE(error_of({"--runtime-dir", "/a", "--config", "b", "status"}).empty());
  CHECK(error_of({"status", "--runtime-dir"}) == "option '--runtime-dir' needs a value");
}

TEST_CASE("no command, an unknown command and wait without --ready are usage errors") {
  CHECK(error_of({}) == "no command given");
  CHECK(error_of({"frobnicate"}) == "unknown command 'frobnicate'");
  CHECK(error_of({"wait"}) == "wait needs --ready");
}

TEST_CASE("help is given for the program and for each command, whatever else is missing") {
  CHECK(parse({"--help"})->help);
  CHECK(parse({"start", "--help"})->verb == Verb::start);
  CHECK(parse({"help", "wait"})->help);
  CHECK(parse({"help", "wait"})->verb == Verb::wait);
  CHECK(program_help().find("shutdown [--now]") != std::string::npos);
  CHECK(command_help(Verb::wait).find("--timeout D") != std::string::npos);
  CHECK(command_help(Verb::reload).find("code-analysisctl reload\n") == 0);
}

TEST_CASE("a word behind two dashes is an operand") {
  const auto invocation = parse({"start", "--", "--odd"});
  REQUIRE(invocation);
  CHECK(invocation->operands == std::vector<std::string>{"--odd"});
}

TEST_CASE("a duration needs a number and a unit") {
  CHECK(parse_duration("250ms") == Milliseconds(250));
  CHECK(parse_duration("30s") == Milliseconds(30'000));
  CHECK(parse_duration("5m") == Milliseconds(300'000));
  CHECK(parse_duration("1h") == Milliseconds(3'600'000));
  CHECK(parse_duration("0ms") == Milliseconds(0));
  for (const auto* wrong : {"", "5", "s", "-1s", "5 s", "1d", "99999999999999999999s", "9223372036854775807h"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_duration(wrong));
  }
  CHECK(parse({"wait", "--ready", "--timeout", "2s"})->timeout == Milliseconds(2000));
  CHECK_FALSE(error_of({"wait", "--ready", "--timeout", "2"}).empty());
}

TEST_CASE("what stands behind project and verify is passed on as it is, a plea for help apart") {
  const auto add = parse_arguments({"--runtime-dir", "/r", "project", "add", "x", "/src", "--exclude", "--json"});
  REQUIRE(add);
  CHECK(add->verb == Verb::project);
  CHECK(add->operands == std::vector<std::string>{"add", "x", "/src", "--exclude", "--json"});
  CHECK_FALSE(parse_arguments({"project"}));
  CHECK_FALSE(parse_arguments({"verify"}));
  const auto help = parse_arguments({"verify", "--help"});
  REQUIRE(help);
  CHECK(help->help);
}
