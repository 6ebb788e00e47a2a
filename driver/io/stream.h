// The bytes of one connection: a socket, or the TLS session that libpq made on it. Never blocks.
#pragma once

#include <sys/uio.h>

#include <cstddef>

struct ssl_st;

namespace ca::driver {

class Stream {
 public:
  Stream() = default;
  // Owns: neither. REQUIRES: the socket does not block; `ssl` (nullptr: plain) has finished its handshake.
  explicit Stream(int fd, ssl_st* ssl = nullptr) noexcept;

  struct Transfer {
    std::size_t count = 0;   // 0: would block, unless failed
    bool failed = false;     // end of stream, or the connection is broken
    bool ended = false;      // end of stream: the peer may still read. Implies failed
  };
  Transfer read(char* to, std::size_t size) noexcept;
  Transfer write(const iovec* parts, int count) noexcept;

  // Bytes that no poll reports, since they were read from the socket already.
  bool has_buffered() const noexcept;

 private:
  Transfer write_tls(const iovec* parts, int count) noexcept;

  int fd_ = -1;
  ssl_st* ssl_ = nullptr;
};

}  // namespace ca::driver
