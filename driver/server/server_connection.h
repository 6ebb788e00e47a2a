// One connection to PostgreSQL. libpq makes it (authentication, TLS, choice of host) without blocking; from then on raw
// messages travel on its socket or TLS session, and libpq is only kept to own them.
//
// Life: connecting -> idle <-> leased -> (draining) -> cleaning -> idle, and closed from anywhere. While leased, what
// the holder puts into out() is sent and what the server answers is delivered to the holder, less the replies to messages
// that the driver put in by itself.
#pragma once

#include <libpq-fe.h>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "driver/io/event_loop.h"
#include "driver/io/outbox.h"
#include "driver/io/stream.h"
#include "driver/server/connector.h"
#include "driver/server/probe.h"
#include "driver/session/reply_queue.h"
#include "driver/wire/splitter.h"

namespace ca::driver {

// What a server tells of a session's settings (ParameterStatus), as far as libpq knows of them: it offers no list.
inline constexpr std::array<const char*, 13> reported_parameters{
    "server_version", "server_encoding", "client_encoding", "application_name", "is_superuser",
    "session_authorization", "DateStyle", "IntervalStyle", "TimeZone", "integer_datetimes",
    "standard_conforming_strings", "default_transaction_read_only", "in_hot_standby"};

// Closed where a CloseComplete is wanted; no client has a portal of this name.
inline constexpr std::string_view no_portal = "ca no portal";

class ServerConnection;

// Who has the connection for now. Called only while it has it.
class LeaseHolder {
 public:
  virtual void deliver(std::string_view bytes) = 0;             // readable until flush_replies()
  virtual void flush_replies() = 0;
  // ReadyForQuery comes next. True: before_ready() is called, and tells whether it is delivered at all (else the holder
  // says it itself, later).
  virtual bool adds_before_ready(char) const { return false; }
  virtual bool before_ready(char) { return true; }
  virtual void server_ready(char transaction_status) = 0;       // after its ReadyForQuery was delivered
  virtual void undone([[maybe_unused]] bool failed) {}          // by an error, or else by a ROLLBACK
  virtual void described() {}                                   // the answer to ReplyQueue::Kind::hidden_describe is complete
  virtual void listen_executed() {}                             // the answer to ReplyQueue::Kind::listen belongs here
  virtual bool shows_notification(std::string_view) { return true; }  // of this channel
  virtual void session_prepared(bool ok, const std::string& error) = 0;  // answer to run_first()
  virtual void parse_failed(const ReplyQueue::Undone& parse) = 0;
  virtual void statement_redefined(Redefinition&) {}            // its Parse has succeeded
  virtual void statement_closed(StatementId) {}
  virtual void close_skipped(StatementId) {}                    // its Close came behind an error
  // Returns the text of an error that names statements, with the names that the holder knows them by.
  virtual std::string with_own_names(std::string_view text) const { return std::string(text); }
  virtual void statements_dropped(bool session_reset) = 0;      // DEALLOCATE ALL, or DISCARD ALL (session_reset)
  virtual bool inside_message() const { return false; }         // the rest of one that it has begun to send is still to come
  virtual void copy_started() = 0;                              // the server waits for COPY data
  virtual void copy_ended() {}                                  // it has succeeded, or the Execute was none of a COPY
  // Nothing is left to come after a COPY that failed (ReplyQueue::Proof). server_ready() follows.
  virtual void copy_proved([[maybe_unused]] bool group_answered) {}
  virtual void server_drained() = 0;                            // all of out() is sent after it was not
  virtual void cancel_ended() = 0;                              // no cancel request is on its way any more

 protected:
  ~LeaseHolder() = default;
};

class ServerOwner {
 public:
  virtual void connected(ServerConnection& server) = 0;
  virtual void connect_failed(ServerConnection& server, ConnectFailure failure) = 0;
  virtual void available(ServerConnection& server) = 0;  // clean, and nobody's
  virtual void parameters_changed(ServerConnection&) {}  // the server's own: a reload, a promotion
  virtual void drains_on(ServerConnection&) {}           // a statement without holder is answered, the next one runs
  virtual void lost(ServerConnection& server) = 0;       // phase is closed; the holder does not know yet

 protected:
  ~ServerOwner() = default;
};

class ServerConnection {
 private:
  struct Prepared {
    Description description;
    std::uint64_t group;  // answered() at the end of the group of its Parse
    bool of_client;
    bool confirmed;       // by ParseComplete
  };

