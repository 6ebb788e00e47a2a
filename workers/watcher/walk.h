// A walk over a tree, or a part of it, as the selection allows.
#pragma once

#include <functional>
#include <string>

#include "common/result.h"
#include "workers/files/file_seen.h"
#include "workers/watcher/selection.h"

namespace ca::workers {

struct WalkCallbacks {
  // A folder is about to be listed; `fd` is open on it. What happens in it from here on is seen by a watch set here.
  std::function<void(const std::string& path, int fd)> folder;
  std::function<void(FileSeen file)> file;
  // A name that cannot be stored.
  std::function<void(const std::string& path)> unstorable;
  // Called every few thousand entries, so that a long walk can do other work in between; false ends the walk.
  std::function<bool()> breath;
};

// Walks `start` ("": all) below the open folder `root` and reads each folder's .gitignore into `selection` on its way.
// Folders that vanish or cannot be opened are passed over. Returns false where breath() ended it.
bool walk(int root, const std::string& start, Selection& selection, const WalkCallbacks& callbacks);

// Reads the .gitignore of one folder into `selection`; no such file: the rules of the folder are removed.
void load_rules(int root, const std::string& folder, Selection& selection);

}  // namespace ca::workers
