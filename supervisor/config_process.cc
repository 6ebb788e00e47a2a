#include "supervisor/config_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "supervisor/shell/child/environment.h"
#include "supervisor/shell/child/spawner.h"

namespace ca::shell {

Result<ConfigProcess> start_config_process(const std::string& file, bool starting,
                                           const std::vector<std::string>& environment) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_failure("pipe2", errno);
  ConfigProcess process;
  process.output.reset(ends[0]);
  const UniqueFd write_end(ends[1]);
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return system_failure("/dev/null", errno);
  SpawnRequest request;
  request.argv = {"/proc/self/exe", reader_argument, starting ? "start" : "check", file};
  request.environment = environment;
  request.working_dir = ".";
  request.input = null.get();
  request.output = null.get();
  request.passed = {write_end.get()};
  const auto pid = spawn(request);
  if (!pid) return system_failure("cannot start the configuration reader: " + pid.error().stage, pid.error().error);
  process.pid = *pid;
  return process;
}

ReadOutcome outcome_of(const std::string& file, const std::string& bytes) {
  auto outcome = parse_outcome(bytes);
  if (outcome) return std::move(*outcome);
  ReadOutcome failed;
  failed.errors.push_back(file + ": cannot be read as a configuration (" + outcome.error().message + ")");
  return failed;
}

namespace {

// Without an exec: at the start there is nothing yet in our memory that the reader must not have, and it is quicker.
Result<ConfigProcess> fork_config_process(const std::string& file, bool starting) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_failure("pipe2", errno);
  ConfigProcess process;
  process.output.reset(ends[0]);
  const UniqueFd write_end(ends[1]);
  const pid_t parent = ::getpid();
  process.pid = ::fork();
  if (process.pid < 0) return system_failure("fork", errno);
  if (process.pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    ::_exit(reader_main(file, write_end.get(), starting));
  }
  return process;
}

// What comes within the bound; the reader is killed where it is not done by then.
std::string collect(const ConfigProcess& process) {
  std::string bytes;
  const Instant give_up = MonotonicClock::now() + outcome_bound;
  char buffer[65536];
  for (;;) {
    const auto left = std::chrono::duration_cast<Milliseconds>(give_up - MonotonicClock::now()).count();
    pollfd readable{process.output.get(), POLLIN, 0};
    // Looks before it judges: what came in time counts, however late this process gets to see it.
    if (::poll(&readable, 1, static_cast<int>(std::max<std::int64_t>(left, 0))) == 0 || bytes.size() > outcome_limit) {
      ::kill(process.pid, SIGKILL);
      return {};
    }
    const ssize_t count = ::read(process.output.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return bytes;
    bytes.append(buffer, static_cast<std::size_t>(count));
  }
}

}  // namespace

ReadOutcome read_in_process(const std::string& file, bool starting) {
  auto process = fork_config_process(file, starting);
  if (!process) {
    ReadOutcome failed;
    failed.errors.push_back(file + ": " + process.error().message);
    return failed;
  }
  const std::string bytes = collect(*process);
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(process->pid), &info, WEXITED) != 0 && errno == EINTR) {}
  return outcome_of(file, bytes);
}

}  // namespace ca::shell
