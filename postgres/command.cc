#include "postgres/command.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "common/posix.h"
#include "common/unique_fd.h"

namespace ca::postgres {

namespace {

constexpr std::size_t max_output = 64 << 10;

// In the new process. Never returns.
[[noreturn]] void exec_as(const Account& account, const std::vector<std::string>& argv, int input, int output) {
  std::vector<char*> arguments;
  for (const auto& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  ::dup2(input, 0);
  ::dup2(output, 1);
  ::dup2(output, 2);
  if (auto became = become(account); !became) {
    (void)write_all(2, became.error().message + "\n");
    ::_exit(126);
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::execv(arguments[0], arguments.data());
  (void)write_all(2, argv[0] + ": " + std::strerror(errno) + "\n");
  ::_exit(127);
}

// The last max_output bytes up to end of file.
std::string read_tail(int fd) {
  std::string tail;
  char buffer[16384];
  for (;;) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return tail;
    tail.append(buffer, static_cast<std::size_t>(count));
    if (tail.size() > max_output) tail.erase(0, tail.size() - max_output);
  }
}

// The child's exit status, as waitpid(2) gives it.
Outcome<int> wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return fail("waitpid", errno);
  }
  return status;
}

}  // namespace

std::string Finished::last_lines(std::size_t bytes) const {
  std::string text;
  const auto end = output.find_last_not_of('\n');
  if (end == std::string::npos) return "no output";
  const auto begin = end + 1 > bytes ? end + 1 - bytes : 0;
  for (const char c : output.substr(begin, end + 1 - begin)) {
    if (c == '\n') {
      text += " | ";
    } else {
      text += c;
    }
  }
  return text;
}

Outcome<Finished> run(const Account& account, const std::vector<std::string>& argv, std::string_view input) {
  // A memory file as standard input: no deadlock between writing it and reading the output.
  auto input_file = sealed_memory_file("input", input);
  if (!input_file) return fail(input_file.error().message);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail("pipe", errno);
  UniqueFd reader(ends[0]), writer(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return fail("fork", errno);
  if (child == 0) exec_as(account, argv, input_file->get(), writer.get());
  writer.reset();
  Finished finished;
  finished.output = read_tail(reader.get());
  const auto status = wait_for(child);
  if (!status) return tl::unexpected(status.error());
  finished.status = *status;
  return finished;
}

Outcome<void> do_as(const Account& account, const std::function<Outcome<void>()>& work) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail("pipe", errno);
  UniqueFd reader(ends[0]), writer(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return fail("fork", errno);
  if (child == 0) {
    auto done = become(account);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (done) done = work();
    if (!done) (void)write_all(writer.get(), done.error().message);
    ::_exit(done ? 0 : done.error().exit_code);
  }
  writer.reset();
  const std::string message = read_tail(reader.get());
  const auto status = wait_for(child);
  if (!status) return tl::unexpected(status.error());
  if (*status == 0) return {};
  if (!WIFEXITED(*status)) return fail("a helper process was killed by " + signal_name(WTERMSIG(*status)));
  return tl::unexpected(Refusal{message, WEXITSTATUS(*status)});
}

}  // namespace ca::postgres
