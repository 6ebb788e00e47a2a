#include "common/control_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace ca {

namespace {

constexpr std::size_t line_limit = 64u << 20;

void bound_sends(int fd, Milliseconds timeout) {
  const auto count = std::max<std::int64_t>(timeout.count(), 1);
  timeval value{};
  value.tv_sec = count / 1000;
  value.tv_usec = (count % 1000) * 1000;
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &value, sizeof value);
}

// Looks before it judges: what came in time counts, however late this process gets to see it. Errors: ETIMEDOUT.
Status wait_readable(int fd, std::optional<Instant> deadline) {
  for (;;) {
    std::int64_t left = -1;
    if (deadline) left = std::clamp<std::int64_t>(std::chrono::ceil<Milliseconds>(*deadline - MonotonicClock::now()).count(), 0, 60'000);
    pollfd entry{fd, POLLIN, 0};
    const int count = ::poll(&entry, 1, static_cast<int>(left));
    if (count > 0) return {};
    if (count < 0 && errno != EINTR) return system_failure("poll", errno);
    if (count == 0 && left == 0) return failure("the supervisor did not answer in time", ETIMEDOUT);
  }
}

}  // namespace

bool means_not_running(const Error& error) { return error.code == ENOENT || error.code == ECONNREFUSED; }

Result<ControlClient> ControlClient::connect(const std::string& socket_path, Milliseconds timeout) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof address.sun_path) {
    return failure(socket_path + ": longer than a Unix socket's name can be", ENAMETOOLONG);
  }
  socket_path.copy(address.sun_path, socket_path.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return system_failure("socket", errno);
  bound_sends(fd.get(), timeout);  // bounds connect(2) too, where the backlog is full
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return system_failure("cannot connect to " + socket_path, errno == EAGAIN ? ETIMEDOUT : errno);
  }
  return ControlClient(std::move(fd));
}

Status ControlClient::send(const Json& request) {
  const std::string line = request.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t count = ::send(fd_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure("cannot send to the supervisor", errno == EAGAIN ? ETIMEDOUT : errno);
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<std::optional<Json>> ControlClient::receive(std::optional<Milliseconds> timeout) {
  std::optional<Instant> deadline;
  if (timeout) deadline = MonotonicClock::now() + *timeout;
  std::size_t searched = 0;
  for (;;) {
    if (const auto end = buffer_.find('\n', searched); end != std::string::npos) {
      auto value = parse_json(std::string_view(buffer_).substr(0, end), line_limit);
      buffer_.erase(0, end + 1);
      if (!value) return failure("the supervisor's answer is " + value.error().message);
      if (!value->is_object()) return failure("the supervisor's answer is not a JSON object");
      return std::optional<Json>(std::move(*value));
    }
    searched = buffer_.size();
    if (searched > line_limit) return failure("the supervisor's answer is too long", EFBIG);
    if (auto readable = wait_readable(fd_.get(), deadline); !readable) return tl::unexpected(readable.error());
    char bytes[65536];
    const ssize_t count = ::recv(fd_.get(), bytes, sizeof bytes, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno != ECONNRESET) return system_failure("cannot read from the supervisor", errno);
    if (count <= 0) return std::optional<Json>();
    buffer_.append(bytes, static_cast<std::size_t>(count));
  }
}

void ControlClient::hang_up() noexcept { ::shutdown(fd_.get(), SHUT_RDWR); }

Result<Json> ControlClient::ask(const Json& request, std::optional<Milliseconds> timeout) {
  // A refused peer gets its reply before it has asked, and the connection is closed: the reply still waits to be read.
  if (auto sent = send(request); !sent && sent.error().code != EPIPE) return tl::unexpected(sent.error());
  auto reply = receive(timeout);
  if (!reply) return tl::unexpected(reply.error());
  if (!*reply) return failure("the supervisor closed the connection without an answer", EPIPE);
  return std::move(**reply);
}

}  // namespace ca
