// JavaScript and TypeScript: only what begins with a dot is the project's own; the ending may be left out, and a ".js" may mean the
// ".ts" that it is made of. Packages, aliases and addresses are others' affair.
#include <algorithm>
#include <array>

#include "analysis/imports/resolver.h"

namespace ca::analysis::imports {
namespace {

constexpr std::array endings = {".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".json", ".vue", ".svelte", ".node"};

struct Swap {
  std::string_view written;
  std::array<const char*, 3> meant;
};
constexpr Swap swaps[] = {{".js", {".ts", ".tsx", ".d.ts"}}, {".jsx", {".tsx", ".d.ts", nullptr}},
                          {".mjs", {".mts", ".d.mts", nullptr}}, {".cjs", {".cts", ".d.cts", nullptr}}};

std::string with_ending(const ProjectPaths& paths, const std::string& path) {
  if (paths.has_file(path)) return path;
  for (const Swap& swap : swaps) {
    if (!path.ends_with(swap.written)) continue;
    const std::string stem = path.substr(0, path.size() - swap.written.size());
    for (const char* meant : swap.meant) {
      if (meant && paths.has_file(stem + meant)) return stem + meant;
    }
  }
  for (const char* ending : endings) {
    if (!path.empty() && paths.has_file(path + ending)) return path + ending;
  }
  return {};
}

}  // namespace

Resolved resolve_script(const ProjectPaths& paths, std::string_view importer, const Import& import) {
  std::string_view target = import.target;
  if (!target.starts_with("./") && !target.starts_with("../") && target != "." && target != "..") return {};
  target = target.substr(0, target.find_first_of("?#"));  // bundlers read a query behind the path
  const bool only_folder = target.ends_with('/') || target.ends_with('.');
  const std::string_view folder = folder_of(importer);
  const std::string path = join(folder, target);
  // What climbs above the root cannot be seen from here.
  if (path.empty() && std::count(target.begin(), target.end(), '.') > 1 + 2 * std::count(folder.begin(), folder.end(), '/') + 2 * !folder.empty()) return {};
  std::string found = only_folder ? std::string() : with_ending(paths, path);
  if (found.empty()) found = with_ending(paths, path.empty() ? "index" : path + "/index");
  if (!found.empty()) return {Resolved::Kind::file, found};
  const bool is_package = paths.has_file(path.empty() ? "package.json" : path + "/package.json");
  if (is_package || paths.may_hide(path) || paths.may_hide(path + "/index.js")) return {};
  return {Resolved::Kind::missing, {}};
}

}  // namespace ca::analysis::imports
