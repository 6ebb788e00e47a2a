#include "supervisor/shell/supervisor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <utility>

#include <version.h>

#include "common/exit_code.h"
#include "common/lock_file.h"
#include "common/posix.h"
#include "supervisor/both_halves/descendants.h"
#include "supervisor/both_halves/folders.h"
#include "supervisor/shell/child/environment.h"

namespace ca::shell {

namespace {

std::uint64_t random_number() {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != sizeof number) number = static_cast<std::uint64_t>(::getpid());
  return number;
}

std::int64_t monotonic_us() { return MonotonicClock::now().time_since_epoch().count() / 1000; }

// A descriptor or two a process: as many as the system allows us. Returns what it was.
rlimit raise_descriptor_limit() {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit raised{before.rlim_max, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &raised);
  return before;
}

// How often the guardian's own parent wants to hear of us; nullopt: it does not.
std::optional<Milliseconds> parent_watchdog_period(pid_t guardian) {
  const char* const usec = std::getenv("WATCHDOG_USEC");
  const char* const pid = std::getenv("WATCHDOG_PID");
  if (usec == nullptr || (pid != nullptr && std::atoi(pid) != guardian)) return std::nullopt;
  const long long period = std::atoll(usec) / 2000;
  return period > 0 ? std::optional(Milliseconds(period)) : std::nullopt;
}

}  // namespace

Supervisor::Supervisor(SupervisorOptions options, SupervisorHalf half)
    : options_(std::move(options)), half_(std::move(half)), plan_(options_.plan), rules_(plan_.rules),
      tree_(fmt::format("{}-{:016x}", half_.guardian_pid, random_number())), started_at_(MonotonicClock::now()),
      environment_(own_environment()), state_(core::initial_state(rules_, random_number())), strays_(tree_) {
  log_ = std::make_unique<Log>(loop_, STDERR_FILENO, plan_.log, [this](std::uint64_t lines) {
    if (events_) events_->append("log_dropped", {{"log", "log"}, {"lines", lines}});
  });
}

Supervisor::~Supervisor() {
  watches_.clear();
  control_.reset();
  reload_.reset();
  children_.reset();
  to_guardian_.reset();
}

Listener Supervisor::control_listener() const { return {"control", plan_.runtime_dir + "/control.sock", true, 0666}; }

int Supervisor::run() {
  if (auto prepared = prepare(); !prepared) return refuse(prepared.error());
  begin();
  loop_.run();
  return exit_code_.value_or(exit_code::half_died);
}

int Supervisor::refuse(const Error& error) {
  log_->error(error.message);
  send_message(half_.link.get(), {LinkKind::exiting, exit_code::cannot_create, 0, error.message});
  return exit_code::cannot_create;
}

Status Supervisor::prepare() {
  if (auto usable = loop_.usable(); !usable) return usable;
  std::vector<pid_t> none;
  if (!append_children(none)) return failure("cannot read the list of our children in /proc", EMFILE);
  auto bound = bind_listeners(plan_.listeners);
  if (!bound) return tl::unexpected(bound.error());
  listeners_ = std::move(*bound);
  auto control = bind_listener(control_listener());
  if (!control) return tl::unexpected(control.error());
  control_socket_ = std::move(*control);
  if (auto made = make_driver_lock(); !made) return made;
  if (auto made = make_postgres_folder(); !made) return made;

  events_ = std::make_unique<EventLog>(EventLog::Options{plan_.event_log, plan_.log.max_size, plan_.log.keep});
  const rlimit inherited_limit = raise_descriptor_limit();
  const auto sink = [this](const core::Event& event) { feed(event); };
  children_ = std::make_unique<Children>(
      Children::Environment{loop_, plan_, listeners_, tree_, environment_, inherited_limit, *log_, sink});
  reload_ = std::make_unique<Reload>(loop_, plan_, environment_,
                                     [this](const Reload::Result& result) { reload_done(result); });
  deadline_ = std::make_unique<Timer>(loop_, [this] {
    const Instant now = loop_.facts_until();
    children_->read_paused();
    feed(core::WokeUp{now});
  });
  sweep_again_ = std::make_unique<Timer>(loop_, [this] {
    reap();
    sweep();
  });
  next_turn_ = std::make_unique<Timer>(loop_, [this] { on_turn(); });
  to_guardian_ = std::make_unique<LinkSender>(loop_, half_.link.get());
  ControlHost host{plan_, state_, *events_, sink, [this] { reap(); look_for_strays(); return status(); },
                   [this](core::ProcessId id) {
                     reap();
                     const pid_t pid = children_->view(id).pid;
                     return pid == 0 ? std::nullopt : std::optional(pid);
                   },
                   [this] { return start_reload(); }};
  control_ = std::make_unique<ControlCommands>(loop_, std::move(host));
  if (auto served = control_->listen_on(std::move(control_socket_.fd)); !served) return served;
  return watch_facts();
}

