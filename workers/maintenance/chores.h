// The chores of maintenance, each in small transactions that may be done twice without harm.
// Errors of all: as Session::transaction.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/builtin_config.h"
#include "database/session.h"

namespace ca::workers {

// Removes projects that the configuration does not name any more and those that were removed by hand, their files first and in
// portions; null: only the latter. How many projects.
DbResult<std::int64_t> remove_projects(Session& session, const std::vector<ProjectConfig>* configured);

// Mends what should not be: pending files that nobody queued, queued files that are not pending. How many rows.
DbResult<std::int64_t> mend_queue(Session& session);

// Queues a portion of the files that an older analyser looked at, those given up on too. How many.
DbResult<std::int64_t> queue_outdated(Session& session);

// One line a project that has files to be indexed: how many, how fast, how long still.
DbResult<std::vector<std::string>> work_left(Session& session);

// ANALYZE for each table of ours of which much has changed since the last time. How many tables.
DbResult<std::int64_t> refresh_statistics(Session& session);

}  // namespace ca::workers
