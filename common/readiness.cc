#include "common/readiness.h"

#include <fcntl.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "common/posix.h"

namespace ca {

ReadinessPipe ReadinessPipe::from_environment() {
  ReadinessPipe pipe;
  const char* text = std::getenv("READY_FD");
  if (text == nullptr) return pipe;
  const int fd = std::atoi(text);
  ::unsetenv("READY_FD");
  if (fd > 2 && ::fcntl(fd, F_SETFD, FD_CLOEXEC) == 0) pipe.fd_.reset(fd);
  return pipe;
}

void ReadinessPipe::waiting(std::string_view text) noexcept {
  if (!fd_) return;
  std::string line = "WAITING " + std::string(text.substr(0, 400)) + "\n";
  std::replace(line.begin(), line.end() - 1, '\n', ' ');
  (void)write_all(fd_.get(), line);
}

void ReadinessPipe::ready() noexcept {
  if (!fd_) return;
  (void)write_all(fd_.get(), "READY\n");
  fd_.reset();
}

}  // namespace ca
