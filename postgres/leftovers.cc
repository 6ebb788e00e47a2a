#include "postgres/leftovers.h"

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

// Returns 0 if there is no such file, or no id in it. Errors: it cannot be read, so that it may name a living process.
Outcome<pid_t> pid_of_lock_file(const std::string& path) {
  const auto text = read_file(path, 1 << 16);
  if (text) return pid_of_lock_text(*text);
  if (text.error().code == ENOENT || text.error().code == ENOTDIR) return 0;
  return fail(text.error().message);
}

// Waits until `pid` has exited, `timeout_ms` at most.
void wait_for_exit(pid_t pid, int timeout_ms) {
  const UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!handle) return;
  pollfd waiting{handle.get(), POLLIN, 0};
  (void)::poll(&waiting, 1, timeout_ms);
}

// Waits until `data_dir` is free of processes. Returns what is left after `timeout_ms`.
Outcome<std::vector<pid_t>> wait_until_free(const std::string& data_dir, int timeout_ms) {
  const Instant deadline = MonotonicClock::now() + Milliseconds(timeout_ms);
  for (;;) {
    auto left = processes_in(data_dir);
    const auto rest = std::chrono::duration_cast<Milliseconds>(deadline - MonotonicClock::now()).count();
    if (!left || left->empty() || rest <= 0) return left;
    wait_for_exit(left->front(), static_cast<int>(rest));
  }
}

// Returns true if `pid` is a postmaster, of whatever cluster: it is in a folder whose postmaster.pid names it.
Outcome<bool> is_live_postmaster(pid_t pid) {
  if (pid == 0) return false;
  std::error_code error;
  const auto folder = fs::read_symlink("/proc/" + std::to_string(pid) + "/cwd", error);
  if (error) return false;  // gone, a zombie, or another account's: no postmaster that this account could have started
  const auto holder = pid_of_lock_file(folder / "postmaster.pid");
  if (!holder) return tl::unexpected(holder.error());
  return *holder == pid;
}

// PostgreSQL itself replaces a lock file whose process does not exist. It gives up where the id was given to another
// process of this account since, where it names a zombie, and where a crash left the file empty.
// REQUIRES: `holder` is what the file names, and no postmaster.
void remove_stale_lock(const std::string& path, pid_t holder) {
  if (::access(path.c_str(), F_OK) != 0) return;
  if (holder > 0 && ::kill(holder, 0) != 0 && errno == ESRCH) return;
  log::info("removing the stale lock file {}", path);
  (void)::unlink(path.c_str());
}

Outcome<void> remove_stale_socket_lock(const std::string& path) {
  const auto holder = pid_of_lock_file(path);
  if (!holder) return tl::unexpected(holder.error());
  const auto is_live = is_live_postmaster(*holder);
  if (!is_live) return tl::unexpected(is_live.error());
  if (!*is_live) remove_stale_lock(path, *holder);
  return {};
}

}  // namespace

pid_t pid_of_lock_text(const std::string& text) {
  const long pid = std::strtol(text.c_str(), nullptr, 10);
  return pid > 0 ? static_cast<pid_t>(pid) : 0;
}

Outcome<std::vector<pid_t>> processes_in(const std::string& data_dir) {
  std::vector<pid_t> found;
  bool is_there = false;  // this process: else /proc is not the one that it is in
  std::error_code error;
  fs::directory_iterator entry("/proc", error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const pid_t pid = pid_of_lock_text(entry->path().filename());
    if (pid == ::getpid()) is_there = true;
    if (pid == 0 || pid == ::getpid()) continue;
    std::error_code unreadable;  // another account's process, a zombie, or gone meanwhile
    const auto folder = fs::read_symlink(entry->path() / "cwd", unreadable);
    if (!unreadable && folder == data_dir) found.push_back(pid);
  }
  if (error) return fail("/proc cannot be listed: " + error.message());
  if (!is_there) return fail("/proc does not show this process: is it mounted?");
  return found;
}

Outcome<void> clear_leftovers(const std::string& data_dir, const std::string& socket_dir, int port, int patience_ms) {
  auto left = processes_in(data_dir);
  if (left && !left->empty()) {
    log::info("waiting for {} processes of an earlier PostgreSQL in {}", left->size(), data_dir);
    left = wait_until_free(data_dir, patience_ms);
  }
  if (!left) return tl::unexpected(left.error());
  const auto postmaster = pid_of_lock_file(data_dir + "/postmaster.pid");
  if (!postmaster) return tl::unexpected(postmaster.error());
  if (std::find(left->begin(), left->end(), *postmaster) != left->end()) {
    // It may still be shutting down.
    left = wait_until_free(data_dir, 4 * patience_ms);
    if (left && !left->empty()) {
      return fail("another PostgreSQL (pid " + std::to_string(*postmaster) + ") runs in " + data_dir);
    }
  }
  if (left && !left->empty()) {
    for (const pid_t pid : *left) (void)::kill(pid, SIGQUIT);
    left = wait_until_free(data_dir, patience_ms);
  }
  if (!left) return tl::unexpected(left.error());
  if (!left->empty()) {
    return fail("process " + std::to_string(left->front()) + " of an earlier PostgreSQL does not leave " + data_dir);
  }
  remove_stale_lock(data_dir + "/postmaster.pid", *postmaster);
  return remove_stale_socket_lock(socket_dir + "/.s.PGSQL." + std::to_string(port) + ".lock");
}

}  // namespace ca::postgres
