#include "server/http/lobby.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "common/check.h"
#include "common/log.h"
#include "server/http/listen_sockets.h"

namespace ca::server {

namespace {

constexpr Milliseconds least_rest{250};  // a connection is not closed for another one before
constexpr Milliseconds time_to_leave{1'000};
constexpr Milliseconds accept_pause{100};  // after an error that waiting may mend
constexpr int accepts_in_a_row = 64;

}  // namespace

HttpLobby::HttpLobby(Limits limits, Ready ready)
    : limits_(limits),
      ready_(std::move(ready)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CA_CHECK(epoll_ && wake_);
  epoll_event event{EPOLLIN, {}};
  event.data.fd = wake_.get();
  CA_CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) == 0);
}

HttpLobby::~HttpLobby() { end(); }

void HttpLobby::end() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  wake();
  if (thread_.joinable()) thread_.join();
  while (!resting_.empty()) remove(resting_.begin()->first);
  listeners_.clear();
}

void HttpLobby::start(std::vector<UniqueFd> sockets) {
  listeners_ = std::move(sockets);
  for (const auto& listener : listeners_)
    ::fcntl(listener.get(), F_SETFL, ::fcntl(listener.get(), F_GETFL) | O_NONBLOCK);
  listen(true);
  thread_ = std::thread([this] { run(); });
}

void HttpLobby::enter(std::unique_ptr<HttpConnection> connection) {
  connection->since = MonotonicClock::now();
  const auto deadline = connection->since + (connection->in.empty() ? limits_.silence : limits_.request_time);
  {
    const std::lock_guard lock(mutex_);
    inbox_.push_back({std::move(connection), deadline, false});
  }
  wake();
}

void HttpLobby::see_off(std::unique_ptr<HttpConnection> connection) {
  ::shutdown(connection->fd.get(), SHUT_WR);
  {
    const std::lock_guard lock(mutex_);
    inbox_.push_back({std::move(connection), MonotonicClock::now() + time_to_leave, true});
  }
  wake();
}

void HttpLobby::stop_accepting(Milliseconds time) {
  {
    const std::lock_guard lock(mutex_);
    stop_wanted_ = time;
  }
  wake();
}

void HttpLobby::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto ignored = ::write(wake_.get(), &one, sizeof one);
}

// ---- the lobby's thread ----

void HttpLobby::run() {
  std::array<epoll_event, 128> events;
  for (;;) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), wait_ms());
    bool may_accept = false;
    bool is_woken = false;
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      is_woken = is_woken || fd == wake_.get();
      if (fd == wake_.get()) continue;
      const bool is_listener =
          std::any_of(listeners_.begin(), listeners_.end(), [fd](const auto& l) { return l.get() == fd; });
      may_accept = may_accept || is_listener;
      if (!is_listener) read(fd);
    }
    if (is_woken && !take_inbox()) return;
    const auto now = MonotonicClock::now();
    close_expired(now);
    if (now >= retry_at_) listen(true);
    if (may_accept) accept_all();
  }
}

