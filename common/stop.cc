#include "common/stop.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>

#include "common/check.h"

namespace ca::workers {

namespace {

// Signal handlers have no other place to keep these.
volatile std::sig_atomic_t stop_requested = 0;
int stop_fd = -1;
timer_t grace_timer;

extern "C" void on_stop_signal(int) {
  if (stop_requested != 0) return;
  const int saved = errno;
  stop_requested = 1;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto ignored = ::write(stop_fd, &one, sizeof one);
  itimerspec grace{};
  grace.it_value.tv_nsec = std::chrono::nanoseconds(Stop::grace).count();
  ::timer_settime(grace_timer, 0, &grace, nullptr);
  errno = saved;
}

extern "C" void on_grace_over(int) { ::_exit(0); }

void handle(int signal_number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  CA_CHECK(::sigaction(signal_number, &action, nullptr) == 0);
}

}  // namespace

Stop& Stop::install() {
  static Stop stop;
  if (stop_fd >= 0) return stop;
  stop_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  CA_CHECK(stop_fd >= 0);
  sigevent expiry{};
  expiry.sigev_notify = SIGEV_SIGNAL;
  expiry.sigev_signo = SIGALRM;
  CA_CHECK(::timer_create(CLOCK_MONOTONIC, &expiry, &grace_timer) == 0);
  handle(SIGALRM, on_grace_over);
  handle(SIGPIPE, SIG_IGN);
  handle(SIGTERM, on_stop_signal);
  handle(SIGINT, on_stop_signal);
  return stop;
}

bool Stop::requested() const noexcept { return stop_requested != 0; }
int Stop::fd() const noexcept { return stop_fd; }

bool wait_readable(const Stop& stop, int fd, int other_fd, Milliseconds timeout) {
  const Instant deadline = MonotonicClock::now() + timeout;
  for (;;) {
    pollfd waits[3] = {{stop.fd(), POLLIN, 0}, {fd, POLLIN, 0}, {other_fd, POLLIN, 0}};
    int rest = -1;
    if (timeout.count() >= 0) {
      // Rounded up, so that a wait never ends a moment too early and spins.
      const auto left = std::chrono::ceil<Milliseconds>(deadline - MonotonicClock::now()).count();
      rest = left > 0 ? static_cast<int>(left) : 0;
    }
    const int count = ::poll(waits, 3, rest);
    if (stop.requested() || count == 0) return false;
    if (count > 0) return waits[1].revents != 0 || waits[2].revents != 0;
    if (errno != EINTR) return false;
  }
}

}  // namespace ca::workers
