#include "server/app.h"

#include "common/check.h"
#include "common/clock.h"
#include "common/log.h"
#include "server/queries.h"
#include "server/web/assets.h"

namespace ca::server {

namespace {

Database::Options console_options() {
  // One connection and short times: a scrape of the metrics must not wait for a driver that is away.
  return {.name = "driver", .max_connections = 1, .connect_timeout = Milliseconds(500),
          .statement_timeout = Milliseconds(500)};
}

Response json_response(int status, const Json& body) {
  return {status, "application/json", body.dump(-1, ' ', false, Json::error_handler_t::replace), {}};
}

// An asset of the page; the browser asks each time whether its copy is still good.
Response asset_response(const Asset& asset, const Request& request) {
  Response response{200, std::string(asset.content_type), std::string(asset.content), {}};
  response.headers = {{"ETag", std::string(asset.etag)}, {"Cache-Control", "no-cache"}};
  const auto known = request.header_values("If-None-Match");
  if (known.size() == 1 && known.front() == asset.etag) {
    response.status = 304;
    response.body.clear();
  }
  return response;
}

// Methods are the client's words: all but the known ones are one label.
std::string_view method_label(std::string_view method) {
  for (const std::string_view known : {"GET", "HEAD", "POST"}) {
    if (method == known) return known;
  }
  return "other";
}

void write_file_counts(MetricsText& text, Database& database) {
  const auto rows = database.query(sql::file_counts);
  text.metric("code_analysis_database_up", "gauge", "1 where the database answers.");
  text.sample({}, rows ? 1 : 0);
  if (!rows) return;
  text.metric("code_analysis_files", "gauge", "Files of a project by status.");
  for (const auto& row : *rows) {
    text.sample({{"project", row["project"].get<std::string>()}, {"status", row["status"].get<std::string>()}},
                row["files"].get<double>());
  }
}

}  // namespace

App::App(const ServerConfig& config)
    : guard_(config.listen),
      token_(config.token),
      database_({}),
      console_(console_options()),
      supervisor_(config.runtime_dir + "/control.sock"),
      api_(database_),
      tools_(database_) {}

void App::stop() noexcept {
  database_.stop();
  console_.stop();
}

std::optional<Response> App::refuse(const Request& request) {
  if (!guard_.allows(request)) {
    return problem(403, "Host and Origin must name localhost or an address that this server listens on");
  }
  if (!token_.empty() && request.path != "/healthz" && !has_token(request, token_)) {
    auto response = problem(401, "this server wants a bearer token");
    response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"code-analysis\"");
    return response;
  }
  auto target = route(request.method, request.path);
  if (auto* refusal = std::get_if<Response>(&target)) {
    requests_.record("other", method_label(request.method), refusal->status, std::chrono::nanoseconds(0));
    return std::move(*refusal);
  }
  return std::nullopt;
}

Response App::answer(const Request& request) {
  const auto started = MonotonicClock::now();
  const auto target = route(request.method, request.path);
  const auto* endpoint = std::get_if<Endpoint>(&target);
  CA_CHECK(endpoint != nullptr);
  auto response = dispatch(*endpoint, request);
  requests_.record(endpoint_path(*endpoint), method_label(request.method), response.status,
                   MonotonicClock::now() - started);
  return response;
}

Response App::dispatch(Endpoint endpoint, const Request& request) {
  switch (endpoint) {
    case Endpoint::page: return asset_response(page_asset(), request);
    case Endpoint::style: return asset_response(style_asset(), request);
    case Endpoint::script: return asset_response(script_asset(), request);
    case Endpoint::healthz: return json_response(200, {{"status", "ok"}});
    case Endpoint::readyz: return readyz();
    case Endpoint::metrics: return metrics();
    case Endpoint::status: return status();
    case Endpoint::search: return api_.search(request);
    case Endpoint::symbols: return api_.symbols(request);
    case Endpoint::projects: return api_.projects(request);
    case Endpoint::files: return api_.files(request);
    case Endpoint::issues: return api_.issues(request);
    case Endpoint::mcp: return answer_mcp(tools_, request);
  }
  return problem(404, "there is nothing at this path");
}

Response App::readyz() {
  const auto status = supervisor_.get();
  if (!status) {
    return json_response(503, {{"ready", false}, {"state", "unknown"}, {"degraded", Json::array()},
                               {"not_ready", Json::array()}, {"error", status.error().message}});
  }
  const auto readiness = readiness_of(*status);
  return json_response(readiness.ready ? 200 : 503, readiness.body);
}

Response App::status() {
  const auto status = supervisor_.get();
  if (!status) {
    log::warning("supervisor: {}", status.error().message);
    return problem(503, "the supervisor cannot be reached at present");
  }
  return json_response(200, *status);
}

Response App::metrics() {
  MetricsText text;
  write_tree_metrics(text, supervisor_.get());
  const auto stats = console_.query("SHOW STATS");
  write_driver_metrics(text, stats ? &*stats : nullptr);
  write_file_counts(text, database_);
  requests_.write(text);
  return {200, "text/plain; version=0.0.4; charset=utf-8", text.take(), {}};
}

}  // namespace ca::server
