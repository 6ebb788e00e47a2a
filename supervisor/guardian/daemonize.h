// --daemonize: the calling process waits until the tree is ready, then returns to the shell; the guardian stays.
#pragma once

#include <string>

#include "common/unique_fd.h"

namespace ca {

// Forks. In the process that stays: returns the descriptor on which the outcome is reported, in a session of its own.
// The caller's process does not return from here: it waits for the report, prints a failure's reason on stderr and
// exits with the reported code. Where fork fails it exits 70.
UniqueFd daemonize();

// Reports once: code 0 with the tree ready, or the exit code and one line of reason. Closes nothing.
void report_outcome(int report_fd, int code, const std::string& reason) noexcept;

}  // namespace ca
