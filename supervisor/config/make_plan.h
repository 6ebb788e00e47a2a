// From checked settings to the plan that the supervisor runs: every path, account, address and environment resolved.
#pragma once

#include <string>

#include "supervisor/config/diagnostics.h"
#include "supervisor/config/host.h"
#include "supervisor/config/settings.h"
#include "supervisor/plan.h"

namespace ca::config {

// REQUIRES: complete() was called on `code_analysis`. `config_path` is the file's absolute path.
// The plan is of use only where `diagnostics` has no error afterwards; its warnings are left to the caller.
// Errors, into `diagnostics`: env, env_file and token_file that cannot be used; more than max_processes.
// Host facts: accounts that do not exist. Blocks: on files and the account database.
Plan make_plan(const Settings& code_analysis, const std::string& config_path, const Host& host,
               Diagnostics& diagnostics);

// `value` as libpq reads it in a connection string: in quotes where it needs them.
std::string conninfo_value(const std::string& value);

}  // namespace ca::config
