#include "supervisor/guardian/guardian.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <linux/close_range.h>

#include "common/clock.h"
#include "common/exit_code.h"
#include "common/posix.h"
#include "common/printable.h"
#include "supervisor/both_halves/descendants.h"
#include "supervisor/both_halves/folders.h"
#include "supervisor/both_halves/instance_lock.h"
#include "supervisor/both_halves/link.h"
#include "supervisor/guardian/daemonize.h"
#include "supervisor/guardian/parent_notify.h"

namespace ca {

namespace {

// Writes one line to stderr. Drops it if that would block, because perhaps nobody reads there.
void say(const std::string& text) {
  std::string line = rfc3339_now() + " error code-analysisd: " + printable(text);
  line.resize(std::min<std::size_t>(line.size(), 4095));
  line += '\n';
  struct stat info{};
  if (::fstat(STDERR_FILENO, &info) != 0) return;
  if (S_ISSOCK(info.st_mode)) {
    (void)::send(STDERR_FILENO, line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return;
  }
  // An open file of our own: O_NONBLOCK on the inherited one would be the launcher's too. A terminal that is stopped
  // reports room and then blocks.
  UniqueFd own;
  if (!S_ISREG(info.st_mode)) own = UniqueFd(::open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  pollfd writable{STDERR_FILENO, POLLOUT, 0};
  if (!own && ::poll(&writable, 1, 0) != 1) return;
  [[maybe_unused]] const auto ignored = ::write(own ? own.get() : STDERR_FILENO, line.data(), line.size());
}

sigset_t relayed_signals() {
  sigset_t set;
  ::sigfillset(&set);
  for (const int kept : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGTSTP, SIGCONT, SIGWINCH, SIGURG,
                         SIGPIPE}) {
    ::sigdelset(&set, kept);
  }
  return set;
}

class Guardian {
 public:
  Guardian(UniqueFd link, UniqueFd signals, pid_t supervisor, Footprint footprint, int report_fd)
      : link_(std::move(link)), signals_(std::move(signals)), supervisor_(supervisor), footprint_(std::move(footprint)), report_fd_(report_fd),
        notify_(ParentNotify::from_environment()) {}

  int run() {
    while (supervisor_ != 0) {
      const bool waiting = std::any_of(pending_.begin(), pending_.end(), [](auto count) { return count > 0; });
      // A negative descriptor is not watched. After the link's end of file only SIGCHLD is still to come.
      pollfd watched[] = {{signals_.get(), POLLIN, 0},
                          {link_ended_ ? -1 : link_.get(), static_cast<short>(waiting ? POLLIN | POLLOUT : POLLIN), 0},
                          {notify_.waiting_fd(), POLLOUT, 0}};
      if (::poll(watched, std::size(watched), -1) < 0 && errno != EINTR) break;
      take_signals();
      take_messages();
      relay_signals();
      if (watched[2].revents != 0) notify_.flush();
    }
    take_messages();
    return finish();
  }

 private:
  void take_signals() {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
      const auto number = info.ssi_signo;
      if (number == SIGCHLD) continue;
      if (number < pending_.size()) {
        if (pending_[number] < 2) ++pending_[number];
        sender_ = static_cast<pid_t>(info.ssi_pid);
      }
    }
    reap();
  }

  void reap() {
    for (;;) {
      siginfo_t info{};
      if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0) return;
      if (info.si_pid != supervisor_) continue;
      supervisor_ = 0;
      supervisor_exited_ = info.si_code == CLD_EXITED;
      supervisor_status_ = info.si_status;
    }
  }

  void take_messages() {
    LinkMessage message;
    while (!link_ended_) {
      switch (receive_message(link_.get(), message)) {
        case Received::nothing: return;
        case Received::end: link_ended_ = true; return;
        case Received::message: handle(message); break;
      }
    }
  }

  void handle(const LinkMessage& message) {
    switch (message.kind) {
      case LinkKind::notify: notify_.send(message.text); break;
      case LinkKind::ready: tree_is_ready(); break;
      case LinkKind::exiting:
        exiting_ = true;
        exit_code_ = message.value;
        reason_ = message.text;
        break;
      case LinkKind::signal: break;
    }
  }

