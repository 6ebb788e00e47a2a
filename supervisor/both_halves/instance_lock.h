// One supervisor a runtime_dir: a flock on a file in it that is never unlinked (unlinking a lock's file lets two holders
// exist). Both halves share the open file, so the lock is free only when both have gone.
#pragma once

#include <string>

#include "common/result.h"
#include "common/unique_fd.h"

namespace ca {

// Takes the lock and stores our pid in the file, for messages only.
// A holder that answers on runtime_dir/control.sock is an error at once; otherwise its clean-up is waited for.
// Errors: held (names the path and the holder's pid; its command and uid if it does not answer); as open_lock_file; code
// EINTR if a stop signal is pending. Blocks: 10 s at most.
Result<UniqueFd> take_instance_lock(const std::string& runtime_dir);

}  // namespace ca
