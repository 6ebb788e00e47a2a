// A walk over a tree, or a part of it, as the selection allows.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "common/result.h"
#include "workers/files/file_seen.h"
#include "workers/files/root.h"
#include "workers/watcher/selection.h"

namespace ca::workers {

struct WalkCallbacks {
  // A folder is about to be listed; `fd` is open on it. What happens in it from here on is seen by a watch set here.
  std::function<void(const std::string& path, int fd)> folder;
  std::function<void(FileSeen file)> file;
  // A file or folder whose name cannot be stored. Such a folder is not entered.
  std::function<void(const std::string& path)> unstorable;
  // Called every few thousand entries, so that a long walk can do other work in between; false ends the walk.
  std::function<bool()> breath;
};

// How a walk ended, and what it could not see. A path that it did not find is gone only if proves_gone() says so.
struct WalkEnd {
  bool stopped = false;          // breath() ended it
  std::set<std::string> closed;  // folders that this process may not look into (EACCES, EPERM)
  std::optional<Error> failed;   // the first look-up that failed for any other reason but that nothing is there

  // Returns true if `path`, which the walk was to find and did not find, is not there.
  bool proves_gone(const std::string& path) const;
};

// Walks `start` ("": all) below `root` and reads each folder's .gitignore into `selection` on its way. Passes over
// folders that vanish or cannot be looked into. Blocks. REQUIRES: `root` outlives the call, whatever breath() does.
WalkEnd walk(const Root& root, const std::string& start, Selection& selection, const WalkCallbacks& callbacks);

}  // namespace ca::workers
