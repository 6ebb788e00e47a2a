#include "cli/code-analysisctl/projects_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>

#include "common/posix.h"
#include "common/unique_fd.h"

extern char** environ;

namespace ca::ctl {

namespace {

namespace fs = std::filesystem;

std::string program() {
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  const fs::path installed = folder / "../libexec/code-analysis/projects";
  const fs::path built = folder / "libexec/code-analysis/projects";
  return ::access(built.c_str(), X_OK) == 0 ? built.string() : installed.string();
}

// The variables of this process, less its own PG* ones, and those given.
std::vector<std::string> whole_environment(const std::vector<std::string>& added) {
  std::vector<std::string> variables = added;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (std::string_view(*entry).substr(0, 2) != "PG") variables.emplace_back(*entry);
  }
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

// All that comes until the end, or nothing where that takes too long.
std::optional<std::string> read_within(int fd, Milliseconds timeout) {
  const Instant end = MonotonicClock::now() + timeout;
  std::string text;
  std::array<char, 65536> buffer{};
  for (;;) {
    const auto left = std::chrono::duration_cast<Milliseconds>(end - MonotonicClock::now()).count();
    pollfd readable{fd, POLLIN, 0};
    const int count = left <= 0 ? 0 : ::poll(&readable, 1, static_cast<int>(left));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::nullopt;
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

bool has_own_driver(const Json& status) {
  const auto& processes = status["processes"];
  return std::any_of(processes.begin(), processes.end(), [](const Json& process) {
    return process.value("name", "") == "driver" && process.value("builtin", false);
  });
}

Result<std::vector<std::string>> driver_environment(const Json& status) {
  for (const auto& process : status["processes"]) {
    if (process["name"] != "driver") continue;
    if (process["state"] != "ready") return failure("the database's driver is not ready: " + process["state"].get<std::string>());
    for (const auto& address : process["listen"]) {
      const auto socket = address.get<std::string>();
      const auto name = socket.rfind("/.s.PGSQL.");
      if (name == std::string::npos) continue;
      return std::vector<std::string>{"PGHOST=" + socket.substr(0, name), "PGPORT=" + socket.substr(socket.rfind('.') + 1),
                                      "PGDATABASE=code_analysis", "PGUSER=code_analysis", "PGAPPNAME=code-analysisctl",
                                      "PGOPTIONS=-c code_analysis.priority=interactive"};
    }
    return failure("the driver has no socket");
  }
  return failure("this tree has no database");
}

Error become_projects_program(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
  std::vector<std::string> argv{program()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  auto variables = whole_environment(environment);
  ::execve(argv[0].c_str(), pointers(argv).data(), pointers(variables).data());
  return Error{"cannot run " + argv[0], errno};
}

Result<std::string> ask_projects_program(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                                         Milliseconds timeout) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_failure("pipe2", errno);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  std::vector<std::string> argv{program()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  auto variables = whole_environment(environment);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, writer.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t pid = -1;
  const int error =
      ::posix_spawn(&pid, argv[0].c_str(), &actions, nullptr, pointers(argv).data(), pointers(variables).data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return system_failure("cannot run " + argv[0], error);
  writer.reset();
  auto text = read_within(reader.get(), timeout);
  if (!text) ::kill(pid, SIGKILL);
  const int code = wait_for(pid);
  if (!text) return failure("the database does not answer");
  if (code != 0) return failure("the database cannot be reached");
  return std::move(*text);
}

}  // namespace ca::ctl
