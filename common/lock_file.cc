#include "common/lock_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <sstream>

#include "common/posix.h"
#include "common/printable.h"

namespace ca {

namespace {

// The pid of the flock on that file; 0: none is listed. A file system may list another device than stat(2) reports
// (overlayfs and btrfs do), so the inode alone counts if no line has both.
pid_t holder_of(const struct stat& file) {
  constexpr std::size_t limit = 16 << 20;
  const auto locks = read_file("/proc/locks", limit);
  if (!locks) return 0;
  pid_t by_inode = 0;
  std::istringstream lines(*locks);
  for (std::string line; std::getline(lines, line);) {
    char kind[16] = {};
    int pid = 0;
    unsigned major = 0, minor = 0;
    unsigned long inode = 0;
    // "1: FLOCK  ADVISORY  WRITE 4711 fe:01:1234 0 EOF"; a waiting process has "->" in front of its FLOCK.
    if (std::sscanf(line.c_str(), "%*d: %15s %*s %*s %d %x:%x:%lu", kind, &pid, &major, &minor, &inode) != 5) continue;
    if (std::string_view(kind) != "FLOCK" || inode != file.st_ino || pid <= 0) continue;
    if (makedev(major, minor) == file.st_dev) return pid;
    by_inode = pid;
  }
  return by_inode;
}

// The command line as one printable line of at most 200 bytes; the name in brackets if it is empty.
std::string command_of(const std::string& folder) {
  constexpr std::size_t limit = 4 << 20, shown = 200;
  std::string text = read_file(folder + "cmdline", limit).value_or("");
  while (!text.empty() && text.back() == '\0') text.pop_back();
  if (text.empty()) {
    text = read_file(folder + "comm", limit).value_or("");
    if (text.empty()) return "which has ended";
    if (text.back() == '\n') text.pop_back();
    text = "[" + text + "]";
  }
  std::replace(text.begin(), text.end(), '\0', ' ');
  return printable(cut_text(text, shown));
}

std::string uid_of(const std::string& folder) {
  const std::string status = read_file(folder + "status", 1 << 16).value_or("");
  const std::size_t at = status.find("\nUid:\t");
  unsigned uid = 0;
  if (at == std::string::npos || std::sscanf(status.c_str() + at + 6, "%u", &uid) != 1) return "";
  return ", uid " + std::to_string(uid);
}

}  // namespace

Result<UniqueFd> open_lock_file(const std::string& path, uid_t owner) {
  // O_NONBLOCK, because opening a FIFO or a device must not wait.
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600));
  if (!file) return system_failure("cannot open " + path, errno);
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) return system_failure(path, errno);
  if (!S_ISREG(info.st_mode)) return failure(path + " is not a regular file", EINVAL);
  if (info.st_uid != owner && ::fchown(file.get(), owner, static_cast<gid_t>(-1)) != 0) {
    return failure(path + " belongs to another user (uid " + std::to_string(info.st_uid) + ")", EPERM);
  }
  if (::fchmod(file.get(), 0600) != 0) return system_failure("cannot set the mode of " + path, errno);
  return file;
}

std::string describe_lock_holder(int fd) {
  struct stat info{};
  const pid_t pid = ::fstat(fd, &info) == 0 ? holder_of(info) : 0;
  if (pid == 0) return "an unknown process";
  const std::string folder = "/proc/" + std::to_string(pid) + "/";
  return "pid " + std::to_string(pid) + " (" + command_of(folder) + uid_of(folder) + ")";
}

}  // namespace ca
