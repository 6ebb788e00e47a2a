// Preloaded into a program: while the file that FAILING_EPOLL names exists, no further descriptor can be watched, as when the
// user has reached fs.epoll.max_user_watches.
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

int epoll_ctl(int epoll, int operation, int fd, struct epoll_event* event) {
  static int (*real)(int, int, int, struct epoll_event*);
  const char* const file = getenv("FAILING_EPOLL");
  if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, "epoll_ctl");
  if (operation == EPOLL_CTL_ADD && file != NULL && access(file, F_OK) == 0) {
    errno = ENOSPC;
    return -1;
  }
  return real(epoll, operation, fd, event);
}