  void tree_is_ready() {
    notify_.send("READY=1\nMAINPID=" + std::to_string(::getpid()));
    if (report_fd_ < 0) return;
    detach_standard_streams();
    report_outcome(report_fd_, 0, "");
    ::close(report_fd_);
    report_fd_ = -1;
  }

  void relay_signals() {
    for (std::size_t number = 1; number < pending_.size() && !link_ended_; ++number) {
      while (pending_[number] > 0) {
        if (!send_message(link_.get(), {LinkKind::signal, static_cast<std::int32_t>(number), sender_, {}})) return;
        --pending_[number];
      }
    }
  }

  int finish() {
    const bool asked = exiting_ && supervisor_exited_ && supervisor_status_ == exit_code_;
    if (!asked) {
      reason_ = "the supervisor half died (" +
                (supervisor_exited_ ? "exit code " + std::to_string(supervisor_status_) : signal_name(supervisor_status_)) +
                "): everything is ended";
      exit_code_ = exit_code::half_died;
    }
    std::string left;
    for (const pid_t pid : end_all_descendants()) left.append(" ").append(std::to_string(pid));
    if (!left.empty()) say("SIGKILL does not end what is left:" + left);
    remove_footprint(footprint_);
    if (!asked) say(reason_);
    report_outcome(report_fd_, exit_code_, reason_);
    return exit_code_;
  }

  UniqueFd link_, signals_;
  pid_t supervisor_;
  Footprint footprint_;
  int report_fd_;
  ParentNotify notify_;
  std::array<std::uint8_t, NSIG> pending_{};  // signals to relay; two of a kind say all that any number can
  pid_t sender_ = 0;
  bool link_ended_ = false, exiting_ = false, supervisor_exited_ = false;
  int supervisor_status_ = 0, exit_code_ = 0;
  std::string reason_;
};

int refuse(const GuardianConfig& config, const Error& error) {
  if (error.code == EINTR) return exit_code::ok;
  say(error.message);
  report_outcome(config.report_fd, exit_code::cannot_create, error.message);
  return exit_code::cannot_create;
}

}  // namespace

void block_signals() {
  for (int number = 1; number < NSIG; ++number) {
    if (number != SIGKILL && number != SIGSTOP) ::signal(number, SIG_DFL);
  }
  ::signal(SIGPIPE, SIG_IGN);
  const sigset_t set = relayed_signals();
  ::sigprocmask(SIG_SETMASK, &set, nullptr);
}

void tidy_descriptors(int keep) {
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0) ::open("/dev/null", O_RDWR);  // the lowest free number is this one
  }
  if (keep > 3) ::close_range(3, static_cast<unsigned>(keep) - 1, 0);
  ::close_range(keep >= 3 ? static_cast<unsigned>(keep) + 1 : 3, ~0U, 0);
}

void detach_standard_streams() {
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return;
  for (int fd = 0; fd <= 2; ++fd) ::dup2(null.get(), fd);
}

int run_guardian(const GuardianConfig& config, const std::function<int(SupervisorHalf)>& supervisor) {
  ::umask(022);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  for (const auto& [path, mode] : {std::pair(config.runtime_dir, 0755U), std::pair(config.state_dir, 0711U)}) {
    if (auto made = prepare_folder(path, mode); !made) return refuse(config, made.error());
  }
  auto lock = take_instance_lock(config.runtime_dir);
  if (!lock) return refuse(config, lock.error());
  Footprint footprint;
  footprint.sockets = config.sockets;
  if (auto written = write_pid_file(config.pid_file, footprint); !written) return refuse(config, written.error());
  const auto refuse_late = [&](const Error& error) {
    remove_footprint(footprint);
    return refuse(config, error);
  };
  auto link = make_link();
  if (!link) return refuse_late(link.error());
  const sigset_t set = relayed_signals();
  UniqueFd signals(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals) return refuse_late(system_failure("signalfd", errno).value());
  const pid_t guardian = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return refuse_late(system_failure("fork", errno).value());
  if (child == 0) {
    link->guardian.reset();
    signals.reset();
    if (config.report_fd >= 0) ::close(config.report_fd);
    ::setsid();
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    return supervisor(SupervisorHalf{std::move(link->supervisor), guardian, std::move(footprint)});
  }
  link->supervisor.reset();
  return Guardian(std::move(link->guardian), std::move(signals), child, std::move(footprint), config.report_fd).run();
}

}  // namespace ca
