// Files that exist only to be locked with flock(2). A file that another user can open, even for reading, is a file that
// the other user can lock.
#pragma once

#include <sys/types.h>

#include <string>

#include "common/result.h"
#include "common/unique_fd.h"

namespace ca {

// Opens the lock file `path`, or creates it. Sets its owner and the mode 0600, also if it existed with others. Does not
// lock it. The descriptor is close-on-exec and can be read and written.
// Errors: it is a link or no regular file; it belongs to another user and cannot be taken over; it cannot be opened.
// REQUIRES: only we can create files in its folder.
Result<UniqueFd> open_lock_file(const std::string& path, uid_t owner);

// Describes the process that holds an flock on the open file, for messages: "pid 4711 (COMMAND, uid 65534)".
// Returns "an unknown process" if the kernel does not name one (another PID namespace, no /proc).
std::string describe_lock_holder(int fd);

}  // namespace ca
