#include "driver/session/client_session.h"

#include <poll.h>

#include <utility>

namespace ca::driver {

namespace {

constexpr std::chrono::seconds startup_limit{60};  // as PostgreSQL's authentication_timeout

}  // namespace

ClientSession::ClientSession(ClientHost& host, UniqueFd fd, PeerCredentials peer, wire::CancelRequest key)
    : host_(host), fd_(std::move(fd)), peer_(peer), key_(key), stream_(fd_.get()) {
  poll_ = std::make_unique<Poll>(host_.loop(), fd_.get(), [this](int events) { on_event(events); });
  startup_timeout_ = std::make_unique<Timer>(host_.loop(), [this] { fatal("08P01", "no startup packet came in time"); });
  startup_timeout_->start(startup_limit);
  poll_->want(UV_READABLE | Poll::hung_up);  // both are told to the kernel at once; see Poll::want
}

ClientSession::~ClientSession() = default;

// ---- the socket ----

bool ClientSession::may_read() const noexcept {
  if (waiting() || preparing_ || leaving_ || input_ended_ || !refusal_.empty() || held_by_listen() || held_for_reply() || batch_end_ > 0) {
    return false;
  }
  if (server_ == nullptr) return !out_.has_backlog();  // who does not read gets no more answers either
  if (held_by_cancel()) return false;
  return !server_->blocked() && !must_let_others();
}

void ClientSession::update_interest() {
  if (phase_ == Phase::closed) return;
  const int reading = may_read() ? UV_READABLE : 0;
  poll_->want(reading | (waiting() || leaving_ || input_ended_ ? Poll::hung_up : 0) | (out_.has_backlog() ? UV_WRITABLE : 0));
}

void ClientSession::on_event(int events) {
  if (phase_ == Phase::closed) return;
  if ((events & UV_WRITABLE) != 0) flush_replies();
  if (phase_ == Phase::closed) return;
  if ((events & UV_READABLE) != 0 && may_read()) return read_some();
  if ((events & Poll::hung_up) != 0) return close();
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
  if (got.failed) return got.ended ? end_input() : close();
  moved_at_ = host_.loop().now();
  flush_replies();
}

// The client sends no more. If it has only closed its sending side, it gets what it asked for, as from PostgreSQL.
void ClientSession::end_input() {
  pollfd hang_up{fd_.get(), 0, 0};
  ::poll(&hang_up, 1, 0);
  if (hang_up.revents != 0 || phase_ == Phase::startup) return close();
  input_ended_ = true;
  pump();
}

void ClientSession::pump() {
  if (phase_ == Phase::closed || hears_too_much()) return;
  if (left_in_the_middle()) return flush_replies();
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
  ran_dry_ = false;
  if (phase_ == Phase::startup) consume_first_packets(input);
  while ((phase_ == Phase::active || phase_ == Phase::console) && !waiting() && !preparing_ && !leaving_ &&
         !held_by_cancel() && awaited_listens_ == 0) {
    const wire::Splitter before = splitter_;
    const std::string_view input_before = input;
    const auto slice = splitter_.next(input);
    ran_dry_ = !slice;
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
  if (input_ended_ && ran_dry_ && !leaving_ && phase_ != Phase::closed) leave();
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
  server_->message_complete();
  if (server_ == nullptr) return;
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
      if (server_ != nullptr) server_->resume_reading();
      if (leaving_ && (server_ == nullptr || left_in_the_middle())) return close();
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
  std::string bytes;
  wire::append_error(bytes, {"FATAL", sqlstate, message, detail});
  end_with(bytes);
}

void ClientSession::end_with(std::string_view error_response) {
  if (phase_ == Phase::closed) return;
  if (server_ == nullptr || !server_->inside_reply()) out_.text() += error_response;
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

void ClientSession::give_way() { fatal("53300", "sorry, too many clients already, and no startup packet came from this one"); }

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