Status Supervisor::watch_facts() {
  sigset_t mask;
  ::sigprocmask(SIG_SETMASK, nullptr, &mask);
  signals_ = UniqueFd(::signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_) return system_failure("signalfd", errno);
  auto signals = FdWatch::make(loop_, signals_.get(), EPOLLIN, [this](std::uint32_t) { on_signal(); });
  if (!signals) return tl::unexpected(signals.error());
  watches_.push_back(std::move(*signals));
  auto link = FdWatch::make(loop_, half_.link.get(), EPOLLIN, [this](std::uint32_t) { on_link(); });
  if (!link) return tl::unexpected(link.error());
  watches_.push_back(std::move(*link));
  return {};
}

Status Supervisor::make_driver_lock() {
  if (!plan_.has_driver) return {};
  uid_t owner = ::geteuid();  // also if an earlier configuration gave the file to another account
  for (core::ProcessId id = 0; id < rules_.processes.size(); ++id) {
    const auto& account = plan_.launches[id].account;
    if (rules_.processes[id].tier == core::tier_driver && account) owner = account->uid;
  }
  const auto file = open_lock_file(plan_.runtime_dir + "/driver.lock", owner);
  return file ? Status() : tl::unexpected(file.error());
}

Status Supervisor::make_postgres_folder() {
  const bool embedded = !rules_.processes.empty() && rules_.processes.front().is_postgres;
  if (!embedded) return {};
  const std::string path = plan_.runtime_dir + "/postgres";
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) return system_failure("cannot make the folder " + path, errno);
  const UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder) return system_failure("cannot open the folder " + path, errno);
  const auto& account = plan_.postgres_account;
  if ((account && ::fchown(folder.get(), account->uid, account->gid) != 0) || ::fchmod(folder.get(), 0755) != 0) {
    return system_failure("cannot set owner and mode of " + path, errno);
  }
  return {};
}

void Supervisor::begin() {
  events_->append("supervisor_started", {{"pid", half_.guardian_pid}, {"version", CODE_ANALYSIS_VERSION}});
  log_->info(fmt::format("code-analysisd {} starts, pid {}, configuration {}", CODE_ANALYSIS_VERSION,
                         half_.guardian_pid, plan_.config_path));
  for (const std::string& warning : plan_.warnings) log_->warning(warning);
  if (const auto period = parent_watchdog_period(half_.guardian_pid)) {
    watchdog_ = std::make_unique<Timer>(loop_, [this, period] {
      notify_parent("WATCHDOG=1");
      watchdog_->set(MonotonicClock::now() + *period);
    });
    watchdog_->set(MonotonicClock::now() + *period);
  }
  on_link();  // a stop that was asked for already comes before the first start
  feed(core::Begin{});
}

void Supervisor::end(int code) {
  has_ended_ = true;
  end_descendants();
  events_->append("supervisor_stopped", {{"exit_code", code}});
  log_->info(fmt::format("code-analysisd ends with exit code {}", code));
  log_->flush();
  control_.reset();
  // The pid file too: were the guardian killed from here on, nobody would be left to remove it. The lock, which both
  // halves hold, keeps the next supervisor from writing its own before they have ended.
  remove_footprint(half_.footprint);
  const LinkMessage message{LinkKind::exiting, code, 0, last_reason_};
  constexpr int tries = 1000;  // the guardian reads all the time; a full queue lasts no longer than its next turn
  for (int i = 0; i < tries && !send_message(half_.link.get(), message) && errno == EAGAIN; ++i) {
    const timespec pause{0, 1'000'000};
    ::nanosleep(&pause, nullptr);
  }
  loop_.stop();
}

void Supervisor::guardian_died() {
  control_.reset();  // first of all, so that a next supervisor that asks us is not told that we live on
  log_->error("the guardian died: everything is ended");
  end_all_descendants();
  remove_footprint(half_.footprint);
  std::_Exit(exit_code::half_died);
}

// ---- facts ----

void Supervisor::on_signal() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    const int number = static_cast<int>(info.ssi_signo);
    if (number == SIGCHLD) continue;
    log_->warning(fmt::format("{} from pid {} was sent to the supervisor half: signals go to pid {}",
                              signal_name(number), info.ssi_pid, half_.guardian_pid));
  }
  reap();
}

void Supervisor::on_link() {
  LinkMessage message;
  while (!has_ended_) {
    switch (receive_message(half_.link.get(), message)) {
      case Received::nothing: return;
      case Received::end: guardian_died();
      case Received::message:
        if (message.kind == LinkKind::signal) on_relayed_signal(message.value, message.sender);
        break;
    }
  }
}

