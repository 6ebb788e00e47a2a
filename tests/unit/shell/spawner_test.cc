#include "supervisor/shell/child/spawner.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "common/posix.h"
#include "supervisor/shell/child/environment.h"
#include "temp_folder.h"
#include "tests/support/catch.h"

using namespace ca;
using namespace ca::shell;

namespace {

struct Ran {
  std::string output;
  int status = 0;
};

class Spawning {
 public:
  Spawning() : null_(::open("/dev/null", O_RDWR | O_CLOEXEC)) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    read_end_.reset(ends[0]);
    write_end_.reset(ends[1]);
    request.input = null_.get();
    request.output = write_end_.get();
    request.environment = {"PATH=/usr/bin:/bin"};
  }

  Ran run() {
    const auto pid = spawn(request);
    REQUIRE(pid.has_value());
    write_end_.reset();
    Ran ran;
    ran.output = read_to_end(read_end_.get(), 1 << 20).value();
    REQUIRE(::waitpid(*pid, &ran.status, 0) == *pid);
    return ran;
  }

  core::SpawnError fail() {
    const auto pid = spawn(request);
    REQUIRE_FALSE(pid.has_value());
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);  // no process is left behind
    return pid.error();
  }

  SpawnRequest request;
  UniqueFd null_, read_end_, write_end_;
};

void put(const std::string& path, const std::string& text, mode_t mode) {
  std::ofstream(path) << text;
  ::chmod(path.c_str(), mode);
}

}  // namespace

TEST_CASE("a program is found in PATH of the child's own environment") {
  Spawning spawning;
  spawning.request.argv = {"sh", "-c", "echo $0 $1; echo to stderr >&2", "zero", "one"};
  CHECK(spawning.run().output == "zero one\nto stderr\n");
}

TEST_CASE("a failed exec tells stage, errno and path, whatever the reason") {
  const TempFolder folder;
  put(folder / "not-executable", "#!/bin/sh\n", 0644);
  put(folder / "bad-interpreter", "#!/no/such/interpreter\n", 0755);
  put(folder / "rubbish", "\x7f rubbish", 0755);
  const std::vector<std::pair<std::string, int>> programs{
      {folder / "missing", ENOENT},
      {folder / "not-executable", EACCES},
      {folder / "bad-interpreter", ENOENT},
      {folder / "rubbish", ENOEXEC},
      {folder.path(), EACCES},
      {folder / "rubbish" + "/below", ENOTDIR},
      {"no-such-program-in-path", ENOENT},
  };
  for (const auto& [program, error] : programs) {
    Spawning spawning;
    spawning.request.argv = {program};
    CHECK(spawning.fail() == core::SpawnError{"execve", error, program});
  }
}

TEST_CASE("a working folder that is missing or no folder is told as chdir") {
  Spawning spawning;
  spawning.request.argv = {"true"};
  spawning.request.working_dir = "/no/such/folder";
  CHECK(spawning.fail() == core::SpawnError{"chdir", ENOENT, "/no/such/folder"});
  spawning.request.working_dir = "/dev/null";
  CHECK(spawning.fail() == core::SpawnError{"chdir", ENOTDIR, "/dev/null"});
}

TEST_CASE("a descriptor that is not open is told as dup2") {
  Spawning spawning;
  spawning.request.argv = {"true"};
  spawning.request.input = 900;
  CHECK(spawning.fail() == core::SpawnError{"dup2", EBADF, ""});
}

TEST_CASE("a signal number that is none is told as prctl") {
  Spawning spawning;
  spawning.request.argv = {"true"};
  spawning.request.parent_death_signal = 1000;
  CHECK(spawning.fail() == core::SpawnError{"prctl", EINVAL, ""});
}

TEST_CASE("without free descriptors the spawn fails as a value and works again later") {
  Spawning spawning;
  spawning.request.argv = {"true"};
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit low = before;
  low.rlim_cur = static_cast<rlim_t>(::dup(0));
  ::close(static_cast<int>(low.rlim_cur));
  ::setrlimit(RLIMIT_NOFILE, &low);
  const core::SpawnError failed = spawning.fail();
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(failed == core::SpawnError{"pipe2", EMFILE, ""});
  CHECK(spawning.run().status == 0);
}

TEST_CASE("an account that cannot be changed to is told with its name") {
  Spawning spawning;
  spawning.request.argv = {"sh", "-c", "id -u; id -G"};
  spawning.request.account = Account{65534, 65534, "nobody", {65534, 4711}};
  if (::geteuid() == 0) {
    CHECK(spawning.run().output == "65534\n65534 4711\n");
  } else {
    CHECK(spawning.fail() == core::SpawnError{"setgroups", EPERM, "nobody"});
  }
}

TEST_CASE("a child has exactly the descriptors that it is passed") {
  Spawning spawning;
  const UniqueFd inheritable(::open("/dev/null", O_RDONLY));
  const TempFolder folder;
  put(folder / "passed", "the passed file", 0644);
  const UniqueFd passed(::open((folder / "passed").c_str(), O_RDONLY | O_CLOEXEC));
  // 4 is the folder that ls lists. A pipe to another program would be the shell's for a moment.
  spawning.request.argv = {"sh", "-c", "cat <&3; exec ls /proc/self/fd"};
  spawning.request.passed = {passed.get()};
  CHECK(spawning.run().output == "the passed file0\n1\n2\n3\n4\n");
}

TEST_CASE("LISTEN_PID is the child's own pid, without leading zeros") {
  Spawning spawning;
  spawning.request.argv = {"sh", "-c", "echo \"$LISTEN_PID $$ $AFTER\""};
  spawning.request.environment.push_back(listen_pid_slot);
  spawning.request.environment.push_back("AFTER=it");
  std::istringstream output(spawning.run().output);
  std::string listen_pid, pid, after;
  output >> listen_pid >> pid >> after;
  CHECK(listen_pid == pid);
  CHECK(after == "it");
  CHECK(std::strtoul(listen_pid.c_str(), nullptr, 0) == std::strtoul(pid.c_str(), nullptr, 10));  // as libsystemd reads it
}

TEST_CASE("a child has an empty mask, default dispositions, a session of its own, its umask and folder") {
  sigset_t all, before;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  const auto old_pipe = ::signal(SIGPIPE, SIG_IGN);
  Spawning spawning;
  spawning.request.argv = {"sh", "-c", "grep -E 'SigBlk|SigIgn' /proc/$$/status | tr -d '\\t\\n'; umask; pwd; "
                                       "read -r _ _ _ _ _ session _ </proc/$$/stat; expr $session - $$"};
  spawning.request.umask = 0027;
  spawning.request.working_dir = "/usr";
  const Ran ran = spawning.run();
  ::signal(SIGPIPE, old_pipe);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  CHECK(ran.output == "SigBlk:0000000000000000SigIgn:00000000000000000027\n/usr\n0\n");
}
