#include "workers/watcher/project_watch.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "common/log.h"
#include "database/text.h"
#include "workers/watcher/difference.h"
#include "workers/watcher/walk.h"

namespace ca::workers {

namespace {

constexpr std::size_t rows_per_transaction = 1000;
constexpr long most_names_told = 20;
constexpr std::size_t longest_trouble = 500;  // bytes
// How often a lost root is looked for. A tree that cannot be watched or seen whole is scanned with pauses of 20 times the
// last scan, so that it costs at most a twentieth of a processor, within these bounds.
constexpr Milliseconds lost_root_pause{500};
constexpr Milliseconds shortest_pause{2'000};
constexpr Milliseconds longest_pause{30'000};
constexpr std::string_view rules_name = ".gitignore";

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

bool is_rules_file(std::string_view path) {
  return path == rules_name || (path.size() > rules_name.size() && path.ends_with(rules_name) &&
                                path[path.size() - rules_name.size() - 1] == '/');
}

// Removes what is `folder` or below it.
void erase_below(std::set<std::string>& paths, const std::string& folder) {
  std::erase_if(paths, [&](const std::string& path) {
    return folder.empty() || path == folder || path.starts_with(folder + "/");
  });
}

}  // namespace

Result<ProjectWatch> ProjectWatch::make(const ProjectConfig& project, bool configured) {
  auto watches = Watches::make();
  if (!watches) return tl::unexpected(watches.error());
  return ProjectWatch(project, configured, std::move(*watches));
}

void ProjectWatch::note(const std::string& path) {
  if (is_rules_file(path)) {
    dirty_.insert(folder_of(path));
  } else if (can_be_stored(path) && (selection_.takes_file(path) || selection_.takes_folder(path))) {
    dirty_.insert(path);
  }
}

void ProjectWatch::collect() {
  const Changes changes = watches_.take();
  if (changes.overflowed) {
    log::warning("project {}: the kernel dropped events, scanning it again", name());
    needs_scan_ = true;
  }
  if (changes.root_lost) {
    watched_.reset();
    root_lost_ = needs_scan_ = true;
  }
  for (const auto& path : changes.paths) note(path);
}

void ProjectWatch::lose_root(const std::string& reason) {
  watched_.reset();
  root_lost_ = needs_scan_ = true;
  failure_ = "its root is not there: " + reason;
}

std::optional<Instant> ProjectWatch::next_look() const {
  if (!root_lost_ && !unwatched_ && failure_.empty()) return std::nullopt;
  return looked_at_ + pause_;
}

void ProjectWatch::looked(Instant began) {
  looked_at_ = MonotonicClock::now();
  const auto took = std::chrono::duration_cast<Milliseconds>(looked_at_ - began);
  pause_ = root_lost_ ? lost_root_pause : std::clamp(took * 20, shortest_pause, longest_pause);
}

void ProjectWatch::check_row(const std::set<std::int64_t>& ids) {
  if (row_.id == 0 || ids.contains(row_.id)) return;
  row_ = {};
  needs_scan_ = true;
}

DbStatus ProjectWatch::identify(Store& store) {
  if (row_.id != 0) return {};
  auto row = store.project_row(config_, configured_);
  if (!row) return tl::unexpected(row.error());
  row_ = std::move(*row);
  return {};
}

std::string ProjectWatch::trouble() const {
  if (!failure_.empty() || closed_.empty()) return failure_;
  return fmt::format("{} of its folders cannot be looked into; the first is {}", closed_.size(), *closed_.begin());
}

// Says what keeps the tree from being seen, in the log and in the table, once for each change of it.
DbStatus ProjectWatch::report(Store& store) {
  std::string now = valid_text(trouble(), longest_trouble);
  if (row_.id == 0 || now == row_.trouble) return {};
  if (now.empty()) {
    log::info("project {}: its tree can be seen again", name());
  } else {
    log::warning("project {}: {}", name(), now);
  }
  auto done = store.set_trouble(row_.id, now);
  if (done) row_.trouble = std::move(now);
  return done;
}

DbStatus ProjectWatch::scan(Store& store, const Breath& breath) {
  if (auto known = identify(store); !known) return known;
  if (row_.id == 0) {  // removed again; the watcher is told so next
    needs_scan_ = false;
    return {};
  }
  const Instant began = MonotonicClock::now();
  failure_.clear();
  const auto root = Root::open(config_.path);
  DbStatus done;
  if (root) {
    done = compare(store, *root, breath);
  } else {
    lose_root(root.error().message);
  }
  looked(began);
  return done ? report(store) : done;
}

DbStatus ProjectWatch::compare(Store& store, const Root& root, const Breath& breath) {
  root_lost_ = needs_scan_ = unwatched_ = false;
  watched_ = root.identity();
  scanning_ = true;
  auto done = scan_folder(store, root, "", breath, false);
  scanning_ = false;
  dirty_.merge(again_);
  again_.clear();
  if (!done) return done;
  if (!unwatched_) unwatched_told_ = false;
  if (needs_scan_ || !failure_.empty()) return {};
  if (!unwatched_told_) log::info("project {}: scanned, {} folders watched", name(), watches_.count());
  row_.device = std::to_string(root.identity().device);
  return store.scanned(row_);
}

void ProjectWatch::add_watch(const std::string& path, int fd) {
  const auto added = watches_.add(path, fd);
  if (added || std::exchange(unwatched_, true) || std::exchange(unwatched_told_, true)) return;
  log::warning("project {}: {}, scanning by the clock instead", name(), added.error().message);
}

void ProjectWatch::leave_out(const std::string& path) {
  if (++unstorable_told_ > most_names_told) return;
  log::warning("project {}: left out, its name is not UTF-8 or too long: {}", name(), valid_text(path, 300));
}

// The row may have been removed since it was read, or removed and added again: then the next scan begins anew.
DbStatus ProjectWatch::apply(Store& store, const TreeChange& change, bool live) {
  const auto is_there = store.apply(row_.id, change, live);
  if (!is_there) return tl::unexpected(is_there.error());
  if (!*is_there) check_row({});
  return {};
}

DbStatus ProjectWatch::scan_folder(Store& store, const Root& root, const std::string& folder, const Breath& breath,
                                   bool live) {
  auto known = store.known(row_.id, folder);
  if (!known) return tl::unexpected(known.error());
  Difference difference(std::move(*known));
  watches_.drop(folder);
  erase_below(closed_, folder);
  DbStatus status;
  bool found_any = false;
  const auto write = [&] {
    if (status) status = apply(store, {difference.take_changed(), {}, {}}, live);
  };
  WalkCallbacks callbacks;
  callbacks.folder = [&](const std::string& path, int fd) { add_watch(path, fd); };
  callbacks.file = [&](FileSeen file) {
    found_any = true;
    difference.found(std::move(file));
    if (difference.changed_count() >= rows_per_transaction) write();
  };
  callbacks.unstorable = [&](const std::string& path) { leave_out(path); };
  callbacks.breath = [&] { return status && row_.id != 0 && breath(); };
  const WalkEnd end = walk(root, folder, selection_, callbacks);
  closed_.insert(end.closed.begin(), end.closed.end());
  if (end.stopped) needs_scan_ = true;
  if (!status || end.stopped) return status;
  write();
  const auto gone = difference.gone();
  const bool all_gone = folder.empty() && !found_any && !gone.empty();
  if (!status || !may_delete(root, end, all_gone)) return status;
  return delete_gone(store, gone, end, live);
}

// Returns true if what the walk did not find may be taken for gone at all. `all_gone`: it found no file, where there were some.
bool ProjectWatch::may_delete(const Root& root, const WalkEnd& end, bool all_gone) {
  if (end.failed) {
    failure_ = "its tree cannot be looked at: " + end.failed->message;
    return false;
  }
  if (const auto there = root.check(); !there) {
    lose_root(there.error().message);
    return false;
  }
  // A file system that is not mounted looks like an empty folder.
  if (!all_gone || row_.device == std::to_string(root.identity().device)) return true;
  failure_ = "its root is empty, and not on the file system that it was on when it was last scanned";
  return false;
}

DbStatus ProjectWatch::delete_gone(Store& store, const std::vector<std::string>& paths, const WalkEnd& end, bool live) {
  TreeChange change;
  DbStatus status;
  const auto write = [&] {
    if (status && !change.gone_trees.empty()) status = apply(store, std::exchange(change, {}), live);
  };
  for (const auto& path : paths) {
    if (!end.proves_gone(path)) continue;
    change.gone_trees.push_back(path);
    if (change.gone_trees.size() >= rows_per_transaction) write();
  }
  write();
  return status;
}

// What one path is now: a file to be taken, a folder to be gone through, nothing of ours, or not to be seen.
void ProjectWatch::look_at(const Root& root, const std::string& path, TreeChange& change,
                           std::vector<std::string>& folders) {
  const auto info = stat_beneath(root.fd(), path);
  if (!info && means_closed(info.error().code)) {
    closed_.insert(folder_of(path));
    return;
  }
  if (!info && !means_gone(info.error().code)) {
    failure_ = "its tree cannot be looked at: " + info.error().message;
    return;
  }
  if (info && S_ISDIR(info->st_mode) && selection_.takes_folder(path)) {
    folders.push_back(path);
    change.gone_files.push_back(path);  // it may have been a file before
    return;
  }
  const bool was_folder = watches_.has(path);
  if (was_folder) watches_.drop(path);
  erase_below(closed_, path);
  if (info && S_ISREG(info->st_mode) && selection_.takes_file(path)) {
    if (was_folder) change.gone_trees.push_back(path);
    change.changed.push_back(file_seen(path, *info));
  } else {
    change.gone_trees.push_back(path);
  }
}

DbStatus ProjectWatch::look_at_all(Store& store, const Root& root, const std::set<std::string>& paths,
                                   const Breath& breath) {
  TreeChange change;
  std::vector<std::string> folders;
  for (const auto& path : without_covered({paths.begin(), paths.end()})) {
    if (path.empty()) {
      needs_scan_ = true;
      return {};
    }
    look_at(root, path, change, folders);
  }
  if (const auto there = root.check(); !there) {
    lose_root(there.error().message);
    return {};
  }
  auto done = apply(store, change, true);
  for (const auto& folder : folders) {
    if (done) done = scan_folder(store, root, folder, breath, true);
  }
  return done;
}

DbStatus ProjectWatch::settle(Store& store, const Breath& breath) {
  const std::set<std::string> paths = std::exchange(dirty_, {});
  if (scanning_) again_.insert(paths.begin(), paths.end());
  if (!watched_ || row_.id == 0) return {};  // the coming scan sees them
  const auto root = Root::open(config_.path);
  DbStatus done;
  if (!root) {
    lose_root(root.error().message);
  } else if (root->identity() != *watched_) {
    lose_root(config_.path + ": another folder took its place");
  } else {
    done = look_at_all(store, *root, paths, breath);
  }
  return done ? report(store) : done;
}

}  // namespace ca::workers
