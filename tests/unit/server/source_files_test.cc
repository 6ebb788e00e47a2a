#include "server/index/source_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/catch.h"
#include "tests/support/few_descriptors.h"

using namespace ca::server;
namespace fs = std::filesystem;

namespace {

// A project's folder with a stranger's file beside it.
class Folder {
 public:
  Folder() {
    char name[] = "/tmp/ca-source-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    base_ = name;
    fs::create_directories(root() + "/lib");
    std::ofstream(root() + "/lib/a.py") << "one\ntwo\n";
    std::ofstream(base_ + "/secret") << "secret";
  }
  ~Folder() { fs::remove_all(base_); }
  std::string root() const { return base_ + "/root"; }
  std::string base() const { return base_; }

 private:
  std::string base_;
};

std::vector<std::int64_t> lines_of(std::string_view text, std::string_view needle, bool case_sensitive = true) {
  std::vector<std::int64_t> lines;
  for (const auto& match : matching_lines(text, needle, case_sensitive, 100)) lines.push_back(match.line);
  return lines;
}

}  // namespace

TEST_CASE("a file of the project is read, and nothing outside of it") {
  const Folder folder;
  CHECK(read_source(folder.root(), "lib/a.py").value() == "one\ntwo\n");
  fs::create_symlink(folder.base() + "/secret", folder.root() + "/link");
  fs::create_symlink("lib", folder.root() + "/linked_folder");
  for (const auto& path : {std::string("../secret"), std::string("lib/../../secret"), folder.base() + "/secret",
                           std::string("link"), std::string("linked_folder/a.py"), std::string("nope"), std::string("lib"),
                           std::string("")}) {
    CAPTURE(path);
    CHECK_FALSE(read_source(folder.root(), path));
  }
}

TEST_CASE("only a file that is not below its open root counts as not there") {
  const Folder folder;
  CHECK(is_not_there(read_source(folder.root(), "nope").error()));
  CHECK(is_not_there(read_source(folder.root(), "lib/a.py/x").error()));
  CHECK_FALSE(is_not_there(read_source(folder.root() + "/no/root", "lib/a.py").error()));
  const ca::tests::FewDescriptors few(1);  // for the root
  CHECK_FALSE(is_not_there(read_source(folder.root(), "lib/a.py").error()));
}

TEST_CASE("a pipe and a file that is too large are refused without waiting") {
  const Folder folder;
  REQUIRE(::mkfifo((folder.root() + "/pipe").c_str(), 0600) == 0);
  CHECK_FALSE(read_source(folder.root(), "pipe"));
  std::ofstream(folder.root() + "/large").close();
  fs::resize_file(folder.root() + "/large", max_source_bytes + 1);
  CHECK_FALSE(read_source(folder.root(), "large"));
}

TEST_CASE("an excerpt is the lines asked for, as far as there are any") {
  CHECK(excerpt_of("a\nb\nc\n", 2, 3).text == "b\nc\n");
  CHECK(excerpt_of("a\nb\nc", 3, 9).text == "c");
  CHECK(excerpt_of("a\nb\nc", 3, 9).end_line == 3);
  CHECK(excerpt_of("a\nb\nc", 1, 1).line_count == 3);
  CHECK(excerpt_of("a\n", 5, 9).end_line == 0);
  CHECK(excerpt_of("", 1, 9).line_count == 0);
  CHECK(excerpt_of("x\xff\xfey", 1, 1).text == "x\xEF\xBF\xBDy");
}

TEST_CASE("a line is found once, wherever and however often it holds the text") {
  CHECK(lines_of("ab\nxab ab\n\nab", "ab") == std::vector<std::int64_t>{1, 2, 4});
  CHECK(lines_of("ab", "abc").empty());
  CHECK(lines_of("", "a").empty());
  CHECK(lines_of("a\nb", "\n").size() == 1);
  CHECK(lines_of("AB\nab", "ab") == std::vector<std::int64_t>{2});
  CHECK(lines_of("AB\nab", "aB", false) == std::vector<std::int64_t>{1, 2});
  CHECK(lines_of(std::string_view("ab\0ab", 5), "ab").empty());
  CHECK(matching_lines("a\na\na\n", "a", true, 2).size() == 2);
  CHECK(matching_lines(std::string(1000, 'a'), "a", true, 9).front().text.size() == 400);
}
