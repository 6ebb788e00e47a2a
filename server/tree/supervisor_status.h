// The supervisor's status, asked over its control socket.
#pragma once

#include <string>

#include "common/control_client.h"
#include "server/database/shared_answer.h"

namespace ca::server {

// Any number of threads at once.
class SupervisorStatus {
 public:
  explicit SupervisorStatus(std::string socket_path) : socket_path_(std::move(socket_path)) {}

  // What `code-analysisctl status --json` prints, at most 100 ms old: however many clients ask, the supervisor is asked
  // ten times a second. Errors: it is not running, refuses or does not answer. Blocks: 2 s at most.
  Result<Json> get();

 private:
  Result<Json> ask() const;

  const std::string socket_path_;
  SharedAnswer<Result<Json>> shared_;
};

struct Readiness {
  bool ready = false;
  Json body;  // {"ready", "state", "degraded": [names], "not_ready": [{"name", "state"}]}
};

// The whole tree is ready: the supervisor runs, and every process is ready or has done its work (stopped, and not by
// hand). Total: fields that are missing count as not ready.
Readiness readiness_of(const Json& status);

}  // namespace ca::server
