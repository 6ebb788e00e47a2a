// The short-lived process that reads the configuration: our own program again, with a hidden first argument.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "common/unique_fd.h"
#include "supervisor/config/config_reader.h"

namespace ca::shell {

// argv[1] of such a process; then come "start" or "check" and the file. The outcome goes to descriptor 3.
inline constexpr char reader_argument[] = "--internal-read-configuration";
inline constexpr int reader_output = 3;
inline constexpr std::size_t outcome_limit = 64 << 20;  // bytes
inline constexpr Milliseconds outcome_bound{30'000};

struct ConfigProcess {
  pid_t pid = 0;     // a child of ours, to be reaped
  UniqueFd output;   // the outcome's bytes, then end of file
};

// Errors: it could not be started.
Result<ConfigProcess> start_config_process(const std::string& file, bool starting,
                                           const std::vector<std::string>& environment);

// The outcome of a whole run, as errors where the process failed. REQUIRES: no other child of ours is waited for.
// Blocks: until it has ended, outcome_bound at most.
ReadOutcome read_in_process(const std::string& file, bool starting);

// From the bytes that it wrote. A process that died or wrote too much is an error of the file.
ReadOutcome outcome_of(const std::string& file, const std::string& bytes);

}  // namespace ca::shell
