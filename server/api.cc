#include "server/api.h"

#include <initializer_list>

#include "common/log.h"
#include "server/parameters.h"
#include "server/queries.h"
#include "server/search.h"

namespace ca::server {

namespace {

Response json_response(const Rows& body) {
  return {200, "application/json", body.dump(-1, ' ', false, Rows::error_handler_t::replace), {}};
}

Response database_problem(const DatabaseError& error) {
  log::warning("database: {}", error.message);
  switch (error.failure) {
    case DatabaseFailure::unavailable: return problem(503, "the database cannot be reached at present");
    case DatabaseFailure::timeout: return problem(504, "the database did not answer in time");
    case DatabaseFailure::refused: return problem(500, "the database reported an error");
  }
  return problem(500, "the database reported an error");
}

// The values of these parameters in order; "path" is made fit for LIKE.
Result<Parameters> filters(const Request& request, std::initializer_list<const char*> names) {
  Parameters parameters;
  for (const std::string_view name : names) {
    auto text = text_parameter(request, name);
    if (!text) return tl::unexpected(text.error());
    parameters.push_back(name == "path" ? like_escape(*text) : *text);
  }
  return parameters;
}

}  // namespace

struct Api::Statement {
  const std::string& sql;
  Result<Parameters> parameters;  // without limit and offset
};

Response Api::list(const Request& request, Statement statement) {
  if (!statement.parameters) return problem(400, statement.parameters.error().message);
  const auto page = page_of(request);
  if (!page) return problem(400, page.error().message);
  add_page(*statement.parameters, *page);
  auto rows = database_.query(statement.sql, *statement.parameters);
  if (!rows) return database_problem(rows.error());
  return json_response(page_body(std::move(*rows), *page));
}

Response Api::search(const Request& request) {
  const auto q = required_parameter(request, "q");
  if (!q) return problem(400, q.error().message);
  auto parameters = filters(request, {"project", "kind", "type"});
  if (!parameters) return problem(400, parameters.error().message);
  if (const auto& type = *parameters->back(); !type.empty() && type != "symbol" && type != "file") {
    return problem(400, "type must be symbol or file");
  }
  const auto page = page_of(request);
  if (!page) return problem(400, page.error().message);
  auto rows = ca::server::search(
      database_, {*q, parameters->at(0).value(), parameters->at(1).value(), parameters->at(2).value()}, *page);
  if (!rows) return database_problem(rows.error());
  return json_response(page_body(std::move(*rows), *page));
}

Response Api::symbols(const Request& request) {
  const auto name = required_parameter(request, "name");
  if (!name) return problem(400, name.error().message);
  auto parameters = filters(request, {"name", "project", "kind"});
  return list(request, {sql::symbols, std::move(parameters)});
}

Response Api::projects(const Request& request) { return list(request, {sql::projects, Parameters{}}); }

Response Api::files(const Request& request) {
  return list(request, {sql::files, filters(request, {"project", "path", "language", "status"})});
}

Response Api::issues(const Request& request) {
  return list(request, {sql::issues, filters(request, {"project", "path", "severity", "rule"})});
}

}  // namespace ca::server
