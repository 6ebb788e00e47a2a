// The watcher's statements. Each call is one transaction and may be done twice without harm.
// Errors of all: as Session::transaction (stopping, or a refused statement).
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "common/builtin_config.h"
#include "database/session.h"
#include "workers/files/file_seen.h"
#include "workers/watcher/difference.h"

namespace ca::workers {

struct TreeChange {
  std::vector<FileSeen> changed;        // new, or with another stamp than before
  std::vector<std::string> gone_files;  // exactly these
  std::vector<std::string> gone_trees;  // these and all below them; removed before `changed` is added

  bool empty() const { return changed.empty() && gone_files.empty() && gone_trees.empty(); }
};

// A project's row, as far as the watcher needs it.
struct ProjectRow {
  std::int64_t id = 0;
  std::string device;   // the number of the file system that the last whole scan found the root on; "": none was yet
  std::string trouble;  // why the tree cannot be seen whole; "": it can
};

// The projects that are there, but for those that are being removed.
struct Projects {
  std::vector<ProjectConfig> added;  // to the running system
  std::set<std::int64_t> ids;        // of all
};

class Store {
 public:
  explicit Store(Session& session) : session_(session) {}

  // Returns the project's row, made or brought up to date. `configured` false: the row that an addition of exactly this
  // project made; its id is 0 if there is none any more.
  DbResult<ProjectRow> project_row(const ProjectConfig& project, bool configured);

  DbResult<Projects> projects();

  // What the table has below `folder` ("": the whole project).
  DbResult<KnownFiles> known(std::int64_t project, const std::string& folder);

  // Changed files become rows to be indexed, `live` ones before those of a scan. Removed rows take with them all that
  // hangs on them. Indexers are woken where there is work. Returns false, and changes nothing, if the project is not there
  // any more. Waits for an apply() of an earlier connection or process that the server is still at.
  DbResult<bool> apply(std::int64_t project, const TreeChange& change, bool live);

  // The whole tree was compared; its root was on the file system `project.device`.
  DbStatus scanned(const ProjectRow& project);
  DbStatus set_trouble(std::int64_t project, const std::string& trouble);

 private:
  Session& session_;
};

}  // namespace ca::workers
