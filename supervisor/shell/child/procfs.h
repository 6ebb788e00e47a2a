// What /proc tells of a process. Every answer may be out of date at once; what is gone is nullopt or empty.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace ca::shell {

struct ProcessStat {
  char state = '?';
  pid_t parent = 0;
  bool is_exiting = false;      // it has begun to exit: its descriptors may be closed already
  std::int64_t cpu_ms = 0;      // user and system time, its reaped children not counted
  std::int64_t rss_bytes = 0;
};
std::optional<ProcessStat> process_stat(pid_t pid);

// The command line with spaces between the arguments, cut at 400 bytes; in brackets the name where it has none.
std::string command_line(pid_t pid);

// The marker in the environment of a service's processes. Empty strings if the environment has none.
struct Marker {
  std::string process;
  std::string tree;
};
// Returns nullopt if the environment cannot be read as a whole now: the process is about to run another program (the
// environment is empty during execve), it has ended, or we may not look at it.
std::optional<Marker> marker_of(pid_t pid);

// The uid of a process that we may not look at (root without CAP_SYS_PTRACE may not look at other accounts' processes).
// Returns nullopt if we may, or if it has ended.
std::optional<uid_t> uid_of_closed(pid_t pid);

// Whether `ancestor` is pid itself or among its parents.
bool is_or_descends_from(pid_t pid, pid_t ancestor);

}  // namespace ca::shell
