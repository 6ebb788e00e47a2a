// What a running supervisor leaves in the file system for others to find, and its removal at the end by whichever half
// lives. REQUIRES: the caller holds the instance lock.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "common/result.h"

namespace ca {

struct Footprint {
  std::vector<std::string> sockets;  // paths of Unix sockets
  std::string pid_file;              // empty: none
  dev_t pid_file_device = 0;         // of the file that we wrote: a file that replaced it is not ours to remove
  ino_t pid_file_inode = 0;
};

// Writes the calling process's pid, atomically in place of whatever is there, which is never read.
// Errors: cannot be written or renamed; the message names path and reason.
Status write_pid_file(const std::string& path, Footprint& footprint);

// Removes sockets (only sockets) and the pid file. What is gone already is no error.
void remove_footprint(const Footprint& footprint) noexcept;

}  // namespace ca
