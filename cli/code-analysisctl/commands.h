// Carries out one command against the control socket.
#pragma once

#include <string>

#include "cli/code-analysisctl/arguments.h"

namespace ca::ctl {

inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_not_running = 3;

// Prints the answer on standard output and the reason of a failure on standard error; gives the exit code.
// `wait` gives a supervisor that was started this instant two seconds to open its socket.
// Blocks: until the command is done.
// REQUIRES: invocation.verb is set.
int run_command(const Invocation& invocation, const std::string& socket_path);

}  // namespace ca::ctl
