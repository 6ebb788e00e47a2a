// The sockets that the supervisor binds once and keeps, so that clients wait in the backlog while a child restarts.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "common/result.h"
#include "common/unique_fd.h"
#include "supervisor/plan.h"

namespace ca::shell {

struct BoundListener {
  UniqueFd fd;
  std::string address;  // really bound: a port 0 is replaced by the port that the kernel gave
  dev_t device = 0;     // of a Unix socket's file
  ino_t inode = 0;
};

// Binds and listens, backlog net.core.somaxconn. A Unix socket whose owner is dead is replaced.
// Errors: the address is taken or cannot be bound; the message names address and reason.
// REQUIRES: the instance lock is held.
Result<BoundListener> bind_listener(const Listener& listener);

// True for a Unix socket whose file is not at its path any more, where nobody can find it: cleaners of temporary folders
// remove sockets.
bool has_lost_its_file(const BoundListener& listener);

// All of the plan's, same indices.
Result<std::vector<BoundListener>> bind_listeners(const std::vector<Listener>& listeners);

// A bound and listening Unix socket with that mode. Errors as above.
Result<UniqueFd> bind_unix(const std::string& path, mode_t mode);

}  // namespace ca::shell
