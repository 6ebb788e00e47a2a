// One client: its socket, its first packet, its messages on their way to whichever server connection it has, and the
// replies on their way back.
//
// A client asks for a connection when a message needs one and gives it back when everything is answered and nothing
// (transaction, session state, an open group of messages) ties it down: session_state.h. Messages that wait for a
// connection stay unread, at most one read of them in memory.
//
// Settings given at start-up need a connection of the client's own, on which they are set before anything else: at the
// start, so that the client is told what PostgreSQL made of them. Where nothing else ties it down, that connection is given
// up to whoever waits, and the settings are set again on the next one.
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/unique_fd.h"
#include "driver/client/startup_options.h"
#include "driver/io/event_loop.h"
#include "driver/io/outbox.h"
#include "driver/io/stream.h"
#include "driver/notifications/notifications.h"
#include "driver/session/pool.h"
#include "driver/session/prepared_statements.h"
#include "driver/sql/session_state.h"
#include "driver/wire/messages.h"
#include "driver/wire/splitter.h"

namespace ca::driver {

class ClientSession;

// What a client needs from the driver around it.
class ClientHost {
 public:
  virtual EventLoop& loop() = 0;
  virtual Pool& pool() = 0;
  virtual Notifications& notifications() = 0;
  virtual std::span<char> read_buffer() = 0;                 // for one read at a time
  virtual StatementId next_statement() = 0;
  virtual SqlTraits inspect(std::string_view sql, SqlDialect dialect) = 0;
  virtual bool reset_after_write() const = 0;
  virtual void cancel(const wire::CancelRequest& request) = 0;  // may use read_buffer()
  virtual bool take_place() = 0;                             // one of max_clients; false: none is left
  virtual void pump_later(ClientSession& client) = 0;        // client.pump() once the current event is handled
  virtual void closed(ClientSession& client) = 0;            // may be deleted once the current event is handled
  virtual void run_console(std::string_view sql, std::string& replies) = 0;  // all but ReadyForQuery

 protected:
  ~ClientHost() = default;
};

struct PeerCredentials {
  pid_t pid = 0;
  uid_t uid = 0;
};

class ClientSession final : private LeaseRequest, private LeaseHolder, private NotificationListener {
 public:
  // REQUIRES: fd does not block. `key` is what the client must present to cancel.
  ClientSession(ClientHost& host, UniqueFd fd, PeerCredentials peer, wire::CancelRequest key);
  ~ClientSession();

  void begin() { read_some(); }  // once after construction: the first packet has often come already
  void pump();            // goes on with what was read already
  void cancel_statement();  // the one that runs, waits, or was sent before the request; no-op where there is none
  void shut_down();       // 57P01 now, or once what runs is answered
  void end_now();         // whatever runs
  bool is_closed() const noexcept { return phase_ == Phase::closed; }
  bool is_starting() const noexcept { return phase_ == Phase::startup; }
  bool has_place() const noexcept { return has_place_; }  // ClientHost::take_place()
  void give_way();        // to a newer one. REQUIRES: is_starting()

  // ---- for the console ----
  const wire::CancelRequest& key() const noexcept { return key_; }
  const StartupOptions& options() const noexcept { return options_; }
  const SessionState& state() const noexcept { return state_; }
  const PeerCredentials& peer() const noexcept { return peer_; }
  const ServerConnection* server() const noexcept { return server_; }
  std::string_view activity() const noexcept;
  std::size_t channels() const { return host_.notifications().channels_of(*this); }
  std::uint64_t statements_seen() const noexcept { return statements_seen_; }

 private:
  enum class Phase : std::uint8_t { startup, active, console, closed };
  struct Portal {
    std::shared_ptr<Description> told;  // of its statement
    StatementId statement = 0;
    bool may_copy = false;
  };
  enum class Rest : std::uint8_t { drop, forward };  // of a message whose first slice was handled

