// The paths of a project, ready to be asked: what is there, which folders there are, what ends like this. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace ca::analysis::imports {

// "a/b/c.h" -> "a/b"; "c.h" -> "".
std::string_view folder_of(std::string_view path);
// "a/b/c.h" -> "c.h".
std::string_view name_of(std::string_view path);
// `path` as seen from `folder`, with "." and ".." taken out. Empty where it leads out of the project.
std::string join(std::string_view folder, std::string_view path);

class ProjectPaths {
 public:
  // `files`: relative to the root, slashes between, none at the ends. `left_out`: folders and files that are there too but are
  // not looked at; what lies at or below one of them is neither found nor missing. "" leaves the root itself out, and so all.
  ProjectPaths(const std::vector<std::string>& files, const std::vector<std::string>& left_out);

  bool has_file(std::string_view path) const { return files_.count(std::string(path)) > 0; }
  bool has_folder(std::string_view path) const { return folders_.count(std::string(path)) > 0; }  // "" is the root
  // Whether the folder itself holds a file whose name ends so.
  bool holds(std::string_view folder, std::string_view ending) const;
  // Whether the folder itself holds a file `stem`.ANYTHING.
  bool holds_stem(std::string_view folder, std::string_view stem) const;
  // Whether something may be there that is not looked at: by `left_out`, or in a folder that tools fill (build, node_modules).
  bool may_hide(std::string_view path) const;

  // The one file (folder) whose path is `suffix` or ends with "/" + suffix; empty where there is none, or more than one.
  std::string unique_file(std::string_view suffix) const;
  std::string unique_folder(std::string_view suffix) const;
  // All folders of which that is true.
  std::vector<std::string> folders_like(std::string_view suffix) const;

 private:
  using ByName = std::unordered_map<std::string, std::vector<std::string>>;  // last component -> paths
  static std::vector<std::string> ending_with(const ByName& names, std::string_view suffix);

  std::unordered_set<std::string> files_, left_out_;
  std::unordered_map<std::string, std::vector<std::string>> folders_;  // folder -> names of its own files
  ByName file_names_, folder_names_;
};

}  // namespace ca::analysis::imports
