// One project being watched: its root, its rules, its inotify watches, and what is known to need another look.
//
// It is level-triggered: an event says only that a path may have changed, and the path is looked at later, when things
// have settled. So it does not matter how many events came, in which order, or whether a rename was seen as one thing
// or two.
//
// A row is deleted only for a path that is known not to be there. If a look-up fails for another reason, or if the root
// is away, the rows stay, projects.trouble says why, and the tree is scanned by the clock until it can be seen again.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/builtin_config.h"
#include "common/clock.h"
#include "workers/files/root.h"
#include "workers/watcher/selection.h"
#include "workers/watcher/store.h"
#include "workers/watcher/walk.h"
#include "workers/watcher/watches.h"

namespace ca::workers {

class ProjectWatch {
 public:
  // `configured`: it stands in the configuration; else it was added to the running system. Errors: no inotify instance.
  static Result<ProjectWatch> make(const ProjectConfig& project, bool configured);

  int fd() const { return watches_.fd(); }  // readable when events wait
  const std::string& name() const { return config_.name; }
  const ProjectConfig& config() const { return config_; }
  bool is_configured() const { return configured_; }

  // Takes the waiting events in. Cheap; never blocks.
  void collect();
  bool has_changes() const { return !dirty_.empty(); }
  bool needs_scan() const { return needs_scan_; }
  void ask_for_scan() { needs_scan_ = true; }
  // When it is to be scanned though no event asks for it: the root is away, the last look failed, or the kernel's limit
  // of watches is reached. nullopt: the events suffice.
  std::optional<Instant> next_look() const;
  bool root_lost() const { return root_lost_; }

  // Makes the next scan take the project's row anew if `ids`, the projects that are there, lacks the one that this watch
  // writes to: it was removed, and perhaps added again.
  void check_row(const std::set<std::int64_t>& ids);

  // Compares the whole tree with the table. `breath` is called now and then; where it returns false the scan ends
  // early.
  DbStatus scan(Store& store, const std::function<bool()>& breath);
  // Looks at the changed paths and brings the table up to date with them.
  DbStatus settle(Store& store, const std::function<bool()>& breath);

 private:
  using Breath = std::function<bool()>;

  ProjectWatch(ProjectConfig config, bool configured, Watches watches)
      : config_(std::move(config)), configured_(configured), selection_(config_), watches_(std::move(watches)) {}

  DbStatus identify(Store& store);
  DbStatus compare(Store& store, const Root& root, const Breath& breath);
  DbStatus scan_folder(Store& store, const Root& root, const std::string& folder, const Breath& breath, bool live);
  DbStatus delete_gone(Store& store, const std::vector<std::string>& paths, const WalkEnd& end, bool live);
  bool may_delete(const Root& root, const WalkEnd& end, bool all_gone);
  DbStatus look_at_all(Store& store, const Root& root, const std::set<std::string>& paths, const Breath& breath);
  void look_at(const Root& root, const std::string& path, TreeChange& change, std::vector<std::string>& folders);
  DbStatus apply(Store& store, const TreeChange& change, bool live);
  void add_watch(const std::string& path, int fd);
  void leave_out(const std::string& path);
  void lose_root(const std::string& reason);
  std::string trouble() const;
  DbStatus report(Store& store);
  void note(const std::string& path);
  void looked(Instant began);

  ProjectConfig config_;
  bool configured_;
  Selection selection_;
  Watches watches_;
  std::optional<Root::Identity> watched_;  // the root that the watches are for. It is open during a look only, so that
                                           // it can be unmounted, and so that the kernel reports its end
  ProjectRow row_;                         // id 0: not known yet
  std::set<std::string> dirty_;            // paths to look at
  std::set<std::string> again_;  // looked at while a scan ran: its older view must not win, so they are looked at again
  bool scanning_ = false;
  bool needs_scan_ = true;
  bool root_lost_ = false;
  std::string failure_;           // why the last look did not see the tree; "": it did
  std::set<std::string> closed_;  // folders that this process may not look into
  bool unwatched_ = false;
  bool unwatched_told_ = false;  // and so are the scans by the clock that follow
  Instant looked_at_{};          // the end of the last scan, or of the last look for a root that is away
  Milliseconds pause_{};         // from then to the next one, where there are no events
  long unstorable_told_ = 0;
};

}  // namespace ca::workers
