// Rust: `mod x;` and paths from crate, self and super. What a path's later parts name may be a module or an item in one, which only
// the text could tell: the last module that has a file is the answer, and nothing is ever called missing (the compiler does that).
#include "analysis/imports/resolver.h"

namespace ca::analysis::imports {
namespace {

std::string below(std::string_view folder, std::string_view name) {
  return folder.empty() ? std::string(name) : std::string(folder) + "/" + std::string(name);
}

struct Module {
  std::string file;    // empty: none of its own
  std::string folder;  // where its submodules lie
};

bool owns_folder(std::string_view name) { return name == "mod.rs" || name == "lib.rs" || name == "main.rs"; }

Module module_of(std::string_view file) {
  const std::string_view folder = folder_of(file), name = name_of(file);
  if (owns_folder(name) || !name.ends_with(".rs")) return {std::string(file), std::string(folder)};
  return {std::string(file), below(folder, name.substr(0, name.size() - 3))};
}

Module root_at(const ProjectPaths& paths, const std::string& folder) {
  for (const char* name : {"lib.rs", "main.rs"}) {
    if (paths.has_file(below(folder, name))) return {below(folder, name), folder};
  }
  return {};
}

Module crate_of(const ProjectPaths& paths, std::string_view file) {
  for (std::string at(folder_of(file));; at = folder_of(at)) {
    Module root = root_at(paths, at);
    if (!root.file.empty()) return root;
    if (at.empty()) return module_of(file);
  }
}

Module parent_of(const ProjectPaths& paths, const Module& module) {
  const std::string folder(folder_of(module.folder));
  if (Module root = root_at(paths, folder); !root.file.empty()) return root;
  for (const std::string& file : {below(folder, "mod.rs"), folder + ".rs"}) {
    if (paths.has_file(file)) return {file, folder};
  }
  return {{}, folder};
}

// The submodule `name`; both parts empty where no file or folder is its.
Module child_of(const ProjectPaths& paths, const Module& module, std::string_view name) {
  const std::string path = below(module.folder, name);
  for (const std::string& file : {path + ".rs", path + "/mod.rs"}) {
    if (paths.has_file(file)) return {file, path};
  }
  return paths.has_folder(path) ? Module{{}, path} : Module();
}

std::string_view next_part(std::string_view& rest) {
  const std::size_t end = rest.find("::");
  const std::string_view part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 2);
  return part.starts_with("r#") ? part.substr(2) : part;
}

}  // namespace

Resolved resolve_rust(const ProjectPaths& paths, std::string_view importer, const Import& import) {
  std::string_view rest = import.target;
  std::string_view part = next_part(rest);
  Module at = module_of(importer);
  if (part == "crate") {
    at = crate_of(paths, importer);
  } else if (part == "super") {
    at = parent_of(paths, at);
    while (rest.starts_with("super")) {
      next_part(rest);
      at = parent_of(paths, at);
    }
  } else if (part != "self") {
    return {};
  }
  std::string found = at.file;
  while (!rest.empty()) {
    at = child_of(paths, at, next_part(rest));
    if (at.folder.empty()) break;
    if (!at.file.empty()) found = at.file;
  }
  return found.empty() || found == importer ? Resolved() : Resolved{Resolved::Kind::file, found};
}

}  // namespace ca::analysis::imports
