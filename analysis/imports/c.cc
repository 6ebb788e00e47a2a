// C and C++: an include is a path; where it begins is the build's affair. So: the includer's own folder, then every folder above
// it (and "include" or "src" there), then the one file of the project that ends like this.
#include "analysis/imports/resolver.h"

namespace ca::analysis::imports {
namespace {

// What tools write: not there before a build.
bool is_generated(std::string_view path) {
  const std::string_view name = name_of(path);
  return name.ends_with(".pb.h") || name.ends_with(".moc") || name.starts_with("moc_") || name.starts_with("ui_");
}

std::string from_above(const ProjectPaths& paths, std::string_view folder, std::string_view target) {
  for (std::string at(folder);; at = folder_of(at)) {
    for (const char* custom : {"", "include", "inc", "src"}) {
      const std::string path = join(join(at, custom), target);
      if (!path.empty() && paths.has_file(path)) return path;
    }
    if (at.empty()) return {};
  }
}

// Written so that it can only be the project's own: from here, or in a folder that holds the project's headers.
bool is_ours(const ProjectPaths& paths, std::string_view importer, std::string_view target) {
  if (target.starts_with("./") || target.starts_with("../")) return true;
  const std::string_view folder = folder_of(target);
  if (folder.empty()) return false;
  for (const std::string& at : {join(folder_of(importer), folder), join("", folder)}) {
    for (const char* ending : {".h", ".hh", ".hpp", ".hxx"}) {
      if (!at.empty() && paths.holds(at, ending)) return true;
    }
  }
  return false;
}

}  // namespace

Resolved resolve_c(const ProjectPaths& paths, std::string_view importer, const Import& import) {
  const std::string_view target = import.target, folder = folder_of(importer);
  if (target.empty() || target.starts_with('/')) return {};
  if (import.is_system) {
    std::string path = from_above(paths, {}, target);  // below the root or its include folder
    if (path.empty()) path = paths.unique_file("include/" + std::string(target));
    return path.empty() ? Resolved() : Resolved{Resolved::Kind::file, path};
  }
  const std::string here = join(folder, target);
  if (!here.empty() && paths.has_file(here)) return {Resolved::Kind::file, here};
  const bool climbs = target.find("../") != std::string_view::npos || target.starts_with("./");
  std::string path = climbs ? std::string() : from_above(paths, folder, target);
  if (path.empty() && !climbs) path = paths.unique_file(target);
  if (!path.empty()) return {Resolved::Kind::file, path};
  const bool hidden = here.empty() || paths.may_hide(here) || paths.may_hide(join("", target)) || is_generated(target);
  return !hidden && is_ours(paths, importer, target) ? Resolved{Resolved::Kind::missing, {}} : Resolved();
}

}  // namespace ca::analysis::imports
