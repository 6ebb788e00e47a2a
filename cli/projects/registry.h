// Projects in the table `projects`: added to and removed from the running system, listed with how far their index is.
// Errors of all: a reason for a person.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "common/builtin_config.h"
#include "common/result.h"
#include "database/session.h"

namespace ca::workers {

// The watcher is told at once. Errors besides: no folder there; the name is taken by another project.
Status add_project(Session& session, const ProjectConfig& project);

// The watcher lets go of it at once; returns when its rows are gone. How many files it had. Interrupted, maintenance goes on.
// Errors besides: no such project; it stands in the configuration.
Result<std::int64_t> remove_project(Session& session, const std::string& name);

// {"projects": [{name, path, origin, files, indexed, pending, skipped, dead, files_per_second, seconds_left, scanned, trouble}],
//  "dead_letters": [{project, path, reason}]}: all the projects, and at most `most_dead_letters` files that were given up on.
Result<nlohmann::json> progress(Session& session);
inline constexpr int most_dead_letters = 100;

// The same for people. `with_paths`: where each project is, too.
std::string progress_text(const nlohmann::json& progress, bool with_paths);

}  // namespace ca::workers
