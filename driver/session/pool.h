// The server connections of a driver, and who has them.
//
// All connections are alike; what is limited is how many are lent for one batch (shared) and how many for longer
// (exclusive): lease_budget.h. They are opened when somebody waits and none is free. While PostgreSQL is away, attempts
// go on with growing pauses, and those who wait are refused after server_wait_timeout.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "driver/server/server_connection.h"
#include "driver/server/silence_watch.h"
#include "driver/session/lease_budget.h"
#include "driver/sql/session_state.h"

namespace ca::driver {

// One who wants a connection, waiting in the line of its class.
class LeaseRequest : public Waiter {
 public:
  LeaseMode mode = LeaseMode::shared;  // REQUIRES: not changed while waiting

  virtual void lease_granted(ServerConnection& server) = 0;
  virtual void lease_refused(std::string_view sqlstate, const std::string& reason, std::string_view hint = {}) = 0;
  virtual LeaseHolder& holder() = 0;
  // The connection that was lent is gone; `reason` is the server's last word where it had one.
  virtual void server_lost(ServerConnection& server) = 0;
  // Since when it is the borrower's turn to read or to finish a message, and it does not; nullopt: it is not. A transaction
  // or a COPY that waits for its client is no stall.
  virtual std::optional<Instant> stalled_since() const = 0;
  virtual void evict() = 0;                      // it has stalled for too long while others wait
  // Others wait: gives the connection back where it is kept only to spare setting it up again. False: it is needed.
  virtual bool yield() = 0;

 protected:
  ~LeaseRequest() = default;
};

struct PoolSettings {
  ConnectSettings connect;
  int shared_connections = 0;
  int exclusive_connections = 0;
  std::size_t queue_limit = 0;
  std::chrono::milliseconds server_wait_timeout{};
  std::chrono::milliseconds query_wait_timeout{};   // 0: none
  std::chrono::milliseconds server_idle_timeout{};  // 0: none
  std::chrono::milliseconds server_lifetime{};      // 0: none
};

class Pool : private ServerOwner {
 public:
  struct Listener {
    std::function<void()> first_connected;                  // once
    std::function<void(const std::string& why)> waiting;    // an attempt failed that may succeed later
    std::function<void(const std::string& why)> hopeless;   // waiting cannot mend it, and no connection is left
  };

  Pool(EventLoop& loop, PoolSettings settings, Listener listener);
  ~Pool();

  // ---- for clients. A connection named here is one that was lent to the caller ----
  void request(LeaseRequest& request);         // refuses at once where the queue is full
  void withdraw(LeaseRequest& request);        // no-op where it does not wait
  void make_exclusive(ServerConnection& server);
  void give_back(ServerConnection& server, Pins pins);  // the holder is done, all is answered
  // The holder is gone, whatever runs. A write outside a transaction is awaited, as PostgreSQL would finish it; what only
  // reads, or can only be rolled back, is cancelled. `inside_message`: the holder's last message is not complete.
  void abandon(ServerConnection& server, const SessionState& state, bool inside_message);
  void retire(StatementId statement);
  // Cancels what runs. PostgreSQL ignores a cancel that comes before it has read the statement; so it is repeated as long
  // as the same statement runs.
  void cancel(ServerConnection& server) { send_cancel(server, first_cancel_pause); }
  bool contended(LeaseMode mode) const { return queue(mode).size() > 0; }

  // ---- for the driver ----
  void settle();                               // after each event: tells of losses, lends, opens, deletes
  void close();                                // says goodbye on every connection; nothing is lent any more
  std::size_t waiting() const { return shared_.size() + exclusive_.size(); }

  // A connection that is not the pool's is watched for silence, too. Owns: nothing; nullptr ends it.
  void watch(ServerConnection* other) { other_ = other; }
  ServerConnection::Serial take_serial() { return next_serial_++; }  // for a connection that is not the pool's

  // What a server connection reports for a setting at its start; empty where none was made yet or it is not reported.
  std::string parameter(std::string_view name) const;
  SqlDialect dialect() const noexcept { return dialect_; }  // of a connection as it is made

  // ---- for the console ----
  void pause() { paused_ = true; }
  void resume();
  void reconnect();
  bool paused() const { return paused_; }
  const LeaseBudget& budget() const { return budget_; }
  const PoolSettings& settings() const { return settings_; }
  struct Counts {
    int idle = 0, connecting = 0, cleaning = 0, leased = 0;
  };
  // No request to cancel a statement is on its way. One that is not sent at the driver's end leaves its statement running.
  bool cancels_are_sent() const noexcept { return running_cancels_ == 0 && queued_cancels_.empty(); }
  Counts counts() const;
  std::size_t waiting(LeaseMode mode) const { return queue(mode).size(); }
  std::chrono::milliseconds longest_wait() const;
  struct Lent {
    const ServerConnection* server;
    std::optional<LeaseMode> mode;  // none: not lent
  };
  std::vector<Lent> list() const;
  std::uint64_t leases_given() const { return leases_given_; }
  std::uint64_t cancels_sent() const { return cancels_sent_; }
  std::uint64_t connections_made() const { return connections_made_; }
  std::uint64_t connections_lost() const { return connections_lost_; }

