// Makes one connection to PostgreSQL. libpq does the work on each address (TLS, authentication); the choice among several
// hosts and addresses is made here, as libpq's documentation describes it: libpq applies no time limit to an address that
// accepts and stays silent, and its name look-ups block.
//
// Hosts are tried in order (load_balance_hosts=random: in any order), each address of a name in turn, each for at most the
// timeout. The next one is tried if a look-up or a connection fails, if no answer comes, if the server is starting or
// stopping, or if it does not fit target_session_attrs. A server that refuses for another reason ends the attempt. For
// prefer-standby all hosts are tried as standbys first, then as any.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "driver/io/event_loop.h"
#include "driver/server/connect_failure.h"
#include "driver/server/name_lookup.h"

namespace ca::driver {

struct FinishConnection {
  void operator()(PGconn* conn) const { PQfinish(conn); }
};
using PgConnection = std::unique_ptr<PGconn, FinishConnection>;

struct ConnectSettings {
  ConnectParameters parameters;
  std::chrono::milliseconds timeout{};  // for a look-up, and for each address
  NameLookup* names = nullptr;          // outlives all that use the settings
};

class Connector {
 public:
  using Done = std::function<void(PgConnection connection)>;
  using Failed = std::function<void(ConnectFailure failure)>;

  // REQUIRES: `settings` outlives it. One of the functions is called once, not from start() of it; it may delete this.
  Connector(EventLoop& loop, const ConnectSettings& settings, Done done, Failed failed);

  void start();
  std::string address() const;  // that is being tried

 private:
  void next();
  bool next_pass();
  void look_up(const ServerHost& host);
  void attempt(const ServerHost& host, const std::string& address);
  void watch(int events);
  void step();
  void attempt_failed(std::string message, bool began);
  void finish();
  void fail(bool began);

  EventLoop& loop_;
  const ConnectSettings& settings_;
  Done done_;
  Failed failed_;
  std::vector<ServerHost> hosts_;
  std::size_t next_host_ = 0;
  ServerHost host_;                    // at hand
  std::vector<std::string> addresses_; // of host_, not tried yet; the last one is next
  bool standby_pass_ = false;
  std::string messages_;               // of all that failed
  NameLookup::Ticket ticket_;
  PgConnection conn_;
  std::unique_ptr<Poll> poll_;
  Timer timeout_;
  Timer begin_;
};

// The address in words, for people.
std::string connection_address(const PGconn* conn);

}  // namespace ca::driver
