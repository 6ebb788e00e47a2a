#include "driver/server/probe.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace ca::driver {

namespace {

constexpr std::chrono::milliseconds pause_before_retry{100};
constexpr std::array<unsigned char, 8> ssl_request{0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f};

// Nobody listens there any more.
bool refused(int error) { return error == ECONNREFUSED || error == ENOENT || error == ECONNRESET; }

}  // namespace

bool PeerAddress::operator==(const PeerAddress& other) const noexcept {
  return length == other.length && std::memcmp(&address, &other.address, length) == 0;
}

std::optional<PeerAddress> peer_address(int fd) {
  PeerAddress peer;
  peer.length = sizeof peer.address;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer.address), &peer.length) != 0) return std::nullopt;
  if (peer.length <= offsetof(sockaddr, sa_data)) return std::nullopt;
  return peer;
}

Probe::Probe(EventLoop& loop, const PeerAddress& address, std::chrono::milliseconds limit, Done done)
    : loop_(loop),
      address_(address),
      done_(std::move(done)),
      started_(loop.now()),
      limit_(loop, [this] { finish(false); }),
      retry_(loop, [this] { connect(); }) {
  limit_.start(limit);
  retry_.start({});  // so that `done` is never called from here
}

void Probe::connect() {
  fd_.reset(::socket(address_.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd_) return finish(true);  // out of descriptors: nothing is known about the server
  const int result = ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address_.address), address_.length);
  if (result == 0) return on_connected();
  if (refused(errno)) return finish(true);
  if (errno != EINPROGRESS) return try_again();  // EAGAIN: the backlog is full, as that of a stopped server is
  poll_.emplace(loop_, fd_.get(), [this](int) { on_connected(); });
  poll_->want(UV_WRITABLE);
}

void Probe::on_connected() {
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (refused(error)) return finish(true);
  if (error != 0 || ::send(fd_.get(), ssl_request.data(), ssl_request.size(), MSG_NOSIGNAL) < 0) return try_again();
  poll_.emplace(loop_, fd_.get(), [this](int) { on_answer(); });
  poll_->want(UV_READABLE);
}

void Probe::on_answer() {
  char answer = 0;
  const auto got = ::recv(fd_.get(), &answer, 1, 0);
  if (got >= 0 || errno == ECONNRESET) return finish(true);
  if (errno != EAGAIN && errno != EINTR) try_again();
}

void Probe::try_again() {
  poll_.reset();
  fd_.reset();
  retry_.start(pause_before_retry);
}

void Probe::finish(bool answers) {
  poll_.reset();
  limit_.stop();
  retry_.stop();
  const Done done = std::move(done_);
  done(answers);  // may delete this
}

}  // namespace ca::driver