  // LeaseRequest
  void lease_granted(ServerConnection& server) override;
  void lease_refused(std::string_view sqlstate, const std::string& reason, std::string_view hint = {}) override;
  LeaseHolder& holder() override { return *this; }
  void server_lost(ServerConnection& server) override;
  std::optional<Instant> stalled_since() const override;
  void evict() override;
  bool yield() override;
  // LeaseHolder
  void deliver(std::string_view bytes) override { out_.add(bytes); }
  void flush_replies() override;
  void server_ready(char transaction_status) override;
  bool adds_before_ready(char status) const override;
  bool before_ready(char status) override;
  void undone(bool failed) override;
  void listen_executed() override;
  bool shows_notification(std::string_view channel) override;
  void session_prepared(bool ok, const std::string& error) override;
  void session_checked(bool clean);
  void parse_failed(const ReplyQueue::Undone& parse) override;
  void close_skipped(StatementId statement) override;
  bool inside_message() const override { return owes_rest(); }
  void statement_redefined(Redefinition& redefinition) override;
  void statement_closed(StatementId statement) override;
  std::string with_own_names(std::string_view text) const override { return statements_.with_own_names(text); }
  void statements_dropped(bool session_reset) override;
  void copy_started() override;
  void copy_ended() override;
  void described() override { go_on_after_reply(); }
  void copy_proved(bool group_answered) override;
  void server_drained() override { update_interest(); }
  void cancel_ended() override { host_.pump_later(*this); }
  // NotificationListener
  void notified(const NotificationPtr& notification) override;
  void listen_answered(std::string_view error) override;
  void listening_lost(const std::string& why) override;

  // client_session.cc: the socket and the lease
  void on_event(int events);
  void read_some();
  void consume(std::string_view& input);
  bool may_read() const noexcept;
  void update_interest();
  void consumed();
  void forward_rest(const wire::Slice& slice);
  // The server has the beginning of a message and waits for its end.
  bool owes_rest() const noexcept { return rest_ == Rest::forward && splitter_.inside_message(); }
  void come_to_rest();
  void check_session();
  void leave();
  void end_input();
  void release(Pins pins);
  bool must_let_others() const;
  // What may follow is known once the server has begun a COPY, refused it or ended it, or has described a statement.
  bool held_for_reply() const {
    return wait_for_reply_ && server_ != nullptr &&
           (server_->replies().awaits_copy() || server_->replies().copy_in_doubt() || server_->replies().proving() ||
            server_->replies().awaits_description());
  }
  bool in_flight() const;
  // A cancel of the statement before is on its way: the next one, in the same transaction, must not be struck by it.
  bool held_by_cancel() const { return server_ != nullptr && server_->cancelling() && !in_flight(); }
  void close();
  void end_after_answer(std::string message);  // 57P01
  bool left_in_the_middle() const;
  void end_with(std::string_view error_response);
  void fatal(std::string_view sqlstate, std::string_view message, std::string_view detail = {});
  void error(std::string_view sqlstate, std::string_view message, std::string_view detail = {});
  void ready(char status);

  // client_listen.cc
  bool speaks_other_encoding() const;
  bool takes_listen(const SqlTraits& traits) const;
  bool held_by_listen() const;
  bool listen_by_query(const wire::Slice& slice);
  void bind_to_listen(std::string_view portal, const std::string* channel);  // nullptr: to something else
  bool listen_by_execute(const wire::Slice& slice);
  void cancel_listen();
  void close_listen_group() noexcept;
  void note_unlistens(const SqlTraits& traits);
  void carry_out_unlistens();
  bool may_hear() const;
  void say_heard();
  bool hears_too_much();

  // client_startup.cc
  void consume_first_packets(std::string_view& input);
  void begin_session(const wire::StartupMessage& message);
  void welcome();
  void tell_settings_again();

  // client_messages.cc. handle() is false where the message must be presented again once there is a connection.
  bool handle(const wire::Slice& slice);
  bool handle_without_server(const wire::Slice& slice);
  void handle_console(const wire::Slice& slice);
  void drop_refused(const wire::Slice& slice);
  bool ask_for_server(const wire::Slice& slice);
  SqlTraits inspect(std::string_view sql) const;
  const std::optional<wire::BindNames>& names_of(const wire::Slice& bind);  // of the message at hand
  const SqlTraits& traits_of(const wire::Slice& slice);
  void forward_message(const wire::Slice& slice);
  void forward_query(const wire::Slice& slice);
  void forward_long_query(const wire::Slice& slice);
  void forward_parse(const wire::Slice& slice);
  void forward_named_parse(std::string_view name, std::string_view tail);
  std::string_view rewrite_deallocate(const wire::ParseMessage& parse, std::string& storage);
  void forward_bind(const wire::Slice& slice);
  void forward_describe(const wire::Slice& slice);
  void forward_close(const wire::Slice& slice);
  void forward_sync(const wire::Slice& slice);
  void forward_execute(const wire::Slice& slice);
  void forward_flush(const wire::Slice& slice);
  void note_asked();
  void give_up_copy();
  bool must_wait_for_reply(const wire::Slice& slice);
  bool must_wait_for_all(const wire::Slice& slice);
  bool depends_on_answers(const wire::Slice& slice);
  bool may_be_gone(std::string_view name);
  bool is_open(std::string_view name);
  bool is_unnamed_open();
  bool must_compare_descriptions(const wire::Slice& slice);
  enum class Comparison : std::uint8_t { agrees, differs, unknown };
  Comparison compare(const PreparedStatement& statement) const;  // with what the server at hand says of it
  void refuse_at_server(const wire::ErrorText& error);
  bool refuse_foreign_name(const SqlTraits& traits, std::string_view sql);
  const Portal* find_portal(std::string_view name) const;
  std::string_view foreign_name(std::string_view name, std::string& storage) const;
  void go_on_after_reply();
  void open_group();
  bool must_close_batch(const wire::Slice& slice);
  void close_batch();
  void refuse_within_batch();
  bool opens_group(const SqlTraits& traits);
  void take_effect(const SqlTraits& traits);
  void answer_group(std::string bytes);
  bool refuse_history(const SqlTraits& traits);
  void statement_stays(const Redefinition& redefinition);
  void prepare_here(PreparedStatement& statement);
  void statements_may_be_gone();
  void outcomes_are_known();
  void close_unnamed_of_others(std::string_view name);
  void malformed();

