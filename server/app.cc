#include "server/app.h"

#include "common/check.h"
#include "common/clock.h"
#include "server/api/answers.h"
#include "server/database/caller.h"
#include "server/index/queries.h"
#include "server/web/assets.h"

namespace ca::server {

namespace {

constexpr Instant::duration metrics_fresh_for = std::chrono::milliseconds(500);
const std::string show_stats = "SHOW STATS";

Database::Options console_options() {
  // One connection and short times: a scrape of the metrics must not wait for a driver that is away.
  return {.name = "driver", .max_connections = 1, .connect_timeout = Milliseconds(500),
          .statement_timeout = Milliseconds(500)};
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

void write_file_counts(MetricsText& text, const tl::expected<Rows, DatabaseError>& rows) {
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
      events_(config.runtime_dir + "/control.sock"),
      tree_(supervisor_, events_),
      projects_(database_),
      text_(database_),
      api_(database_, projects_, text_),
      tools_(database_, projects_, text_) {}

void App::stop() noexcept {
  events_.stop();
  database_.stop();
  console_.stop();
}

std::optional<Response> App::refuse(const Request& request) {
  if (!guard_.allows(request)) {
    return problem(403, "Host and Origin must name localhost or an address that this server listens on");
  }
  // The page's files hold no data: the page itself asks for the token, which a browser could not send with the first request.
  const bool is_open = request.path == "/healthz" || find_asset(request.path) != nullptr;
  if (!token_.empty() && !is_open && !has_token(request, token_)) {
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
  const CallerScope caller(request.client);
  auto response = dispatch(*endpoint, request);
  requests_.record(endpoint_path(*endpoint), method_label(request.method), response.status,
                   MonotonicClock::now() - started);
  return response;
}

Response App::dispatch(Endpoint endpoint, const Request& request) {
  switch (endpoint) {
    case Endpoint::page: return page(request);
    case Endpoint::healthz: return json_response(200, {{"status", "ok"}});
    case Endpoint::readyz: return tree_.readyz();
    case Endpoint::metrics: return metrics();
    case Endpoint::status: return tree_.status();
    case Endpoint::processes: return tree_.processes(request);
    case Endpoint::events: return tree_.events(request);
    case Endpoint::search: return api_.search(request);
    case Endpoint::search_text: return api_.search_text(request);
    case Endpoint::symbols: return api_.symbols(request);
    case Endpoint::references: return api_.references(request);
    case Endpoint::projects: return api_.projects(request);
    case Endpoint::files: return api_.files(request);
    case Endpoint::file: return api_.file(request);
    case Endpoint::issues: return api_.issues(request);
    case Endpoint::issue_rules: return api_.issue_rules(request);
    case Endpoint::mcp: return answer_mcp(tools_, request);
  }
  return problem(404, "there is nothing at this path");
}

Response App::page(const Request& request) {
  const auto* asset = find_asset(request.path);
  CA_CHECK(asset != nullptr);
  return asset_response(*asset, request);
}

Response App::metrics() {
  MetricsText text;
  write_tree_metrics(text, supervisor_.get());
  const auto ask = [](Database& database, const std::string& sql, Cost cost) {
    return [&database, &sql, cost](tl::expected<Rows, DatabaseError>& answer) {
      const CallerScope for_all(-1);
      const auto began = MonotonicClock::now();
      answer = database.query(sql, {}, cost);
      return answer ? metrics_fresh_for : std::min<Instant::duration>(metrics_fresh_for, MonotonicClock::now() - began);
    };
  };
  const auto stats = stats_.get(ask(console_, show_stats, Cost::small));
  write_driver_metrics(text, stats ? &*stats : nullptr);
  write_file_counts(text, file_counts_.get(ask(database_, sql::file_counts, Cost::large)));
  requests_.write(text);
  return {200, "text/plain; version=0.0.4; charset=utf-8", text.take(), {}};
}

}  // namespace ca::server
