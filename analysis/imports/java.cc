// Java: a package is a folder, a public class a file of its name, wherever the source root lies.
#include <algorithm>

#include "analysis/imports/resolver.h"

namespace ca::analysis::imports {
namespace {

std::string as_path(std::string name) {
  std::replace(name.begin(), name.end(), '.', '/');
  return name;
}

// The file that ends like this: the only one, or the one below the nearest folder above the importer (its own module).
std::string file_like(const ProjectPaths& paths, std::string_view importer, const std::string& suffix) {
  for (std::string at(folder_of(importer)); !at.empty(); at = folder_of(at)) {
    if (std::string path = join(at, suffix); paths.has_file(path)) return path;
  }
  return paths.has_file(suffix) ? suffix : paths.unique_file(suffix);
}

}  // namespace

Resolved resolve_java(const ProjectPaths& paths, std::string_view importer, const Import& import) {
  const std::string target = as_path(import.target);
  // A class may be nested in the one that has the file.
  for (std::string at = target; at.find('/') != std::string::npos; at = folder_of(at)) {
    std::string path = file_like(paths, importer, at + ".java");
    if (!path.empty()) return {Resolved::Kind::file, path};
  }
  if (import.name == "*") {
    std::string folder = paths.unique_folder(target);
    return !folder.empty() && paths.holds(folder, ".java") ? Resolved{Resolved::Kind::folder, folder} : Resolved();
  }
  const std::string_view package = folder_of(target);
  const std::vector<std::string> folders = paths.folders_like(package);
  // One folder is no package: `import helper.X` proves nothing. Another language's file may hold the class.
  if (package.find('/') == std::string_view::npos) return {};
  bool is_ours = false;
  for (const std::string& folder : folders) {
    is_ours |= paths.holds(folder, ".java");
    if (paths.holds_stem(folder, name_of(target)) || paths.may_hide(folder + "/" + std::string(name_of(target)) + ".java")) return {};
  }
  return is_ours ? Resolved{Resolved::Kind::missing, {}} : Resolved();
}

}  // namespace ca::analysis::imports
