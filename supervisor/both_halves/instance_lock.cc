#include "supervisor/both_halves/instance_lock.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>

#include "common/clock.h"
#include "common/lock_file.h"

namespace ca {

namespace {

constexpr Milliseconds clean_up_bound{10'000};
constexpr int answer_bound_ms = 300;

bool stop_signal_is_pending() {
  sigset_t pending;
  ::sigemptyset(&pending);
  ::sigpending(&pending);
  return ::sigismember(&pending, SIGTERM) == 1 || ::sigismember(&pending, SIGINT) == 1 ||
         ::sigismember(&pending, SIGQUIT) == 1;
}

// A supervisor that lives answers any line with a line; one that is being tidied up refuses or stays silent.
bool holder_answers(const std::string& socket_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, socket_path.c_str(), socket_path.size());
  const UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!client || ::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return false;
  const char request[] = "{\"command\":\"status\"}\n";
  if (::send(client.get(), request, sizeof request - 1, MSG_NOSIGNAL) < 0) return false;
  pollfd readable{client.get(), POLLIN, 0};
  if (::poll(&readable, 1, answer_bound_ms) != 1) return false;
  char byte = 0;
  return ::recv(client.get(), &byte, 1, MSG_DONTWAIT) == 1;
}

std::string pid_in(int lock) {
  char text[24] = {};
  if (::pread(lock, text, sizeof text - 1, 0) <= 0) return "unknown";
  const std::string digits(text, std::strspn(text, "0123456789"));
  return digits.empty() ? "unknown" : digits;
}

Status store_pid(int lock, const std::string& path) {
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock, 0) != 0 || ::pwrite(lock, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return system_failure("cannot write " + path, errno);
  }
  return {};
}

}  // namespace

Result<UniqueFd> take_instance_lock(const std::string& runtime_dir) {
  const std::string path = runtime_dir + "/supervisor.lock";
  auto lock = open_lock_file(path, ::geteuid());
  if (!lock) return lock;
  const Instant give_up = MonotonicClock::now() + clean_up_bound;
  while (::flock(lock->get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return system_failure("cannot lock " + path, errno);
    if (holder_answers(runtime_dir + "/control.sock")) {
      return failure("another supervisor (pid " + pid_in(lock->get()) + ") already runs in " + runtime_dir, EEXIST);
    }
    // Not necessarily a supervisor: earlier versions made a file that everybody could open, and so lock.
    if (MonotonicClock::now() >= give_up) {
      return failure(path + " is held by " + describe_lock_holder(lock->get()), EEXIST);
    }
    if (stop_signal_is_pending()) return failure("stopped while waiting for " + path, EINTR);
    const timespec pause{0, 10'000'000};
    ::nanosleep(&pause, nullptr);
  }
  if (auto stored = store_pid(lock->get(), path); !stored) return tl::unexpected(stored.error());
  return lock;
}

}  // namespace ca
