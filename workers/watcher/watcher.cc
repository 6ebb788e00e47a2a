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
// How often the table of projects is read if the database refuses LISTEN, or if one of them could not be watched.
constexpr Milliseconds unannounced_period{5'000};

}  // namespace

Watcher::Watcher(const Stop& stop, Session& session) : stop_(stop), session_(session), store_(session) {
  session_.on_connect([this](Connection& connection) -> DbStatus {
    added_may_differ_ = true;  // what was announced meanwhile is lost
    const auto listening = connection.execute("LISTEN projects");
    listens_ = listening.has_value();
    if (!listening && listening.error().trouble != Trouble::statement) return tl::unexpected(listening.error());
    return {};
  });
}

Status Watcher::add(const ProjectConfig& project, bool configured) {
  auto watch = ProjectWatch::make(project, configured);
  if (!watch) return tl::unexpected(watch.error());
  epoll_event event{};
  event.events = EPOLLIN;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, watch->fd(), &event) != 0) return system_failure("epoll_ctl", errno);
  projects_.push_back(std::make_unique<ProjectWatch>(std::move(*watch)));
  return {};
}

// Makes the added projects those of the table. One whose definition changed is watched anew. One that was removed and
// added again has another id: it is scanned anew.
DbStatus Watcher::refresh_added() {
  if (!added_may_differ_) return {};
  const auto there = store_.projects();
  if (!there) return tl::unexpected(there.error());
  const auto* listed = &there->added;
  added_may_differ_ = some_unwatched_ = false;
  std::erase_if(projects_, [&](const auto& project) {
    if (project->is_configured() || std::find(listed->begin(), listed->end(), project->config()) != listed->end()) return false;
    log::info("project {}: no longer watched", project->name());
    return true;
  });
  for (const auto& project : projects_) project->check_row(there->ids);
  for (const auto& project : *listed) {
    const bool known = std::any_of(projects_.begin(), projects_.end(),
                                   [&](const auto& watched) { return watched->name() == project.name; });
    if (known) continue;
    if (auto added = add(project, false); !added) {
      some_unwatched_ = true;
      log::error("project {} is not watched for now: {}", project.name, added.error().message);
    }
  }
  return {};
}

Status Watcher::run(const WorkerConfig& config, ReadinessPipe& readiness) {
  epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return system_failure("epoll_create1", errno);
  for (const auto& project : config.projects) {
    if (auto added = add(project, true); !added) return added;
  }
  session_.on_trouble([&](const std::string& reason) { readiness.waiting("database: " + reason); });
  auto connected = session_.connection();
  if (connected) readiness.ready();
  DbStatus done;
  while (connected && done && !stop_.requested()) done = round();
  if (!done && done.error().trouble == Trouble::statement) return failure("database: " + done.error().message);
  return {};
}

DbStatus Watcher::round() {
  if (auto refreshed = refresh_added(); !refreshed) return refreshed;
  if (auto scanned = scan_next(); !scanned) return scanned;
  const bool scan_left = std::any_of(projects_.begin(), projects_.end(), [](const auto& project) {
    return project->needs_scan() && !project->root_lost();
  });
  if (!scan_left) wait_for_events();
  take_notifications();
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

// -1: no look is due without an event.
Milliseconds Watcher::time_to_next_look() const {
  std::optional<Instant> next;
  const Instant now = MonotonicClock::now();
  if (!listens_ || some_unwatched_) next = now + unannounced_period;
  for (const auto& project : projects_) {
    if (const auto look = project->next_look()) next = next ? std::min(*next, *look) : *look;
  }
  if (!next) return Milliseconds{-1};
  return std::max(std::chrono::ceil<Milliseconds>(*next - now), Milliseconds{0});
}

void Watcher::wait_for_events() {
  const Milliseconds timeout = time_to_next_look();
  take_notifications();  // one may have come with the last answer: then the socket has nothing more to say
  if (added_may_differ_) return;
  const Connection* connection = session_.current();
  const bool usable = connection != nullptr && connection->is_usable();
  const bool woken = wait_readable(stop_, epoll_.get(), usable ? connection->socket() : -1, timeout);
  const Instant now = MonotonicClock::now();
  for (const auto& project : projects_) {
    if (const auto look = project->next_look(); look && *look <= now) project->ask_for_scan();
  }
  if (!woken && (!listens_ || some_unwatched_)) added_may_differ_ = true;
}

// A lost connection is dropped here; the next statement makes a new one, which reads the table again.
void Watcher::take_notifications() {
  Connection* connection = session_.current();
  if (connection == nullptr || !connection->is_usable()) {
    added_may_differ_ = true;
    return;
  }
  const auto told = connection->take_notifications();
  if (!told) session_.drop();
  if (!told || *told) added_may_differ_ = true;
}

void Watcher::let_settle() {
  const Instant latest = MonotonicClock::now() + patience;
  do {
    collect_all();
  } while (has_changes() && MonotonicClock::now() < latest && wait_readable(stop_, epoll_.get(), -1, quiet));
}

}  // namespace ca::workers
