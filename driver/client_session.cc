#include "driver/client_session.h"

#include <utility>

#include "common/log.h"

namespace ca::driver {

namespace {

constexpr std::chrono::seconds startup_limit{60};  // as PostgreSQL's authentication_timeout
constexpr int groups_before_others = 32;           // batches in one shared lease while others wait

}  // namespace

ClientSession::ClientSession(ClientHost& host, UniqueFd fd, PeerCredentials peer, wire::CancelRequest key)
    : host_(host), fd_(std::move(fd)), peer_(peer), key_(key), stream_(fd_.get()) {
  poll_ = std::make_unique<Poll>(host_.loop(), fd_.get(), [this](int events) { on_event(events); });
  startup_timeout_ = std::make_unique<Timer>(host_.loop(), [this] { fatal("08P01", "no startup packet came in time"); });
  startup_timeout_->start(startup_limit);
  poll_->want(UV_READABLE | UV_DISCONNECT);  // both are told to the kernel at once; see Poll::want
}

ClientSession::~ClientSession() = default;

// ---- the socket ----

bool ClientSession::may_read() const noexcept {
  if (waiting() || preparing_ || leaving_ || !refusal_.empty() || held_by_listen() || batch_end_ > 0) return false;
  if (server_ == nullptr) return !out_.has_backlog();  // who does not read gets no more answers either
  if (held_by_cancel()) return false;
  return !server_->blocked() && !must_let_others();
}

void ClientSession::update_interest() {
  if (phase_ == Phase::closed) return;
  const int reading = may_read() ? UV_READABLE : 0;
  poll_->want(reading | (waiting() ? UV_DISCONNECT : 0) | (out_.has_backlog() ? UV_WRITABLE : 0));
}

void ClientSession::on_event(int events) {
  if (phase_ == Phase::closed) return;
  if ((events & UV_WRITABLE) != 0) flush_replies();
  if (phase_ == Phase::closed) return;
  if ((events & UV_READABLE) != 0 && may_read()) return read_some();
  if ((events & UV_DISCONNECT) != 0 && waiting()) return close();
  if ((events & Poll::broken) != 0) return close();
  update_interest();
}

void ClientSession::read_some() {
  const auto buffer = host_.read_buffer();
  Stream::Transfer got;
  if (carry_.empty()) {
    got = stream_.read(buffer.data(), buffer.size());
    std::string_view input(buffer.data(), got.count);
    consume(input);
    if (phase_ == Phase::closed) return;
    consumed();
    carry_.assign(input);
  } else {
    const std::size_t before = carry_.size();
    carry_.resize(before + buffer.size());
    got = stream_.read(carry_.data() + before, buffer.size());
    carry_.resize(before + got.count);
    pump();
    if (phase_ == Phase::closed) return;
  }
  if (got.failed) return close();
  moved_at_ = host_.loop().now();
  flush_replies();
}

void ClientSession::pump() {
  if (phase_ == Phase::closed || hears_too_much()) return;
  if (left_in_the_middle()) {
    out_.flush(stream_);
    return close();
  }
  std::string_view input = carry_;
  consume(input);
  if (phase_ == Phase::closed) return;
  consumed();
  carry_.erase(0, carry_.size() - input.size());
  if (carry_.empty() && carry_.capacity() > (256u << 10)) carry_.shrink_to_fit();
  flush_replies();
}

// Handles what can be handled; the rest stays in `input`.
void ClientSession::consume(std::string_view& input) {
  if (phase_ == Phase::startup) consume_first_packets(input);
  while ((phase_ == Phase::active || phase_ == Phase::console) && !waiting() && !preparing_ && !leaving_ &&
         !held_by_cancel() && awaited_listens_ == 0) {
    const wire::Splitter before = splitter_;
    const std::string_view input_before = input;
    const auto slice = splitter_.next(input);
    if (!slice) break;
    if (!slice->first) {
      forward_rest(*slice);
      continue;
    }
    rest_ = Rest::drop;
    if (!handle(*slice)) {
      splitter_ = before;
      input = input_before;
      if (refusal_.empty()) break;
    }
  }
  if (!splitter_.error().empty() && phase_ != Phase::closed) {
    fatal("08P01", "invalid frontend message: " + std::string(splitter_.error()));
  }
}

void ClientSession::consumed() {
  if (server_ == nullptr) return;
  server_->flush();
  // The rest of a group or a message may never come: a shared connection is not for that.
  if (server_ != nullptr && (state_.group_open() || owes_rest())) host_.pool().make_exclusive(*server_);
}

void ClientSession::forward_rest(const wire::Slice& slice) {
  if (rest_ != Rest::forward || server_ == nullptr) return;
  server_->out().add(slice.bytes);
  if (!slice.last) return;
  rest_ = Rest::drop;
  // The answer may have come before the end of the message: a COPY that failed.
  if (server_->replies().empty() && !state_.group_open()) {
    server_->flush();
    come_to_rest();
  }
}

void ClientSession::flush_replies() {
  if (phase_ == Phase::closed) return;
  if (!heard_.empty() && may_hear()) say_heard();
  const bool had_something = !out_.empty();
  const std::size_t backlog = out_.backlog();
  const auto flushed = out_.flush(stream_);
  if (had_something && (backlog == 0 || out_.backlog() < backlog)) moved_at_ = host_.loop().now();
  switch (flushed) {
    case Outbox::Flushed::failed: return close();
    case Outbox::Flushed::partly:
      if (server_ != nullptr) {  // a slow reader must not keep one of the few shared connections
        host_.pool().make_exclusive(*server_);
        server_->pause_reading();
      }
      break;
    case Outbox::Flushed::all:
      if (server_ != nullptr) {
        server_->resume_reading();
      } else if (leaving_) {
        return close();
      }
      if (!heard_.empty() && may_hear()) return flush_replies();
      break;
  }
  update_interest();
}

void ClientSession::error(std::string_view sqlstate, std::string_view message, std::string_view detail) {
  wire::append_error(out_.text(), {"ERROR", sqlstate, message, detail});
}

void ClientSession::ready(char status) { wire::append_ready(out_.text(), status); }

void ClientSession::fatal(std::string_view sqlstate, std::string_view message, std::string_view detail) {
  if (phase_ == Phase::closed) return;
  if (server_ == nullptr || !server_->inside_reply()) {
    wire::append_error(out_.text(), {"FATAL", sqlstate, message, detail});
  }
  out_.flush(stream_);  // who does not read it now never gets it
  close();
}

void ClientSession::close() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  host_.pool().withdraw(*this);
  host_.notifications().unlisten_all(*this);
  if (server_ != nullptr) {
    host_.pool().abandon(*std::exchange(server_, nullptr), state_, owes_rest());
  }
  statements_.each([this](const PreparedStatement& statement) { host_.pool().retire(statement.id); });
  startup_timeout_.reset();
  poll_.reset();
  fd_.reset();
  host_.closed(*this);
}

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
  if (!ok) return fatal("22023", "a setting given at start-up was refused: " + reason);
  if (std::exchange(awaits_welcome_, false)) welcome();
  if (!farewell_.empty()) return fatal("57P01", farewell_);
  host_.pump_later(*this);
}

