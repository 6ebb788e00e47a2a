#include "server/mcp/tools.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/log.h"
#include "server/index/file_imports.h"
#include "server/index/queries.h"
#include "server/index/search.h"
#include "server/index/source_files.h"

namespace ca::server {

namespace {

constexpr std::int64_t default_lines = 400;
constexpr std::int64_t max_lines = 2000;

Page page_of(const ToolArguments& arguments) {
  return {arguments.number("limit", default_limit), arguments.number("offset", 0)};
}

std::string text_of(const Json& row, const char* name) {
  const auto found = row.find(name);
  return found != row.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string not_in_index(const std::string& path) {
  return fmt::format("{} is not in the index; list_files shows what is, with path= for the beginning of paths", path);
}

// One row of source_path, or the reason why there is not exactly one.
Result<Json> only_file(const Rows& found, const std::string& path) {
  if (found.empty()) return failure(not_in_index(path));
  if (found.size() == 1) return found.front();
  std::string names;
  for (const auto& row : found) names += (names.empty() ? "" : ", ") + text_of(row, "project");
  return failure(fmt::format("{} is in several projects, name one: {}", path, names));
}

// References are stored by their last name: of a.b.c and a::b::c it is c.
std::string without_scope(const std::string& name) {
  const auto end = name.find_last_of(".:");
  return end == std::string::npos || end + 1 == name.size() ? name : name.substr(end + 1);
}

}  // namespace

// What went wrong, in a line for the model; what the database said goes into the log.
Error Tools::told(const DatabaseError& error) {
  log::warning("database: {}", error.message);
  switch (error.failure) {
    case DatabaseFailure::unavailable: return {"the database cannot be reached at present; try again in a few seconds"};
    case DatabaseFailure::busy_here: return {"too many searches run at present; wait a second, then call the tool again"};
    case DatabaseFailure::busy_there: return {"the database is busy; wait a few seconds, then call the tool again"};
    case DatabaseFailure::timeout: return {"the answer took too long; ask for less: one project, a path, a smaller limit"};
    case DatabaseFailure::abandoned: return {"the client has gone"};
    case DatabaseFailure::not_permitted: return {"the database does not admit this server; tell the operator, trying again does not help"};
    case DatabaseFailure::refused: break;
  }
  return {"the database reported an error"};
}

Result<Rows> Tools::rows(const std::string& statement, const Parameters& parameters, Cost cost) {
  auto found = database_.query(statement, parameters, cost);
  if (!found) return tl::unexpected(told(found.error()));
  return std::move(*found);
}

Result<Json> Tools::list(const std::string& statement, Parameters filters, const ToolArguments& arguments) {
  const auto page = page_of(arguments);
  add_page(filters, page);
  auto found = rows(statement, filters);
  if (!found) return tl::unexpected(found.error());
  return page_body(std::move(*found), page);
}

// A name that is wrong would otherwise look like "nothing found".
Status Tools::check_project(const std::string& name) {
  if (name.empty()) return {};
  const auto projects = projects_.get();
  if (!projects) return tl::unexpected(told(projects.error()));
  std::string names;
  for (const auto& project : *projects) {
    if (text_of(project, "name") == name) return {};
    names += (names.empty() ? "" : ", ") + text_of(project, "name");
  }
  return failure(fmt::format("there is no project '{}'; there are: {}", name, names.empty() ? "none" : names));
}

Result<Json> Tools::call(Tool tool, const ToolArguments& arguments) {
  if (const auto known = check_project(arguments.text("project")); !known) return tl::unexpected(known.error());
  return dispatch(tool, arguments);
}

Result<Json> Tools::dispatch(Tool tool, const ToolArguments& arguments) {
  const auto text = [&](const char* name) { return arguments.text(name); };
  const auto prefix = like_escape(text("path"));
  switch (tool) {
    case Tool::search_code: return search_code(arguments);
    case Tool::find_symbol: return find_symbol(arguments);
    case Tool::symbol_info: return symbol_info(arguments);
    case Tool::list_symbols: return list_symbols(arguments);
    case Tool::find_references:
      return list(sql::references, {without_scope(text("name")), text("project"), text("kind")}, arguments);
    case Tool::callers_of: return list(sql::callers, {without_scope(text("name")), text("project")}, arguments);
    case Tool::file_imports: return imports_of(arguments);
    case Tool::read_file: return read_file(arguments);
    case Tool::list_files:
      return list(sql::files, {text("project"), prefix, text("language"), text("status")}, arguments);
    case Tool::project_overview: return project_overview(arguments);
    case Tool::list_issues:
      return list(sql::issues, {text("project"), prefix, text("severity"), text("rule"), ""}, arguments);
    case Tool::index_status: return index_status();
  }
  return failure("there is no such tool");
}

Result<Json> Tools::find_symbol(const ToolArguments& arguments) {
  const auto page = page_of(arguments);
  auto found = search(
      database_, {arguments.text("name"), arguments.text("project"), arguments.text("kind"), "symbol"}, page);
  if (!found) return tl::unexpected(told(found.error()));
  return page_body(std::move(*found), page);
}

Result<Json> Tools::list_symbols(const ToolArguments& arguments) {
  const auto path = arguments.text("path");
  auto found = list(sql::outline, {path, arguments.text("project"), arguments.text("kind")}, arguments);
  if (!found || !(*found)["results"].empty()) return found;
  const auto file = rows(sql::source_path, {path, arguments.text("project")});
  if (!file) return tl::unexpected(file.error());
  if (file->empty()) return failure(not_in_index(path));
  return found;
}

// Of the one symbol that is meant. Errors: there is none of that name, or more than one that is as good.
Result<std::string> Tools::symbol_id(const ToolArguments& arguments) {
  const auto name = arguments.text("name");
  if (const auto id = arguments.number("id", 0); id > 0) return std::to_string(id);
  if (name.empty()) return failure("give the symbol's name or its id");
  const auto found = rows(sql::symbols_by_name, {name, without_scope(name), arguments.text("project")});
  if (!found) return tl::unexpected(found.error());
  if (found->empty()) return failure(fmt::format("there is no symbol '{}'; find_symbol finds parts of names", name));
  if (found->size() == 1 || (*found)[0]["rank"] < (*found)[1]["rank"]) return std::to_string((*found)[0]["id"].get<std::int64_t>());
  std::string choice;
  for (const auto& row : *found) {
    if (row["rank"] != (*found)[0]["rank"]) break;
    choice += fmt::format("\n{}/{}:{} {} {}  [id {}]", text_of(row, "project"), text_of(row, "path"), row["start_line"].get<std::int64_t>(),
                          text_of(row, "kind"), text_of(row, "qualified_name"), row["id"].get<std::int64_t>());
  }
  return failure(fmt::format("there are several symbols '{}'; ask for one by its id:{}", name, choice));
}

Result<Json> Tools::symbol_info(const ToolArguments& arguments) {
  const auto chosen = symbol_id(arguments);
  if (!chosen) return tl::unexpected(chosen.error());
  const Parameters id{*chosen};
  auto found = rows(sql::symbol_by_id, id);
  if (!found) return tl::unexpected(found.error());
  if (found->empty()) return failure("there is no symbol of that id: ids change when a file is indexed again, find_symbol gives the new one");
  auto members = rows(sql::symbol_members, id);
  if (!members) return tl::unexpected(members.error());
  Json symbol = found->front();
  const auto root = text_of(symbol, "root");
  symbol.erase("root");
  symbol["members"] = std::move(*members);
  const auto start = symbol["start_line"].get<std::int64_t>();
  const auto end = std::min(symbol["end_line"].get<std::int64_t>(), start + default_lines - 1);
  const auto bytes = read_source(root, text_of(symbol, "path"));
  symbol["source"] = bytes ? Json(excerpt_of(*bytes, start, end).text) : Json(nullptr);
  symbol["source_end_line"] = end;
  return symbol;
}

Result<Json> Tools::imports_of(const ToolArguments& arguments) {
  const auto path = arguments.text("path");
  const auto found = rows(sql::source_path, {path, arguments.text("project")});
  if (!found) return tl::unexpected(found.error());
  const auto file = only_file(*found, path);
  if (!file) return tl::unexpected(file.error());
  auto imports = file_imports(database_, (*file)["id"].get<std::int64_t>());
  if (!imports) return tl::unexpected(told(imports.error()));
  Json answer{{"project", text_of(*file, "project")}, {"path", path}};
  answer.update(*imports);
  return answer;
}

Result<Json> Tools::read_file(const ToolArguments& arguments) {
  const auto path = arguments.text("path");
  auto found = rows(sql::source_path, {path, arguments.text("project")});
  if (!found) return tl::unexpected(found.error());
  const auto file = only_file(*found, path);
  if (!file) return tl::unexpected(file.error());
  const auto start = arguments.number("start_line", 1);
  const auto end = arguments.number("end_line", start + default_lines - 1);
  if (end < start) return failure("end_line must not be before start_line");
  const auto bytes = read_source(text_of(*file, "root"), path);
  if (!bytes) return failure(bytes.error().message);
  auto excerpt = excerpt_of(*bytes, start, std::min(end, start + max_lines - 1));
  if (excerpt.end_line == 0 && start > 1) return failure(fmt::format("{} has {} lines", path, excerpt.line_count));
  return Json{{"project", text_of(*file, "project")}, {"path", path}, {"language", (*file)["language"]},
              {"start_line", excerpt.start_line}, {"end_line", excerpt.end_line}, {"line_count", excerpt.line_count},
              {"text", std::move(excerpt.text)}};
}

Result<Json> Tools::search_code(const ToolArguments& arguments) {
  auto found = text_.run({arguments.text("query"), arguments.text("project"), arguments.text("path"), arguments.text("language"),
                          arguments.flag("case_sensitive"), static_cast<std::size_t>(arguments.number("limit", default_limit))});
  if (!found) return tl::unexpected(told(found.error()));
  return Json{{"results", std::move(found->results)}, {"complete", found->complete}};
}

Result<Json> Tools::project_overview(const ToolArguments& arguments) {
  const auto name = arguments.text("project");
  auto projects = projects_.get();
  if (!projects) return tl::unexpected(told(projects.error()));
  auto languages = rows(sql::languages, {name}, Cost::large);
  if (!languages) return tl::unexpected(languages.error());
  auto kinds = rows(sql::kinds, {name}, Cost::large);
  if (!kinds) return tl::unexpected(kinds.error());
  Json chosen = Json::array();
  for (auto& project : *projects) {
    const auto own = text_of(project, "name");
    if (!name.empty() && own != name) continue;
    project["languages"] = Json::array();
    project["kinds"] = Json::object();
    for (auto& row : *languages) {
      if (row["project"] != own) continue;
      project["languages"].push_back({{"language", row["language"]}, {"files", row["files"]}, {"lines", row["lines"]}});
    }
    for (auto& row : *kinds) {
      if (row["project"] == own) project["kinds"][text_of(row, "kind")] = row["symbols"];
    }
    chosen.push_back(std::move(project));
  }
  return Json{{"projects", std::move(chosen)}};
}

Result<Json> Tools::index_status() {
  auto projects = projects_.get();
  if (!projects) return tl::unexpected(told(projects.error()));
  auto queue = rows(sql::queue, {});
  if (!queue) return tl::unexpected(queue.error());
  const auto waiting = queue->front()["waiting"], due = queue->front()["imports_due"];
  const bool all_seen = std::all_of(projects->begin(), projects->end(),
                                    [](const Json& project) { return !project.contains("trouble") || project["trouble"].is_null(); });
  return Json{{"current", waiting == 0 && due == 0 && all_seen}, {"waiting", waiting}, {"imports_due", due}, {"projects", std::move(*projects)}};
}

}  // namespace ca::server