 private:
  struct Member {
    std::unique_ptr<ServerConnection> server;
    LeaseRequest* borrower = nullptr;     // nullptr while it is lent: the borrower is gone
    std::optional<LeaseMode> mode;        // counted in the budget
    Priority priority = Priority::normal;  // of the borrower, as long as it is counted
    Instant since{};                      // the lease began then
    Instant made_at{};
    Instant idle_since{};
    bool only_reads_left = false;         // the borrower is gone, and nobody needs what its statements return
  };

  void connected(ServerConnection& server) override;
  void connect_failed(ServerConnection& server, ConnectFailure failure) override;
  void available(ServerConnection& server) override;
  void parameters_changed(ServerConnection& server) override;
  void drains_on(ServerConnection& server) override;
  void lost(ServerConnection& server) override;

  Scheduler& queue(LeaseMode mode) { return mode == LeaseMode::shared ? shared_ : exclusive_; }
  const Scheduler& queue(LeaseMode mode) const { return mode == LeaseMode::shared ? shared_ : exclusive_; }
  Member& member(const ServerConnection& server);
  bool at_once(const LeaseRequest& request) const;
  void tell_losses();
  void lend_free();
  bool lend_one(LeaseMode mode);
  void open_more();
  void open();
  void reclaim();
  void watch_waits();
  void watch_stalls();
  void evict_stalled();
  bool shared_places_are_short() const;
  bool may_move(const Member& member) const;
  bool outlived(const Member& member) const;
  void add_idle(ServerConnection& server);
  void watch_idle();
  void close_idle();
  void watch_long_leases();
  void move_long_leases();
  std::optional<Instant> wait_limit(const LeaseRequest& request) const;
  void refuse_overdue();
  bool has_live() const;
  std::vector<ServerConnection*> watched() const;
  Instant last_heard() const;
  void server_silent(const PeerAddress& server, Instant since);
  void away(Instant since, const std::string& reason);
  void finish_lease(Member& member);
  void remove_closed();
  void send_cancel(ServerConnection& server, std::chrono::milliseconds pause);
  void run_cancels();
  void cancel_sent(ServerConnection::Serial serial, std::uint64_t answered, std::chrono::milliseconds pause);
  void cancel_again();

  static constexpr std::chrono::milliseconds first_cancel_pause{50};
  // A cancel that has reached PostgreSQL; the statement that it meant, by the count of answers before it.
  struct SentCancel {
    ServerConnection::Serial serial;
    std::uint64_t answered;
    std::chrono::milliseconds pause;
    Instant due;
  };

  EventLoop& loop_;
  PoolSettings settings_;
  Listener listener_;
  LeaseBudget budget_;
  Scheduler shared_;
  Scheduler exclusive_;
  std::vector<char> read_buffer_;
  std::vector<Member> members_;
  std::vector<ServerConnection*> idle_;       // the last one returned is the first one lent: its caches are warm
  std::vector<ServerConnection*> lost_;       // not told yet
  std::vector<std::pair<std::string, std::string>> parameters_;
  struct CancelWork;
  std::deque<CancelWork*> queued_cancels_;    // owned
  std::shared_ptr<char> alive_ = std::make_shared<char>();  // a cancel request in a thread may outlive the pool
  int running_cancels_ = 0;                   // in libuv's threads
  SqlDialect dialect_;
  std::vector<SentCancel> sent_cancels_;
  Timer retry_;
  Timer recancel_;
  Timer overdue_;
  Timer stalled_;
  Timer long_leases_;
  Timer idle_limit_;
  Instant idle_due_{};                        // of idle_limit_, while it runs
  SilenceWatch silence_;
  ServerConnection* other_ = nullptr;
  std::chrono::milliseconds pause_before_retry_{};
  std::optional<Instant> away_since_;
  Instant up_since_{};                        // PostgreSQL is up, and PAUSE is over: waiting counts from then on
  std::string away_reason_;
  ServerConnection::Serial next_serial_ = 1;
  std::uint64_t leases_given_ = 0;
  std::uint64_t cancels_sent_ = 0;
  std::uint64_t connections_made_ = 0;
  std::uint64_t connections_lost_ = 0;
  bool announced_ = false;
  bool closing_ = false;
  bool paused_ = false;
  bool closed_any_ = false;
  bool shared_first_ = true;
};

}  // namespace ca::driver
