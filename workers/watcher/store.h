// The watcher's statements. Each call is one transaction and may be done twice without harm.
// Errors of all: as Session::transaction (stopping, or a refused statement).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/builtin_config.h"
#include "workers/database/session.h"
#include "workers/files/file_seen.h"
#include "workers/watcher/difference.h"

namespace ca::workers {

struct TreeChange {
  std::vector<FileSeen> changed;        // new, or with another stamp than before
  std::vector<std::string> gone_files;  // exactly these
  std::vector<std::string> gone_trees;  // these and all below them; removed before `changed` is added

  bool empty() const { return changed.empty() && gone_files.empty() && gone_trees.empty(); }
};

class Store {
 public:
  explicit Store(Session& session) : session_(session) {}

  // The project's row, made or brought up to date. Its id. `configured` false: only one that is there still, else 0.
  DbResult<std::int64_t> project_id(const ProjectConfig& project, bool configured);

  // The projects that were added to the running system.
  DbResult<std::vector<ProjectConfig>> added_projects();

  // What the table has below `folder` ("": the whole project).
  DbResult<KnownFiles> known(std::int64_t project, const std::string& folder);

  // Changed files become rows to be indexed, `live` ones before those of a scan. Removed rows take with them all that
  // hangs on them. Indexers are woken where there is work.
  DbStatus apply(std::int64_t project, const TreeChange& change, bool live);

  DbStatus scanned(std::int64_t project);

 private:
  Session& session_;
};

}  // namespace ca::workers
