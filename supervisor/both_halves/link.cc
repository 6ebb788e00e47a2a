#include "supervisor/both_halves/link.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace ca {

namespace {

struct Frame {
  std::uint32_t kind;
  std::int32_t value;
  std::int32_t sender;
  char text[3072];
};
constexpr std::size_t header_size = offsetof(Frame, text);

}  // namespace

Result<LinkEnds> make_link() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
    return system_failure("socketpair", errno);
  }
  return LinkEnds{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

bool send_message(int fd, const LinkMessage& message) noexcept {
  Frame frame{};
  frame.kind = static_cast<std::uint32_t>(message.kind);
  frame.value = message.value;
  frame.sender = message.sender;
  const std::size_t length = std::min(message.text.size(), sizeof frame.text);
  std::memcpy(frame.text, message.text.data(), length);
  for (;;) {
    const ssize_t sent = ::send(fd, &frame, header_size + length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return true;
    if (errno != EINTR) return false;
  }
}

Received receive_message(int fd, LinkMessage& message) {
  Frame frame{};
  for (;;) {
    const ssize_t count = ::recv(fd, &frame, sizeof frame, MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Received::nothing;
    if (count < static_cast<ssize_t>(header_size)) return Received::end;
    message.kind = static_cast<LinkKind>(frame.kind);
    message.value = frame.value;
    message.sender = frame.sender;
    message.text.assign(frame.text, static_cast<std::size_t>(count) - header_size);
    return Received::message;
  }
}

}  // namespace ca
