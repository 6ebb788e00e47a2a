// The guardian: the process that was started. It makes the folders, takes the lock, writes the pid file, forks the
// supervisor half and then does four small things: it relays signals, reaps, talks to its own parent, and, when the
// supervisor half dies, ends everything. It has no event loop and allocates next to nothing after the fork.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/unique_fd.h"
#include "supervisor/both_halves/footprint.h"

namespace ca {

struct GuardianConfig {
  std::string runtime_dir;
  std::string state_dir;
  std::string pid_file;
  std::vector<std::string> sockets;  // Unix sockets that the supervisor half will bind; removed at the end
  int report_fd = -1;                // --daemonize: where the outcome of the start is reported, see daemonize.h
};

// What the supervisor half starts with.
struct SupervisorHalf {
  UniqueFd link;           // see link.h
  pid_t guardian_pid = 0;  // the published pid
  Footprint footprint;     // to remove where the guardian has died
};

// Runs as the guardian; in the forked child calls `supervisor` and ends with its return value.
// Returns the process's exit code: the supervisor's, or 73 (folders, lock, pid file) or 70 (the other half died).
int run_guardian(const GuardianConfig& config, const std::function<int(SupervisorHalf)>& supervisor);

// Signals that the guardian takes and relays: all but those of faults, job control and window size.
// Also resets every disposition to the default. Called first thing, so that nothing inherited matters.
void block_signals();

// Opens /dev/null on those of 0, 1, 2 that are closed and closes every other inherited descriptor but `keep`.
void tidy_descriptors(int keep);

// Points standard input, output and error to /dev/null.
void detach_standard_streams();

}  // namespace ca
