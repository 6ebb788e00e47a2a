#include "supervisor/guardian/daemonize.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "common/exit_code.h"
#include "common/posix.h"
#include "common/printable.h"

namespace ca {

namespace {

[[noreturn]] void wait_for_report(int pipe, pid_t child) {
  const auto report = read_to_end(pipe, 1 << 16);
  int code = exit_code::half_died;
  std::string reason = "the supervisor died while it started";
  const std::size_t newline = report ? report->find('\n') : std::string::npos;
  if (newline != std::string::npos) {
    code = std::atoi(report->c_str());
    reason = report->substr(newline + 1);
  } else {
    ::waitpid(child, nullptr, 0);
  }
  if (code != 0 && !reason.empty()) std::fprintf(stderr, "code-analysisd: %s\n", printable_lines(reason).c_str());
  std::fflush(nullptr);
  std::_Exit(code);
}

}  // namespace

UniqueFd daemonize() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    std::perror("code-analysisd: pipe");
    std::exit(exit_code::cannot_create);
  }
  const pid_t child = ::fork();
  if (child < 0) {
    std::perror("code-analysisd: fork");
    std::exit(exit_code::cannot_create);
  }
  if (child > 0) {
    ::close(ends[1]);
    wait_for_report(ends[0], child);
  }
  ::close(ends[0]);
  ::setsid();
  return UniqueFd(ends[1]);
}

void report_outcome(int report_fd, int code, const std::string& reason) noexcept {
  if (report_fd < 0) return;
  (void)write_all(report_fd, std::to_string(code) + "\n" + reason);
}

}  // namespace ca
