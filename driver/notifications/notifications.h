// The driver listens for its clients: one connection of its own to PostgreSQL listens on every channel that a client wants,
// and each notification is handed on to all clients of its channel. It exists only while somebody listens.
//
// A client that loses a connection of its own knows that it may have missed notifications. So when this connection is lost,
// every client that listens is told, and ends.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "driver/notifications/channel_registry.h"
#include "driver/server/server_connection.h"
#include "driver/session/pool.h"
#include "driver/wire/splitter.h"

namespace ca::driver {

struct Notification {
  std::string channel;
  std::string message;  // NotificationResponse as PostgreSQL sent it
};
using NotificationPtr = std::shared_ptr<const Notification>;

// A client that listens. Called while others are told too: it must not leave in the middle of notified().
class NotificationListener {
 public:
  virtual void notified(const NotificationPtr& notification) = 0;
  virtual void listen_answered(std::string_view error) = 0;  // empty, or an ErrorResponse
  virtual void listening_lost(const std::string& why) = 0;

 protected:
  ~NotificationListener() = default;
};

class Notifications final : private ServerOwner, private LeaseHolder {
 public:
  Notifications(EventLoop& loop, Pool& pool);
  ~Notifications();

  // True: it listens from now on. Else listen_answered() comes later, unless it leaves before.
  bool listen(NotificationListener& listener, const std::string& channel);
  void unlisten(NotificationListener& listener, const std::string& channel);
  void unlisten_all(NotificationListener& listener);
  void withdraw(NotificationListener& listener);  // what it waits for
  bool hears(const NotificationListener& listener, std::string_view channel) const;
  std::size_t channels_of(const NotificationListener& listener) const { return registry_.channels_of(listener); }

  void settle();     // after each event: opens, sends, tells of a loss, closes
  void reconnect();  // as if the connection had been lost

  // ---- for the console ----
  const ServerConnection* server() const { return server_.get(); }
  std::size_t channel_count() const { return registry_.channel_count(); }
  std::size_t listener_count() const { return registry_.listener_count(); }
  std::uint64_t received() const { return received_; }

 private:
  struct Sent {
    std::string channel;
    ChannelRegistry::Ask ask;  // 0: something else, whatever the answer
  };

  // ServerOwner
  void connected(ServerConnection& server) override;
  void connect_failed(ServerConnection& server, ConnectFailure failure) override;
  void available(ServerConnection&) override {}
  void lost(ServerConnection& server) override;
  // LeaseHolder
  void deliver(std::string_view bytes) override;
  void flush_replies() override {}
  void server_ready(char transaction_status) override;
  void session_prepared(bool, const std::string&) override {}
  void parse_failed(const ReplyQueue::Undone&) override {}
  void statements_dropped(bool) override {}
  void copy_started() override {}
  void server_drained() override {}
  void cancel_ended() override {}

  bool is_connected() const { return server_ && server_->phase() == ServerConnection::Phase::leased; }
  void open();
  void send(std::string_view sql, Sent sent);
  void ask_for(const std::string& channel);
  void give_up(const std::vector<std::string>& channels);
  void hand_on(std::string_view message);
  void drop_server();
  void end_listeners();
  void try_again();

  EventLoop& loop_;
  Pool& pool_;
  ChannelRegistry registry_;
  std::unique_ptr<ServerConnection> server_;
  std::vector<char> read_buffer_;
  wire::Splitter splitter_{wire::backend_grammar};
  std::deque<Sent> sent_;      // and not answered
  std::string error_;          // in the answer at hand
  std::string loss_;           // not told yet
  std::string away_reason_;
  Timer retry_;
  std::chrono::milliseconds pause_before_retry_{};
  ChannelRegistry::Ask last_ask_ = 0;
  std::uint64_t received_ = 0;
  bool lost_ = false;
  bool failed_ = false;        // to connect
};

}  // namespace ca::driver
