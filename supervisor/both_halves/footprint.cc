#include "supervisor/both_halves/footprint.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "common/posix.h"
#include "common/unique_fd.h"

namespace ca {

Status write_pid_file(const std::string& path, Footprint& footprint) {
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());
  UniqueFd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!file) return system_failure("cannot write the pid file " + path, errno);
  auto written = write_all(file.get(), std::to_string(::getpid()) + "\n");
  struct stat info{};
  if (written && ::fstat(file.get(), &info) != 0) written = system_failure("fstat", errno);
  if (written && ::rename(fresh.c_str(), path.c_str()) != 0) written = system_failure("rename", errno);
  if (!written) {
    ::unlink(fresh.c_str());
    return failure("cannot write the pid file " + path + ": " + written.error().message, written.error().code);
  }
  footprint.pid_file = path;
  footprint.pid_file_device = info.st_dev;
  footprint.pid_file_inode = info.st_ino;
  return {};
}

void remove_footprint(const Footprint& footprint) noexcept {
  struct stat info{};
  for (const std::string& path : footprint.sockets) {
    if (::lstat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode)) ::unlink(path.c_str());
  }
  if (!footprint.pid_file.empty() && ::lstat(footprint.pid_file.c_str(), &info) == 0 &&
      info.st_dev == footprint.pid_file_device && info.st_ino == footprint.pid_file_inode) {
    ::unlink(footprint.pid_file.c_str());
  }
}

}  // namespace ca
