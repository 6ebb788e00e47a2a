// The command line of libexec/code-analysis/projects as a value; no I/O. code-analysisctl passes its own through.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/builtin_config.h"
#include "common/result.h"

namespace ca::workers {

enum class ProjectVerb { add, remove, list, verify, status };

struct ProjectCommand {
  ProjectVerb verb = ProjectVerb::list;
  ProjectConfig project;  // name, where the verb takes one; all of it for add, its path absolute
  bool json = false;
};

// add NAME PATH [--exclude PATTERN]... [--index-secrets] | remove NAME | verify NAME | list | status, each with [--json].
// A relative PATH is relative to `folder`. Errors: anything else (exit code 64).
Result<ProjectCommand> parse_project_command(const std::vector<std::string_view>& arguments, const std::string& folder);

}  // namespace ca::workers
