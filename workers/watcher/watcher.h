// The watcher's loop over all projects.
#pragma once

#include <memory>
#include <vector>

#include "common/builtin_config.h"
#include "common/clock.h"
#include "common/readiness.h"
#include "common/unique_fd.h"
#include "workers/database/session.h"
#include "workers/process/stop.h"
#include "workers/watcher/project_watch.h"
#include "workers/watcher/store.h"

namespace ca::workers {

class Watcher {
 public:
  Watcher(const Stop& stop, Session& session) : stop_(stop), session_(session), store_(session) {}

  // Ready once inotify runs and the database answers; the first scans go on after that. Blocks until told to stop.
  // Errors: no inotify; a statement that the database refuses.
  Status run(const WorkerConfig& config, ReadinessPipe& readiness);

 private:
  Status open(const WorkerConfig& config);
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
  DbStatus breath_status_;
};

}  // namespace ca::workers
