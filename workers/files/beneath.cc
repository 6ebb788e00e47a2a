#include "workers/files/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace ca::workers {

Result<UniqueFd> open_root(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return system_failure(path, errno);
  return fd;
}

Result<UniqueFd> open_beneath(int root, const std::string& path, int flags) {
  const char* name = path.empty() ? "." : path.c_str();
  open_how how{};
  const bool only_a_place = (flags & O_PATH) != 0;  // openat2 refuses flags that have no effect
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC | O_NOFOLLOW | (only_a_place ? 0 : O_NONBLOCK | O_NOCTTY));
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  int fd = -1;
  do {
    fd = static_cast<int>(::syscall(SYS_openat2, root, name, &how, sizeof how));
  } while (fd < 0 && (errno == EINTR || errno == EAGAIN));
  // Older kernels and some containers' filters do not know the call; then the last part alone is guarded.
  if (fd < 0 && (errno == ENOSYS || errno == EPERM)) fd = ::openat(root, name, static_cast<int>(how.flags));
  if (fd < 0) return system_failure(path, errno);
  return UniqueFd(fd);
}

}  // namespace ca::workers
