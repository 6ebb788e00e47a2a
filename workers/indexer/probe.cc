#include "workers/indexer/probe.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <exception>

#include "common/posix.h"
#include "common/unique_fd.h"

namespace ca::workers {

namespace {

constexpr int exit_out_of_memory = 3;
[[maybe_unused]] constexpr rlim_t memory_limit = rlim_t{4} << 30;

[[noreturn]] void run_in_child(const std::function<void()>& work) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::signal(SIGTERM, SIG_DFL);
  const rlimit no_core{0, 0};
  limit_memory();
  ::setrlimit(RLIMIT_CORE, &no_core);
  try {
    work();
  } catch (const std::exception&) {
    ::_exit(exit_out_of_memory);
  }
  ::_exit(0);
}

}  // namespace

void limit_memory() {
#ifndef __SANITIZE_ADDRESS__  // which reserves terabytes of address space
  const rlimit memory{memory_limit, memory_limit};
  ::setrlimit(RLIMIT_AS, &memory);
#endif
}

Status probe(const std::function<void()>& work, Milliseconds timeout) {
  const pid_t child = ::fork();
  if (child < 0) return system_failure("fork", errno);
  if (child == 0) run_in_child(work);
  const UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  const Instant deadline = MonotonicClock::now() + timeout;
  bool in_time = !handle;
  while (!in_time) {
    const auto left = std::chrono::ceil<Milliseconds>(deadline - MonotonicClock::now()).count();
    pollfd exited{handle.get(), POLLIN, 0};
    const int count = ::poll(&exited, 1, left > 0 ? static_cast<int>(left) : 0);
    if (count == 0) break;
    in_time = count > 0;
  }
  if (!in_time) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!in_time) return failure("the analyser needs more than " + std::to_string(timeout.count()) + " ms for it");
  if (WIFSIGNALED(status)) return failure("the analyser was killed by " + signal_name(WTERMSIG(status)));
  if (WEXITSTATUS(status) != 0) return failure("the analyser ran out of memory");
  return {};
}

}  // namespace ca::workers
