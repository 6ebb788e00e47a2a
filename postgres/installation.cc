#include "postgres/installation.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "postgres/command.h"

namespace ca::postgres {

namespace {

namespace fs = std::filesystem;

bool has_programs(const fs::path& bin_dir) {
  return ::access((bin_dir / "postgres").c_str(), X_OK) == 0 && ::access((bin_dir / "initdb").c_str(), X_OK) == 0;
}

void add_debian(std::vector<Installation>& found) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", error)) {
    const int major = std::atoi(entry.path().filename().c_str());
    if (major > 0 && has_programs(entry.path() / "bin")) found.push_back({major, entry.path() / "bin"});
  }
}

void add_from_path(std::vector<Installation>& found) {
  const char* path = std::getenv("PATH");
  if (path == nullptr) return;
  std::istringstream folders(path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (folder.empty() || folder[0] != '/' || !has_programs(folder)) continue;
    const Account self{"", "", ::geteuid(), ::getegid()};
    const auto version = run(self, {folder + "/postgres", "--version"});
    const int major = version ? major_of_version_text(version->output) : 0;
    if (major > 0) found.push_back({major, folder});
    return;
  }
}

}  // namespace

int major_of_version_text(const std::string& text) {
  static const std::string lead = "(PostgreSQL) ";
  const auto at = text.find(lead);
  return at == std::string::npos ? 0 : std::atoi(text.c_str() + at + lead.size());
}

std::vector<Installation> find_installations() {
  std::vector<Installation> found;
  add_debian(found);
  add_from_path(found);
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.major > b.major; });
  return found;
}

std::optional<Installation> choose(const std::vector<Installation>& installations, int major) {
  for (const auto& installation : installations) {
    if (major == 0 || installation.major == major) return installation;
  }
  return std::nullopt;
}

}  // namespace ca::postgres
