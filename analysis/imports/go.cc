// Go: an import is a module's path and a folder in it; every file of the folder is meant.
#include "analysis/imports/resolver.h"
#include "analysis/text.h"

namespace ca::analysis::imports {
namespace {

Resolved package_at(const ProjectPaths& paths, const std::string& folder) {
  if (paths.holds(folder, ".go")) return {Resolved::Kind::folder, folder};
  return paths.may_hide(folder + "/x.go") ? Resolved() : Resolved{Resolved::Kind::missing, {}};
}

// Without a go.mod: the longest end of the import, two folders at least, that is the one such folder here.
Resolved by_suffix(const ProjectPaths& paths, std::string_view target) {
  if (target.substr(0, target.find('/')).find('.') == std::string_view::npos) return {};  // the standard library
  while (target.find('/') != std::string_view::npos) {
    std::string folder = paths.unique_folder(target);
    if (!folder.empty() && paths.holds(folder, ".go")) return {Resolved::Kind::folder, folder};
    target.remove_prefix(target.find('/') + 1);
  }
  return {};
}

}  // namespace

std::string go_module_path(std::string_view go_mod) {
  while (!go_mod.empty()) {
    const std::size_t end = std::min(go_mod.find('\n'), go_mod.size());
    std::string_view line = trim(go_mod.substr(0, end));
    go_mod.remove_prefix(std::min(end + 1, go_mod.size()));
    if (!line.starts_with("module") || line.size() < 8 || (line[6] != ' ' && line[6] != '\t')) continue;
    line = trim(line.substr(6));
    line = trim(line.substr(0, line.find("//")));
    if (line.size() >= 2 && line.front() == '"' && line.back() == '"') line = line.substr(1, line.size() - 2);
    return std::string(line);
  }
  return {};
}

Resolved resolve_go(const ProjectPaths& paths, const std::vector<GoModule>& modules, std::string_view importer, const Import& import) {
  const std::string& target = import.target;
  if (target.starts_with("./") || target.starts_with("../")) return package_at(paths, join(folder_of(importer), target));
  for (const GoModule& module : modules) {
    if (module.path.empty() || !target.starts_with(module.path)) continue;
    if (target.size() == module.path.size()) return package_at(paths, module.folder);
    if (target[module.path.size()] == '/') return package_at(paths, join(module.folder, target.substr(module.path.size() + 1)));
  }
  return modules.empty() ? by_suffix(paths, target) : Resolved();
}

}  // namespace ca::analysis::imports
