// The folders that the supervisor owns: runtime_dir and state_dir.
#pragma once

#include <sys/types.h>

#include <string>

#include "common/result.h"

namespace ca {

// Makes the folder (and its parents, 0755) where it is missing and checks that it can be trusted with sockets and locks.
// Errors: it is a link, no folder, another user's, writable by group or others, or not writable for us; the message
// names path and reason.
Status prepare_folder(const std::string& path, mode_t mode);

}  // namespace ca
