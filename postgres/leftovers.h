// What a crash leaves behind: backends of a dead postmaster that still hold the cluster's shared memory, and lock files
// that name a process id which somebody else has by now.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "postgres/refusal.h"

namespace ca::postgres {

// The first line of postmaster.pid or a socket's lock file as a process id; 0 where there is none.
pid_t pid_of_lock_text(const std::string& text);

// Returns the processes other than this one whose working folder is `data_dir` (as it is of all of PostgreSQL's), without
// zombies. Errors (1): /proc cannot be listed, so nobody knows.
Outcome<std::vector<pid_t>> processes_in(const std::string& data_dir);

// Waits until no process of an earlier PostgreSQL is left in `data_dir`, then removes lock files whose process is not
// one. Backends whose postmaster is dead are told to quit when they have not gone by themselves after `patience_ms`.
// REQUIRES: this process runs as the cluster's account. Blocks: up to 6 × patience_ms.
// Errors (1): a postmaster lives on there; backends that do not go; a lock file, or /proc, that cannot be read.
Outcome<void> clear_leftovers(const std::string& data_dir, const std::string& socket_dir, int port, int patience_ms);

}  // namespace ca::postgres
