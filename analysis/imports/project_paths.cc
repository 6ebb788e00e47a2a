#include "analysis/imports/project_paths.h"

#include <algorithm>

#include "analysis/paths/names.h"

namespace ca::analysis::imports {

std::string_view folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view name_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string join(std::string_view folder, std::string_view path) {
  std::vector<std::string_view> parts;
  for (std::string_view rest : {folder, path}) {
    while (!rest.empty()) {
      const std::size_t slash = std::min(rest.find('/'), rest.size());
      const std::string_view part = rest.substr(0, slash);
      rest.remove_prefix(std::min(slash + 1, rest.size()));
      if (part.empty() || part == ".") continue;
      if (part != "..") {
        parts.push_back(part);
      } else if (parts.empty()) {
        return {};
      } else {
        parts.pop_back();
      }
    }
  }
  std::string out;
  for (std::string_view part : parts) {
    if (!out.empty()) out += '/';
    out += part;
  }
  return out;
}

ProjectPaths::ProjectPaths(const std::vector<std::string>& files, const std::vector<std::string>& left_out)
    : files_(files.begin(), files.end()), left_out_(left_out.begin(), left_out.end()) {
  for (const std::string& path : left_out) {  // an import may leave the ending out: "./config" for config.js
    const std::size_t dot = path.rfind('.');
    if (dot != std::string::npos && dot > folder_of(path).size() + 1) left_out_.insert(path.substr(0, dot));
  }
  folders_[""];
  for (const std::string& path : files) {
    file_names_[std::string(name_of(path))].push_back(path);
    std::string folder(folder_of(path));
    folders_[folder].emplace_back(name_of(path));
    while (!folder.empty()) {
      folder = folder_of(folder);
      folders_[folder];
    }
  }
  for (const auto& [folder, names] : folders_) folder_names_[std::string(name_of(folder))].push_back(folder);
}

bool ProjectPaths::holds(std::string_view folder, std::string_view ending) const {
  const auto found = folders_.find(std::string(folder));
  if (found == folders_.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [&](const std::string& name) { return name.ends_with(ending); });
}

bool ProjectPaths::holds_stem(std::string_view folder, std::string_view stem) const {
  const auto found = folders_.find(std::string(folder));
  if (found == folders_.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [&](const std::string& name) {
    return name.size() > stem.size() && name.starts_with(stem) && name[stem.size()] == '.';
  });
}

bool ProjectPaths::may_hide(std::string_view path) const {
  if (left_out_.count(std::string()) > 0) return true;
  for (std::string_view at = path; !at.empty(); at = folder_of(at)) {
    if (left_out_.count(std::string(at)) > 0) return true;
    if (at.size() < path.size() && paths::is_generated_folder(name_of(at))) return true;
  }
  return false;
}

std::vector<std::string> ProjectPaths::ending_with(const ByName& names, std::string_view suffix) {
  std::vector<std::string> out;
  const auto found = names.find(std::string(name_of(suffix)));
  if (suffix.empty() || found == names.end()) return out;
  for (const std::string& path : found->second) {
    const bool whole = path.size() == suffix.size();
    if (path.ends_with(suffix) && (whole || path[path.size() - suffix.size() - 1] == '/')) out.push_back(path);
  }
  return out;
}

std::string ProjectPaths::unique_file(std::string_view suffix) const {
  std::vector<std::string> found = ending_with(file_names_, suffix);
  return found.size() == 1 ? std::move(found.front()) : std::string();
}

std::string ProjectPaths::unique_folder(std::string_view suffix) const {
  std::vector<std::string> found = folders_like(suffix);
  return found.size() == 1 ? std::move(found.front()) : std::string();
}

std::vector<std::string> ProjectPaths::folders_like(std::string_view suffix) const { return ending_with(folder_names_, suffix); }

}  // namespace ca::analysis::imports