void Supervisor::on_relayed_signal(int number, pid_t sender) {
  const std::string text = fmt::format("{} from pid {}", signal_name(number), sender);
  switch (number) {
    case SIGTERM:
    case SIGINT: return feed(core::TreeStopRequested{core::StopMode::orderly, text, 0});
    case SIGQUIT: return feed(core::TreeStopRequested{core::StopMode::immediate, text, 0});
    case SIGHUP: return on_hangup();
    case SIGUSR1: return on_user_signal();
    default: log_->warning(text + ": nothing is done on it in this version");
  }
}

void Supervisor::on_user_signal() {
  reap();
  renew_sockets();
  events_->reopen();
  log_->info("log files reopened");
  for (core::ProcessId id = 0; id < rules_.processes.size(); ++id) {
    const int signal = plan_.launches[id].reopen_signal;
    if (signal != 0 && children_->view(id).pid != 0) signal_child(children_->view(id).pid, signal);
  }
}

void Supervisor::on_hangup() {
  renew_sockets();
  start_reload();
}

// The files of Unix sockets that somebody has removed are made again, on new sockets.
void Supervisor::renew_sockets() {
  const auto renew = [this](BoundListener& old, const Listener& listener) {
    if (!has_lost_its_file(old)) return false;
    auto made = bind_listener(listener);
    if (!made) {
      log_->error(made.error().message);
      return false;
    }
    old = std::move(*made);
    return true;
  };
  if (renew(control_socket_, control_listener())) {
    const auto served = control_->listen_on(std::move(control_socket_.fd));
    log_->warning(control_socket_.address + (served ? " was gone and is made again" : ": " + served.error().message));
  }
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    if (!renew(listeners_[i], plan_.listeners[i])) continue;
    log_->warning(fmt::format("{} was gone and is made again; it is served from the next restart of its process on", listeners_[i].address));
  }
}

std::optional<std::uint64_t> Supervisor::start_reload() {
  if (state_.stop != core::StopMode::none) {
    ignore_reload();
    return std::nullopt;
  }
  if (reload_->is_running()) {
    reload_again_ = true;
    return reloads_ + 1;
  }
  ++reloads_;
  events_->append("reload_started", Json::object());
  log_->info("reload of " + plan_.config_path);
  if (state_.first_start_done) notify_parent("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_us()));
  reload_->start();
  return reloads_;
}

// One record says it: more requests in the same shutdown add nothing.
void Supervisor::ignore_reload() {
  if (std::exchange(reload_ignored_, true)) return;
  events_->append("reload_ignored", Json::object());
  log_->info("reload ignored: a shutdown is under way");
}

void Supervisor::reload_done(const Reload::Result& result) {
  reap();
  if (result.applied) {
    events_->append("reload_applied",
                    {{"added", Json::array()}, {"removed", Json::array()}, {"changed", Json::array()}});
    log_->info("reload applied: nothing has changed");
    for (core::ProcessId id = 0; id < rules_.processes.size(); ++id) {
      const int signal = plan_.launches[id].reload_signal;
      if (signal != 0 && children_->view(id).pid != 0) signal_child(children_->view(id).pid, signal);
    }
  } else {
    events_->append("reload_rejected", {{"errors", result.errors}});
    log_->error("reload rejected, nothing has changed:");
    for (const std::string& error : result.errors) log_->error(error);
  }
  if (state_.first_start_done && state_.stop == core::StopMode::none) {
    notify_parent("READY=1\nMAINPID=" + std::to_string(half_.guardian_pid));  // it may replace the first one
  }
  control_->reload_done(reloads_, result.applied, result.errors);
  if (!std::exchange(reload_again_, false) || start_reload()) return;
  control_->reload_done(reloads_ + 1, false, {"ignored: a shutdown is under way"});
}

// Takes a look first (WNOWAIT): while it is a zombie its pid cannot be anybody else's, and what it said before it died
// is heard before its exit is.
void Supervisor::reap() {
  if (is_reaping_ || has_ended_) return;
  is_reaping_ = true;
  for (;;) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) break;
    reap_one(info.si_pid);
  }
  is_reaping_ = false;
  if (needs_sweep_ && !is_stepping_) sweep();
}

void Supervisor::reap_one(pid_t pid) {
  const auto process = children_->by_pid(pid);
  if (process) children_->drain(*process);
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0) return;
  // An adopted process that ends by itself matters only where something is being cleared; else a flood of them would
  // mean a look at /proc for each.
  needs_sweep_ = needs_sweep_ || process || !clearing_.empty();
  if (process) {
    const core::ExitStatus status{info.si_code != CLD_EXITED, info.si_status};
    children_->exited(*process, status);
    feed(core::Exited{*process, pid, status});
  } else {
    strays_.reaped(pid);
    reload_->reader_exited(pid);
  }
}

}  // namespace ca::shell
