// All that the server answers: who may ask, which endpoint, and its answer. Knows no HTTP library.
#pragma once

#include <optional>
#include <string>

#include "common/builtin_config.h"
#include "server/api/api.h"
#include "server/api/metrics.h"
#include "server/database/database.h"
#include "server/database/shared_answer.h"
#include "server/http/guard.h"
#include "server/http/message.h"
#include "server/http/router.h"
#include "server/mcp/mcp.h"
#include "server/tree/supervisor_status.h"
#include "server/tree/tree_api.h"

namespace ca::server {

// Any number of threads at once.
class App {
 public:
  explicit App(const ServerConfig& config);

  // Before the body has been read: the refusal, where there is one (403, 401, 404, 405).
  std::optional<Response> refuse(const Request& request);
  // The answer to a request that refuse let pass. Blocks: while the database or the supervisor answer.
  Response answer(const Request& request);

  // Waiting answers end at once, with an error.
  void stop() noexcept;

 private:
  Response dispatch(Endpoint endpoint, const Request& request);
  Response page(const Request& request);
  Response metrics();

  const HostGuard guard_;
  const std::string token_;
  Database database_;
  Database console_;  // of the driver
  SupervisorStatus supervisor_;
  EventFeed events_;
  TreeApi tree_;
  ProjectList projects_;
  TextSearch text_;
  Api api_;
  Tools tools_;
  RequestMetrics requests_;
  SharedAnswer<tl::expected<Rows, DatabaseError>> stats_;
  SharedAnswer<tl::expected<Rows, DatabaseError>> file_counts_;
};

}  // namespace ca::server
