// Runs libexec/code-analysis/projects, which speaks SQL, so that this program needs no database library. It reaches the database
// through the driver of the running tree, as any client would.
#pragma once

#include <string>
#include <vector>

#include "common/clock.h"
#include "common/control_client.h"
#include "common/result.h"

namespace ca::ctl {

// Whether the tree has the built-in driver. (Another program in its place may answer no SQL.)
bool has_own_driver(const Json& status);

// What the program needs in its environment to reach the driver: PGHOST=..., PGPORT=... and so on; from the tree's status.
// Errors: no driver in this tree, or it is not ready.
Result<std::vector<std::string>> driver_environment(const Json& status);

// Becomes the program. Returns only where that fails.
Error become_projects_program(const std::vector<std::string>& arguments, const std::vector<std::string>& environment);

// Its standard output. Errors: it cannot be run; it fails, or says nothing for `timeout` (then it is killed).
Result<std::string> ask_projects_program(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                                         Milliseconds timeout);

}  // namespace ca::ctl
