// Git's own ignore rules, case by case, as gitignore(5) states them.
#include "analysis/paths/ignore.h"
#include "analysis/paths/names.h"
#include "analysis/paths/wildcard.h"
#include "tests/support/catch.h"

using namespace ca::analysis::paths;

namespace {

bool ignored(std::string_view rules, std::string_view path, bool is_directory = false) {
  IgnoreTree tree;
  tree.set("", rules);
  return tree.ignored(path, is_directory);
}

}  // namespace

TEST_CASE("wildcards match as git's do") {
  CHECK(wildcard_match("*.c", "a.c"));
  CHECK_FALSE(wildcard_match("*.c", "d/a.c"));
  CHECK(wildcard_match("a?c", "abc"));
  CHECK_FALSE(wildcard_match("a?c", "a/c"));
  CHECK(wildcard_match("**/a", "a"));
  CHECK(wildcard_match("**/a", "x/y/a"));
  CHECK_FALSE(wildcard_match("**/a", "xa"));
  CHECK(wildcard_match("a/**", "a/b/c"));
  CHECK_FALSE(wildcard_match("a/**", "a"));
  CHECK(wildcard_match("a/**/b", "a/b"));
  CHECK(wildcard_match("a/**/b", "a/x/y/b"));
  CHECK_FALSE(wildcard_match("a/**/b", "a/xb"));
  CHECK(wildcard_match("a**b", "axxb"));
  CHECK_FALSE(wildcard_match("a**b", "ax/xb"));
  CHECK(wildcard_match("**/x*/**/z.*", "a/b/xx/c/d/z.c"));
  CHECK(wildcard_match("[a-c]x", "bx"));
  CHECK_FALSE(wildcard_match("[!a-c]x", "bx"));
  CHECK(wildcard_match("[^a-c]x", "dx"));
  CHECK(wildcard_match("[]x]", "]"));
  CHECK(wildcard_match("[[:digit:][:upper:]]*", "7a"));
  CHECK_FALSE(wildcard_match("[[:digit:]]", "a"));
  CHECK_FALSE(wildcard_match("[abc", "a"));
  CHECK_FALSE(wildcard_match("a[/]b", "a/b"));
  CHECK(wildcard_match("a\\*b", "a*b"));
  CHECK_FALSE(wildcard_match("a\\*b", "axb"));
  CHECK(wildcard_match("[a\\]]", "]"));
  CHECK(wildcard_match("", ""));
  CHECK_FALSE(wildcard_match("", "a"));
}

TEST_CASE("a pattern of many stars takes no exponential time") {
  std::string pattern, path(4000, 'a');
  for (int i = 0; i < 200; ++i) pattern += "*a";
  CHECK_FALSE(wildcard_match(pattern + "b", path));
  CHECK(wildcard_match(pattern, path));
}

TEST_CASE("a pattern without a slash matches at any depth, one with a slash from its folder on") {
  CHECK(ignored("*.o", "a/b/c.o"));
  CHECK(ignored("/a.txt", "a.txt"));
  CHECK_FALSE(ignored("/a.txt", "d/a.txt"));
  CHECK(ignored("d/a.txt", "d/a.txt"));
  CHECK_FALSE(ignored("d/a.txt", "x/d/a.txt"));
}

TEST_CASE("a pattern that ends in a slash is for folders, and all that is in them goes along") {
  CHECK_FALSE(ignored("out/", "out"));
  CHECK(ignored("out/", "out", true));
  CHECK(ignored("out/", "out/x/y.c"));
  CHECK(ignored("out", "a/out/y.c"));
}

TEST_CASE("the last rule that matches wins, and nothing comes back from an ignored folder") {
  CHECK_FALSE(ignored("*.log\n!keep.log", "keep.log"));
  CHECK(ignored("!keep.log\n*.log", "keep.log"));
  CHECK(ignored("d/\n!d/keep.log", "d/keep.log"));
  CHECK_FALSE(ignored("d/*\n!d/keep.log", "d/keep.log"));
  CHECK_FALSE(ignored("/*\n!/src", "src/a.c"));
}

TEST_CASE("comments, escapes, spaces at the end, CRLF and a byte order mark are read as git reads them") {
  CHECK_FALSE(ignored("#a", "#a"));
  CHECK(ignored("\\#a", "#a"));
  CHECK(ignored("\\!a", "!a"));
  CHECK(ignored("a   ", "a"));
  CHECK(ignored("a\\ ", "a "));
  CHECK_FALSE(ignored("a\\ ", "a"));
  CHECK(ignored("a\r\nb\r\n", "a"));
  CHECK(ignored("\xEF\xBB\xBF" "a", "a"));
  CHECK_FALSE(ignored("\n\n/\n", "a"));
}

TEST_CASE("a file deeper down wins, and what is set without git's files gives way or wins as it says") {
  IgnoreTree tree;
  tree.set("", "*.c");
  tree.set("keep", "!*.c\n/top.h");
  CHECK(tree.ignored("a.c", false));
  CHECK_FALSE(tree.ignored("keep/a.c", false));
  CHECK_FALSE(tree.ignored("keep/deep/a.c", false));
  CHECK(tree.ignored("keep/top.h", false));
  CHECK_FALSE(tree.ignored("keep/deep/top.h", false));
  tree.set_fallback("*.h\n*.c");
  CHECK(tree.ignored("x.h", false));
  CHECK_FALSE(tree.ignored("keep/a.c", false));
  tree.set_override("keep/**");
  CHECK(tree.ignored("keep/a.c", false));
  tree.remove("");
  tree.set_fallback("");
  CHECK_FALSE(tree.ignored("a.c", false));
}

TEST_CASE("secrets are known by their names, examples and source files are none") {
  for (const char* name : {".env", ".env.local", "a/server.pem", "id_rsa", "ID_RSA", "x/id_ed25519", "key.p12", ".netrc",
                           "home/.aws/credentials", ".docker/config.json", "prod.env", "secrets.yaml", "x.tfstate"}) {
    INFO(name);
    CHECK(is_secret(name));
  }
  for (const char* name : {".env.example", "id_rsa.pub", "secrets.py", "environment.py", "config.json", "keys.c", "credentials.go"}) {
    INFO(name);
    CHECK_FALSE(is_secret(name));
  }
}

TEST_CASE("folders of tools and tests are known by their names") {
  for (const char* name : {".git", "build", "build-debug", "cmake-build-release", "node_modules", "__pycache__", ".venv", "x.egg-info"}) {
    INFO(name);
    CHECK(is_generated_folder(name));
  }
  CHECK_FALSE(is_generated_folder("builder"));
  CHECK_FALSE(is_generated_folder("src"));
  CHECK(is_test_folder("Tests"));
  CHECK_FALSE(is_test_folder("testing_tools"));
  CHECK(is_vendor_folder("third_party"));
}