 public:
  enum class Phase : std::uint8_t { connecting, idle, leased, draining, cleaning, closed };
  using Serial = std::uint64_t;

  // `read_buffer` is shared by all connections of a loop.
  ServerConnection(EventLoop& loop, ServerOwner& owner, Serial serial, std::span<char> read_buffer);
  ~ServerConnection();

  void connect(const ConnectSettings& settings);  // REQUIRES: settings outlive the attempt

  Phase phase() const noexcept { return phase_; }
  Serial serial() const noexcept { return serial_; }
  const std::string& loss() const noexcept { return loss_; }  // why it is closed
  // The ErrorResponse by which PostgreSQL has ended the session; empty if it said nothing.
  const std::string& last_words() const noexcept { return last_words_; }
  int backend_pid() const noexcept { return conn_ ? PQbackendPID(conn_.get()) : 0; }
  // As of the connection's start, or as the SQL of run_first() has set it.
  std::string parameter(const char* name) const;
  const std::map<std::string, std::string, std::less<>>& session_parameters() const { return session_parameters_; }  // the latter only
  std::string address() const;
  bool encrypted() const noexcept { return encrypted_; }
  // In the middle of a message to the holder: an error of ours cannot be put there.
  bool inside_reply() const noexcept { return splitter_.inside_message(); }

  // ---- for SilenceWatch and the pool ----
  bool awaits_answer() const noexcept;
  // REQUIRES: awaits_answer(). The later of: the last byte received, the first byte sent after an answer was complete.
  Instant quiet_since() const noexcept { return quiet_since_; }
  Instant heard_at() const noexcept { return heard_at_; }            // the last byte received; or the connection's start
  Instant started_at() const noexcept { return started_at_; }        // connect() was called
  std::optional<Instant> cleaning_since() const noexcept;            // nullopt: it is not cleaned now
  const std::optional<PeerAddress>& peer() const noexcept { return peer_; }
  void give_up(std::string reason) { fail(std::move(reason)); }

  // ---- for the pool ----
  void lend(LeaseHolder& holder);             // REQUIRES: idle
  LeaseHolder* holder() const noexcept { return holder_; }
  // Ends the lease. What is still to be answered is awaited, and thrown away; then transaction and session state (`pins`)
  // are undone and checked; then owner.available().
  void end_lease(Pins pins);
  void forget_holder() noexcept { holder_ = nullptr; }
  void close_politely();                      // Terminate, then closed without owner.lost()
  void retire(StatementId statement);         // is closed here with the next batch, where it was prepared
  bool stale = false;                         // to be closed at the next return

  // A cancel request is on its way to this backend: it must not reach the next holder's statement.
  std::unique_ptr<PGcancel, void (*)(PGcancel*)> begin_cancel();
  void end_cancel();
  bool cancelling() const noexcept { return cancels_ > 0; }
  // Tells one statement from the next: the number of ReadyForQuery messages so far.
  std::uint64_t answered() const noexcept { return answered_; }

  // ---- for the holder ----
  Outbox& out() noexcept { return out_; }
  ReplyQueue& replies() noexcept { return replies_; }
  void flush();
  bool blocked() const noexcept { return out_.has_backlog(); }
  void pause_reading();
  void resume_reading();
  // Runs SQL whose replies nobody sees; then holder.session_prepared().
  void run_first(std::string_view sql);
  bool found_nothing() const noexcept { return own_tag_ == "SELECT 0"; }  // the SQL of run_first()
  // Messages of the open group (Parse, Bind, Describe, Execute, Close). PostgreSQL sends their replies once a Flush is there.
  void message_complete();  // after inside_message() was true
  void group_asked() noexcept { ++group_asked_; }
  void group_flushed() noexcept { group_due_ = group_asked_; }
  void group_closed() noexcept { group_asked_ = group_due_ = 0; }  // a Sync follows, whose ReadyForQuery is awaited
  bool owes_group_reply() const noexcept { return group_due_ > 0; }
  // Whether the statement is prepared here when the next message is read.
  enum class Knows : std::uint8_t { no, unless_its_group_fails, yes };
  Knows knows(const PreparedStatement& statement) const;
  // A Parse of it was sent. `of_client`: a name that the client itself prepares.
  void note_statement(const PreparedStatement& statement, bool of_client);
  void note_prepared(StatementId statement) { prepared_.insert_or_assign(statement, Prepared{{}, 0, false, true}); }
  // What PostgreSQL has said of the statement on this connection, as far as it was asked.
  Description description(StatementId statement) const;
  void drop_statement(StatementId statement) { prepared_.erase(statement); }
  void drop_unnamed() noexcept { unnamed_ = {}; }
  bool off_base() const noexcept { return !changed_parameters_.empty(); }