bool ClientSession::yield() {
  if (server_ == nullptr || preparing_ || leaving_ || owes_rest()) return false;
  if (batch_end_ > 0) return true;  // it is at it
  // A statement was prepared with Flush, and nothing has come behind it: it is as well prepared behind a Sync.
  if (state_.group_open() && !group_binds_ && server_->replies().ready_count() == 0 && !server_->replies().copying_in() &&
      (!state_.owns_connection() || state_.only_settings())) {
    close_batch();
    server_->flush();
    return true;
  }
  if (!state_.only_settings() || preparing_ || in_flight() || owes_rest()) return false;
  release(state_.pins());
  return true;
}

void ClientSession::lease_refused(std::string_view sqlstate, const std::string& reason) {
  if (awaits_welcome_) return fatal(sqlstate, reason);
  wire::append_error(refusal_, {"ERROR", sqlstate, reason});
  host_.pump_later(*this);
}

void ClientSession::statements_dropped(bool session_reset) {
  statements_.clear();
  if (!session_reset) return;
  state_.discarded_all();
  host_.notifications().unlisten_all(*this);
  session_reset_ = true;
}

void ClientSession::copy_started() {
  if (leaving_) return host_.pump_later(*this);
  if (server_->replies().copying_in()) host_.pool().make_exclusive(*server_);  // it lasts as long as the client likes
}

void ClientSession::server_ready(char status) {
  state_.ready(status);
  carry_out_unlistens();
  come_to_rest();
  if (wait_to_listen_ && !held_by_listen()) host_.pump_later(*this);
}

