// LISTEN, UNLISTEN and notifications of a client. Outside a transaction the driver itself listens for it
// (notifications.h); the client keeps its place among those who share connections.
#include <utility>

#include "common/log.h"
#include "driver/session/client_session.h"
#include "driver/sql/sql_scanner.h"

namespace ca::driver {

namespace {

constexpr std::size_t most_heard = 8 << 20;  // bytes of notifications that one client may leave waiting

}  // namespace

// ---- LISTEN ----

// Notifications come in the encoding that the driver's connections have.
bool ClientSession::speaks_other_encoding() const {
  if (server_ != nullptr && server_->off_base()) return true;
  for (const auto& [name, value] : options_.settings) {
    if (is_word(name, "client_encoding")) return true;
  }
  return false;
}

// The driver listens, not a connection of the client's own. REQUIRES: no group before this one is unanswered.
bool ClientSession::takes_listen(const SqlTraits& traits) const {
  return traits.listens.is_one_listen() && !state_.in_transaction() && !group_begins_ &&
         (state_.pins() & pin::listen) == 0 && !speaks_other_encoding();
}

bool ClientSession::held_by_listen() const {
  return awaited_listens_ > 0 || (wait_for_all_ && server_ != nullptr && server_->replies().ready_count() > 0);
}

bool ClientSession::listen_by_query(const wire::Slice& slice) {
  if (slice.type != 'Q' || state_.group_open() || !takes_listen(traits_of(slice))) return false;
  ++statements_seen_;
  traits_known_ = false;
  simple_listen_ = true;
  held_status_ = 'I';
  awaited_listens_ = 1;
  if (host_.notifications().listen(*this, traits_.listens.commands.front().channel)) listen_answered({});
  return true;
}

void ClientSession::bind_to_listen(std::string_view portal, const std::string* channel) {
  if (const auto place = listen_portals_.find(portal); place != listen_portals_.end()) listen_portals_.erase(place);
  if (channel != nullptr) listen_portals_.emplace(portal, *channel);
}

// Parse, Bind and Describe of a LISTEN went to the server as they are; its Execute does not.
bool ClientSession::listen_by_execute(const wire::Slice& slice) {
  const auto portal = wire::read_portal(slice.body());
  const auto place = portal ? listen_portals_.find(*portal) : listen_portals_.end();
  if (place == listen_portals_.end()) return false;
  executing_listens_.push_back(place->second);
  wire::append_target(server_->out().text(), 'C', {'P', no_portal});
  server_->replies().push(ReplyQueue::Kind::listen);
  return true;
}

// Portals end with their group, outside a transaction.
void ClientSession::close_listen_group() noexcept {
  listen_portals_.clear();
  group_begins_ = false;
}

void ClientSession::listen_executed() {
  wire::append_command_complete(out_.text(), "LISTEN");
  if (executing_listens_.empty()) return;
  executed_listens_.push_back(std::move(executing_listens_.front()));
  executing_listens_.erase(executing_listens_.begin());
}

bool ClientSession::adds_before_ready(char status) const {
  return server_->answered() == batch_end_ || !executed_listens_.empty() || session_reset_ || (status == 'I' && !heard_.empty());
}

// The group has succeeded: what it listens on is asked for, and ReadyForQuery waits for that.
bool ClientSession::before_ready(char status) {
  if (server_->answered() == batch_end_) {  // of the Sync that the client did not send
    batch_end_ = 0;
    skipping_ = skipping_ || group_failed_;
    host_.pump_later(*this);
    return false;
  }
  if (session_reset_) tell_settings_again();
  simple_listen_ = false;
  held_status_ = status;
  for (const std::string& channel : std::exchange(executed_listens_, {})) {
    if (!host_.notifications().listen(*this, channel)) ++awaited_listens_;
  }
  if (awaited_listens_ > 0) return false;
  if (status == 'I') say_heard();
  return true;
}

void ClientSession::listen_answered(std::string_view error) {
  if (listen_error_.empty()) listen_error_ = error;
  if (--awaited_listens_ > 0) return;
  if (!listen_error_.empty()) out_.text() += std::exchange(listen_error_, {});
  else if (simple_listen_) wire::append_command_complete(out_.text(), "LISTEN");
  ready(held_status_);
  host_.pump_later(*this);
}

void ClientSession::cancel_listen() {
  host_.notifications().withdraw(*this);
  wire::append_error(listen_error_, {"ERROR", "57014", "canceling statement due to user request"});
  awaited_listens_ = 1;
  listen_answered({});
}

// ---- UNLISTEN: of what the driver listens on, once its transaction has succeeded ----

void ClientSession::note_unlistens(const SqlTraits& traits) {
  if (traits.listens.commands.empty() || host_.notifications().channels_of(*this) == 0) return;
  const std::uint64_t due = server_->answered() + server_->replies().ready_count() + 1;
  for (const ListenCommand& command : traits.listens.commands) {
    if (!command.listens) unlistens_.push_back({due, command.channel});
  }
}

void ClientSession::undone(bool failed) {
  go_on_after_reply();
  executing_listens_.clear();
  executed_listens_.clear();
  const std::uint64_t at_hand = server_->answered() + 1;
  const bool in_group = at_hand == batch_end_ || (state_.group_open() && server_->replies().ready_count() == 0);
  group_failed_ = group_failed_ || (failed && in_group);
  std::erase_if(unlistens_, [&](const Unlisten& unlisten) { return unlisten.due <= at_hand; });
}

void ClientSession::carry_out_unlistens() {
  if (unlistens_.empty() || state_.in_transaction()) return;
  const std::uint64_t answered = server_->answered();
  std::erase_if(unlistens_, [&](const Unlisten& unlisten) {
    if (unlisten.due > answered) return false;
    if (unlisten.channel.empty()) host_.notifications().unlisten_all(*this);
    else host_.notifications().unlisten(*this, unlisten.channel);
    return true;
  });
}

// ---- notifications ----

bool ClientSession::shows_notification(std::string_view channel) {
  return !host_.notifications().hears(*this, channel);  // else it comes twice
}

void ClientSession::notified(const NotificationPtr& notification) {
  const bool was_within = heard_bytes_ <= most_heard;
  heard_.push_back(notification);
  heard_bytes_ += notification->message.size();
  if (heard_.size() == 1 || (was_within && heard_bytes_ > most_heard)) host_.pump_later(*this);
}

// As PostgreSQL: never within a reply or a transaction.
bool ClientSession::may_hear() const {
  return phase_ == Phase::active && !in_flight() && !state_.in_transaction() && !preparing_ && !leaving_ &&
         awaited_listens_ == 0 && !out_.has_backlog();
}

void ClientSession::say_heard() {
  for (const NotificationPtr& notification : heard_) {
    if (host_.notifications().hears(*this, notification->channel)) out_.text() += notification->message;
  }
  heard_.clear();
  heard_bytes_ = 0;
}

bool ClientSession::hears_too_much() {
  if (heard_bytes_ <= most_heard || may_hear()) return false;
  log::warning("client {} (pid {}) is ended: too many notifications wait for it", key_.process_id, peer_.pid);
  fatal("57P05", "terminating connection: too many notifications wait for it",
        "A client that listens must read, and end its transactions.");
  return true;
}

void ClientSession::listening_lost(const std::string& why) {
  end_after_answer("terminating connection: the driver lost the connection on which it listens, so that notifications may "
                   "have been missed (" + why + ")");
}

}  // namespace ca::driver
