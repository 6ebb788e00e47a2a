// The configuration's front door: a YAML file in, a plan or every error out.
//
// The supervisor never parses YAML in its own address space. It starts a short-lived process whose whole work is
// reader_main(), reads that process's bytes to end of file and calls parse_outcome(). A hostile file can then cost that
// process its life (its memory and CPU time are bounded), never the supervisor's.
// `code-analysisd --check` and `--print-config` are short-lived themselves and may call the first two directly.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "supervisor/plan.h"

namespace ca {

// What came of reading a file. Valid exactly where `plan` has a value; then `errors` is empty.
struct ReadOutcome {
  std::optional<Plan> plan;
  std::vector<std::string> errors;    // "FILE:LINE:COL: message", in the order of the file; at most 100 and one that says so
  std::vector<std::string> warnings;  // "FILE:LINE:COL: warning: message"; a plan's own are these without the word
};

// Reads, expands and checks `file` and resolves it into a plan. `file` is used in messages as it is given.
// `starting`: what this host lacks (a user, say) is an error; otherwise (--check) it is a warning.
// Blocks: on the file system and on the account database. Errors: in the outcome, never thrown.
ReadOutcome read_configuration(const std::string& file, bool starting);

// The effective values (defaults filled in, variables expanded, relative paths resolved) as YAML that means the same
// again, passwords masked. `errors` is as in a ReadOutcome; `text` is empty where it is not.
struct PrintedConfig {
  std::string text;
  std::vector<std::string> errors;
};
PrintedConfig print_config(const std::string& file);

// The short-lived process: bounds its own memory and CPU time, reads `file`, writes the outcome to `out_fd`.
// Returns the process's exit code: 0 where an outcome, good or bad, was written; 1 where it could not be.
int reader_main(const std::string& file, int out_fd, bool starting);

// The outcome from reader_main()'s bytes. Errors: the bytes are not a whole outcome (the process died, say).
Result<ReadOutcome> parse_outcome(std::string_view bytes);

}  // namespace ca
