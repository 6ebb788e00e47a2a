#include "workers/watcher/project_watch.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "common/log.h"
#include "workers/database/text.h"
#include "workers/files/beneath.h"
#include "workers/watcher/difference.h"
#include "workers/watcher/walk.h"

namespace ca::workers {

namespace {

constexpr std::size_t rows_per_transaction = 1000;
constexpr long most_names_told = 20;
// How often a lost root is looked for. A tree that cannot be watched whole is scanned with pauses of 20 times the last scan, so
// that it costs at most a twentieth of a processor, within these bounds.
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

// lstat below the root without following a link on the way.
bool stat_beneath(int root, const std::string& path, struct stat& info) {
  const auto folder = open_beneath(root, folder_of(path), O_PATH | O_DIRECTORY);
  if (!folder) return false;
  const std::string name = path.substr(path.rfind('/') + 1);
  return ::fstatat(folder->get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
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
    root_.reset();
    root_lost_ = needs_scan_ = true;
  }
  for (const auto& path : changes.paths) note(path);
}

bool ProjectWatch::open_root() {
  auto root = workers::open_root(config_.path);
  if (!root) {
    if (!root_lost_ || root_) log::warning("project {}: its root cannot be opened: {}", name(), root.error().message);
    root_.reset();
    root_lost_ = true;
    return false;
  }
  if (root_lost_) log::info("project {}: its root is there again", name());
  root_ = std::move(*root);
  root_lost_ = false;
  return true;
}

std::optional<Instant> ProjectWatch::next_look() const {
  if (!root_lost_ && !unwatched_) return std::nullopt;
  return looked_at_ + pause_;
}

void ProjectWatch::looked(Instant began) {
  looked_at_ = MonotonicClock::now();
  const auto took = std::chrono::duration_cast<Milliseconds>(looked_at_ - began);
  pause_ = root_lost_ ? lost_root_pause : std::clamp(took * 20, shortest_pause, longest_pause);
}

DbStatus ProjectWatch::identify(Store& store) {
  if (id_ != 0) return {};
  auto id = store.project_id(config_, configured_);
  if (!id) return tl::unexpected(id.error());
  id_ = *id;
  return {};
}

DbStatus ProjectWatch::scan(Store& store, const std::function<bool()>& breath) {
  if (auto known = identify(store); !known) return known;
  if (id_ == 0) {  // removed again; the watcher is told so next
    needs_scan_ = false;
    return {};
  }
  const Instant began = MonotonicClock::now();
  if (!open_root()) {
    looked(began);
    return {};
  }
  needs_scan_ = unwatched_ = false;
  scanning_ = true;
  auto done = scan_folder(store, "", breath, false);
  scanning_ = false;
  dirty_.merge(again_);
  again_.clear();
  looked(began);
  if (!done) return done;
  if (!unwatched_) unwatched_told_ = false;
  if (!unwatched_told_) log::info("project {}: scanned, {} folders watched", name(), watches_.count());
  return store.scanned(id_);
}

DbStatus ProjectWatch::scan_folder(Store& store, const std::string& folder, const std::function<bool()>& breath,
                                   bool live) {
  auto known = store.known(id_, folder);
  if (!known) return tl::unexpected(known.error());
  Difference difference(std::move(*known));
  watches_.drop(folder);
  DbStatus status;
  const auto write = [&](std::vector<std::string> gone) {
    if (status) status = store.apply(id_, {difference.take_changed(), std::move(gone), {}}, live);
  };
  WalkCallbacks callbacks;
  callbacks.folder = [&](const std::string& path, int fd) {
    if (watches_.add(path, fd) || unwatched_) return;
    unwatched_ = true;
    if (std::exchange(unwatched_told_, true)) return;
    log::warning("project {}: fs.inotify.max_user_watches is reached, scanning by the clock instead", name());
  };
  callbacks.file = [&](FileSeen file) {
    difference.found(std::move(file));
    if (difference.changed_count() >= rows_per_transaction) write({});
  };
  callbacks.unstorable = [&](const std::string& path) {
    if (++unstorable_told_ <= most_names_told) {
      log::warning("project {}: left out, its name is not UTF-8 or too long: {}", name(), valid_text(path, 300));
    }
  };
  callbacks.breath = [&] { return status && breath(); };
  if (!walk(root_.get(), folder, selection_, callbacks)) {
    needs_scan_ = true;
    return status;
  }
  write({});
  const auto gone = difference.gone();
  for (std::size_t at = 0; at < gone.size() && status; at += rows_per_transaction) {
    const auto end = std::min(gone.size(), at + rows_per_transaction);
    write({gone.begin() + static_cast<long>(at), gone.begin() + static_cast<long>(end)});
  }
  return status;
}

// What one path is now: a file to be taken, a folder to be gone through, or nothing of ours.
void ProjectWatch::look_at(const std::string& path, TreeChange& change, std::vector<std::string>& folders) {
  struct stat info {};
  const bool exists = stat_beneath(root_.get(), path, info);
  if (exists && S_ISDIR(info.st_mode) && selection_.takes_folder(path)) {
    folders.push_back(path);
    change.gone_files.push_back(path);  // it may have been a file before
    return;
  }
  const bool was_folder = watches_.has(path);
  if (was_folder) watches_.drop(path);
  if (exists && S_ISREG(info.st_mode) && selection_.takes_file(path)) {
    if (was_folder) change.gone_trees.push_back(path);
    change.changed.push_back(file_seen(path, info));
  } else {
    change.gone_trees.push_back(path);
  }
}

DbStatus ProjectWatch::settle(Store& store, const std::function<bool()>& breath) {
  const std::set<std::string> paths = std::exchange(dirty_, {});
  if (scanning_) again_.insert(paths.begin(), paths.end());
  if (!root_ || id_ == 0) return {};  // the coming scan sees them
  TreeChange change;
  std::vector<std::string> folders;
  for (const auto& path : without_covered({paths.begin(), paths.end()})) {
    if (path.empty()) {
      needs_scan_ = true;
      return {};
    }
    look_at(path, change, folders);
  }
  if (auto done = store.apply(id_, change, true); !done) return done;
  for (const auto& folder : folders) {
    if (auto done = scan_folder(store, folder, breath, true); !done) return done;
  }
  return {};
}

}  // namespace ca::workers
