#include "workers/postgres/leftovers.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "common/clock.h"
#include "common/log.h"
#include "common/posix.h"
#include "common/unique_fd.h"

namespace ca::postgres {

namespace {

namespace fs = std::filesystem;

pid_t pid_of_lock_file(const std::string& path) {
  const auto text = read_file(path, 1 << 16);
  return text ? pid_of_lock_text(*text) : 0;
}

// Waits until `pid` has exited, `timeout_ms` at most.
void wait_for_exit(pid_t pid, int timeout_ms) {
  const UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!handle) return;
  pollfd waiting{handle.get(), POLLIN, 0};
  (void)::poll(&waiting, 1, timeout_ms);
}

// Waits until `data_dir` is free of processes; what is left after `timeout_ms`.
std::vector<pid_t> wait_until_free(const std::string& data_dir, int timeout_ms) {
  const Instant deadline = MonotonicClock::now() + Milliseconds(timeout_ms);
  for (;;) {
    auto left = processes_in(data_dir);
    const auto rest = std::chrono::duration_cast<Milliseconds>(deadline - MonotonicClock::now()).count();
    if (left.empty() || rest <= 0) return left;
    wait_for_exit(left.front(), static_cast<int>(rest));
  }
}

// Whether `pid` is a postmaster, of whatever cluster: it stands in a folder whose postmaster.pid names it.
bool is_live_postmaster(pid_t pid) {
  if (pid == 0) return false;
  std::error_code error;
  const auto folder = fs::read_symlink("/proc/" + std::to_string(pid) + "/cwd", error);
  return !error && pid_of_lock_file(folder / "postmaster.pid") == pid;
}

// PostgreSQL itself replaces a lock file whose process does not exist. It gives up where the id was given to another
// process of this account since, where it names a zombie, and where a crash left the file empty.
void remove_stale_lock(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0) return;
  const pid_t holder = pid_of_lock_file(path);
  if (holder > 0 && ::kill(holder, 0) != 0 && errno == ESRCH) return;
  log::info("removing the stale lock file {}", path);
  (void)::unlink(path.c_str());
}

}  // namespace

pid_t pid_of_lock_text(const std::string& text) {
  const long pid = std::strtol(text.c_str(), nullptr, 10);
  return pid > 0 ? static_cast<pid_t>(pid) : 0;
}

std::vector<pid_t> processes_in(const std::string& data_dir) {
  std::vector<pid_t> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const pid_t pid = pid_of_lock_text(entry.path().filename());
    if (pid == 0 || pid == ::getpid()) continue;
    std::error_code unreadable;  // another account's process, a zombie, or gone meanwhile
    const auto folder = fs::read_symlink(entry.path() / "cwd", unreadable);
    if (!unreadable && folder == data_dir) found.push_back(pid);
  }
  return found;
}

Outcome<void> clear_leftovers(const std::string& data_dir, const std::string& socket_dir, int port, int patience_ms) {
  auto left = processes_in(data_dir);
  if (!left.empty()) {
    log::info("waiting for {} processes of an earlier PostgreSQL in {}", left.size(), data_dir);
    left = wait_until_free(data_dir, patience_ms);
  }
  const pid_t postmaster = pid_of_lock_file(data_dir + "/postmaster.pid");
  if (std::find(left.begin(), left.end(), postmaster) != left.end()) {
    // It may still be shutting down.
    left = wait_until_free(data_dir, 4 * patience_ms);
    if (!left.empty()) {
      return fail("another PostgreSQL (pid " + std::to_string(postmaster) + ") runs in " + data_dir);
    }
  }
  if (!left.empty()) {
    for (const pid_t pid : left) (void)::kill(pid, SIGQUIT);
    left = wait_until_free(data_dir, patience_ms);
  }
  if (!left.empty()) {
    return fail("process " + std::to_string(left.front()) + " of an earlier PostgreSQL does not leave " + data_dir);
  }
  remove_stale_lock(data_dir + "/postmaster.pid");
  const std::string socket_lock = socket_dir + "/.s.PGSQL." + std::to_string(port) + ".lock";
  if (!is_live_postmaster(pid_of_lock_file(socket_lock))) remove_stale_lock(socket_lock);
  return {};
}

}  // namespace ca::postgres
