// Files that no reader should trust: each must be refused with a clear error, soon.
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "common/posix.h"
#include "tests/support/time_scale.h"
#include "tests/unit/config/config_file.h"

namespace ca {
namespace {

// The errors of a file, which must come within a second of this process's own time.
std::string soon_errors_of(const std::string& text) {
  const ConfigFile file(text);
  const std::clock_t start = std::clock();
  const ReadOutcome outcome = file.read();
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  CHECK(seconds < time_scale());
  REQUIRE_FALSE(outcome.plan);
  REQUIRE_FALSE(outcome.errors.empty());
  return outcome.errors.front();
}

std::string repeated(const std::string& text, std::size_t count) {
  std::string result;
  for (std::size_t i = 0; i < count; ++i) result += text;
  return result;
}

TEST_CASE("Invalid YAML is told with its place") {
  CHECK(soon_errors_of("code_analysis:\n  workers: [\n").starts_with("3:1: invalid YAML: "));
  CHECK(soon_errors_of("code_analysis:\n  a: b\n c: d\n").starts_with("3:2: invalid YAML: "));
  CHECK(soon_errors_of("code_analysis:\n  a: \"b\n") == "3:1: invalid YAML: the file ends within a quoted text");
  CHECK(soon_errors_of("code_analysis:\n  a: 'b") == "2:8: invalid YAML: the file ends within a quoted text");
  CHECK(soon_errors_of("code_analysis: {a: 1\n").find("invalid YAML: ") != std::string::npos);
  CHECK(soon_errors_of("a: *nothing\n").find("invalid YAML: ") != std::string::npos);
  CHECK(soon_errors_of("\t- a\n").find("invalid YAML: ") != std::string::npos);
}

TEST_CASE("An empty file, and one of comments only, is told to need its root key") {
  CHECK(soon_errors_of("") == "1:1: the file is empty; the key code_analysis is expected");
  CHECK(soon_errors_of("# nothing\n") == "1:1: the file is empty; the key code_analysis is expected");
  CHECK(soon_errors_of("---\n") == "1:1: the file is empty; the key code_analysis is expected");
}

TEST_CASE("A second document is refused") {
  CHECK(soon_errors_of("code_analysis: {}\n---\ncode_analysis: {}\n") == "2:1: a second document; only one is expected");
}

TEST_CASE("A file larger than 4 MiB is refused by its size") {
  CHECK(soon_errors_of(std::string(10 << 20, '#')) ==
        "1:1: the configuration file is 10485760 bytes long; at most 4 MiB are read");
  CHECK(soon_errors_of(std::string((4 << 20) + 1, '#')).find("at most 4 MiB are read") != std::string::npos);
}

TEST_CASE("A large file of many values is refused before it fills the memory") {
  CHECK(soon_errors_of("code_analysis: [" + repeated("a,\n", 1'000'000) + "a]").find("more than 300000 values") !=
        std::string::npos);
}

TEST_CASE("A line that is longer than 256 KiB is refused before a scanner collects its tokens") {
  CHECK(soon_errors_of("a: 1\n" + std::string(4'000'000, '"')) == "2:262145: the line is longer than 256 KiB");
  CHECK(soon_errors_of("# " + std::string((256 << 10) - 2, '-') + "\n") ==
        "1:1: the file is empty; the key code_analysis is expected");
}

TEST_CASE("Every prefix of a file, and every file with one byte exchanged, is valid or told what is wrong") {
  const std::string text =
      "code_analysis:\n  runtime_dir: &r \"/r\"\n  workers:\n  - {name: w, command: ['a', \"b\\n\"], stop_timeout: 1s}\n"
      "  - name: x\n    command: [*r]\n    env: {A: |-\n      ${B:-c}\n    }\n";
  for (std::size_t size = 0; size < text.size(); ++size) {
    errors_of(text.substr(0, size));
    for (const char byte : {'"', '{', '*', '\n'}) {
      std::string changed = text;
      changed[size] = byte;
      errors_of(changed);
    }
  }
}

TEST_CASE("Text that is none is refused at the byte") {
  CHECK(soon_errors_of(std::string("code_analysis:\n  a\0b: 1\n", 23)) == "2:4: a NUL byte; the file is not text");
  CHECK(soon_errors_of("code_analysis:\n  a: \xff\n") == "2:6: byte 0xff is not valid UTF-8");
  CHECK(soon_errors_of("code_analysis:\n  \xc3\xa4: \xc3\n") == "2:7: byte 0xc3 is not valid UTF-8");
  CHECK(soon_errors_of("a: \xed\xa0\x80\n") == "1:4: byte 0xed is not valid UTF-8");
  CHECK(soon_errors_of("a: \xc0\x80\n") == "1:4: byte 0xc0 is not valid UTF-8");
  CHECK(soon_errors_of("a: \x1b[0m\n") == "1:4: a control character (byte 0x1b)");
  CHECK(soon_errors_of("code_analysis:\n  runtime_dir: \"/a\\0b\"\n") == "2:16: a value must not contain a NUL byte");
}

TEST_CASE("An alias bomb costs no more than its own length") {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 20; ++i) {
    text += fmt::format("a{0}: &a{0} [{1}*a{2}]\n", i, repeated(fmt::format("*a{}, ", i - 1), 9), i - 1);
  }
  CHECK(soon_errors_of(text + "code_analysis: {workers: *a19}\n").starts_with("1:1: unknown key \"a0\""));
}

TEST_CASE("Aliases that multiply valid values are counted as often as they are used") {
  std::string text = "code_analysis:\n  projects:\n  - &p {name: a, path: ., exclude: &e [" + repeated("x,", 10'000) + "x]}\n";
  for (int i = 0; i < 9'000; ++i) text += "  - {name: p" + std::to_string(i) + ", path: /, exclude: *e}\n";
  CHECK(soon_errors_of(text).find("more than 500000 values, aliases counted as often as they are used") !=
        std::string::npos);
}

TEST_CASE("An anchor that contains its own alias is refused") {
  CHECK(soon_errors_of("code_analysis: &a [*a]\n") == "1:20: an anchor must not contain its own alias");
}

TEST_CASE("Deep nesting is refused, in flow and in block form") {
  CHECK(soon_errors_of("code_analysis: " + std::string(100'000, '[')).find("nested deeper than 24 levels") !=
        std::string::npos);
  CHECK(soon_errors_of("code_analysis: " + repeated("{a: ", 50'000)).find("nested deeper than 24 levels") !=
        std::string::npos);
  CHECK(soon_errors_of(repeated("- ", 100'000)).find("nested deeper than 24 levels") != std::string::npos);
  std::string block = "code_analysis:\n";
  for (std::size_t i = 1; i < 500; ++i) block += std::string(i, ' ') + "a:\n";
  CHECK(soon_errors_of(block).find("nested deeper than 24 levels") != std::string::npos);
}

TEST_CASE("Keys that are no text, and tags, are refused") {
  CHECK(soon_errors_of("? [a]\n: b\n") == "1:3: a key must be plain text");
  CHECK(soon_errors_of("code_analysis: !!python/object {}\n").find("tags are not supported, found") != std::string::npos);
}

TEST_CASE("What is not a regular file is refused without waiting") {
  const ConfigFile file;
  const std::string pipe = file.folder() + "/pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(read_configuration(pipe, false).errors.at(0) == pipe + ":1:1: the configuration file is not a regular file");
  CHECK(read_configuration("/dev/zero", false).errors.at(0) == "/dev/zero:1:1: the configuration file is not a regular file");
  CHECK(read_configuration(file.folder(), false).errors.at(0).ends_with("is not a regular file"));
  CHECK(read_configuration("/no/such", false).errors.at(0) ==
        "/no/such:1:1: the configuration file cannot be opened: No such file or directory");
}

// reader_main() in a process of its own, as the supervisor runs it.
Result<ReadOutcome> outcome_of_process(const std::string& file) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(ends[0]);
    ::_exit(reader_main(file, ends[1], false));
  }
  ::close(ends[1]);
  const UniqueFd reader(ends[0]);
  auto bytes = read_to_end(reader.get(), 64 << 20);
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  CHECK(status == 0);
  REQUIRE(bytes.has_value());
  return parse_outcome(*bytes);
}

TEST_CASE("The short-lived process hands over a plan that is the same as one read here") {
  const ConfigFile file("code_analysis:\n  workers: [{name: w, command: [/bin/true]}]\n  projects: [{name: p, path: nowhere}]\n");
  const auto outcome = outcome_of_process(file.path());
  REQUIRE(outcome);
  REQUIRE(outcome->plan);
  CHECK(serialise(*outcome->plan) == serialise(*read_configuration(file.path(), false).plan));
  CHECK(outcome->warnings.size() == 1);
  CHECK(outcome->warnings.at(0) == file.path() + ":3:30: warning: path: there is no folder " + file.folder() + "/nowhere");
  CHECK(outcome->plan->warnings.at(0) == file.path() + ":3:30: path: there is no folder " + file.folder() + "/nowhere");
}

TEST_CASE("The short-lived process hands over errors") {
  const ConfigFile file("code_analysis: {x: 1}\n");
  const auto outcome = outcome_of_process(file.path());
  REQUIRE(outcome);
  CHECK_FALSE(outcome->plan);
  CHECK(outcome->errors == std::vector<std::string>{file.path() + ":1:17: unknown key \"x\" in code_analysis"});
}

TEST_CASE("Many workers that would each be told of many projects are refused") {
  std::string text = "code_analysis:\n  workers: [{name: w, builtin: indexer, instances: 10000}]\n  projects:\n";
  for (int i = 0; i < 9'000; ++i) text += "  - {name: p" + std::to_string(i) + ", path: /}\n";
  CHECK(soon_errors_of(text) == "4:3: projects: too many for so many workers");
}

TEST_CASE("An outcome that is cut off is an error") {
  const ConfigFile file("code_analysis: {}\n");
  CHECK_FALSE(parse_outcome(""));
  CHECK_FALSE(parse_outcome("code-analysis outcome 1\n"));
  CHECK(parse_outcome("").error().message == "the configuration reader ended without a result");
}

}  // namespace
}  // namespace ca
