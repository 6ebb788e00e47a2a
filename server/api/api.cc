#include "server/api/api.h"

#include "server/api/answers.h"
#include "server/http/parameters.h"
#include "server/index/file_imports.h"
#include "server/index/queries.h"
#include "server/index/search.h"
#include "server/index/source_files.h"

namespace ca::server {

namespace {

constexpr std::int64_t default_lines = 2000;
constexpr std::int64_t max_lines = 10'000;
constexpr Milliseconds text_search_time{2'000};

// A filter's value, checked by what is known of its name; "path" is made fit for LIKE.
Result<std::string> filter(const Request& request, std::string_view name) {
  if (name == "severity") return choice_parameter(request, name, {"error", "warning", "info"});
  if (name == "status") return choice_parameter(request, name, {"pending", "indexed", "skipped", "dead"});
  if (name == "type") return choice_parameter(request, name, {"symbol", "file"});
  auto text = text_parameter(request, name);
  return text && name == "path" ? like_escape(*text) : text;
}

// What the index knows of a file, without where it lies on this machine, and the lines asked for.
Rows file_body(Rows row, std::int64_t start, std::int64_t end) {
  const auto root = row["root"].get<std::string>();
  row.erase("root");
  const auto bytes = read_source(root, row["path"].get_ref<const std::string&>());
  const bool is_text = bytes && !has_nul_at_start(*bytes);
  const auto excerpt = excerpt_of(is_text ? std::string_view(*bytes) : "", start, end);
  row["start_line"] = excerpt.start_line;
  row["end_line"] = excerpt.end_line;
  if (is_text) row["line_count"] = excerpt.line_count;
  row["text"] = is_text ? Rows(excerpt.text) : Rows(nullptr);
  row["unreadable"] = is_text ? Rows(nullptr) : Rows(bytes ? "it is no text: there are NUL bytes in it" : bytes.error().message);
  return row;
}

}  // namespace

// `names`: the filters in the order of the statement's parameters, limit and offset apart.
Response Api::list(const Request& request, const std::string& sql, std::initializer_list<std::string_view> names,
                   Cost cost) {
  Parameters parameters;
  for (const auto name : names) {
    auto value = filter(request, name);
    if (!value) return problem(400, value.error().message);
    parameters.push_back(std::move(*value));
  }
  const auto page = page_of(request);
  if (!page) return problem(400, page.error().message);
  add_page(parameters, *page);
  auto rows = database_.query(sql, parameters, cost);
  if (!rows) return database_problem(rows.error());
  return json_response(200, page_body(std::move(*rows), *page));
}

Response Api::search(const Request& request) {
  const auto known = only_parameters(request, {"q", "project", "kind", "type", "limit", "offset"});
  if (!known) return problem(400, known.error().message);
  const auto q = required_parameter(request, "q");
  const auto project = text_parameter(request, "project");
  const auto kind = text_parameter(request, "kind");
  const auto type = filter(request, "type");
  for (const auto* value : {&q, &project, &kind, &type}) {
    if (!*value) return problem(400, value->error().message);
  }
  const auto page = page_of(request);
  if (!page) return problem(400, page.error().message);
  auto rows = ca::server::search(database_, {*q, *project, *kind, *type}, *page);
  if (!rows) return database_problem(rows.error());
  return json_response(200, page_body(std::move(*rows), *page));
}

Response Api::search_text(const Request& request) {
  const auto known = only_parameters(request, {"q", "project", "path", "language", "case", "limit"});
  if (!known) return problem(400, known.error().message);
  const auto q = required_parameter(request, "q");
  const auto project = text_parameter(request, "project");
  const auto path = text_parameter(request, "path");
  const auto language = text_parameter(request, "language");
  const auto letter_case = choice_parameter(request, "case", {"sensitive", "insensitive"});
  for (const auto* value : {&q, &project, &path, &language, &letter_case}) {
    if (!*value) return problem(400, value->error().message);
  }
  const auto page = page_of(request);
  if (!page) return problem(400, page.error().message);
  auto found = text_.run({*q, *project, *path, *language, *letter_case == "sensitive", static_cast<std::size_t>(page->limit),
                          text_search_time});
  if (!found) return database_problem(found.error());
  return json_response(200, {{"results", std::move(found->results)}, {"limit", page->limit}, {"complete", found->complete},
                             {"files_searched", found->files_searched}});
}

Response Api::symbols(const Request& request) {
  const auto known = only_parameters(request, {"name", "file", "project", "kind", "limit", "offset"});
  if (!known) return problem(400, known.error().message);
  const bool by_name = request.parameter("name").has_value();
  if (by_name == request.parameter("file").has_value()) return problem(400, "give either name or file");
  const auto what = required_parameter(request, by_name ? "name" : "file");
  if (!what) return problem(400, what.error().message);
  if (by_name) return list(request, sql::symbols, {"name", "project", "kind"});
  return list(request, sql::file_symbols, {"file", "project", "kind"});
}

Response Api::references(const Request& request) {
  const auto known = only_parameters(request, {"name", "project", "kind", "limit", "offset"});
  if (!known) return problem(400, known.error().message);
  const auto name = required_parameter(request, "name");
  if (!name) return problem(400, name.error().message);
  const auto kind = choice_parameter(request, "kind", {"call", "name", "type", "base"});
  if (!kind) return problem(400, kind.error().message);
  return list(request, sql::references, {"name", "project", "kind"});
}

Response Api::projects(const Request& request) {
  const auto known = only_parameters(request, {"limit", "offset"});
  if (!known) return problem(400, known.error().message);
  const auto page = page_of(request);
  if (!page) return problem(400, page.error().message);
  const auto all = projects_.get();
  if (!all) return database_problem(all.error());
  Rows rows = Rows::array();
  for (auto at = page->offset; at < static_cast<std::int64_t>(all->size()) && at <= page->offset + page->limit; ++at) {
    rows.push_back((*all)[static_cast<std::size_t>(at)]);
  }
  return json_response(200, page_body(std::move(rows), *page));
}

Response Api::files(const Request& request) {
  const auto known = only_parameters(request, {"project", "path", "language", "status", "limit", "offset"});
  if (!known) return problem(400, known.error().message);
  return list(request, sql::files, {"project", "path", "language", "status"});
}

Response Api::file(const Request& request) {
  const auto known = only_parameters(request, {"path", "project", "start_line", "end_line"});
  if (!known) return problem(400, known.error().message);
  const auto path = required_parameter(request, "path");
  const auto project = text_parameter(request, "project");
  for (const auto* value : {&path, &project}) {
    if (!*value) return problem(400, value->error().message);
  }
  const auto start = number_parameter(request, "start_line", 1, 1, INT32_MAX);
  if (!start) return problem(400, start.error().message);
  const auto end = number_parameter(request, "end_line", *start + default_lines - 1, *start, INT32_MAX);
  if (!end) return problem(400, end.error().message);
  auto rows = database_.query(sql::source_path, {*path, *project});
  if (!rows) return database_problem(rows.error());
  if (rows->empty()) return problem(404, "no file of this path is in the index");
  if (rows->size() > 1) return problem(409, "several projects have a file of this path; name one with project=");
  Rows& row = rows->front();
  const auto imports = file_imports(database_, row["id"].get<std::int64_t>());
  if (!imports) return database_problem(imports.error());
  row.erase("id");
  Rows body = file_body(std::move(row), *start, std::min(*end, *start + max_lines - 1));
  body.update(*imports);
  return json_response(200, body);
}

Response Api::issues(const Request& request) {
  const auto known =
      only_parameters(request, {"project", "path", "file", "severity", "rule", "limit", "offset"});
  if (!known) return problem(400, known.error().message);
  return list(request, sql::issues, {"project", "path", "severity", "rule", "file"});
}

Response Api::issue_rules(const Request& request) {
  const auto known = only_parameters(request, {"project", "path", "limit", "offset"});
  if (!known) return problem(400, known.error().message);
  return list(request, sql::issue_rules, {"project", "path"}, Cost::large);
}

}  // namespace ca::server
