#include "supervisor/shell/child/spawn_child.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace ca::shell {

namespace {

constexpr int exit_without_exec = 127;

[[noreturn]] void fail(int error_fd, SpawnStage stage, int error) {
  const SpawnReport report{stage, error};
  [[maybe_unused]] const auto ignored = ::write(error_fd, &report, sizeof report);
  ::_exit(exit_without_exec);
}

void reset_dispositions() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) {
    if (number != SIGKILL && number != SIGSTOP) ::sigaction(number, &action, nullptr);
  }
}

// All sources move above the targets first, so that no target overwrites a source that is still needed. Returns where
// the error pipe is then.
int install_descriptors(const ChildOrders& orders) {
  const int above = orders.source_count;
  const int error_fd = ::fcntl(orders.error_fd, F_DUPFD_CLOEXEC, above);
  if (error_fd < 0) fail(orders.error_fd, SpawnStage::dup, errno);
  for (int target = 0; target < orders.source_count; ++target) {
    orders.moved[target] = ::fcntl(orders.sources[target], F_DUPFD_CLOEXEC, above);
    if (orders.moved[target] < 0) fail(error_fd, SpawnStage::dup, errno);
  }
  for (int target = 0; target < orders.source_count; ++target) {
    if (::dup2(orders.moved[target], target) < 0) fail(error_fd, SpawnStage::dup, errno);
  }
  if (::close_range(static_cast<unsigned>(above), ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
    fail(error_fd, SpawnStage::close_range, errno);
  }
  return error_fd;
}

// The plain system calls: glibc's wrappers would address the threads of the parent, whose memory this is.
void drop_privileges(const ChildOrders& orders, int error_fd) {
  if (!orders.drops) return;
  if (::syscall(SYS_setgroups, orders.group_count, orders.groups) != 0) fail(error_fd, SpawnStage::setgroups, errno);
  if (::syscall(SYS_setresgid, orders.gid, orders.gid, orders.gid) != 0) fail(error_fd, SpawnStage::setgid, errno);
  if (::syscall(SYS_setresuid, orders.uid, orders.uid, orders.uid) != 0) fail(error_fd, SpawnStage::setuid, errno);
}

// In plain decimal: to strtoul(..., 0), which libsystemd uses, a leading zero means octal. The slot is long enough; what
// is left of it comes after the end of the string.
void fill_in_pid(char* slot) {
  if (slot == nullptr) return;
  char reversed[16];
  int count = 0;
  for (auto pid = static_cast<unsigned>(::syscall(SYS_getpid)); pid > 0; pid /= 10) {
    reversed[count++] = static_cast<char>('0' + pid % 10);
  }
  while (count > 0) *slot++ = reversed[--count];
  *slot = '\0';
}

[[noreturn]] void execute(const ChildOrders& orders, int error_fd) {
  int error = ENOENT;
  for (const char* const* path = orders.candidates; *path != nullptr; ++path) {
    ::execve(*path, orders.argv, orders.environment);
    const bool is_only_path = orders.candidates[1] == nullptr;
    if ((errno == ENOENT || errno == ENOTDIR) && !is_only_path) continue;  // the next folder of PATH may have it
    error = errno;
    if (error != EACCES) break;
  }
  fail(error_fd, SpawnStage::execve, error);
}

}  // namespace

const char* stage_name(SpawnStage stage) {
  switch (stage) {
    case SpawnStage::setsid: return "setsid";
    case SpawnStage::dup: return "dup2";
    case SpawnStage::umask: return "umask";
    case SpawnStage::chdir: return "chdir";
    case SpawnStage::setgroups: return "setgroups";
    case SpawnStage::setgid: return "setgid";
    case SpawnStage::setuid: return "setuid";
    case SpawnStage::prctl: return "prctl";
    case SpawnStage::setrlimit: return "setrlimit";
    case SpawnStage::close_range: return "close_range";
    case SpawnStage::execve: return "execve";
  }
  return "unknown";
}

int spawn_child(void* argument) {
  const ChildOrders& orders = *static_cast<const ChildOrders*>(argument);
  reset_dispositions();
  if (::setsid() < 0) fail(orders.error_fd, SpawnStage::setsid, errno);
  const int error_fd = install_descriptors(orders);
  ::umask(orders.umask);
  if (::chdir(orders.working_dir) != 0) fail(error_fd, SpawnStage::chdir, errno);
  drop_privileges(orders, error_fd);
  // setuid clears the parent-death signal, so it comes after; a parent that died before it is noticed by getppid.
  if (::prctl(PR_SET_PDEATHSIG, orders.parent_death_signal) != 0) fail(error_fd, SpawnStage::prctl, errno);
  if (::getppid() != orders.parent) ::_exit(exit_without_exec);
  if (orders.descriptor_limit != nullptr && ::setrlimit(RLIMIT_NOFILE, orders.descriptor_limit) != 0) {
    fail(error_fd, SpawnStage::setrlimit, errno);
  }
  fill_in_pid(orders.listen_pid);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  execute(orders, error_fd);
}

}  // namespace ca::shell
