// A client of the supervisor's control socket (docs/protocol.md): one JSON object a line, request and reply.
#pragma once

#include <optional>
#include <string>

#include "common/clock.h"
#include "common/json.h"
#include "common/result.h"
#include "common/unique_fd.h"

namespace ca {

class ControlClient {
 public:
  // Connects to a Unix socket. Errors: code ENOENT or ECONNREFUSED where no supervisor listens, EACCES where the caller
  // may not, ETIMEDOUT after `timeout`. Blocks: at most `timeout`.
  static Result<ControlClient> connect(const std::string& socket_path, Milliseconds timeout);

  // Errors: the connection is broken. Blocks: at most the time given to connect.
  Status send(const Json& request);

  // The next line from the supervisor; nullopt once it has closed the connection; without `timeout` it waits for ever.
  // Errors: ETIMEDOUT; the connection broke; the line is longer than 64 MiB or is not a JSON object.
  Result<std::optional<Json>> receive(std::optional<Milliseconds> timeout);

  // Makes a receive that waits in another thread end, as if the supervisor had closed. Any thread, while the client lives.
  void hang_up() noexcept;

  // One request and its reply. Errors: as send and receive; the connection ended without a reply (code EPIPE).
  Result<Json> ask(const Json& request, std::optional<Milliseconds> timeout);

 private:
  explicit ControlClient(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
  std::string buffer_;  // received, not yet handed out
};

// Nobody listens on that socket: the supervisor is not running.
bool means_not_running(const Error& error);

}  // namespace ca
