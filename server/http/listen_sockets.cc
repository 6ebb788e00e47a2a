#include "server/http/listen_sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace ca::server {

namespace {

constexpr int first_fd = 3;

int number_of(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? -1 : std::atoi(text);
}

bool listens(int fd) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value == 1;
}

}  // namespace

Result<std::vector<UniqueFd>> take_listen_sockets() {
  const int count = number_of("LISTEN_FDS");
  const int pid = number_of("LISTEN_PID");
  for (const char* name : {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"}) ::unsetenv(name);
  if (count <= 0) return failure("LISTEN_FDS names no socket: this program is started by code-analysisd, not by hand");
  if (pid != ::getpid()) return failure("LISTEN_PID names another process");
  std::vector<UniqueFd> sockets;
  for (int fd = first_fd; fd < first_fd + count; ++fd) {
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) return system_failure("descriptor " + std::to_string(fd), errno);
    sockets.emplace_back(fd);
    if (!listens(fd)) return failure("descriptor " + std::to_string(fd) + " is no listening socket");
  }
  return sockets;
}

std::string ip_of(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
  } else if (address.ss_family == AF_INET6) {
    const auto& ip = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    const bool is_mapped = IN6_IS_ADDR_V4MAPPED(&ip);
    ::inet_ntop(is_mapped ? AF_INET : AF_INET6, is_mapped ? ip.s6_addr + 12 : ip.s6_addr, text, sizeof text);
  }
  return text;
}

std::string local_ip(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "";
  return ip_of(address);
}

bool is_loopback(const std::string& ip) { return ip == "::1" || ip.substr(0, 4) == "127."; }

}  // namespace ca::server
