#include "server/tree/tree_api.h"

#include "common/log.h"
#include "server/api/answers.h"
#include "server/http/parameters.h"
#include "server/index/search.h"

namespace ca::server {

namespace {

Response supervisor_problem(const Error& error) {
  log::warning("supervisor: {}", error.message);
  return problem(503, "the supervisor cannot be reached at present");
}

}  // namespace

Response TreeApi::status() {
  const auto status = status_.get();
  return status ? json_response(200, *status) : supervisor_problem(status.error());
}

Response TreeApi::processes(const Request& request) {
  const auto known = only_parameters(request, {"tier", "state", "limit", "offset"});
  if (!known) return problem(400, known.error().message);
  const auto tier = number_parameter(request, "tier", -1, 0, 3);
  if (!tier) return problem(400, tier.error().message);
  const auto state = choice_parameter(
      request, "state", {"waiting", "starting", "ready", "stopping", "stopped", "backoff", "failed"});
  if (!state) return problem(400, state.error().message);
  const auto page = page_of(request);
  if (!page) return problem(400, page.error().message);
  const auto status = status_.get();
  if (!status) return supervisor_problem(status.error());
  Rows chosen = Rows::array();
  auto to_skip = page->offset;
  for (const auto& process : status->value("processes", Json::array())) {
    if (*tier >= 0 && process.value("tier", Json()) != *tier) continue;
    if (!state->empty() && process.value("state", Json()) != *state) continue;
    if (to_skip-- > 0) continue;
    chosen.push_back(process);
    if (static_cast<std::int64_t>(chosen.size()) > page->limit) break;
  }
  return json_response(200, page_body(std::move(chosen), *page));
}

Response TreeApi::events(const Request& request) {
  const auto known = only_parameters(request, {"after", "limit"});
  if (!known) return problem(400, known.error().message);
  const auto after = number_parameter(request, "after", -1, 0, INT64_MAX);
  if (!after) return problem(400, after.error().message);
  const auto page = page_of(request);
  if (!page) return problem(400, page.error().message);
  const auto events = events_.get({*after < 0 ? std::nullopt : std::optional(*after), static_cast<std::size_t>(page->limit)});
  return events ? json_response(200, *events) : supervisor_problem(events.error());
}

Response TreeApi::readyz() {
  const auto status = status_.get();
  if (!status) {
    return json_response(503, {{"ready", false}, {"state", "unknown"}, {"degraded", Json::array()},
                               {"not_ready", Json::array()}, {"error", status.error().message}});
  }
  const auto readiness = readiness_of(*status);
  return json_response(readiness.ready ? 200 : 503, readiness.body);
}

}  // namespace ca::server