 private:
  enum class Fate : std::uint8_t { show, hide, ready, listen, refused };

  void finish_connecting();
  void read_some();
  void read_until_blocked();
  void consume(std::string_view& input);
  void deliver(const char* from, const char* to);
  Fate on_message(const wire::Slice& slice);
  void note_group_reply(char type) noexcept;
  Fate on_error(const wire::Slice& slice);
  Fate on_notification(const wire::Slice& slice);
  Fate hide_unless(std::optional<bool> shown);
  void on_complete(const wire::Slice& slice);
  void on_parameter(const wire::Slice& slice);
  void on_ready(const wire::Slice& slice, const char* run);
  Fate on_description(const wire::Slice& slice, Fate seen);
  void collect_description(const wire::Slice& slice);
  void keep_description();
  static bool names_statement(const wire::Slice& error);
  void tell_refused();
  Fate on_parsed();
  Fate on_close_complete();
  Fate on_copy_in(Fate seen);
  Fate on_closed();
  void forget_failed();
  void prove_copy_failed();
  void send_proof();
  void on_proof_ready();
  void own_work_done(char status);
  void clean();
  void adopt_parameters();
  void run_own(std::string_view sql);
  void fail(std::string reason);

  EventLoop& loop_;
  ServerOwner& owner_;
  Serial serial_;
  std::span<char> read_buffer_;
  std::unique_ptr<Connector> connector_;  // while connecting
  PgConnection conn_;
  std::unique_ptr<Poll> poll_;
  Stream stream_;
  wire::Splitter splitter_{wire::backend_grammar};
  Outbox out_;
  std::string carry_;  // the beginning of a message that is not complete yet
  ReplyQueue replies_;
  LeaseHolder* holder_ = nullptr;
  Phase phase_ = Phase::connecting;
  std::uint64_t group_at_hand() const noexcept { return answered_ + replies_.ready_count() + 1; }
  Prepared* prepared(StatementId statement);
  std::unordered_map<StatementId, Prepared> prepared_;
  std::pair<StatementId, Prepared> unnamed_{};  // whose Parse the unnamed statement is
  Description described_;         // by the answer at hand, so far
  std::string description_text_;  // of the message at hand
  bool describes_ = false;        // the message at hand is a part of a description
  std::vector<StatementId> retired_;
  std::vector<ReplyQueue::Undone> failed_;  // in the group at hand
  std::map<std::string, std::string, std::less<>> base_parameters_;
  std::map<std::string, std::string, std::less<>> session_parameters_;  // set by run_first()
  std::map<std::string, std::string, std::less<>> changed_parameters_;  // by the holder
  std::string loss_;
  std::string last_words_;
  std::string refusal_;     // our error, in place of the one at hand
  std::string own_tag_;     // of the last command of SQL that the driver runs by itself, where it is short
  std::string own_error_;   // of SQL that the driver runs by itself
  std::optional<PeerAddress> peer_;
  Instant started_at_{};
  Instant quiet_since_{};
  Instant heard_at_{};
  Instant cleaning_since_{};
  std::uint64_t drained_ = 0;
  Pins pins_to_undo_ = 0;
  std::uint64_t answered_ = 0;
  bool proof_due_ = false;       // to be sent once the client's message is complete
  std::size_t group_asked_ = 0;  // without a reply
  std::size_t group_due_ = 0;    // of these, before the last Flush
  int cancels_ = 0;
  char status_ = 'I';
  bool own_work_ = false;   // replies are to SQL that the driver runs by itself
  bool reset_done_ = false;
  bool needs_sync_ = false; // after a cancel: one round trip proves that it has struck or missed
  bool expects_ = false;    // an answer to what was sent
  bool paused_ = false;
  bool reading_ = false;
  bool hide_rest_ = false;  // of the message whose first slice was hidden
  bool encrypted_ = false;
};

}  // namespace ca::driver
