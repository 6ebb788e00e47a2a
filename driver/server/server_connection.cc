#include "driver/server/server_connection.h"

#include <algorithm>

#include "common/check.h"
#include "driver/wire/messages.h"

namespace ca::driver {

namespace {

constexpr int most_cancels = 4;  // at a time: more have no further effect, and a silent server keeps each of them

}  // namespace

ServerConnection::ServerConnection(EventLoop& loop, ServerOwner& owner, Serial serial, std::span<char> read_buffer)
    : loop_(loop), owner_(owner), serial_(serial), read_buffer_(read_buffer) {}

ServerConnection::~ServerConnection() { poll_.reset(); }

// ---- connecting: libpq's work ----

void ServerConnection::connect(const ConnectSettings& settings) {
  started_at_ = loop_.now();
  connector_ = std::make_unique<Connector>(
      loop_, settings,
      [this](PgConnection connection) {
        conn_ = std::move(connection);
        connector_.reset();
        finish_connecting();
      },
      [this](ConnectFailure failure) {
        phase_ = Phase::closed;
        connector_.reset();
        owner_.connect_failed(*this, std::move(failure));
      });
  connector_->start();
}

void ServerConnection::finish_connecting() {
  auto* ssl = static_cast<ssl_st*>(PQsslStruct(conn_.get(), "OpenSSL"));
  encrypted_ = ssl != nullptr;
  stream_ = Stream(PQsocket(conn_.get()), ssl);
  PQsetnonblocking(conn_.get(), 1);  // PQfinish must not wait for room to say goodbye
  for (const char* name : reported_parameters) {
    const char* value = PQparameterStatus(conn_.get(), name);
    if (value != nullptr) base_parameters_[name] = value;
  }
  poll_ = std::make_unique<Poll>(loop_, PQsocket(conn_.get()), [this](int events) {
    if ((events & UV_WRITABLE) != 0 && phase_ != Phase::closed) flush();
    if ((events & ~UV_WRITABLE) != 0 && phase_ != Phase::closed && !paused_) read_some();
  });
  poll_->want(UV_READABLE);
  peer_ = peer_address(PQsocket(conn_.get()));
  heard_at_ = loop_.now();
  phase_ = Phase::idle;
  owner_.connected(*this);
}

std::string ServerConnection::parameter(const char* name) const {
  for (const auto* parameters : {&session_parameters_, &base_parameters_}) {
    if (const auto place = parameters->find(name); place != parameters->end()) return place->second;
  }
  return {};
}

std::string ServerConnection::address() const {
  return connector_ ? connector_->address() : connection_address(conn_.get());
}

// ---- sending and receiving ----

void ServerConnection::flush() {
  if (phase_ == Phase::closed) return;
  const bool was_blocked = out_.has_backlog();
  if (!expects_ && !out_.empty()) {
    expects_ = true;
    quiet_since_ = loop_.now();
  }
  if (out_.flush(stream_) == Outbox::Flushed::failed) return fail("the connection to PostgreSQL broke");
  poll_->want((paused_ ? 0 : UV_READABLE) | (out_.has_backlog() ? UV_WRITABLE : 0));
  if (was_blocked && !out_.has_backlog() && holder_ != nullptr) holder_->server_drained();
}

void ServerConnection::pause_reading() {
  paused_ = true;
  if (phase_ != Phase::closed) poll_->want(out_.has_backlog() ? UV_WRITABLE : 0);
}

void ServerConnection::resume_reading() {
  if (!paused_) return;
  paused_ = false;
  if (phase_ == Phase::closed) return;
  poll_->want(UV_READABLE | (out_.has_backlog() ? UV_WRITABLE : 0));
  if (stream_.has_buffered() && !reading_) read_some();
}

void ServerConnection::read_some() {
  reading_ = true;
  read_until_blocked();
  reading_ = false;
}

void ServerConnection::read_until_blocked() {
  do {
    Stream::Transfer got;
    if (carry_.empty()) {
      got = stream_.read(read_buffer_.data(), read_buffer_.size());
      std::string_view input(read_buffer_.data(), got.count);
      consume(input);
      carry_.assign(input);
    } else {
      const std::size_t before = carry_.size();
      carry_.resize(before + read_buffer_.size());
      got = stream_.read(carry_.data() + before, read_buffer_.size());
      carry_.resize(before + got.count);
      std::string_view input = carry_;
      consume(input);
      carry_.erase(0, carry_.size() - input.size());
    }
    if (got.count > 0) quiet_since_ = heard_at_ = loop_.now();
    if (phase_ == Phase::closed) return;
    if (got.failed) return fail("PostgreSQL closed the connection");
  } while (!paused_ && stream_.has_buffered());
}

// A cancel request that does not end holds back what comes next.
bool ServerConnection::awaits_answer() const noexcept {
  if (phase_ == Phase::connecting || phase_ == Phase::idle || phase_ == Phase::closed) return false;
  return expects_ || phase_ == Phase::cleaning || cancels_ > 0;
}

std::optional<Instant> ServerConnection::cleaning_since() const noexcept {
  return phase_ == Phase::cleaning ? std::optional(cleaning_since_) : std::nullopt;
}

// ---- leases ----

void ServerConnection::lend(LeaseHolder& holder) {
  CA_CHECK(phase_ == Phase::idle && replies_.empty());
  phase_ = Phase::leased;
  holder_ = &holder;
  group_closed();
  paused_ = false;
  for (const StatementId statement : retired_) {
    wire::append_target(out_.text(), 'C', {'S', server_statement_name(statement)});
    replies_.push(ReplyQueue::Kind::hidden_close);
  }
  retired_.clear();
}

void ServerConnection::end_lease(Pins pins) {
  holder_ = nullptr;
  if (phase_ != Phase::leased) return;
  pins_to_undo_ = pins;
  reset_done_ = false;
  drained_ = 0;
  phase_ = Phase::draining;
  resume_reading();
  if (phase_ == Phase::draining && replies_.ready_count() == 0 && !own_work_) clean();
}

// Brings the connection back to the state of a new one, a step a call; each step ends in own_work_done().
void ServerConnection::clean() {
  if (phase_ != Phase::cleaning) cleaning_since_ = loop_.now();
  phase_ = Phase::cleaning;
  changed_parameters_.merge(session_parameters_);
  session_parameters_.clear();
  std::erase_if(changed_parameters_, [this](const auto& changed) { return changed.second == parameter(changed.first.c_str()); });
  if ((pins_to_undo_ & pin::library) != 0) return fail("a library was loaded into it");
  if (cancels_ > 0) return;  // end_cancel() goes on
  if (status_ != 'I') return run_own("ROLLBACK");
  if (pins_to_undo_ != 0 && !reset_done_) return run_own("DISCARD ALL");
  // A cancel, the close of a retired statement: one round trip proves that nothing is left to come, or to be sent.
  if (needs_sync_ || !replies_.empty() || !out_.empty()) {
    needs_sync_ = false;
    return run_own("");
  }
  if (off_base()) adopt_parameters();
  pins_to_undo_ = 0;
  phase_ = Phase::idle;
  owner_.available(*this);
}

// Nothing of the last user is left, so other values than before are the server's.
void ServerConnection::adopt_parameters() {
  for (const auto& [name, value] : changed_parameters_) base_parameters_[name] = value;
  changed_parameters_.clear();
  owner_.parameters_changed(*this);
}

void ServerConnection::run_own(std::string_view sql) {
  own_work_ = true;
  own_error_.clear();
  own_tag_.clear();
  reset_done_ = false;
  wire::append_query(out_.text(), sql);
  replies_.push(ReplyQueue::Kind::query);
  drop_unnamed();
  flush();
}

void ServerConnection::run_first(std::string_view sql) { run_own(sql); }

void ServerConnection::own_work_done(char status) {
  own_work_ = false;
  if (phase_ == Phase::leased && holder_ != nullptr) return holder_->session_prepared(own_error_.empty(), own_error_);
  if (phase_ == Phase::draining) return clean();
  if (!own_error_.empty() || status != 'I') return fail("its session could not be reset: " + own_error_);
  clean();
}

// ---- cancelling, and the end ----

std::unique_ptr<PGcancel, void (*)(PGcancel*)> ServerConnection::begin_cancel() {
  std::unique_ptr<PGcancel, void (*)(PGcancel*)> cancel(cancels_ < most_cancels ? PQgetCancel(conn_.get()) : nullptr,
                                                        PQfreeCancel);
  if (cancel) {
    ++cancels_;
    needs_sync_ = true;
  }
  return cancel;
}

void ServerConnection::end_cancel() {
  if (--cancels_ > 0) return;
  if (phase_ == Phase::cleaning && !own_work_) return clean();
  if (phase_ == Phase::leased && holder_ != nullptr) holder_->cancel_ended();
}

void ServerConnection::fail(std::string reason) {
  if (phase_ == Phase::closed) return;
  if (loss_.empty()) loss_ = std::move(reason);
  phase_ = Phase::closed;
  if (poll_) poll_->want(0);
  owner_.lost(*this);
}

void ServerConnection::close_politely() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  if (poll_) poll_->want(0);
  poll_.reset();
  connector_.reset();
  conn_.reset();  // PQfinish sends Terminate
}

}  // namespace ca::driver
