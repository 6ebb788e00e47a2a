// Tells a statement that runs long from a server that has fallen silent.
//
// A connection that awaits an answer and has heard nothing for half of the limit makes the watch send a probe to its server.
// If the probe is answered, the server lives, and the connection may go on waiting. If no answer comes within the other half,
// the server is silent: every connection to it that still awaits an answer fails. Connections to a network that has
// forgotten them are found by TCP keepalive (connect_failure.h).
//
// Being reset between two users (cleaning) takes no time on a server that lives, so it must end within the limit, too.
#pragma once

#include <memory>
#include <vector>

#include "driver/server/probe.h"

namespace ca::driver {

class ServerConnection;

class SilenceWatch {
 public:
  using Connections = std::function<std::vector<ServerConnection*>()>;
  // A server is silent at least since `since`; its waiting connections have failed already.
  using Silent = std::function<void(const PeerAddress& server, Instant since)>;

  SilenceWatch(EventLoop& loop, std::chrono::milliseconds limit, Connections connections, Silent silent);

  void settle();  // after each event: starts the timer if a connection awaits an answer
  void stop();

 private:
  void look();
  Instant quiet_since(const ServerConnection& connection) const;
  bool probing(const PeerAddress& server) const;
  void probe(const PeerAddress& server);
  void answered(const Probe& probe, bool answers);

  struct Vouched {
    PeerAddress server;
    Instant at;
  };

  EventLoop& loop_;
  std::chrono::milliseconds limit_;
  std::chrono::milliseconds half_;
  Connections connections_;
  Silent silent_;
  std::vector<std::unique_ptr<Probe>> probes_;  // one per server
  std::vector<Vouched> vouched_;                // the last answer of each server that was asked
  Timer timer_;
  bool stopped_ = false;
};

}  // namespace ca::driver
