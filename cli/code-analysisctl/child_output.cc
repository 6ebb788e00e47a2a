#include "cli/code-analysisctl/child_output.h"

#include <fcntl.h>
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

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

// All that comes until the end, or nothing where that takes too long.
std::optional<std::string> read_within(int fd, std::optional<Milliseconds> timeout) {
  const Instant end = MonotonicClock::now() + timeout.value_or(Milliseconds(0));
  std::string text;
  std::array<char, 65536> buffer{};
  for (;;) {
    const auto left = std::chrono::ceil<Milliseconds>(end - MonotonicClock::now()).count();
    pollfd readable{fd, POLLIN, 0};
    const int count = ::poll(&readable, 1, timeout ? static_cast<int>(std::max<std::int64_t>(left, 0)) : -1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::nullopt;
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

int exit_code_of(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Result<pid_t> start(ChildRequest& request, int output) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  if (request.hides_errors) ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<char*> environment;
  if (request.environment) environment = pointers(*request.environment);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, request.argv[0].c_str(), &actions, nullptr, pointers(request.argv).data(),
                                   request.environment ? environment.data() : environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return system_failure("cannot run " + request.argv[0], error);
  return pid;
}

}  // namespace

std::string program_beside(const std::vector<std::string>& candidates) {
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const auto& candidate : candidates) {
    if (!error && ::access((folder / candidate).c_str(), X_OK) == 0) return (folder / candidate).string();
  }
  return "";
}

Result<ChildOutput> run_child(ChildRequest request) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_failure("pipe2", errno);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  const auto pid = start(request, writer.get());
  if (!pid) return tl::unexpected(pid.error());
  writer.reset();
  auto text = read_within(reader.get(), request.timeout);
  if (!text) ::kill(*pid, SIGKILL);
  const int code = exit_code_of(*pid);
  if (!text) return system_failure(request.argv[0], ETIMEDOUT);
  return ChildOutput{std::move(*text), code};
}

}  // namespace ca::ctl