  struct Unlisten {
    std::uint64_t due;        // ServerConnection::answered() when its group is answered
    std::string channel;      // empty: all
  };

  ClientHost& host_;
  UniqueFd fd_;
  PeerCredentials peer_;
  wire::CancelRequest key_;
  Stream stream_;
  std::unique_ptr<Poll> poll_;
  std::unique_ptr<Timer> startup_timeout_;
  wire::Splitter splitter_{wire::frontend_grammar};
  Outbox out_;
  std::string carry_;                 // read and not handled yet
  StartupOptions options_;
  SessionState state_;
  PreparedStatements statements_;
  ServerConnection* server_ = nullptr;
  SqlTraits traits_;                  // of the message at hand
  bool traits_known_ = false;
  std::optional<wire::BindNames> names_;
  bool names_known_ = false;
  std::string refusal_;               // the message at the front is to be answered by this error
  std::map<std::string, std::string, std::less<>> listen_portals_;  // bound in this group to a LISTEN; their channels
  std::vector<std::string> executing_listens_;  // the server has not come to them yet
  std::vector<std::string> executed_listens_;   // in the group that is answered
  std::vector<Unlisten> unlistens_;   // sent, and not known to have succeeded
  std::vector<NotificationPtr> heard_;
  std::size_t heard_bytes_ = 0;
  std::string listen_error_;
  std::string farewell_;              // it is to end once all is answered, with this message
  std::uint64_t statements_seen_ = 0;
  Instant moved_at_{};                // when bytes last came from the client, or were taken by it
  int groups_in_lease_ = 0;
  int awaited_listens_ = 0;           // the driver has asked PostgreSQL; the client gets its ReadyForQuery then
  Phase phase_ = Phase::startup;
  Rest rest_ = Rest::drop;
  bool has_place_ = false;
  bool checking_ = false;             // the server looks for state that what was not proven has left
  bool preparing_ = false;            // the server runs our settings first
  bool awaits_welcome_ = false;       // until they have been run for the first time
  bool skipping_ = false;             // an error was answered: all up to Sync is dropped
  bool session_reset_ = false;
  bool group_begins_ = false;         // the open group has begun a transaction
  bool group_binds_ = false;          // the open group has a Bind or an Execute: its Sync would end portals, and a transaction
  bool group_executes_ = false;       // the open group has an Execute
  bool group_failed_ = false;         // the open group, or the one that a Sync of ours closes
  std::uint64_t batch_end_ = 0;       // ServerConnection::answered() at the end of the Sync of ours that is awaited; 0: none is
  bool outcomes_open_ = false;        // a statement may be gone, or a name of one that is gone may be in an answer
  Portal unnamed_portal_;
  std::map<std::string, Portal, std::less<>> named_portals_;  // until the end of their transaction
  bool copy_given_up_ = false;        // give_up_copy() has ended the COPY at hand
  bool wait_for_reply_ = false;       // a message waits for the answer to what was sent before it
  bool wait_for_all_ = false;       // a message waits until all groups before its own are answered
  bool simple_listen_ = false;        // the LISTEN that is awaited came as a Query
  char held_status_ = 'I';            // of the ReadyForQuery that awaits a LISTEN
  bool input_ended_ = false;          // the client sends no more; it may still read
  bool ran_dry_ = false;              // all whole messages that were read have been handled
  bool leaving_ = false;              // Terminate was read; the answers to what came before it are still to be sent
};

}  // namespace ca::driver
