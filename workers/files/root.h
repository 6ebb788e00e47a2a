// The root folder of a project, held open for as long as somebody looks at the tree.
//
// A look-up below it says "not there" only with ENOENT or ENOTDIR. Any other error says nothing about the entry.
#pragma once

#include <sys/stat.h>

#include <string>
#include <utility>

#include "common/result.h"
#include "common/unique_fd.h"

namespace ca::workers {

class Root {
 public:
  // Opens the folder at `path`, which may be reached through links. Errors: as open(2) and fstat(2).
  static Result<Root> open(const std::string& path);

  struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
    bool operator==(const Identity&) const = default;
  };

  int fd() const { return fd_.get(); }
  const Identity& identity() const { return identity_; }

  // Returns an error if the folder was removed, or if its path no longer leads to it. Then what was seen below fd() is
  // not the project's tree, and nothing may be concluded from what was not seen.
  Status check() const;

 private:
  Root(std::string path, UniqueFd fd, Identity identity)
      : path_(std::move(path)), fd_(std::move(fd)), identity_(identity) {}

  std::string path_;
  UniqueFd fd_;
  Identity identity_;
};

// Returns true if a look-up that failed with `code` (an errno value) says that the entry is not there.
bool means_gone(int code);
// Returns true if `code` says that this process may not look. That lasts, unlike EMFILE or EIO.
bool means_closed(int code);

// Reads the status of `path` below the open folder `root`, without following a link. Errors: as fstatat(2).
Result<struct stat> stat_beneath(int root, const std::string& path);

}  // namespace ca::workers
