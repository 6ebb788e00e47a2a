// Opening what lies below a project's root, and only that: no symbolic link is followed, neither the last part of a
// path nor one above it, so that nothing outside the tree is read.
#pragma once

#include <string>

#include "common/result.h"
#include "common/unique_fd.h"

namespace ca::workers {

// The root itself may be reached through links. Errors: as open(2).
Result<UniqueFd> open_root(const std::string& path);

// `path` is relative to `root`, "" is the root itself. O_CLOEXEC, O_NOFOLLOW and O_NONBLOCK are added, so that a FIFO
// never holds the caller up. Errors: as openat2(2); ELOOP where a link is in the way.
Result<UniqueFd> open_beneath(int root, const std::string& path, int flags);

}  // namespace ca::workers
