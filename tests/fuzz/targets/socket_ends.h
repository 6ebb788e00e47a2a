// Unix sockets for targets whose subject only talks over sockets: never blocking, and with names that no file system sees.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>

#include "common/unique_fd.h"
#include "tests/fuzz/target.h"

namespace ca::fuzz {

inline UniqueFd unix_socket() {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  CA_CHECK(fd.get() >= 0);
  return fd;
}

struct AbstractAddress {
  explicit AbstractAddress(const std::string& name) {
    bytes.sun_family = AF_UNIX;
    std::memcpy(bytes.sun_path + 1, name.data(), name.size());
    length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&bytes); }
  sockaddr_un bytes{};
  socklen_t length = 0;
};

inline UniqueFd listen_on(const AbstractAddress& address) {
  UniqueFd fd = unix_socket();
  CA_CHECK(::bind(fd.get(), address.get(), address.length) == 0 && ::listen(fd.get(), 64) == 0);
  return fd;
}

inline UniqueFd connect_to(const AbstractAddress& address) {
  UniqueFd fd = unix_socket();
  CA_CHECK(::connect(fd.get(), address.get(), address.length) == 0);
  return fd;
}

// What can be sent now is sent; a peer that has gone is no error.
inline void send_some(const UniqueFd& fd, std::string_view bytes) {
  [[maybe_unused]] const auto ignored = ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

// Appends what has arrived; false at the end of the stream.
inline bool receive_all(const UniqueFd& fd, std::string& into) {
  char buffer[16 << 10];
  for (;;) {
    const ssize_t count = ::recv(fd.get(), buffer, sizeof buffer, 0);
    if (count <= 0) return count < 0 && (errno == EAGAIN || errno == EINTR);
    into.append(buffer, static_cast<std::size_t>(count));
  }
}

}  // namespace ca::fuzz
