// The child's side of a spawn. It shares the parent's memory until exec (CLONE_VM | CLONE_VFORK): it allocates nothing,
// calls nothing but system calls, and writes only where the parent expects it to.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>

namespace ca::shell {

enum class SpawnStage : std::int32_t {
  setsid, dup, umask, chdir, setgroups, setgid, setuid, prctl, setrlimit, close_range, execve,
};
const char* stage_name(SpawnStage stage);

// Written to error_fd by a child whose step failed. Nothing is written where exec succeeds.
struct SpawnReport {
  SpawnStage stage;
  std::int32_t error;
};

struct ChildOrders {
  char* const* argv;
  char* const* environment;
  char* listen_pid;                // where to write the pid, ten characters and a NUL; or nullptr
  const char* const* candidates;   // paths to try to execute, in turn; ends with nullptr
  const char* working_dir;
  mode_t umask;
  bool drops;                      // uid, gid and groups are set
  uid_t uid;
  gid_t gid;
  const gid_t* groups;
  std::size_t group_count;
  int parent_death_signal;
  const rlimit* descriptor_limit;  // nullptr: ours
  pid_t parent;
  const int* sources;              // descriptor to become 0, 1, 2, ...
  int* moved;                      // scratch, as long as sources
  int source_count;
  int error_fd;
};

// Entry point for clone(2); `orders` is a ChildOrders. Does not return where it works.
int spawn_child(void* orders);

}  // namespace ca::shell
