#include "workers/watcher/watcher.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>

#include "common/log.h"

namespace ca::workers {

namespace {

// Editors write a file in several steps: wait until nothing has happened for `quiet`, but not longer than `patience`.
constexpr Milliseconds quiet{25};
constexpr Milliseconds patience{150};
// How often a lost root is looked for, and how often a tree is scanned that cannot be watched.
constexpr Milliseconds lost_root_period{500};
constexpr Milliseconds blind_scan_period{30'000};

}  // namespace

Status Watcher::open(const WorkerConfig& config) {
  epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return system_failure("epoll_create1", errno);
  for (const auto& project : config.projects) {
    auto watch = ProjectWatch::make(project);
    if (!watch) return tl::unexpected(watch.error());
    projects_.push_back(std::make_unique<ProjectWatch>(std::move(*watch)));
    epoll_event event{};
    event.events = EPOLLIN;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, projects_.back()->fd(), &event) != 0) {
      return system_failure("epoll_ctl", errno);
    }
  }
  return {};
}

Status Watcher::run(const WorkerConfig& config, ReadinessPipe& readiness) {
  if (auto opened = open(config); !opened) return opened;
  session_.on_trouble([&](const std::string& reason) { readiness.waiting("database: " + reason); });
  auto connected = session_.connection();
  if (connected) readiness.ready();
  DbStatus done;
  while (connected && done && !stop_.requested()) done = round();
  if (!done && done.error().trouble == Trouble::statement) return failure("database: " + done.error().message);
  return {};
}

DbStatus Watcher::round() {
  if (auto scanned = scan_next(); !scanned) return scanned;
  const bool scan_left = std::any_of(projects_.begin(), projects_.end(), [](const auto& project) {
    return project->needs_scan() && !project->root_lost();
  });
  if (!scan_left) wait_for_events();
  let_settle();
  return settle_all();
}

// One scan a round, so that no project keeps the others' changes waiting for long.
DbStatus Watcher::scan_next() {
  for (const auto& project : projects_) {
    if (!project->needs_scan()) continue;
    breath_status_ = {};
    auto done = project->scan(store_, [this] { return breath(); });
    if (!breath_status_) return breath_status_;
    if (!done || !project->root_lost()) return done;
  }
  return {};
}

// Within a scan: changes that are seen meanwhile are dealt with at once.
bool Watcher::breath() {
  if (stop_.requested()) return false;
  collect_all();
  if (breath_status_ && has_changes()) breath_status_ = settle_all();
  return breath_status_.has_value();
}

void Watcher::collect_all() {
  for (const auto& project : projects_) project->collect();
}

bool Watcher::has_changes() const {
  return std::any_of(projects_.begin(), projects_.end(), [](const auto& project) { return project->has_changes(); });
}

DbStatus Watcher::settle_all() {
  for (const auto& project : projects_) {
    if (!project->has_changes()) continue;
    auto done = project->settle(store_, [this] { return !stop_.requested(); });
    if (!done) return done;
  }
  return {};
}

Milliseconds Watcher::time_to_next_look() const {
  Milliseconds period{-1};
  for (const auto& project : projects_) {
    if (project->root_lost()) return lost_root_period;
    if (project->is_blind()) period = blind_scan_period;
  }
  return period;
}

void Watcher::wait_for_events() {
  const Milliseconds timeout = time_to_next_look();
  if (wait_readable(stop_, epoll_.get(), -1, timeout) || timeout.count() < 0) return;
  for (const auto& project : projects_) {
    if (project->is_blind()) project->ask_for_scan();
  }
}

void Watcher::let_settle() {
  const Instant latest = MonotonicClock::now() + patience;
  do {
    collect_all();
  } while (has_changes() && MonotonicClock::now() < latest && wait_readable(stop_, epoll_.get(), -1, quiet));
}

}  // namespace ca::workers
