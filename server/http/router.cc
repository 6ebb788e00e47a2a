#include "server/http/router.h"

#include <algorithm>
#include <array>

#include "server/web/assets.h"

namespace ca::server {

namespace {

struct Entry {
  Endpoint endpoint;
  std::string_view path;
  std::string_view methods;  // for Allow
};

constexpr std::string_view reading = "GET, HEAD";

constexpr std::array<Entry, 17> entries{{
    {Endpoint::page, "/", reading},
    {Endpoint::healthz, "/healthz", reading},
    {Endpoint::readyz, "/readyz", reading},
    {Endpoint::metrics, "/metrics", reading},
    {Endpoint::status, "/api/v1/status", reading},
    {Endpoint::processes, "/api/v1/processes", reading},
    {Endpoint::events, "/api/v1/events", reading},
    {Endpoint::search, "/api/v1/search", reading},
    {Endpoint::search_text, "/api/v1/search/text", reading},
    {Endpoint::symbols, "/api/v1/symbols", reading},
    {Endpoint::references, "/api/v1/references", reading},
    {Endpoint::projects, "/api/v1/projects", reading},
    {Endpoint::files, "/api/v1/files", reading},
    {Endpoint::file, "/api/v1/file", reading},
    {Endpoint::issues, "/api/v1/issues", reading},
    {Endpoint::issue_rules, "/api/v1/issues/rules", reading},
    {Endpoint::mcp, "/mcp", "POST"},
}};

bool is_listed(std::string_view method, std::string_view methods) {
  while (!methods.empty()) {
    const auto end = std::min(methods.find(", "), methods.size());
    if (methods.substr(0, end) == method) return true;
    methods.remove_prefix(std::min(end + 2, methods.size()));
  }
  return false;
}

}  // namespace

std::variant<Endpoint, Response> route(std::string_view method, std::string_view path) {
  if (find_asset(path) != nullptr) path = "/";
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.path == path; });
  if (found == entries.end()) return problem(404, "there is nothing at this path");
  if (is_listed(method, found->methods)) return found->endpoint;
  auto response = problem(405, "this path takes " + std::string(found->methods));
  response.headers.emplace_back("Allow", found->methods);
  return response;
}

bool is_probe(std::string_view path) { return path == "/healthz" || path == "/readyz" || path == "/metrics"; }

std::string_view endpoint_path(Endpoint endpoint) {
  return std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.endpoint == endpoint; })->path;
}

}  // namespace ca::server
