#include "cli/projects/command_line.h"
#include "cli/projects/registry.h"
#include "tests/support/catch.h"

using namespace ca::workers;

TEST_CASE("a relative path of a project is relative to the folder of the caller") {
  const auto command = parse_project_command({"add", "linux", "../src/", "--exclude", "a/", "--exclude=b", "--index-secrets"}, "/home/me");
  REQUIRE(command);
  CHECK(command->project.name == "linux");
  CHECK(command->project.path == "/home/src");
  CHECK(command->project.exclude == std::vector<std::string>{"a/", "b"});
  CHECK(command->project.index_secrets);
}

TEST_CASE("a project command that is not understood is refused with its usage") {
  for (const auto& wrong : std::vector<std::vector<std::string_view>>{
           {}, {"frob"}, {"add", "x"}, {"add", "x", "/", "--json"}, {"remove"}, {"remove", "a", "b"}, {"list", "x"},
           {"verify", "x", "--exclude", "y"}, {"add", "a b", "/"}, {"add", "a/b", "/"}, {"add", "", "/"}, {"add", "x", "/", "--exclude"}}) {
    CHECK_FALSE(parse_project_command(wrong, "/"));
  }
}

TEST_CASE("progress for people counts, and names the files that were given up on") {
  const auto text = progress_text(nlohmann::json::parse(R"({
      "projects": [{"name": "a", "path": "/a", "origin": "added", "files": 10, "indexed": 4, "pending": 5, "skipped": 0, "dead": 1,
                    "files_per_second": 2.5, "seconds_left": 2, "scanned": true, "trouble": null},
                   {"name": "longer", "path": "/b", "origin": "configured", "files": 0, "indexed": 0, "pending": 0, "skipped": 0,
                    "dead": 0, "files_per_second": 0, "seconds_left": null, "scanned": false,
                    "trouble": "its root is not there"}],
      "dead_letters": [{"project": "a", "path": "x.c", "reason": "too large"}]})"), false);
  CHECK(text == "a       10 files, 4 indexed, 5 pending (2 a second, 2 s left), 1 given up on\n"
                "longer  not scanned yet; its root is not there\n"
                "given up on: a/x.c: too large\n");
}
