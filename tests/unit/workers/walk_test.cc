#include "workers/watcher/walk.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/catch.h"
#include "tests/support/few_descriptors.h"

namespace fs = std::filesystem;
using namespace ca::workers;

namespace {

class Tree {
 public:
  Tree() {
    char name[] = "/tmp/ca-unit.XXXXXX";
    home_ = ::mkdtemp(name);
    fs::create_directory(root());
  }
  ~Tree() {
    std::error_code ignored;
    fs::remove_all(home_, ignored);
  }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  fs::path root() const { return home_ / "root"; }
  fs::path beside() const { return home_ / "beside"; }
  void add(const std::string& path) const {
    fs::create_directories((root() / path).parent_path());
    std::ofstream(root() / path) << "x";
  }

 private:
  fs::path home_;
};

struct Seen {
  std::set<std::string> files, unstorable;
  WalkEnd end;
};

Seen look(const Root& root, const std::function<void(const std::string&)>& at_folder = [](const std::string&) {}) {
  Seen seen;
  Selection selection(ca::ProjectConfig{"p", "/p", {}, false});
  WalkCallbacks callbacks;
  callbacks.folder = [&](const std::string& path, int) { at_folder(path); };
  callbacks.file = [&](const FileSeen& file) { seen.files.insert(file.path); };
  callbacks.unstorable = [&](const std::string& path) { seen.unstorable.insert(path); };
  callbacks.breath = [] { return true; };
  seen.end = walk(root, "", selection, callbacks);
  return seen;
}

}  // namespace

TEST_CASE("what a whole walk did not find is gone") {
  const Tree tree;
  tree.add("a.py");
  tree.add("d/b.py");
  const Seen seen = look(*Root::open(tree.root()));
  CHECK(seen.files == std::set<std::string>{"a.py", "d/b.py"});
  CHECK(seen.end.proves_gone("d/c.py"));
}

TEST_CASE("a folder that goes while the tree is walked is gone, and no failure") {
  const Tree tree;
  tree.add("d/b.py");
  const Seen seen = look(*Root::open(tree.root()), [&](const std::string& path) {
    if (path.empty()) fs::rename(tree.root() / "d", tree.beside());
  });
  CHECK(seen.files.empty());
  CHECK(seen.end.proves_gone("d/b.py"));
}

TEST_CASE("a walk that runs out of descriptors proves nothing gone") {
  const Tree tree;
  tree.add("d/b.py");
  const auto root = Root::open(tree.root());
  for (const int spare : {0, 1}) {  // the second one opens the root's folder, and no rules file in it
    const ca::tests::FewDescriptors few(spare);
    const Seen seen = look(*root);
    REQUIRE(seen.end.failed);
    CHECK(seen.end.failed->code == EMFILE);
    CHECK_FALSE(seen.end.proves_gone("d/b.py"));
  }
}

TEST_CASE("rules that cannot be read stay those that were read before") {
  const Tree tree;
  tree.add("kept.py");
  tree.add("made.log");
  std::ofstream(tree.root() / ".gitignore") << "*.log\n";
  const auto root = Root::open(tree.root());
  Selection selection(ca::ProjectConfig{"p", "/p", {}, false});
  WalkCallbacks callbacks;
  callbacks.folder = [](const std::string&, int) {};
  callbacks.file = [](const FileSeen&) {};
  callbacks.unstorable = [](const std::string&) {};
  callbacks.breath = [] { return true; };
  (void)walk(*root, "", selection, callbacks);
  {
    const ca::tests::FewDescriptors few(1);
    CHECK(walk(*root, "", selection, callbacks).failed);
  }
  CHECK_FALSE(selection.takes_file("made.log"));
  fs::remove(tree.root() / ".gitignore");
  (void)walk(*root, "", selection, callbacks);
  CHECK(selection.takes_file("made.log"));
}

TEST_CASE("nothing below a closed folder is proved gone, but everything beside it is") {
  WalkEnd end;
  end.closed = {"a/b"};
  CHECK_FALSE(end.proves_gone("a/b/c"));
  CHECK_FALSE(end.proves_gone("a/b/c/d"));
  CHECK(end.proves_gone("a/bc"));
  CHECK(end.proves_gone("a/c"));
  end.closed = {""};
  CHECK_FALSE(end.proves_gone("a"));
}

TEST_CASE("a walk that was stopped proves nothing gone") {
  WalkEnd end;
  end.stopped = true;
  CHECK_FALSE(end.proves_gone("a"));
}

TEST_CASE("a folder whose name cannot be stored is not entered") {
  const Tree tree;
  tree.add("bad\xff/a.py");
  const Seen seen = look(*Root::open(tree.root()));
  CHECK(seen.unstorable == std::set<std::string>{"bad\xff"});
  CHECK_FALSE(seen.end.failed);
}

TEST_CASE("a root that was removed, moved away or replaced is not the project's any more") {
  const Tree tree;
  const auto root = Root::open(tree.root());
  CHECK(root->check());
  fs::rename(tree.root(), tree.beside());
  CHECK_FALSE(root->check());
  fs::create_directory(tree.root());
  const auto replaced = root->check();
  REQUIRE_FALSE(replaced);
  CHECK(replaced.error().message.find("another folder took its place") != std::string::npos);
  fs::remove(tree.beside());
  const auto removed = root->check();
  REQUIRE_FALSE(removed);
  CHECK(removed.error().message.find("it was removed") != std::string::npos);
}

TEST_CASE("a link in the way of a look-up is never followed") {
  const Tree tree;
  fs::create_directory_symlink("/etc", tree.root() / "link");
  const auto root = Root::open(tree.root());
  CHECK(S_ISLNK(stat_beneath(root->fd(), "link")->st_mode));
  CHECK(means_gone(stat_beneath(root->fd(), "none").error().code));
  CHECK(means_gone(stat_beneath(root->fd(), "link/passwd").error().code));  // no folder: nothing is in it
  const auto behind = stat_beneath(root->fd(), "link/ssl/certs");
  REQUIRE_FALSE(behind);
  CHECK_FALSE(means_gone(behind.error().code));
}
