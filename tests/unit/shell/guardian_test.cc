#include <fcntl.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include "common/posix.h"
#include "supervisor/both_halves/descendants.h"
#include "supervisor/both_halves/folders.h"
#include "supervisor/both_halves/footprint.h"
#include "supervisor/both_halves/instance_lock.h"
#include "supervisor/both_halves/link.h"
#include "supervisor/guardian/parent_notify.h"
#include "supervisor/shell/child/listeners.h"
#include "supervisor/shell/child/procfs.h"
#include "temp_folder.h"
#include "tests/support/catch.h"

using namespace ca;

namespace {

mode_t mode_of(const std::string& path) {
  struct stat info{};
  return ::lstat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}

std::string refusal(const std::string& path) {
  const auto made = prepare_folder(path, 0755);
  return made ? "" : made.error().message;
}

}  // namespace

TEST_CASE("a missing folder is made with its parents, the mode whatever the umask") {
  const TempFolder folder;
  const mode_t before = ::umask(077);
  CHECK(refusal(folder / "a/b/c").empty());
  CHECK(prepare_folder(folder / "state", 0711).has_value());
  ::umask(before);
  CHECK(mode_of(folder / "a/b/c") == 0755);
  CHECK(mode_of(folder / "state") == 0711);
  CHECK(refusal(folder / "a/b/c").empty());
}

TEST_CASE("a folder that cannot be trusted is refused with path and reason") {
  const TempFolder folder;
  CHECK(refusal(folder / "good").empty());
  ::symlink("good", (folder / "link").c_str());
  CHECK(refusal(folder / "link") == folder / "link" + " is a link");
  CHECK(refusal(folder / "link/") == folder / "link" + " is a link");
  std::ofstream(folder / "file") << "x";
  CHECK(refusal(folder / "file") == folder / "file" + " is not a folder");
  CHECK(refusal(folder / "file/below").find(folder / "file") != std::string::npos);
  ::mkdir((folder / "open").c_str(), 0755);
  ::chmod((folder / "open").c_str(), 01777);
  CHECK(refusal(folder / "open") == folder / "open" + " is writable by others");
  if (::geteuid() == 0) {
    ::mkdir((folder / "foreign").c_str(), 0755);
    REQUIRE(::chown((folder / "foreign").c_str(), 65534, 65534) == 0);
    CHECK(refusal(folder / "foreign") == folder / "foreign" + " belongs to another user (uid 65534)");
  }
}

TEST_CASE("a pid file replaces whatever is there, and only our own is removed") {
  const TempFolder folder;
  std::ofstream(folder / "pid") << "4711 of somebody else";
  Footprint footprint;
  REQUIRE(write_pid_file(folder / "pid", footprint).has_value());
  CHECK(read_file(folder / "pid", 100).value() == std::to_string(::getpid()) + "\n");
  Footprint replaced = footprint;
  Footprint newer;
  REQUIRE(write_pid_file(folder / "pid", newer).has_value());
  remove_footprint(replaced);
  CHECK(std::filesystem::exists(folder / "pid"));
  remove_footprint(newer);
  CHECK_FALSE(std::filesystem::exists(folder / "pid"));
  CHECK_FALSE(std::filesystem::exists(folder / "pid.new"));
  Footprint none;
  CHECK_FALSE(write_pid_file(folder / "no/such/folder/pid", none).has_value());
}

TEST_CASE("only sockets are removed as sockets") {
  const TempFolder folder;
  std::ofstream(folder / "file") << "x";
  auto socket = shell::bind_unix(folder / "socket", 0777);
  remove_footprint({{folder / "file", folder / "socket", folder / "missing"}, "", 0, 0});
  CHECK(std::filesystem::exists(folder / "file"));
  CHECK_FALSE(std::filesystem::exists(folder / "socket"));
}

TEST_CASE("the lock's file stays when it is released, and can be taken again") {
  const TempFolder folder;
  { REQUIRE(take_instance_lock(folder.path()).has_value()); }
  CHECK(read_file(folder / "supervisor.lock", 100).value() == std::to_string(::getpid()) + "\n");
  CHECK(take_instance_lock(folder.path()).has_value());
}

