#include "driver/io/stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace ca::driver {

namespace {

Stream::Transfer from_result(ssize_t result) noexcept {
  if (result >= 0) return {static_cast<std::size_t>(result)};
  const bool again = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  return {0, !again};
}

}  // namespace

Stream::Stream(int fd, ssl_st* ssl) noexcept : fd_(fd), ssl_(ssl) {
  if (ssl_ != nullptr) SSL_set_mode(ssl_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

Stream::Transfer Stream::read(char* to, std::size_t size) noexcept {
  if (ssl_ == nullptr) {
    const ssize_t got = ::recv(fd_, to, size, 0);
    if (got == 0) return {0, true, true};
    return from_result(got);
  }
  ERR_clear_error();
  const int got = SSL_read(ssl_, to, static_cast<int>(std::min<std::size_t>(size, INT_MAX)));
  if (got > 0) return {static_cast<std::size_t>(got)};
  const int error = SSL_get_error(ssl_, got);
  return {0, error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE};
}

Stream::Transfer Stream::write(const iovec* parts, int count) noexcept {
  if (ssl_ != nullptr) return write_tls(parts, count);
  if (count == 1) return from_result(::send(fd_, parts->iov_base, parts->iov_len, MSG_NOSIGNAL));
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts);
  message.msg_iovlen = static_cast<std::size_t>(count);
  return from_result(::sendmsg(fd_, &message, MSG_NOSIGNAL));
}

Stream::Transfer Stream::write_tls(const iovec* parts, int count) noexcept {
  std::size_t total = 0;
  for (int at = 0; at < count; ++at) {
    std::size_t done = 0;
    while (done < parts[at].iov_len) {
      const auto left = std::min<std::size_t>(parts[at].iov_len - done, INT_MAX);
      ERR_clear_error();
      const int wrote = SSL_write(ssl_, static_cast<const char*>(parts[at].iov_base) + done, static_cast<int>(left));
      if (wrote <= 0) {
        const int error = SSL_get_error(ssl_, wrote);
        return {total, error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE};
      }
      done += static_cast<std::size_t>(wrote);
      total += static_cast<std::size_t>(wrote);
    }
  }
  return {total};
}

bool Stream::has_buffered() const noexcept { return ssl_ != nullptr && SSL_has_pending(ssl_) != 0; }

}  // namespace ca::driver
