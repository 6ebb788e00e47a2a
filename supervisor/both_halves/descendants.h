// The calling process's own children, by the kernel's word: orphans too, since both halves are child subreapers.
// Only such children are ever signalled: while we have not reaped one, its pid cannot be anybody else's.
// REQUIRES (all): the calling process has one thread.
#pragma once

#include <sys/types.h>

#include <functional>
#include <vector>

#include "common/result.h"

namespace ca {

// Checks that /proc shows our children, and what they are: without it nothing could be ended that a service leaves.
// Errors: /proc is not mounted, it is that of another PID namespace, the kernel has no list of children, or our own
// children are hidden; the message says which. Forks a process for a moment.
Status check_proc();

// Appends the pids of all living and zombie children. Returns false if the list could not be read (out of descriptors,
// or /proc was unmounted). Keeps one descriptor open, so that neither happens later.
bool append_children(std::vector<pid_t>& pids);

// Sends a signal through a pidfd. False where the process has gone already or is not ours to signal.
bool signal_child(pid_t pid, int signal) noexcept;

// Sends SIGKILL to every descendant, whatever its session, group or signal mask, and reaps it, until no child is left.
// Calls `on_kill` before the first SIGKILL to each.
// Returns the pids of children that are left: SIGKILL does not end them (frozen, or in an uninterruptible wait), or we
// may not signal them (a set-user-id program of an unprivileged supervisor).
// Blocks: as long as the kernel needs to end them, but at most 3 s in which none of them dies.
std::vector<pid_t> end_all_descendants(const std::function<void(pid_t)>& on_kill = {});

}  // namespace ca
