#include "supervisor/shell/child/listeners.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <climits>
#include <cstring>

namespace ca::shell {

namespace {

// The kernel cuts it to net.core.somaxconn.
constexpr int deepest_backlog = INT_MAX;

tl::unexpected<Error> cannot_listen(const std::string& address, const std::string& reason, int code) {
  return failure("cannot listen on " + address + ": " + reason, code);
}

// A socket file whose owner has died refuses; one that anybody serves accepts or is busy.
bool is_served(const sockaddr_un& address) {
  const UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return ::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN;
}

Status make_way(const sockaddr_un& address, const std::string& path) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) return {};
  if (!S_ISSOCK(info.st_mode)) return cannot_listen(path, "the path exists and is no socket", EADDRINUSE);
  if (is_served(address)) return cannot_listen(path, "another process serves it", EADDRINUSE);
  if (::unlink(path.c_str()) != 0) return cannot_listen(path, std::strerror(errno), errno);
  return {};
}

struct TcpAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

Result<TcpAddress> parse_tcp(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  if (colon == std::string::npos) return cannot_listen(text, "not HOST:PORT", EINVAL);
  const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, port);
  if (error != std::errc() || rest != end) return cannot_listen(text, "the port is no number up to 65535", EINVAL);
  std::string host = text.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  TcpAddress address;
  auto* const v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* const v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (::inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address.length = sizeof *v4;
  } else if (::inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    address.length = sizeof *v6;
  } else {
    return cannot_listen(text, "the host is no numeric address", EINVAL);
  }
  return address;
}

std::string bound_address(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return "";
  char host[INET6_ADDRSTRLEN] = {};
  if (storage.ss_family == AF_INET) {
    const auto* const v4 = reinterpret_cast<const sockaddr_in*>(&storage);
    ::inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
    return std::string(host) + ":" + std::to_string(ntohs(v4->sin_port));
  }
  const auto* const v6 = reinterpret_cast<const sockaddr_in6*>(&storage);
  ::inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
  return "[" + std::string(host) + "]:" + std::to_string(ntohs(v6->sin6_port));
}

Result<BoundListener> bind_tcp(const std::string& text) {
  auto address = parse_tcp(text);
  if (!address) return tl::unexpected(address.error());
  UniqueFd fd(::socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return cannot_listen(text, std::strerror(errno), errno);
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address->storage.ss_family == AF_INET6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address->storage), address->length) != 0 ||
      ::listen(fd.get(), deepest_backlog) != 0) {
    return cannot_listen(text, std::strerror(errno), errno);
  }
  std::string bound = bound_address(fd.get());
  return BoundListener{std::move(fd), std::move(bound), 0, 0};
}

}  // namespace

Result<UniqueFd> bind_unix(const std::string& path, mode_t mode) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return cannot_listen(path, "the path is too long for a socket", ENAMETOOLONG);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  if (auto clear = make_way(address, path); !clear) return tl::unexpected(clear.error());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return cannot_listen(path, std::strerror(errno), errno);
  // Nobody can connect before listen(2), so the mode is in force from the first connection on.
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::chmod(path.c_str(), mode) != 0 || ::listen(fd.get(), deepest_backlog) != 0) {
    return cannot_listen(path, std::strerror(errno), errno);
  }
  return fd;
}

Result<BoundListener> bind_listener(const Listener& listener) {
  if (!listener.is_unix) return bind_tcp(listener.address);
  auto fd = bind_unix(listener.address, listener.mode);
  if (!fd) return tl::unexpected(fd.error());
  struct stat info{};
  (void)::lstat(listener.address.c_str(), &info);
  return BoundListener{std::move(*fd), listener.address, info.st_dev, info.st_ino};
}

bool has_lost_its_file(const BoundListener& listener) {
  if (listener.inode == 0) return false;
  struct stat info{};
  return ::lstat(listener.address.c_str(), &info) != 0 || info.st_dev != listener.device || info.st_ino != listener.inode;
}

Result<std::vector<BoundListener>> bind_listeners(const std::vector<Listener>& listeners) {
  std::vector<BoundListener> bound;
  for (const Listener& listener : listeners) {
    auto one = bind_listener(listener);
    if (!one) return tl::unexpected(one.error());
    bound.push_back(std::move(*one));
  }
  return bound;
}

}  // namespace ca::shell
