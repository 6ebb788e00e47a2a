#include "server/http/router.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

using namespace ca::server;

namespace {

Response refusal(std::string_view method, std::string_view path) {
  auto target = route(method, path);
  REQUIRE(std::holds_alternative<Response>(target));
  return std::get<Response>(target);
}

}  // namespace

TEST_CASE("each path leads to its endpoint, for GET and HEAD") {
  for (const auto* path : {"/", "/healthz", "/readyz", "/metrics", "/api/v1/status", "/api/v1/processes", "/api/v1/events",
                           "/api/v1/search", "/api/v1/search/text", "/api/v1/symbols", "/api/v1/references",
                           "/api/v1/projects", "/api/v1/files", "/api/v1/file", "/api/v1/issues", "/api/v1/issues/rules"}) {
    CAPTURE(path);
    for (const auto* method : {"GET", "HEAD"}) {
      const auto target = route(method, path);
      REQUIRE(std::holds_alternative<Endpoint>(target));
      CHECK(endpoint_path(std::get<Endpoint>(target)) == path);
    }
  }
}

TEST_CASE("every file of the page is the page") {
  for (const auto* path : {"/", "/base.css", "/views.css", "/theme.js", "/app.js", "/favicon.svg"}) {
    CAPTURE(path);
    const auto target = route("GET", path);
    REQUIRE(std::holds_alternative<Endpoint>(target));
    CHECK(std::get<Endpoint>(target) == Endpoint::page);
  }
  CHECK(refusal("GET", "/index.html").status == 404);
}

TEST_CASE("an unknown path is 404, whatever the method") {
  CHECK(refusal("GET", "/nope").status == 404);
  CHECK(refusal("POST", "/healthz/").status == 404);
  CHECK(refusal("GET", "").status == 404);
  CHECK(refusal("GET", "/api/v1/search/../status").status == 404);
}

TEST_CASE("a method that a path does not take is 405 and names those it takes") {
  const auto response = refusal("DELETE", "/api/v1/search");
  CHECK(response.status == 405);
  CHECK(response.headers == std::vector<std::pair<std::string, std::string>>{{"Allow", "GET, HEAD"}});
  CHECK(refusal("GET", "/mcp").headers == std::vector<std::pair<std::string, std::string>>{{"Allow", "POST"}});
  CHECK(std::get<Endpoint>(route("POST", "/mcp")) == Endpoint::mcp);
  CHECK(refusal("G", "/").status == 405);
  CHECK(refusal("", "/").status == 405);
}

TEST_CASE("a problem is JSON that says its status, title and detail") {
  const auto response = problem(404, "say \"what\"");
  CHECK(response.content_type == "application/problem+json");
  CHECK(nlohmann::json::parse(response.body) ==
        nlohmann::json{{"type", "about:blank"}, {"title", "Not Found"}, {"status", 404}, {"detail", "say \"what\""}});
  CHECK_NOTHROW(problem(400, "\xff\xfe"));
}
