#include "workers/indexer/left_out.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/catch.h"
#include "workers/files/beneath.h"

namespace fs = std::filesystem;
using ca::workers::left_out;
using ca::workers::open_root;

namespace {

class Tree {
 public:
  Tree() {
    char name[] = "/tmp/ca-unit.XXXXXX";
    root_ = ::mkdtemp(name);
  }
  ~Tree() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  void add(const std::string& path) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << "x";
  }
  fs::path operator/(const std::string& path) const { return root_ / path; }
  std::vector<std::string> ask(std::vector<std::string> files) const {
    std::sort(files.begin(), files.end());
    auto found = left_out(open_root(root_.string())->get(), files);
    std::sort(found.begin(), found.end());
    return found;
  }

 private:
  fs::path root_;
};

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("what lies beside a project's files is left out, and a folder without any of them as a whole") {
  const Tree tree;
  for (const char* path : {"a.py", "a.log", "pkg/b.py", "pkg/.env", "pkg/deep/c.py", "out/x/y.py", "pkg-old/d.py"}) tree.add(path);
  fs::create_symlink("a.py", tree / "link.py");
  fs::create_directory_symlink("/etc", tree / "etc");
  CHECK(tree.ask({"a.py", "pkg/b.py", "pkg/deep/c.py"}) == Paths{"a.log", "etc", "link.py", "out", "pkg-old", "pkg/.env"});
  CHECK(tree.ask({}) == Paths{"a.log", "a.py", "etc", "link.py", "out", "pkg", "pkg-old"});
}

TEST_CASE("a folder that became a link counts as left out, and is not looked into") {
  const Tree tree;
  tree.add("a.py");
  fs::create_directory_symlink("/etc", tree / "pkg");
  CHECK(tree.ask({"a.py", "pkg/passwd", "gone/b.py"}) == Paths{"pkg"});
}

TEST_CASE("a folder with more of it than is worth keeping counts as left out itself") {
  const Tree tree;
  tree.add("many/a.py");
  for (int i = 0; i < 10'001; ++i) std::ofstream(tree / ("many/" + std::to_string(i) + ".o"));
  CHECK(tree.ask({"many/a.py"}) == Paths{"many"});
}