// Everything is answered: gives the connection back unless something ties it down.
void ClientSession::come_to_rest() {
  if (server_->replies().ready_count() > 0 || state_.group_open() || owes_rest()) {
    if (state_.owns_connection() || owes_rest()) host_.pool().make_exclusive(*server_);
    return;
  }
  if (!farewell_.empty()) return fatal("57P01", farewell_);
  if (std::exchange(session_reset_, false) && state_.only_settings()) return release(0);  // the next lease sets them again
  if (server_->off_base() && !state_.in_transaction()) state_.pin(pin::parameter);
  if (leaving_) host_.pump_later(*this);
  if (state_.owns_connection()) return host_.pool().make_exclusive(*server_);
  release(0);
}

void ClientSession::release(Pins pins) {
  ServerConnection& server = *std::exchange(server_, nullptr);
  flush_replies();
  host_.pool().give_back(server, pins);
  if (phase_ != Phase::closed && !carry_.empty()) host_.pump_later(*this);
}

void ClientSession::server_lost(ServerConnection& server) {
  const bool flying = in_flight() && !preparing_;
  const bool unsafe = awaits_welcome_ || batch_end_ > 0 || (state_.owns_connection() && !state_.only_settings());
  const bool inside = server.inside_reply();
  server_ = nullptr;
  preparing_ = false;
  close_listen_group();
  executing_listens_.clear();
  executed_listens_.clear();
  unlistens_.clear();  // whether they took effect is unknown
  if (inside) return close();
  const std::string_view text = flying ? "the connection to PostgreSQL was lost before the answer came: whether the "
                                         "statement took effect is unknown"
                                       : "the connection to PostgreSQL was lost, and the session's state with it";
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

// Terminate. Messages before it are answered first, as PostgreSQL does, unless they can only be rolled back.
void ClientSession::leave() {
  if (server_ == nullptr || server_->replies().ready_count() == 0 || state_.owns_connection() || state_.group_open() ||
      server_->replies().copying_in()) {
    return close();
  }
  leaving_ = true;
}

// What it sent before Terminate has led to a COPY or a transaction that nobody will end.
bool ClientSession::left_in_the_middle() const {
  return leaving_ && server_ != nullptr && (server_->replies().copying_in() || !in_flight());
}

// ---- stalls ----

std::optional<Instant> ClientSession::stalled_since() const {
  if (server_ == nullptr || preparing_) return std::nullopt;
  const bool must_read = out_.has_backlog();
  const bool must_go_on = !server_->blocked() && !server_->replies().copying_in() &&
                          (owes_rest() || (state_.group_open() && server_->replies().ready_count() == 0));
  if (!must_read && !must_go_on) return std::nullopt;
  return moved_at_;
}

void ClientSession::evict() {
  log::warning("client {} (pid {}) is ended: it {} while others wait", key_.process_id, peer_.pid,
               out_.has_backlog() ? "does not read" : "does not finish its message");
  fatal("57P05", "terminating connection: it held a server connection up while others waited");
}

// ---- orders from outside ----

void ClientSession::cancel_statement() {
  if (phase_ == Phase::active && !waiting() && !in_flight() && may_read()) read_some();  // it may stand in the socket still
  if (phase_ != Phase::active) return;
  if (awaited_listens_ > 0) {
    cancel_listen();
  } else if (waiting()) {
    host_.pool().withdraw(*this);
    lease_refused("57014", "canceling statement due to user request");
  } else if (in_flight()) {
    host_.pool().cancel(*server_);
  }
}

void ClientSession::shut_down() { end_after_answer("terminating connection: the driver is shutting down"); }

void ClientSession::end_after_answer(std::string message) {
  farewell_ = std::move(message);
  if (!in_flight()) fatal("57P01", farewell_);
}

void ClientSession::end_now() {
  fatal(in_flight() ? "08007" : "57P01", "terminating connection: the driver is shutting down");
}

std::string_view ClientSession::activity() const noexcept {
  if (phase_ == Phase::startup) return "startup";
  if (phase_ == Phase::console) return "console";
  if (waiting()) return "waiting";
  if (in_flight() || preparing_ || awaited_listens_ > 0) return "active";
  if (state_.in_transaction()) return "idle in transaction";
  return server_ != nullptr ? "idle with session state" : "idle";
}

}  // namespace ca::driver