TEST_CASE("a holder that does not answer is waited for until it has gone") {
  const TempFolder folder;
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const pid_t holder = ::fork();
  if (holder == 0) {
    auto lock = take_instance_lock(folder.path());
    const char ok = lock ? '1' : '0';
    (void)!::write(ends[1], &ok, 1);
    ::usleep(100'000);
    ::_exit(0);
  }
  char ok = '0';
  REQUIRE(::read(ends[0], &ok, 1) == 1);
  CHECK(ok == '1');
  CHECK(take_instance_lock(folder.path()).has_value());
  ::waitpid(holder, nullptr, 0);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("a message that was not taken yet gives way to a later one of its kind, and the order is that of the last") {
  NotifyQueue queue;
  for (const char* message : {"STATUS=one", "READY=1\nMAINPID=1", "WATCHDOG=1", "RELOADING=1\nMONOTONIC_USEC=7", "WATCHDOG=1",
                              "READY=1\nMAINPID=2", "STATUS=two", "STOPPING=1\nSTATUS=three"}) {
    queue.push(message);
  }
  for (const char* message : {"RELOADING=1\nMONOTONIC_USEC=7", "WATCHDOG=1", "READY=1\nMAINPID=2", "STATUS=two",
                              "STOPPING=1\nSTATUS=three"}) {
    REQUIRE_FALSE(queue.empty());
    CHECK(queue.front() == message);
    queue.pop();
  }
  CHECK(queue.empty());
}

TEST_CASE("the proc file system of this host shows our children") {
  const auto usable = check_proc();
  INFO((usable ? "" : usable.error().message));
  CHECK(usable.has_value());
  std::vector<pid_t> children;
  const pid_t child = ::fork();
  if (child == 0) {
    for (;;) ::pause();
  }
  CHECK(append_children(children));
  CHECK(std::count(children.begin(), children.end(), child) == 1);
  CHECK(signal_child(child, SIGKILL));
  ::waitpid(child, nullptr, 0);
  CHECK_FALSE(signal_child(child, SIGKILL));
}

TEST_CASE("messages between the halves arrive whole and in order, then comes the end") {
  auto link = make_link();
  REQUIRE(link.has_value());
  LinkMessage message;
  CHECK(receive_message(link->guardian.get(), message) == Received::nothing);
  CHECK(send_message(link->supervisor.get(), {LinkKind::exiting, 2, 0, "why"}));
  CHECK(send_message(link->supervisor.get(), {LinkKind::notify, 0, 0, std::string(100'000, 'x')}));
  CHECK(receive_message(link->guardian.get(), message) == Received::message);
  CHECK(message.kind == LinkKind::exiting);
  CHECK(message.value == 2);
  CHECK(message.text == "why");
  CHECK(receive_message(link->guardian.get(), message) == Received::message);
  CHECK(message.text.size() < 4096);
  link->supervisor.reset();
  CHECK(receive_message(link->guardian.get(), message) == Received::end);
  CHECK_FALSE(send_message(link->guardian.get(), {LinkKind::signal, 1, 0, ""}));
}

TEST_CASE("descendants in sessions of their own that ignore TERM are all ended and reaped") {
  const pid_t middle = ::fork();
  if (middle == 0) {  // a subreaper of its own, so that the test program adopts nothing
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (int i = 0; i < 10; ++i) {
      if (::fork() != 0) continue;
      ::setsid();
      ::signal(SIGTERM, SIG_IGN);
      if (::fork() == 0) ::setsid();
      if (i % 2 == 0) ::raise(SIGSTOP);
      for (;;) ::pause();
    }
    end_all_descendants();
    ::_exit(::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(middle, &status, 0) == middle);
  CHECK(status == 0);
}

TEST_CASE("what /proc tells of ourselves is true") {
  const auto stat = shell::process_stat(::getpid());
  REQUIRE(stat.has_value());
  CHECK(stat->parent == ::getppid());
  CHECK_FALSE(stat->is_exiting);
  CHECK(stat->rss_bytes > 1'000'000);
  CHECK(stat->rss_bytes < 1'000'000'000);
  CHECK(shell::is_or_descends_from(::getpid(), ::getppid()));
  CHECK_FALSE(shell::is_or_descends_from(::getppid(), ::getpid()));
  CHECK_FALSE(shell::process_stat(0x3fffffff).has_value());
  CHECK_FALSE(shell::marker_of(0x3fffffff).has_value());
  const auto own = shell::marker_of(::getpid());
  REQUIRE(own.has_value());
  CHECK(own->process == (std::getenv("CODE_ANALYSIS_PROCESS") == nullptr ? "" : std::getenv("CODE_ANALYSIS_PROCESS")));
}
