#include "supervisor/guardian/descendants.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <string>
#include <unordered_set>

#include "common/clock.h"
#include "common/unique_fd.h"

namespace ca {

void append_children(std::vector<pid_t>& pids) {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/self/task/%d/children", static_cast<int>(::getpid()));
  const UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
  if (!file) return;
  std::string text;
  char buffer[8192];
  for (ssize_t count; (count = ::read(file.get(), buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(count));
  }
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    pid_t pid = 0;
    const auto [next, error] = std::from_chars(at, end, pid);
    if (error == std::errc()) pids.push_back(pid);
    at = next > at ? next : at + 1;
  }
}

bool signal_child(pid_t pid, int signal) noexcept {
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process) {
    // Out of descriptors: a child that was not reaped keeps its pid, so the plain call reaches the same process.
    return (errno == EMFILE || errno == ENFILE) && ::kill(pid, signal) == 0;
  }
  return ::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0) == 0;
}

namespace {

class Ending {
 public:
  explicit Ending(const std::function<void(pid_t)>& on_kill) : on_kill_(on_kill) {}

  std::vector<pid_t> run() {
    while (reap_all_dead()) {
      signal_new_ones();
      const auto idle = MonotonicClock::now() - last_progress_;
      if (idle > (signalled_.empty() ? foreign_limit : stuck_limit)) return children_;
      // Children of those that die now become ours at their death. Look again as soon as the kernel can have done that,
      // but less often if it does not come to it.
      const timespec pause{0, idle < Milliseconds(50) ? 1'000'000 : 20'000'000};
      if (reap_all_dead()) ::nanosleep(&pause, nullptr);
    }
    return {};
  }

 private:
  static constexpr Milliseconds stuck_limit{3000};
  static constexpr Milliseconds foreign_limit{1000};  // none is left that we may signal

  // Returns false if no child is left.
  bool reap_all_dead() {
    for (;;) {
      siginfo_t info{};
      if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG) != 0) {
        if (errno == EINTR) continue;
        return false;  // ECHILD
      }
      if (info.si_pid == 0) return true;
      signalled_.erase(info.si_pid);
      last_progress_ = MonotonicClock::now();
    }
  }

  void signal_new_ones() {
    children_.clear();
    append_children(children_);
    for (const pid_t pid : children_) {
      if (signalled_.count(pid) != 0) continue;
      if (on_kill_) on_kill_(pid);
      if (!signal_child(pid, SIGKILL)) continue;
      signalled_.insert(pid);
      last_progress_ = MonotonicClock::now();
    }
  }

  const std::function<void(pid_t)>& on_kill_;
  std::vector<pid_t> children_;
  std::unordered_set<pid_t> signalled_;
  Instant last_progress_ = MonotonicClock::now();
};

}  // namespace

std::vector<pid_t> end_all_descendants(const std::function<void(pid_t)>& on_kill) { return Ending(on_kill).run(); }

}  // namespace ca
