#include "driver/client/clients.h"

#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "common/log.h"

namespace ca::driver {

namespace {

constexpr std::size_t read_buffer_size = 64 << 10;
constexpr int accepts_an_event = 64;
constexpr std::size_t reserved_places = 16;                // for the console, for cancel requests and for first packets
constexpr std::size_t most_refused = 64;                   // that are still being told why
constexpr std::chrono::seconds refusal_linger{2};
constexpr std::chrono::milliseconds accept_pause{100};     // after running out of descriptors
constexpr std::uint32_t largest_id = 0x7fffffff;           // clients take it for a signed process id

}  // namespace

// A connection that is told why it was refused. Closing at once would take the message away from a client that still
// writes its startup packet; so it is read and thrown away until the client hangs up, for a short while.
class Clients::Refused {
 public:
  Refused(EventLoop& loop, UniqueFd fd, const std::string& message)
      : fd_(std::move(fd)), poll_(loop, fd_.get(), [this](int) { on_event(); }), timeout_(loop, [this] { over_ = true; }) {
    [[maybe_unused]] const auto sent = ::send(fd_.get(), message.data(), message.size(), MSG_NOSIGNAL);
    ::shutdown(fd_.get(), SHUT_WR);
    poll_.want(UV_READABLE);
    timeout_.start(refusal_linger);
  }
  bool over() const { return over_; }

 private:
  void on_event() {
    char waste[4096];
    const auto got = ::recv(fd_.get(), waste, sizeof waste, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) over_ = true;
  }

  UniqueFd fd_;
  Poll poll_;
  Timer timeout_;
  bool over_ = false;
};

Clients::Clients(EventLoop& loop, Pool& pool, const DriverConfig& config, int listen_fd)
    : loop_(loop),
      pool_(pool),
      config_(config),
      listen_fd_(listen_fd),
      inspector_(config.harmless_functions),
      notifications_(loop, pool),
      console_(config, pool, notifications_, {[this] { return list(); }, [this] { return ever_; }}),
      read_buffer_(read_buffer_size),
      accept_again_(loop, [this] {
        if (accepting_) accepting_->want(UV_READABLE);
      }) {}

Clients::~Clients() = default;

void Clients::start_accepting() {
  accepting_ = std::make_unique<Poll>(loop_, listen_fd_, [this](int) { accept_some(); });
  accepting_->want(UV_READABLE);
}

void Clients::stop_accepting() { accepting_.reset(); }

void Clients::accept_some() {
  for (int count = 0; count < accepts_an_event && accepting_; ++count) {
    UniqueFd fd(::accept4(listen_fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
      admit(std::move(fd));
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno != EAGAIN) {  // out of descriptors or memory: clients wait in the backlog
      log::warning("accept: {}", std::strerror(errno));
      accepting_->want(0);
      accept_again_.start(accept_pause);
    }
    return;
  }
}

bool Clients::admitted(uid_t uid) const {
  return uid == 0 || uid == ::geteuid() ||
         std::find(config_.allow_uids.begin(), config_.allow_uids.end(), uid) != config_.allow_uids.end();
}

void Clients::admit(UniqueFd fd) {
  ucred credentials{};
  socklen_t length = sizeof credentials;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return;
  if (!admitted(credentials.uid)) {
    log::warning("client of uid {} refused: not admitted", credentials.uid);
    return refuse(std::move(fd), "28000", "uid " + std::to_string(credentials.uid) + " is not admitted (allow_users)");
  }
  if (!make_room()) {
    return refuse(std::move(fd), "53300", "sorry, too many clients already (max_clients)");
  }
  do {
    last_id_ = last_id_ == largest_id ? 1 : last_id_ + 1;
  } while (sessions_.contains(last_id_));
  ++ever_;
  const wire::CancelRequest key{last_id_, random_secret()};
  const auto [place, added] = sessions_.emplace(
      last_id_, std::make_unique<ClientSession>(static_cast<ClientHost&>(*this), std::move(fd),
                                                PeerCredentials{credentials.pid, credentials.uid}, key));
  starting_.push_back(last_id_);
  place->second->begin();
}

// Whether a client wants the console or cancels a statement is known only from its first packet. So there is room for some
// beyond max_clients, and those that send no packet cannot keep it: the oldest of them gives way.
bool Clients::make_room() {
  const auto is_starting = [this](std::uint32_t id) {
    const auto place = sessions_.find(id);
    return place != sessions_.end() && place->second->is_starting();
  };
  while (!starting_.empty() && !is_starting(starting_.front())) starting_.pop_front();
  if (sessions_.size() < static_cast<std::size_t>(config_.max_clients) + reserved_places) return true;
  if (starting_.empty()) return false;
  sessions_.at(starting_.front())->give_way();
  starting_.pop_front();
  return true;
}

bool Clients::take_place() {
  if (places_taken_ >= config_.max_clients) return false;
  ++places_taken_;
  return true;
}

void Clients::closed(ClientSession& client) {
  if (client.has_place()) --places_taken_;
  gone_.push_back(&client);
}

std::uint32_t Clients::random_secret() {
  if (secrets_left_ == 0) {
    while (::getrandom(secrets_.data(), sizeof secrets_, 0) != static_cast<ssize_t>(sizeof secrets_)) {
    }
    secrets_left_ = secrets_.size();
  }
  return std::exchange(secrets_[--secrets_left_], 0);
}

void Clients::refuse(UniqueFd fd, std::string_view sqlstate, std::string_view message) {
  if (refused_.size() >= most_refused) return;
  std::string bytes;
  wire::append_error(bytes, {"FATAL", sqlstate, message});
  refused_.push_back(std::make_unique<Refused>(loop_, std::move(fd), bytes));
}

void Clients::cancel(const wire::CancelRequest& request) {
  const auto place = sessions_.find(request.process_id);
  if (place == sessions_.end() || place->second->key().secret != request.secret) return;
  if (!place->second->is_closed()) place->second->cancel_statement();
}

void Clients::shut_down() {
  stop_accepting();
  for (auto& [id, session] : sessions_) session->shut_down();
}

void Clients::end_now() {
  for (auto& [id, session] : sessions_) session->end_now();
}

void Clients::settle() {
  while (!to_pump_.empty()) {
    ClientSession* client = to_pump_.back();
    to_pump_.pop_back();
    if (!client->is_closed()) client->pump();
  }
  notifications_.settle();
  for (ClientSession* client : gone_) sessions_.erase(client->key().process_id);
  gone_.clear();
  std::erase_if(refused_, [](const auto& refused) { return refused->over(); });
}

std::vector<const ClientSession*> Clients::list() const {
  std::vector<const ClientSession*> list;
  for (const auto& [id, session] : sessions_) {
    if (!session->is_closed()) list.push_back(session.get());
  }
  std::sort(list.begin(), list.end(), [](auto* a, auto* b) { return a->key().process_id < b->key().process_id; });
  return list;
}

}  // namespace ca::driver
