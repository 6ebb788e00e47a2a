// Git's ignore rules. NULs part the input: the root's .gitignore, the one of the folder "a", excludes of the configuration,
// and then paths to judge.
#include <string>

#include "analysis/paths/ignore.h"
#include "tests/fuzz/target.h"

namespace {

using ca::analysis::paths::IgnoreTree;

bool is_plain(std::string_view path) {
  return !path.empty() && path.front() != '/' && path.back() != '/' && path.find("//") == std::string_view::npos;
}

// A path is ignored by itself or for a folder above it, and by nothing else.
void judge(const IgnoreTree& tree, std::string_view path, bool is_directory) {
  bool expected = false;
  for (std::size_t end = path.find('/'); !expected && end != std::string_view::npos; end = path.find('/', end + 1)) {
    expected = tree.ignored_here(path.substr(0, end), true);
  }
  expected = expected || tree.ignored_here(path, is_directory);
  CA_CHECK(tree.ignored(path, is_directory) == expected);
}

}  // namespace

CA_FUZZ_TARGET(ignore) {
  if (input.size() > 4096) return;
  ca::fuzz::Input parts(input);
  IgnoreTree tree;
  tree.set("", parts.until('\0'));
  tree.set("a", parts.until('\0'));
  tree.set_override(parts.until('\0'));
  for (int count = 0; count < 8 && !parts.empty(); ++count) {
    const std::string_view path = parts.until('\0');
    if (!is_plain(path)) continue;
    judge(tree, path, false);
    judge(tree, path, true);
    judge(tree, "a/" + std::string(path), false);
  }
  tree.remove("a");
  CA_CHECK(!tree.ignored("", true) || !input.empty());
}
