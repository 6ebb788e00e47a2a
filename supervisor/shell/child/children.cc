#include "supervisor/shell/child/children.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "common/posix.h"
#include "common/printable.h"
#include "supervisor/shell/child/environment.h"
#include "supervisor/shell/child/procfs.h"
#include "supervisor/shell/child/spawner.h"

namespace ca::shell {

namespace {

tl::unexpected<core::SpawnError> channel_failure(const char* stage, int error) {
  return tl::unexpected(core::SpawnError{stage, error, {}});
}

bool open_pipe(UniqueFd& read_end, UniqueFd& write_end) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  read_end.reset(ends[0]);
  write_end.reset(ends[1]);
  ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
  return true;
}

}  // namespace

Children::Children(Environment environment)
    : environment_(std::move(environment)), null_(::open("/dev/null", O_RDWR | O_CLOEXEC)),
      children_(environment_.plan.rules.processes.size()) {}

std::optional<core::ProcessId> Children::by_pid(pid_t pid) const {
  const auto found = by_pid_.find(pid);
  return found == by_pid_.end() ? std::nullopt : std::optional(found->second);
}

tl::expected<Children::Channels, core::SpawnError> Children::open_channels(core::ProcessId process) {
  const core::ProcessRules& rules = environment_.plan.rules.processes[process];
  const Launch& launch = environment_.plan.launches[process];
  Channels channels;
  UniqueFd output_read;
  if (!open_pipe(output_read, channels.output_write)) return channel_failure("pipe2", errno);
  if (rules.ready == core::ReadyKind::pipe && !open_pipe(channels.ready_read, channels.ready_write)) {
    return channel_failure("pipe2", errno);
  }
  if (rules.ready == core::ReadyKind::notify) {
    auto notify = NotifySocket::open();
    if (!notify) return channel_failure("notify socket", notify.error().code);
    channels.notify = std::move(*notify);
  }
  if (!launch.config_json.empty()) {
    auto config = sealed_memory_file("configuration", launch.config_json);
    if (!config) return channel_failure("memfd_create", config.error().code);
    channels.config = std::move(*config);
  }
  if (auto watched = watch_channels(process, channels, std::move(output_read)); !watched) {
    return channel_failure("epoll_ctl", watched.error().code);
  }
  return channels;
}

Status Children::watch_channels(core::ProcessId process, Channels& channels, UniqueFd output_read) {
  Loop& loop = environment_.loop;
  auto output = LogPump::make(loop, std::move(output_read), environment_.plan.rules.processes[process].name, environment_.log);
  if (!output) return tl::unexpected(output.error());
  channels.output = std::move(*output);
  if (channels.ready_read) {
    auto watch = PacedWatch::make(loop, channels.ready_read.get(), [this, process] { return read_ready_pipe(process); });
    if (!watch) return tl::unexpected(watch.error());
    channels.ready_watch = std::move(*watch);
  }
  if (channels.notify) {
    auto watch = PacedWatch::make(loop, channels.notify->fd(), [this, process] { return read_notify_socket(process); });
    if (!watch) return tl::unexpected(watch.error());
    channels.notify_watch = std::move(*watch);
  }
  return {};
}

tl::expected<pid_t, core::SpawnError> Children::start(core::ProcessId process, const Channels& channels) const {
  const core::ProcessRules& rules = environment_.plan.rules.processes[process];
  const Launch& launch = environment_.plan.launches[process];
  SpawnRequest request;
  Passed passed;
  for (const std::uint32_t index : launch.listeners) {
    passed.listeners.push_back(environment_.plan.listeners[index].name);
    request.passed.push_back(environment_.listeners[index].fd.get());
  }
  passed.ready_pipe = static_cast<bool>(channels.ready_write);
  if (passed.ready_pipe) request.passed.push_back(channels.ready_write.get());
  passed.config = static_cast<bool>(channels.config);
  if (passed.config) request.passed.push_back(channels.config.get());
  if (channels.notify) passed.notify_socket = channels.notify->name();
  request.argv = launch.argv;
  request.environment = child_environment(environment_.inherited, launch, rules.name, environment_.tree, passed);
  request.working_dir = launch.working_dir;
  request.umask = launch.umask;
  request.account = launch.account;
  request.descriptor_limit = environment_.descriptor_limit;
  request.parent_death_signal = launch.parent_death_signal;
  request.input = null_.get();
  request.output = channels.output_write.get();
  return ca::shell::spawn(request);
}

core::Event Children::spawn(core::ProcessId process) {
  auto channels = open_channels(process);
  if (!channels) return core::SpawnFailed{process, channels.error()};
  const auto pid = start(process, *channels);
  if (!pid) return core::SpawnFailed{process, pid.error()};
  Child& child = children_[process];
  child.pid = *pid;
  child.spawned_at = MonotonicClock::now();
  child.status_text.clear();
  by_pid_[*pid] = process;
  adopt_channels(process, std::move(*channels));
  return core::SpawnSucceeded{process, *pid};
}

void Children::adopt_channels(core::ProcessId process, Channels channels) {
  Child& child = children_[process];
  child.output = std::move(channels.output);
  child.readiness = {};
  child.ready_pipe = std::move(channels.ready_read);
  child.ready_watch = std::move(channels.ready_watch);
  child.notify = std::move(channels.notify);
  child.notify_watch = std::move(channels.notify_watch);
}

