// The watcher's loop over all projects: those of the configuration, and those that were added to the running system, which stand
// in the table `projects` and are announced by NOTIFY projects.
#pragma once

#include <memory>
#include <vector>

#include "common/builtin_config.h"
#include "common/clock.h"
#include "common/readiness.h"
#include "common/stop.h"
#include "common/unique_fd.h"
#include "database/session.h"
#include "workers/watcher/project_watch.h"
#include "workers/watcher/store.h"

namespace ca::workers {

class Watcher {
 public:
  Watcher(const Stop& stop, Session& session);

  // Ready once inotify runs and the database answers; the first scans go on after that. Blocks until told to stop.
  // Errors: no inotify; a statement that the database refuses.
  Status run(const WorkerConfig& config, ReadinessPipe& readiness);

 private:
  Status add(const ProjectConfig& project, bool configured);
  DbStatus refresh_added();
  void take_notifications();
  DbStatus round();
  DbStatus scan_next();
  DbStatus settle_all();
  void collect_all();
  bool has_changes() const;
  void wait_for_events();
  void let_settle();
  Milliseconds time_to_next_look() const;
  bool breath();

  const Stop& stop_;
  Session& session_;
  Store store_;
  UniqueFd epoll_;
  std::vector<std::unique_ptr<ProjectWatch>> projects_;
  bool added_may_differ_ = true;  // the table `projects` is to be read again
  bool some_unwatched_ = false;   // one of the added projects could not be watched, for want of an inotify instance
  bool listens_ = false;          // false: the database refuses LISTEN
  DbStatus breath_status_;
};

}  // namespace ca::workers
