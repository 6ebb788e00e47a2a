#include "tests/support/catch.h"
#include "workers/watcher/difference.h"
#include "workers/watcher/selection.h"

using namespace ca::workers;

namespace {

FileSeen seen(const std::string& path, const std::string& stamp) { return {path, 1, 1, stamp}; }

Selection selection(std::vector<std::string> exclude = {}, bool secrets = false) {
  return Selection(ca::ProjectConfig{"p", "/p", std::move(exclude), secrets});
}

}  // namespace

TEST_CASE("only new and changed files are written, and what was not found again is gone") {
  Difference difference({{"same", "1"}, {"changed", "1"}, {"gone", "1"}});
  difference.found(seen("same", "1"));
  difference.found(seen("changed", "2"));
  difference.found(seen("new", "1"));
  CHECK(difference.changed_count() == 2);
  const auto changed = difference.take_changed();
  REQUIRE(changed.size() == 2);
  CHECK(changed[0].path == "changed");
  CHECK(changed[1].path == "new");
  CHECK(difference.changed_count() == 0);
  CHECK(difference.gone() == std::vector<std::string>{"gone"});
}

TEST_CASE("a path is covered by a folder above it, not by a name that begins alike") {
  const std::vector<std::string> expected = {"a", "a!b", "ab/c"};
  CHECK(without_covered({"ab/c", "a/b/c", "a", "a!b", "a/b"}) == expected);
  CHECK(without_covered({"x", "", "y/z"}) == std::vector<std::string>{""});
}

TEST_CASE("version control and package folders are never entered") {
  const auto rules = selection();
  for (const char* path : {".git", "a/node_modules", "__pycache__"}) {
    CHECK_FALSE(rules.takes_folder(path));
    CHECK_FALSE(rules.takes_folder_here(path));
  }
  CHECK_FALSE(rules.takes_file("a/.git/config"));
  CHECK(rules.takes_file(".gitignore"));
  CHECK(rules.takes_file(".github/workflow.yml"));
  CHECK(rules.takes_folder("build"));
}

TEST_CASE("ignore rules hold below their folder, and the configuration's excludes win over all") {
  auto rules = selection({"gen/**"});
  rules.set_rules("", "*.log\n!gen/keep.py\n");
  rules.set_rules("sub", "local.py\n");
  CHECK_FALSE(rules.takes_file("a.log"));
  CHECK_FALSE(rules.takes_file("sub/deep/b.log"));
  CHECK_FALSE(rules.takes_file("sub/local.py"));
  CHECK(rules.takes_file("local.py"));
  CHECK_FALSE(rules.takes_file("gen/keep.py"));
  rules.remove_rules("sub");
  CHECK(rules.takes_file("sub/local.py"));
}

TEST_CASE("files that hold secrets by their name are taken only where asked for") {
  CHECK_FALSE(selection().takes_file("conf/.env"));
  CHECK_FALSE(selection().takes_file_here("id_rsa"));
  CHECK(selection({}, true).takes_file("conf/.env"));
}

TEST_CASE("names that no column can hold are told apart") {
  CHECK(can_be_stored("a/\xC3\xA9.py"));
  CHECK_FALSE(can_be_stored("a/\xE9.py"));
  CHECK_FALSE(can_be_stored(std::string(3000, 'x')));
}
