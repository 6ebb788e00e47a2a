#include "driver/io/listen_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>

namespace ca::driver {

namespace {

constexpr int first_passed = 3;  // sd_listen_fds(3)

// The position of NAME among names separated by colons; -1 where it is none of them.
int position_of(std::string_view names, std::string_view name) {
  for (int at = 0;; ++at) {
    const auto colon = names.find(':');
    if (names.substr(0, colon) == name) return at;
    if (colon == std::string_view::npos) return -1;
    names.remove_prefix(colon + 1);
  }
}

// The number of passed descriptors; -1 where none were passed to this process.
int passed_count() {
  const char* pid = std::getenv("LISTEN_PID");
  const char* count = std::getenv("LISTEN_FDS");
  if (pid == nullptr || count == nullptr || std::atol(pid) != ::getpid()) return -1;
  return std::atoi(count);
}

Status make_ready(int fd) {
  int listens = 0;
  socklen_t length = sizeof listens;
  if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) != 0 || listens == 0) {
    return failure("the descriptor that LISTEN_FDS passes is no listening socket");
  }
  if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) return system_failure("listening socket", errno);
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) return system_failure("listening socket", errno);
  return {};
}

}  // namespace

Result<ListenSocket> ListenSocket::open(const std::string& runtime_dir, int port) {
  if (const int count = passed_count(); count >= 0) {
    const char* names = std::getenv("LISTEN_FDNAMES");
    const int position = names != nullptr ? position_of(names, "postgresql") : 0;
    ::unsetenv("LISTEN_PID");
    ::unsetenv("LISTEN_FDS");
    ::unsetenv("LISTEN_FDNAMES");
    if (position < 0 || position >= count) return failure("LISTEN_FDS passes no descriptor named postgresql");
    UniqueFd fd(first_passed + position);
    if (auto ready = make_ready(fd.get()); !ready) return tl::unexpected(ready.error());
    return ListenSocket(std::move(fd), {});
  }
  const std::string path = runtime_dir + "/.s.PGSQL." + std::to_string(port);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return failure(path + ": too long for a Unix socket");
  path.copy(address.sun_path, path.size());
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (probe && ::connect(probe.get(), generic, sizeof address) == 0) return failure(path + ": somebody listens there");
  ::unlink(path.c_str());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return system_failure("socket", errno);
  if (::bind(fd.get(), generic, sizeof address) != 0) return system_failure("bind " + path, errno);
  ListenSocket socket(std::move(fd), path);
  // Who may stay is decided by the peer's uid.
  if (::chmod(path.c_str(), 0777) != 0) return system_failure("chmod " + path, errno);
  if (::listen(socket.fd(), SOMAXCONN) != 0) return system_failure("listen " + path, errno);
  return socket;
}

ListenSocket::~ListenSocket() {
  if (fd_ && !made_path_.empty()) ::unlink(made_path_.c_str());
}

}  // namespace ca::driver
