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

enum class Left { none, some };

Left reap_all_dead() {
  for (;;) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG) != 0) {
      if (errno == EINTR) continue;
      return Left::none;  // ECHILD
    }
    if (info.si_pid == 0) return Left::some;
  }
}

}  // namespace

void end_all_descendants() {
  constexpr int fruitless_rounds_limit = 500;  // about a second in which nothing could be signalled: not ours to end
  std::vector<pid_t> pids;
  int fruitless_rounds = 0;
  while (reap_all_dead() == Left::some && fruitless_rounds < fruitless_rounds_limit) {
    pids.clear();
    append_children(pids);
    bool signalled = false;
    for (const pid_t pid : pids) signalled = signal_child(pid, SIGKILL) || signalled;
    fruitless_rounds = signalled ? 0 : fruitless_rounds + 1;
    // Children of those that die now become ours at their death; look again as soon as the kernel can have done it.
    const timespec pause{0, 1'000'000};
    if (reap_all_dead() == Left::some) ::nanosleep(&pause, nullptr);
  }
}

}  // namespace ca
