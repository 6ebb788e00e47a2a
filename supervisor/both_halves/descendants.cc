#include "supervisor/both_halves/descendants.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <ctime>
#include <string>
#include <unordered_set>

#include "common/clock.h"
#include "common/posix.h"
#include "common/unique_fd.h"

namespace ca {

namespace {

std::string children_path() { return "/proc/self/task/" + std::to_string(::getpid()) + "/children"; }

// The kernel's list of our children. A fork has another list, and so opens its own.
int children_file() {
  static UniqueFd file;
  static pid_t owner = 0;
  if (!file || owner != ::getpid()) {
    file = UniqueFd(::open(children_path().c_str(), O_RDONLY | O_CLOEXEC));
    owner = ::getpid();
  }
  return file.get();
}

// A child that waits until it is destroyed.
class Probe {
 public:
  Probe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    const UniqueFd read_end(ends[0]);
    write_end_ = UniqueFd(ends[1]);
    pid_ = ::fork();
    if (pid_ != 0) return;
    write_end_.reset();
    char byte = 0;
    ::_exit(::read(read_end.get(), &byte, 1) == 0 ? 0 : 1);
  }
  ~Probe() {
    write_end_.reset();
    while (pid_ > 0 && ::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {}
  }
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  pid_t pid() const { return pid_; }

 private:
  UniqueFd write_end_;
  pid_t pid_ = -1;
};

constexpr char unusable[] = "/proc cannot be used, so that nothing that a process leaves behind could be ended: ";

}  // namespace

Status check_proc() {
  struct statfs info{};
  if (::statfs("/proc/.", &info) != 0 || info.f_type != PROC_SUPER_MAGIC) {
    return failure(std::string(unusable) + "no proc file system is mounted there", ENOENT);
  }
  char self[32] = {};
  const ssize_t length = ::readlink("/proc/self", self, sizeof self - 1);
  if (length <= 0 || std::string(self) != std::to_string(::getpid())) {
    return failure(std::string(unusable) + "it is that of another PID namespace", ENOENT);
  }
  if (children_file() < 0) {
    const int code = errno;
    return system_failure(unusable + children_path() + " (does the kernel lack CONFIG_PROC_CHILDREN?)", code);
  }
  const Probe probe;
  if (probe.pid() < 0) return system_failure("fork", errno);
  std::vector<pid_t> children;
  append_children(children);
  if (std::find(children.begin(), children.end(), probe.pid()) == children.end()) {
    return failure(std::string(unusable) + "it does not list our children", ENOENT);
  }
  const std::string environment = "/proc/" + std::to_string(probe.pid()) + "/environ";
  if (!read_file(environment, 8 << 20)) {
    return failure(std::string(unusable) + "it hides our own children (is it mounted with hidepid?)", EACCES);
  }
  return {};
}

bool append_children(std::vector<pid_t>& pids) {
  const int file = children_file();
  if (file < 0 || ::lseek(file, 0, SEEK_SET) != 0) return false;
  std::string text;
  char buffer[8192];
  ssize_t count = 0;
  while ((count = ::read(file, buffer, sizeof buffer)) != 0) {
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
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
  return true;
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
