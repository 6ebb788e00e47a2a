#include "supervisor/shell/child/notify_socket.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

namespace ca::shell {

Result<NotifySocket> NotifySocket::open() {
  NotifySocket socket;
  socket.fd_ = UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.fd_) return system_failure("socket", errno);
  const int on = 1;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socklen_t length = sizeof(sa_family_t);  // nothing but the family: the kernel picks a free abstract name
  if (::setsockopt(socket.fd(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0 ||
      ::bind(socket.fd(), reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    return system_failure("bind a notify socket", errno);
  }
  length = sizeof address;
  if (::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    return system_failure("getsockname", errno);
  }
  const std::size_t name_length = length - offsetof(sockaddr_un, sun_path);
  socket.name_ = "@" + std::string(address.sun_path + 1, name_length - 1);
  return socket;
}

NotifyMessage parse_notify_text(std::string_view text) {
  NotifyMessage message;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line == "READY=1") message.is_ready = true;
    if (line == "STOPPING=1") message.is_stopping = true;
    if (line.substr(0, 7) == "STATUS=") message.status = std::string(line.substr(7, 400));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return message;
}

std::optional<NotifyMessage> NotifySocket::receive() {
  char text[4096];
  constexpr std::size_t descriptors_limit = 253;  // the kernel's own
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(descriptors_limit * sizeof(int))];
  iovec part{text, sizeof text};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  ssize_t count = 0;
  while ((count = ::recvmsg(fd(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {}
  if (count < 0) return std::nullopt;
  NotifyMessage message = parse_notify_text(std::string_view(text, static_cast<std::size_t>(count)));
  for (cmsghdr* part_header = CMSG_FIRSTHDR(&header); part_header != nullptr;
       part_header = CMSG_NXTHDR(&header, part_header)) {
    if (part_header->cmsg_level != SOL_SOCKET) continue;
    if (part_header->cmsg_type == SCM_CREDENTIALS) {
      ucred credentials{};
      std::memcpy(&credentials, CMSG_DATA(part_header), sizeof credentials);
      message.sender = credentials.pid;
      message.uid = credentials.uid;
    } else if (part_header->cmsg_type == SCM_RIGHTS) {
      const std::size_t bytes = part_header->cmsg_len - CMSG_LEN(0);
      for (std::size_t at = 0; at + sizeof(int) <= bytes; at += sizeof(int)) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(part_header) + at, sizeof fd);
        ::close(fd);
      }
    }
  }
  return message;
}

}  // namespace ca::shell
