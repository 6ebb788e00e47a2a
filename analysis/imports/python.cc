// Python: dots are folders. A module's search path is not written anywhere, so the places that it may begin at are tried: the
// folder that the importer's outermost package lies in, those above it, and the customary src, lib and python.
#include <algorithm>

#include "analysis/imports/resolver.h"

namespace ca::analysis::imports {
namespace {

constexpr const char* sources[] = {".py", ".pyi", "/__init__.py", "/__init__.pyi"};
constexpr const char* compiled[] = {".so", ".pyd", ".pyx"};  // modules that are no Python source

std::string as_path(std::string dotted) {
  std::replace(dotted.begin(), dotted.end(), '.', '/');
  return dotted;
}

std::string below(const std::string& base, const std::string& path) {
  if (path.empty()) return base;
  return base.empty() ? path : base + "/" + path;
}

// The module or package at `path` (without ending).
Resolved module_at(const ProjectPaths& paths, const std::string& path) {
  for (const char* ending : sources) {
    if (paths.has_file(path + ending)) return {Resolved::Kind::file, path + ending};
  }
  if (paths.has_folder(path) && (paths.holds(path, ".py") || paths.holds(path, ".pyi"))) return {Resolved::Kind::folder, path};
  return {};
}

bool may_be_there(const ProjectPaths& paths, const std::string& path) {
  const std::string folder(folder_of(path)), stem(name_of(path));
  for (const char* ending : compiled) {
    if (paths.holds_stem(folder, stem) && paths.holds(folder, ending)) return true;
  }
  return paths.has_folder(path) || paths.may_hide(path) || paths.may_hide(path + ".py") || paths.may_hide(path + "/__init__.py");
}

// What `target` (a path without ending) and the name taken from it lead to: the submodule before the module.
Resolved look(const ProjectPaths& paths, const std::string& target, const std::string& name) {
  if (!name.empty() && name != "*" && !target.empty()) {
    Resolved inner = module_at(paths, target + "/" + name);
    if (inner.kind != Resolved::Kind::foreign) return inner;
  }
  return target.empty() ? Resolved() : module_at(paths, target);
}

Resolved resolve_relative(const ProjectPaths& paths, std::string_view importer, const Import& import) {
  std::string folder(folder_of(importer));
  for (int level = 1; level < import.relative_level; ++level) {
    if (folder.empty()) return {Resolved::Kind::missing, {}};
    folder = folder_of(folder);
  }
  const std::string target = below(folder, as_path(import.target));
  if (target.empty()) {  // `from . import name` at the root
    Resolved at_root = module_at(paths, import.name);
    if (at_root.kind == Resolved::Kind::foreign) at_root = module_at(paths, "__init__");
    const bool is_missing = at_root.kind == Resolved::Kind::foreign && import.name != "*" && !may_be_there(paths, import.name);
    return is_missing ? Resolved{Resolved::Kind::missing, {}} : at_root;
  }
  Resolved found = look(paths, target, import.name);
  if (found.kind == Resolved::Kind::folder && import.target.empty() && found.path == target) {
    // `from . import name` where the package says nothing about the name: the file that would define it is not there.
    return may_be_there(paths, target + "/" + import.name) || import.name == "*" ? Resolved() : Resolved{Resolved::Kind::missing, {}};
  }
  if (found.kind != Resolved::Kind::foreign) return found;
  return may_be_there(paths, target) ? Resolved() : Resolved{Resolved::Kind::missing, {}};
}

std::vector<std::string> bases_for(const ProjectPaths& paths, std::string_view importer) {
  std::string folder(folder_of(importer));
  while (!folder.empty() && (paths.has_file(folder + "/__init__.py") || paths.has_file(folder + "/__init__.pyi"))) folder = folder_of(folder);
  std::vector<std::string> bases = {folder};
  while (!folder.empty()) bases.emplace_back(folder = folder_of(folder));
  for (const char* custom : {"src", "lib", "python"}) bases.emplace_back(custom);
  return bases;
}

}  // namespace

Resolved resolve_python(const ProjectPaths& paths, std::string_view importer, const Import& import) {
  if (import.relative_level > 0) return resolve_relative(paths, importer, import);
  const std::string path = as_path(import.target);
  const std::string top = path.substr(0, path.find('/'));
  bool is_ours = false, is_unknown = false;
  Resolved best;
  for (const std::string& base : bases_for(paths, importer)) {
    Resolved found = look(paths, below(base, path), import.name);
    if (found.kind == Resolved::Kind::file) return found;
    if (best.kind == Resolved::Kind::foreign) best = found;
    // A module is the project's own where the package that it would lie in is.
    const std::string package = below(base, top);
    const bool is_package = paths.has_folder(package) && module_at(paths, package).kind != Resolved::Kind::foreign;
    is_ours |= is_package && (top != path || !import.name.empty());
    is_unknown |= may_be_there(paths, below(base, path));
  }
  // `from folder import name` where the folder has no __init__.py that could define the name.
  const bool lacks_name = best.kind == Resolved::Kind::folder && best.path.ends_with(path) && !import.name.empty() && import.name != "*" &&
                          !may_be_there(paths, best.path + "/" + import.name);
  if (lacks_name) return {Resolved::Kind::missing, {}};
  if (best.kind != Resolved::Kind::foreign) return best;
  return is_ours && !is_unknown ? Resolved{Resolved::Kind::missing, {}} : Resolved();
}

}  // namespace ca::analysis::imports
