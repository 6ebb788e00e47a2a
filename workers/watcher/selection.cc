#include "workers/watcher/selection.h"

#include <algorithm>
#include <array>

#include "analysis/paths/names.h"
#include "database/text.h"

namespace ca::workers {

namespace {

namespace paths = analysis::paths;

// Never anybody's own sources, whether git was told so or not. Build folders are left to the ignore rules: "build" may
// well be a package.
constexpr std::array<std::string_view, 6> closed_folders = {".git", ".hg",          ".svn",
                                                            ".bzr", "node_modules", "__pycache__"};
// An entry of the index on files.path must fit a third of a page.
constexpr std::size_t longest_path = 2500;

bool is_closed(std::string_view name) {
  return std::find(closed_folders.begin(), closed_folders.end(), name) != closed_folders.end();
}

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool passes_closed_folder(std::string_view path) {
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (is_closed(path.substr(at, end - at))) return true;
    at = end + 1;
  }
  return false;
}

}  // namespace

Selection::Selection(const ProjectConfig& project) : index_secrets_(project.index_secrets) {
  std::string excludes;
  for (const auto& pattern : project.exclude) excludes += pattern + "\n";
  rules_.set_override(excludes);
}

void Selection::set_rules(std::string_view folder, std::string_view text) { rules_.set(folder, text); }
void Selection::remove_rules(std::string_view folder) { rules_.remove(folder); }
void Selection::set_repository_excludes(std::string_view text) { rules_.set_fallback(text); }

bool Selection::takes_file(std::string_view path) const {
  const auto slash = path.rfind('/');
  if (slash != std::string_view::npos && passes_closed_folder(path.substr(0, slash))) return false;
  return (index_secrets_ || !paths::is_secret(path)) && !rules_.ignored(path, false);
}

bool Selection::takes_folder(std::string_view path) const {
  return path.empty() || (!passes_closed_folder(path) && !rules_.ignored(path, true));
}

bool Selection::takes_file_here(std::string_view path) const {
  return (index_secrets_ || !paths::is_secret(path)) && !rules_.ignored_here(path, false);
}

bool Selection::takes_folder_here(std::string_view path) const {
  return !is_closed(last_part(path)) && !rules_.ignored_here(path, true);
}

bool can_be_stored(std::string_view path) { return path.size() <= longest_path && is_valid_text(path); }

}  // namespace ca::workers
