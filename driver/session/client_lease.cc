// The server connection that a client has: when it is lent, given back, lost, or taken away because the client stalls.
#include <utility>

#include "common/log.h"
#include "driver/session/session_check.h"
#include "driver/session/client_session.h"

namespace ca::driver {

namespace {

constexpr int groups_before_others = 32;           // batches in one shared lease while others wait

}  // namespace

// ---- the lease ----

bool ClientSession::in_flight() const {
  return server_ != nullptr &&
         (server_->replies().ready_count() > 0 || state_.group_open() || server_->replies().copying_in());
}

// A client that never lets its pipeline run empty gives way once in a while.
bool ClientSession::must_let_others() const {
  return groups_in_lease_ >= groups_before_others && !state_.owns_connection() && !state_.group_open() &&
         host_.pool().contended(LeaseMode::shared);
}

void ClientSession::lease_granted(ServerConnection& server) {
  server_ = &server;
  groups_in_lease_ = 0;
  if (options_.settings.empty()) return pump();
  state_.pin(pin::startup);
  preparing_ = true;
  server.run_first(settings_sql(options_.settings));
}

void ClientSession::session_prepared(bool ok, const std::string& reason) {
  preparing_ = false;
  if (std::exchange(checking_, false)) return session_checked(ok && server_->found_nothing());
  if (!ok) return fatal("22023", "a setting given at start-up was refused: " + reason);
  if (std::exchange(awaits_welcome_, false)) welcome();
  if (!farewell_.empty()) return fatal("57P01", farewell_);
  host_.pump_later(*this);
}

// What was not proven to be harmless has left nothing behind, or something.
void ClientSession::session_checked(bool clean) {
  if (!farewell_.empty()) return fatal("57P01", farewell_);
  if (clean) return release(state_.pins());
  state_.pin(pin::found);
  host_.pool().make_exclusive(*server_);
  host_.pump_later(*this);
}

void ClientSession::check_session() {
  preparing_ = checking_ = true;
  server_->run_first(session_check_sql(options_.settings));
}

bool ClientSession::yield() {
  if (checking_) return true;
  if (server_ == nullptr || preparing_ || leaving_ || owes_rest() || held_for_reply()) return false;
  if (batch_end_ > 0) return true;  // it is at it
  // A statement was prepared with Flush, and nothing has come behind it: it is as well prepared behind a Sync.
  if (state_.group_open() && !group_binds_ && server_->replies().ready_count() == 0 && !server_->replies().copying_in() &&
      (!state_.owns_connection() || state_.only_settings() || state_.only_unproven())) {
    close_batch();
    server_->flush();
    return true;
  }
  if (in_flight()) return false;
  if (state_.only_unproven()) {
    check_session();
    return true;
  }
  if (!state_.only_settings()) return false;
  release(state_.pins());
  return true;
}

void ClientSession::lease_refused(std::string_view sqlstate, const std::string& reason, std::string_view hint) {
  if (awaits_welcome_) return fatal(sqlstate, reason, hint);
  wire::append_error(refusal_, {"ERROR", sqlstate, reason, {}, hint});
  host_.pump_later(*this);
}

void ClientSession::statements_dropped(bool session_reset) {
  std::vector<StatementId> gone;
  statements_.each([&](const PreparedStatement& statement) {
    // The unnamed one stays. The others that stay were prepared after this.
    if (!statement.server_name.empty() && !server_->replies().has_parse_of(statement.id)) gone.push_back(statement.id);
  });
  for (const StatementId statement : gone) statement_closed(statement);
  if (!session_reset) return;
  state_.discarded_all();
  host_.notifications().unlisten_all(*this);
  session_reset_ = true;
}

void ClientSession::go_on_after_reply() {
  if (wait_for_reply_) host_.pump_later(*this);
}

void ClientSession::copy_ended() {
  go_on_after_reply();
}

void ClientSession::copy_proved(bool group_answered) {
  state_.close_group();
  close_listen_group();
  const bool given_up = std::exchange(copy_given_up_, false);
  if (given_up && !group_answered) ready(state_.in_transaction() ? 'E' : 'I');  // its Sync came within the COPY
  skipping_ = !given_up && !group_answered;  // its Sync is still to come
  go_on_after_reply();
}

void ClientSession::copy_started() {
  copy_given_up_ = false;
  if (server_->replies().copying_in()) host_.pool().make_exclusive(*server_);  // it lasts as long as the client likes
  if (leaving_ || wait_for_reply_) host_.pump_later(*this);
}

void ClientSession::server_ready(char status) {
  state_.ready(status);
  if (!state_.in_transaction()) named_portals_.clear();
  carry_out_unlistens();
  if (outcomes_open_ && !in_flight()) outcomes_are_known();
  come_to_rest();
  // Whatever held the next message back may have ended with this answer: a turn of others, a LISTEN, a COPY.
  if (server_ != nullptr && !carry_.empty()) host_.pump_later(*this);
}

// Everything is answered: gives the connection back unless something ties it down.
void ClientSession::come_to_rest() {
  if (server_->replies().ready_count() > 0 || state_.group_open() || owes_rest()) {
    if (state_.owns_connection() || owes_rest()) host_.pool().make_exclusive(*server_);
    return;
  }
  state_.all_answered();
  if (!farewell_.empty()) return fatal("57P01", farewell_);
  if (std::exchange(session_reset_, false) && state_.only_settings()) {
    return release(state_.pins() & pin::reset);  // the next lease sets the settings again
  }
  // Another value of a setting may be the server's, for everybody: a reload, a promotion. PostgreSQL knows which.
  if (server_->off_base() && (state_.may_release() || state_.only_settings())) {
    if (!leaving_) return check_session();
    state_.pin(pin::unproven);
  }
  if (leaving_) host_.pump_later(*this);
  if (state_.owns_connection()) return host_.pool().make_exclusive(*server_);
  release(state_.pins());
}

void ClientSession::release(Pins pins) {
  ServerConnection& server = *std::exchange(server_, nullptr);
  flush_replies();
  state_.released();
  host_.pool().give_back(server, pins);
  if (phase_ != Phase::closed && !carry_.empty()) host_.pump_later(*this);
}

void ClientSession::server_lost(ServerConnection& server) {
  const bool flying = in_flight() && !preparing_;
  const bool unsafe = awaits_welcome_ || batch_end_ > 0 || (state_.owns_connection() && !state_.only_settings());
  const bool inside = server.inside_reply();
  server_ = nullptr;
  preparing_ = checking_ = false;
  close_listen_group();
  executing_listens_.clear();
  executed_listens_.clear();
  unlistens_.clear();  // whether they took effect is unknown
  if (inside) return close();
  const std::string_view text = flying ? "the connection to PostgreSQL was lost before the answer came: whether the "
                                         "statement took effect is unknown"
                                       : "the connection to PostgreSQL was lost, and the session's state with it";
  if (unsafe && !server.last_words().empty()) return end_with(server.last_words());  // as without the driver
  if (unsafe) return fatal(flying ? "08007" : "08006", text, server.loss());
  for (std::size_t count = flying ? server.replies().ready_count() : 0; count > 0; --count) {
    error("08007", text, server.loss());
    ready('I');
  }
  if (state_.group_open()) {
    error("08007", text, server.loss());
    skipping_ = true;
  }
  state_.lost_connection();
  if (!farewell_.empty()) return fatal("57P01", farewell_);
  host_.pump_later(*this);
}

// Terminate, or the end of what the client sends. Messages before it are answered first, as PostgreSQL does.
void ClientSession::leave() {
  const bool answers = server_ != nullptr && server_->replies().ready_count() > 0 && !state_.group_open() &&
                       !server_->replies().copying_in();
  if (!answers && out_.empty()) return close();
  leaving_ = true;
}

// What it sent before Terminate has led to a COPY or a transaction that nobody will end.
bool ClientSession::left_in_the_middle() const {
  return leaving_ && server_ != nullptr &&
         (server_->replies().copying_in() || state_.group_open() || server_->replies().ready_count() == 0);
}

// ---- stalls ----

std::optional<Instant> ClientSession::stalled_since() const {
  if (server_ == nullptr || preparing_) return std::nullopt;
  const bool must_read = out_.has_backlog();
  const bool must_go_on = !server_->blocked() && !server_->replies().copying_in() && !held_for_reply() &&
                          (owes_rest() || (state_.group_open() && server_->replies().ready_count() == 0 && !server_->owes_group_reply()));
  if (!must_read && !must_go_on) return std::nullopt;
  return moved_at_;
}

void ClientSession::evict() {
  log::warning("client {} (pid {}) is ended: it {} while others wait", key_.process_id, peer_.pid,
               out_.has_backlog() ? "does not read" : "does not finish its message");
  fatal("57P05", "terminating connection: it held a server connection up while others waited");
}

}  // namespace ca::driver
