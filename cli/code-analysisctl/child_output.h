// Runs a program and takes in what it prints.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/result.h"

namespace ca::ctl {

// Where a program of ours is, by its paths relative to this one's folder, in order; empty: nowhere there.
std::string program_beside(const std::vector<std::string>& candidates);

struct ChildRequest {
  std::vector<std::string> argv;                        // argv[0] without a slash is looked up in PATH
  std::optional<std::vector<std::string>> environment;  // none: this process's own
  std::optional<Milliseconds> timeout;                  // none: for as long as it takes
  bool hides_errors = false;                            // its standard error goes to /dev/null, else to ours
};

struct ChildOutput {
  std::string text;    // standard output
  int exit_code = -1;  // -1: ended by a signal
};

// Errors: it cannot be started; ETIMEDOUT: it was not done in time and was killed. Blocks: until it has ended.
Result<ChildOutput> run_child(ChildRequest request);

}  // namespace ca::ctl
