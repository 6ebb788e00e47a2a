// Leaves this process only so many descriptors, for as long as the value lives.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <vector>

namespace ca::tests {

class FewDescriptors {
 public:
  // `spare`: how many can still be opened. REQUIRES: fewer than 900 are open.
  explicit FewDescriptors(int spare) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit few{1000, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
    for (int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC); fd >= 0; fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) {
      held_.push_back(fd);
    }
    for (; spare > 0; --spare) {
      ::close(held_.back());
      held_.pop_back();
    }
  }
  ~FewDescriptors() {
    for (const int fd : held_) ::close(fd);
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  rlimit before_{};
  std::vector<int> held_;
};

}  // namespace ca::tests
