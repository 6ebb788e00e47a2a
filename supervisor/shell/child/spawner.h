// Starts a child: clone with vfork semantics, then only system calls until exec, then nothing of ours is left in it.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "supervisor/core/event.h"
#include "supervisor/plan.h"

namespace ca::shell {

struct SpawnRequest {
  std::vector<std::string> argv;          // argv[0] without a slash is looked up in PATH of `environment`
  std::vector<std::string> environment;   // complete; an entry listen_pid_slot gets the child's pid
  std::string working_dir = "/";
  mode_t umask = 0022;
  std::optional<Account> account;         // dropped to before exec
  int parent_death_signal = 9;            // set after privileges were dropped
  std::optional<rlimit> descriptor_limit; // what the child gets, where it is not our own
  int input = -1;                         // becomes 0
  int output = -1;                        // becomes 1 and 2
  std::vector<int> passed;                // become 3, 4, ...; the child inherits no other descriptor
};

// The child leads a session of its own, has default dispositions and an empty signal mask.
// Errors: the step that failed, its errno and what it was about; then no process is left.
// Blocks: until exec has succeeded or failed. REQUIRES: one thread; no handler is installed for an unblocked signal.
tl::expected<pid_t, core::SpawnError> spawn(const SpawnRequest& request);

}  // namespace ca::shell
