// The JSON API over the process tree: the supervisor's own words, as values that a page can show.
#pragma once

#include "server/http/message.h"
#include "server/tree/event_feed.h"
#include "server/tree/supervisor_status.h"

namespace ca::server {

// A supervisor that is away is 503. Blocks: 2 s at most.
class TreeApi {
 public:
  TreeApi(SupervisorStatus& status, EventFeed& events) : status_(status), events_(events) {}

  // Supervisor and processes, as `code-analysisctl status --json` prints them.
  Response status();
  // [tier, state]: the processes only.
  Response processes(const Request& request);
  // [after, limit]: the events after that seq, or the last ones.
  Response events(const Request& request);
  // 200 where the whole tree is ready, 503 where not; what is not is listed.
  Response readyz();

 private:
  SupervisorStatus& status_;
  EventFeed& events_;
};

}  // namespace ca::server
