// inotify over the folders of a tree: which path changed, without saying how. What it is now is found out by looking at
// it.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/result.h"
#include "common/unique_fd.h"

struct inotify_event;

namespace ca::workers {

struct Changes {
  std::vector<std::string> paths;  // something happened to the entry of that name
  bool root_lost = false;          // the root was removed, moved away or unmounted
  bool overflowed = false;         // events were lost: anything may have changed
};

// The watches of one project. (An instance each: the kernel has one watch for a folder and instance, and two projects
// may share folders.)
class Watches {
 public:
  // Errors: as inotify_init1(2).
  static Result<Watches> make();

  int fd() const { return fd_.get(); }  // readable when there are changes

  // Watches the folder that `folder_fd` is open on. Errors: as inotify_add_watch(2); then its changes stay unseen.
  Status add(const std::string& folder, int folder_fd);
  // Ends the watches of `folder` and of all below it.
  void drop(const std::string& folder);

  bool has(const std::string& folder) const { return descriptors_.contains(folder); }

  // What happened since the last call. Never blocks.
  Changes take();

  std::size_t count() const { return folders_.size(); }

 private:
  explicit Watches(UniqueFd fd) : fd_(std::move(fd)) {}
  void forget(int descriptor);
  void note(const inotify_event& event, Changes& changes);

  UniqueFd fd_;
  std::unordered_map<int, std::string> folders_;
  std::map<std::string, int> descriptors_;  // the inverse; ordered, so that a subtree is a range
};

}  // namespace ca::workers
