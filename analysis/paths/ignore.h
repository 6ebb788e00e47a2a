// Git's ignore rules, as pure functions over text: whoever reads the .gitignore files hands their bytes in.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ca::analysis::paths {

// The rules of one .gitignore file (or of any list in that syntax).
class IgnoreFile {
 public:
  IgnoreFile() = default;
  explicit IgnoreFile(std::string_view text);

  // What the last rule that matches says: true ignored, false kept (a "!" rule), nullopt where none matches. `path` is
  // relative to the file's folder, without a slash at its ends. Looks at this path only, not at the folders above it.
  std::optional<bool> decide(std::string_view path, bool is_directory) const;

  bool empty() const { return rules_.empty(); }

 private:
  struct Rule {
    std::string pattern;
    bool negated = false;
    bool directory_only = false;
    bool whole_path = false;  // it holds a slash: matched against the path, else against the last component
    bool literal = false;     // no wildcard in it
  };
  static std::optional<Rule> parse(std::string_view line);
  std::vector<Rule> rules_;
};

// All ignore files of a tree. A file deeper down wins over one above it, the last rule within a file over those before it, and
// nothing below an ignored folder comes back. Not thread-safe while it is changed.
class IgnoreTree {
 public:
  // The .gitignore of `folder`, relative to the tree's root ("" is the root). Replaces what was set for it before.
  void set(std::string_view folder, std::string_view text);
  void remove(std::string_view folder);

  // Rules that hold for the whole tree but give way to every .gitignore: .git/info/exclude, core.excludesFile.
  void set_fallback(std::string_view text) { fallback_ = IgnoreFile(text); }
  // Rules that nothing overrides: the configuration's own excludes.
  void set_override(std::string_view text) { override_ = IgnoreFile(text); }

  // Whether git would ignore `path` (relative to the root, no slash at its ends), by itself or for a folder above it.
  bool ignored(std::string_view path, bool is_directory) const;
  // The same where the caller knows that no folder above `path` is ignored, as a walk from the root does.
  bool ignored_here(std::string_view path, bool is_directory) const;

 private:
  std::map<std::string, IgnoreFile, std::less<>> files_;
  IgnoreFile fallback_, override_;
};

}  // namespace ca::analysis::paths
