#include "driver/notifications/notifications.h"

#include <algorithm>
#include <utility>

#include "common/log.h"
#include "driver/sql/listen_text.h"
#include "driver/wire/messages.h"

namespace ca::driver {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t read_buffer_size = 64 << 10;
constexpr milliseconds first_retry{50};
constexpr milliseconds longest_retry{500};

}  // namespace

Notifications::Notifications(EventLoop& loop, Pool& pool)
    : loop_(loop), pool_(pool), retry_(loop, [this] { try_again(); }) {}

Notifications::~Notifications() { pool_.watch(nullptr); }

// ---- what clients want ----

bool Notifications::listen(NotificationListener& listener, const std::string& channel) {
  const auto added = registry_.add(listener, channel, MonotonicClock::now());
  if (added == ChannelRegistry::Added::first && is_connected()) ask_for(channel);
  return added == ChannelRegistry::Added::listens;
}

void Notifications::unlisten(NotificationListener& listener, const std::string& channel) {
  give_up(registry_.remove(listener, channel));
}

void Notifications::unlisten_all(NotificationListener& listener) { give_up(registry_.remove_all(listener)); }

void Notifications::withdraw(NotificationListener& listener) { give_up(registry_.withdraw(listener)); }

bool Notifications::hears(const NotificationListener& listener, std::string_view channel) const {
  return !registry_.empty() && registry_.listens(listener, std::string(channel));
}

void Notifications::ask_for(const std::string& channel) {
  registry_.asked(channel, ++last_ask_);
  send("LISTEN " + quoted_channel(channel), {channel, last_ask_});
}

void Notifications::give_up(const std::vector<std::string>& channels) {
  if (!is_connected()) return;
  for (const std::string& channel : channels) send("UNLISTEN " + quoted_channel(channel), {channel, 0});
}

void Notifications::send(std::string_view sql, Sent sent) {
  wire::append_query(server_->out().text(), sql);
  server_->replies().push(ReplyQueue::Kind::query);
  sent_.push_back(std::move(sent));
}

// ---- the connection ----

void Notifications::open() {
  if (read_buffer_.empty()) read_buffer_.resize(read_buffer_size);
  splitter_ = wire::Splitter(wire::backend_grammar);
  server_ = std::make_unique<ServerConnection>(loop_, static_cast<ServerOwner&>(*this), pool_.take_serial(), read_buffer_);
  pool_.watch(server_.get());
  server_->connect(pool_.settings().connect);
}

void Notifications::connected(ServerConnection& server) {
  pause_before_retry_ = {};
  server.lend(*this);
  send("SET idle_session_timeout = 0", {{}, 0});  // it is idle by its nature; older servers do not know the setting
  for (const std::string& channel : registry_.channels()) ask_for(channel);
}

void Notifications::connect_failed(ServerConnection&, ConnectFailure failure) {
  failed_ = true;
  away_reason_ = std::move(failure.text);
  pause_before_retry_ = pause_before_retry_ == milliseconds{} ? first_retry
                                                              : std::min(pause_before_retry_ * 2, longest_retry);
  retry_.start(pause_before_retry_);
}

// settle() opens the next connection.
void Notifications::try_again() {
  const auto limit = MonotonicClock::now() - pool_.settings().server_wait_timeout;
  std::string error;
  wire::append_error(error, {"ERROR", "08001", "PostgreSQL cannot be reached (server_wait_timeout): " + away_reason_});
  for (NotificationListener* listener : registry_.refuse_older(limit)) listener->listen_answered(error);
}

void Notifications::lost(ServerConnection& server) {
  lost_ = true;
  loss_ = server.loss();
}

void Notifications::reconnect() {
  if (!server_) return;
  server_->close_politely();
  lost_ = true;
  loss_ = "RECONNECT of the console";
}

void Notifications::settle() {
  if (is_connected()) server_->flush();
  if (lost_ || failed_) {
    drop_server();
    error_.clear();
    failed_ = false;
    if (std::exchange(lost_, false)) {
      end_listeners();
      away_reason_ = loss_;
      try_again();
    }
  }
  if (registry_.empty()) {
    if (server_) {
      server_->close_politely();
      drop_server();
    }
    retry_.stop();
    pause_before_retry_ = {};
    return;
  }
  if (!server_ && !retry_.running()) open();
}

void Notifications::drop_server() {
  pool_.watch(nullptr);
  server_.reset();
  sent_.clear();
}

void Notifications::end_listeners() {
  const auto listeners = registry_.unconfirm();
  if (listeners.empty()) return;
  log::warning("the connection that listens is lost ({}): {} listening clients are ended", loss_, listeners.size());
  for (NotificationListener* listener : listeners) listener->listening_lost(loss_);
}

// ---- what PostgreSQL says ----

void Notifications::deliver(std::string_view bytes) {
  while (const auto slice = splitter_.next(bytes)) {
    if (slice->type == 'A') hand_on(slice->bytes);
    if (slice->type == 'E' && slice->first) error_ = slice->bytes;
  }
}

void Notifications::hand_on(std::string_view message) {
  const auto channel = wire::read_notified_channel(message.substr(5));
  if (!channel) return;
  ++received_;
  const auto notification = std::make_shared<const Notification>(Notification{std::string(*channel), std::string(message)});
  for (NotificationListener* listener : registry_.listeners(notification->channel)) listener->notified(notification);
}

void Notifications::server_ready(char) {
  const std::string error = std::exchange(error_, {});
  if (sent_.empty()) return;
  const Sent answered = std::move(sent_.front());
  sent_.pop_front();
  if (answered.ask == 0) return;
  const auto told = error.empty() ? registry_.confirmed(answered.channel, answered.ask)
                                  : registry_.refused(answered.channel, answered.ask);
  for (NotificationListener* listener : told) listener->listen_answered(error);
}

}  // namespace ca::driver
