// The part of a plan that every process has, whatever its kind.
#pragma once

#include <string>

#include "supervisor/config/settings.h"
#include "supervisor/core/rules.h"
#include "supervisor/plan.h"

namespace ca::config {

// The lifecycle's view of a process. Names of choices are those of the schema, which checked them.
core::ProcessRules process_rules(const Settings& process, const std::string& name, core::Tier tier);

// How it is started: argv (a shipped program is found in `libexec`), folder, umask, signals. No environment, no
// account, no listeners, no configuration yet.
Launch process_launch(const Settings& process, const std::string& libexec);

// True where the process is a shipped program, which gets its configuration over CONFIG_FD.
bool is_builtin(const Settings& process);

}  // namespace ca::config
