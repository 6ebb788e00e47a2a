// The calling process's own children, by the kernel's word: orphans too, since both halves are child subreapers.
// Only such children are ever signalled: while we have not reaped one, its pid cannot be anybody else's.
// REQUIRES (all): the calling process has one thread.
#pragma once

#include <sys/types.h>

#include <vector>

namespace ca {

// Appends the pids of all living and zombie children. An empty result where /proc cannot be read.
void append_children(std::vector<pid_t>& pids);

// Sends a signal through a pidfd. False where the process has gone already or is not ours to signal.
bool signal_child(pid_t pid, int signal) noexcept;

// SIGKILLs every descendant, whatever its session, group or signal mask, and reaps it, until no child is left but such
// as we may not signal (a set-user-id program of an unprivileged supervisor).
// Blocks: as long as the kernel needs to end them.
void end_all_descendants();

}  // namespace ca