bool Children::read_ready_pipe(core::ProcessId process) {
  Child& child = children_[process];
  if (!child.ready_watch) return false;
  char buffer[8192];
  const ssize_t count = ::read(child.ready_pipe.get(), buffer, sizeof buffer);
  if (count < 0) return errno == EINTR;
  if (count > 0) {
    tell(process, child.readiness.feed(std::string_view(buffer, static_cast<std::size_t>(count))));
    return true;
  }
  close_readiness(child);
  // A dying process closes its end a moment before its exit can be seen: then the exit is what counts.
  const auto stat = process_stat(child.pid);
  if (!stat || !stat->is_exiting) tell(process, child.readiness.end_of_file());
  return false;
}

void Children::tell(core::ProcessId process, const std::vector<ReadinessFact>& facts) {
  for (std::size_t i = 0; i < facts.size(); ++i) {
    const ReadinessFact& fact = facts[i];
    const bool is_overtaken = fact.kind == ReadinessFact::Kind::progress && i + 1 < facts.size();
    if (is_overtaken) continue;  // what came with it says more
    Child& child = children_[process];
    switch (fact.kind) {
      case ReadinessFact::Kind::ready:
        child.status_text.clear();
        environment_.sink(core::BecameReady{process, child.pid});
        break;
      case ReadinessFact::Kind::progress:
        note_status(process, fact.text);
        environment_.sink(core::StartProgressed{process, child.pid});
        break;
      case ReadinessFact::Kind::lost: environment_.sink(core::ReadinessLost{process, child.pid}); break;
    }
  }
}

// Logs a few at once and then one per second, whatever a process says: `status` shows the last one in any case.
void Children::note_status(core::ProcessId process, std::string_view text) {
  constexpr std::size_t longest = 400;
  constexpr Milliseconds interval{1000};
  constexpr int at_once = 5;
  Child& child = children_[process];
  text = cut_text(text, longest);
  if (child.status_text == text) return;
  child.status_text = text;
  if (text.empty()) return;
  const Instant now = MonotonicClock::now();
  child.status_logged_at = std::max(child.status_logged_at, now - at_once * interval);
  if (child.status_logged_at + interval > now) {
    ++child.statuses_left_out;
    return;
  }
  child.status_logged_at += interval;
  const core::ProcessRules& rules = environment_.plan.rules.processes[process];
  std::string line = "tier " + std::to_string(rules.tier) + " " + rules.name + " says: " + child.status_text;
  const std::uint64_t left_out = std::exchange(child.statuses_left_out, 0);
  if (left_out > 0) line += " (after " + std::to_string(left_out) + " more)";
  environment_.log.info(line);
}

bool Children::may_speak_for(const NotifyMessage& message, core::ProcessId process) const {
  const Child& child = children_[process];
  if (message.sender <= 0) return false;
  if (is_or_descends_from(message.sender, child.pid)) return true;
  const core::ProcessRules& rules = environment_.plan.rules.processes[process];
  if (const auto marker = marker_of(message.sender)) {  // adopted from the child, by its marker
    return marker->tree == environment_.tree && marker->process == rules.name &&
           is_or_descends_from(message.sender, ::getpid());
  }
  // It has ended, or it runs another program at this moment.
  const auto& account = environment_.plan.launches[process].account;
  const auto& postgres = environment_.plan.postgres_account;
  return message.uid == 0 || message.uid == (account ? account->uid : ::geteuid()) ||
         (rules.is_postgres && postgres && message.uid == postgres->uid);
}

bool Children::read_notify_socket(core::ProcessId process) {
  Child& child = children_[process];
  if (!child.notify) return false;
  const auto message = child.notify->receive();
  if (!message) return false;
  if (!may_speak_for(*message, process)) return true;
  // What it said while it started is over when it is ready.
  if (message->status || message->is_ready) note_status(process, message->status.value_or(""));
  if (message->is_ready) environment_.sink(core::BecameReady{process, child.pid});
  return true;
}

void Children::set_status_text(core::ProcessId process, const std::string& text) {
  children_[process].status_text = cut_text(text, 400);
}

namespace {

// More than the largest pipe and the longest queue of a socket hold. A grandchild may go on writing as fast as this reads.
constexpr int all_that_is_there = 1024;

}  // namespace

void Children::drain(core::ProcessId process) {
  if (children_[process].ready_watch) children_[process].ready_watch->read_now(all_that_is_there);
  if (children_[process].notify_watch) children_[process].notify_watch->read_now(all_that_is_there);
}

void Children::read_paused() {
  for (Child& child : children_) {
    if (child.ready_watch && child.ready_watch->is_paused()) child.ready_watch->read_now(all_that_is_there);
    if (child.notify_watch && child.notify_watch->is_paused()) child.notify_watch->read_now(all_that_is_there);
  }
}

void Children::exited(core::ProcessId process, core::ExitStatus status) {
  Child& child = children_[process];
  by_pid_.erase(child.pid);
  child.pid = 0;
  child.last_exit = status;
  child.last_exit_time = rfc3339_now();
  close_readiness(child);
  child.notify_watch.reset();
  child.notify.reset();
  if (child.output) child.output->drain();
}

void Children::cleared(core::ProcessId process) {
  if (children_[process].output) children_[process].output->close();
  children_[process].output.reset();
}

void Children::close_readiness(Child& child) {
  child.ready_watch.reset();
  child.ready_pipe.reset();
}

}  // namespace ca::shell
