#include "workers/watcher/difference.h"

#include <algorithm>
#include <set>

namespace ca::workers {

void Difference::found(FileSeen file) {
  const auto known = known_.find(file.path);
  const bool same = known != known_.end() && known->second == file.stamp;
  if (known != known_.end()) known_.erase(known);
  if (!same) changed_.push_back(std::move(file));
}

std::vector<std::string> Difference::gone() const {
  std::vector<std::string> paths;
  for (const auto& [path, stamp] : known_) paths.push_back(path);
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<std::string> without_covered(std::vector<std::string> paths) {
  const std::set<std::string> all(paths.begin(), paths.end());
  std::vector<std::string> kept;
  for (const auto& path : all) {
    bool covered = all.contains("") && !path.empty();
    for (auto slash = path.find('/'); !covered && slash != std::string::npos; slash = path.find('/', slash + 1)) {
      covered = all.contains(path.substr(0, slash));
    }
    if (!covered) kept.push_back(path);
  }
  return kept;
}

}  // namespace ca::workers
