// What a look at (a part of) a tree changes in the table `files`.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "workers/files/file_seen.h"

namespace ca::workers {

using KnownFiles = std::unordered_map<std::string, std::string>;  // path -> stamp, as the table has them

// Takes the files one by one as they are found and keeps those that are new or changed.
class Difference {
 public:
  explicit Difference(KnownFiles known) : known_(std::move(known)) {}

  void found(FileSeen file);

  // New or changed files since the last call.
  std::vector<FileSeen> take_changed() { return std::exchange(changed_, {}); }
  std::size_t changed_count() const { return changed_.size(); }
  // Once all was found: known paths that are not there any more, sorted.
  std::vector<std::string> gone() const;

 private:
  KnownFiles known_;  // what was found is taken out
  std::vector<FileSeen> changed_;
};

// Sorted, and without those that lie below another one in the list: "a" covers "a/b".
std::vector<std::string> without_covered(std::vector<std::string> paths);

}  // namespace ca::workers