int HttpLobby::wait_ms() const {
  auto next = retry_at_;
  if (!deadlines_.empty()) next = std::min(next, deadlines_.begin()->first);
  if (next == Instant::max()) return -1;
  const auto left = std::chrono::ceil<Milliseconds>(next - MonotonicClock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
}

void HttpLobby::listen(bool wanted) {
  retry_at_ = Instant::max();
  if (is_listening_ == wanted) return;
  is_listening_ = wanted;
  for (const auto& listener : listeners_) {
    epoll_event event{EPOLLIN, {}};
    event.data.fd = listener.get();
    CA_CHECK(::epoll_ctl(epoll_.get(), wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, listener.get(), &event) == 0);
  }
}

// True: there is a place. Otherwise nothing is accepted until there may be one.
bool HttpLobby::make_room() {
  if (open_ < limits_.places) return true;
  const auto now = MonotonicClock::now();
  if (!ages_.empty() && ages_.begin()->first + least_rest <= now) {
    remove(ages_.begin()->second);
    return true;
  }
  listen(false);
  retry_at_ = ages_.empty() ? now + least_rest : ages_.begin()->first + least_rest;
  return false;
}

void HttpLobby::accept_all() {
  for (const auto& listener : listeners_) {
    if (is_listening_) accept_from(listener.get());
  }
}

void HttpLobby::accept_from(int listener) {
  for (int i = 0; i < accepts_in_a_row && make_room(); ++i) {
    auto connection = std::make_unique<HttpConnection>();
    connection->fd = UniqueFd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!connection->fd) {
      if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return;
      // No descriptor or no memory: those that rest make room, and the clients wait in the backlog until then.
      log::warning("accept: {}", std::strerror(errno));
      if (!ages_.empty()) remove(ages_.begin()->second);
      listen(false);
      retry_at_ = MonotonicClock::now() + accept_pause;
      return;
    }
    const int on = 1;
    ::setsockopt(connection->fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ++open_;
    connection->place = std::shared_ptr<void>(this, [](void* lobby) { --static_cast<HttpLobby*>(lobby)->open_; });
    connection->local_ip = local_ip(connection->fd.get());
    connection->since = MonotonicClock::now();
    const int fd = connection->fd.get();
    const auto deadline = connection->since + limits_.silence;
    add({std::move(connection), deadline, false});
    read(fd);  // the request has often come already
  }
}

bool HttpLobby::take_inbox() {
  std::vector<Resting> arrived;
  std::optional<Milliseconds> stop;
  {
    const std::lock_guard lock(mutex_);
    if (is_ending_) return false;
    arrived.swap(inbox_);
    stop.swap(stop_wanted_);
    std::uint64_t count = 0;
    [[maybe_unused]] const auto drained = ::read(wake_.get(), &count, sizeof count);
  }
  if (stop) close_listeners(*stop);
  for (auto& resting : arrived) {
    const int fd = resting.connection->fd.get();
    if (!resting.is_leaving && has_head(*resting.connection)) {
      ready_(std::move(resting.connection));
      continue;
    }
    add(std::move(resting));
    read(fd);
  }
  return true;
}

bool HttpLobby::has_head(HttpConnection& connection) const {
  return head_size(connection.in, connection.scanned) || connection.in.size() > limits_.head_bytes;
}

void HttpLobby::close_listeners(Milliseconds time) {
  listen(false);
  listeners_.clear();
  closes_at_ = MonotonicClock::now() + time;
  std::vector<int> all;
  for (const auto& [fd, resting] : resting_) all.push_back(fd);
  for (const int fd : all) {
    auto& resting = resting_.at(fd);
    move_deadline(resting, std::min(resting.deadline, *closes_at_));
  }
}

void HttpLobby::add(Resting resting) {
  const int fd = resting.connection->fd.get();
  if (closes_at_) resting.deadline = std::min(resting.deadline, std::max(*closes_at_, MonotonicClock::now()));
  epoll_event event{EPOLLIN | EPOLLRDHUP, {}};
  event.data.fd = fd;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return;  // no memory: closes it
  deadlines_.emplace(resting.deadline, fd);
  if (!resting.is_leaving) ages_.emplace(resting.connection->since, fd);
  resting_.emplace(fd, std::move(resting));
}

std::unique_ptr<HttpConnection> HttpLobby::remove(int fd) {
  const auto found = resting_.find(fd);
  auto& resting = found->second;
  deadlines_.erase({resting.deadline, fd});
  ages_.erase({resting.connection->since, fd});
  auto connection = std::move(resting.connection);
  resting_.erase(found);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  return connection;
}

void HttpLobby::move_deadline(Resting& resting, Instant deadline) {
  const int fd = resting.connection->fd.get();
  deadlines_.erase({resting.deadline, fd});
  resting.deadline = deadline;
  deadlines_.emplace(deadline, fd);
}

void HttpLobby::read(int fd) {
  const auto found = resting_.find(fd);
  if (found == resting_.end()) return;  // gone meanwhile
  auto& connection = *found->second.connection;
  char bytes[16384];
  const ssize_t count = ::recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) {
    remove(fd);
    return;
  }
  if (found->second.is_leaving) return;
  if (connection.in.empty())
    move_deadline(found->second,
                  std::min(connection.since + limits_.request_time, closes_at_.value_or(Instant::max())));
  connection.in.append(bytes, static_cast<std::size_t>(count));
  if (has_head(connection)) ready_(remove(fd));
}

void HttpLobby::close_expired(Instant now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) remove(deadlines_.begin()->second);
}

}  // namespace ca::server
