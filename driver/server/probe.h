// A question to a server: does it still answer? The probe connects to the server's address, asks whether it speaks TLS, and
// waits for one byte. PostgreSQL answers that before it looks at users or limits, so a probe needs no place of its own.
#pragma once

#include <sys/socket.h>

#include <functional>
#include <optional>

#include "common/unique_fd.h"
#include "driver/io/event_loop.h"

namespace ca::driver {

// The address of a connected socket's other end.
struct PeerAddress {
  sockaddr_storage address{};
  socklen_t length = 0;

  bool operator==(const PeerAddress& other) const noexcept;
};

// Returns nullopt if `fd` is not connected, or to a socket without an address.
std::optional<PeerAddress> peer_address(int fd);

class Probe {
 public:
  // Calls `done` once. `answers` is false if no byte came within `limit`. An address that refuses connections counts as an
  // answer: the kernel behind it is alive, and reports the loss of established connections by itself.
  using Done = std::function<void(bool answers)>;
  Probe(EventLoop& loop, const PeerAddress& address, std::chrono::milliseconds limit, Done done);

  Instant started() const noexcept { return started_; }
  const PeerAddress& address() const noexcept { return address_; }

 private:
  void connect();
  void on_connected();
  void on_answer();
  void try_again();
  void finish(bool answers);

  EventLoop& loop_;
  PeerAddress address_;
  Done done_;
  Instant started_;
  UniqueFd fd_;
  std::optional<Poll> poll_;
  Timer limit_;
  Timer retry_;
};

}  // namespace ca::driver
