#include "server/mcp/tool_schemas.h"

#include <initializer_list>
#include <string>
#include <string_view>

namespace ca::server {

namespace {

// "name" is a string, "name#" an integer, "name?" a string or null, "name#?" an integer or null, "name!" true or false.
Json object_of(std::initializer_list<std::string_view> fields) {
  Json properties = Json::object();
  Json required = Json::array();
  for (auto field : fields) {
    const auto ends_in = [&](char mark) {
      const bool does = field.back() == mark;
      if (does) field.remove_suffix(1);
      return does;
    };
    const bool may_be_null = ends_in('?');
    const char* type = ends_in('#') ? "integer" : ends_in('!') ? "boolean" : "string";
    properties[std::string(field)] = {{"type", may_be_null ? Json::array({type, "null"}) : Json(type)}};
    required.push_back(field);
  }
  return {{"type", "object"}, {"properties", std::move(properties)}, {"required", std::move(required)}};
}

Json array_of(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }

Json with(Json object, const char* name, Json schema) {
  object["properties"][name] = std::move(schema);
  object["required"].push_back(name);
  return object;
}

Json page_of(Json row) { return with(object_of({"limit#", "offset#", "next_offset#?"}), "results", array_of(std::move(row))); }

Json project_row() {
  const auto row = object_of({"id#", "name", "path", "scanned_at?", "files#", "indexed#", "pending#", "skipped#", "dead#", "symbols#",
                              "errors#", "warnings#", "infos#", "seconds_left#?", "trouble?"});
  return with(row, "files_per_second", {{"type", "number"}});
}

Json overview() {
  auto project = with(project_row(), "languages", array_of(object_of({"language", "files#", "lines#"})));
  project = with(std::move(project), "kinds", {{"type", "object"}, {"additionalProperties", {{"type", "integer"}}}});
  return with(object_of({}), "projects", array_of(std::move(project)));
}

Json symbol() {
  const auto members = array_of(object_of({"id#", "name", "kind", "start_line#", "end_line#", "signature"}));
  return with(object_of({"id#", "name", "qualified_name", "kind", "is_definition!", "project", "path", "language?", "start_line#",
                         "end_line#", "parent_id#?", "signature", "docstring", "source?", "source_end_line#"}),
              "members", members);
}

Json imports() {
  auto both = with(object_of({"project", "path", "imports_total#", "imported_by_total#"}), "imports",
                   array_of(object_of({"line#", "target", "name?", "resolution?", "path?"})));
  return with(std::move(both), "imported_by", array_of(object_of({"path", "line#"})));
}

}  // namespace

Json output_schema(Tool tool) {
  switch (tool) {
    case Tool::search_code:
      return with(object_of({"complete!"}), "results", array_of(object_of({"project", "path", "line#", "text"})));
    case Tool::find_symbol:
      return page_of(object_of({"match", "id#", "name", "qualified_name", "kind", "is_definition!", "language?", "project", "path",
                                "start_line#", "end_line#", "signature"}));
    case Tool::symbol_info: return symbol();
    case Tool::list_symbols:
      return page_of(object_of({"id#", "name", "qualified_name", "kind", "is_definition!", "project", "start_line#", "end_line#",
                                "parent_id#?", "signature"}));
    case Tool::find_references:
      return page_of(object_of({"name", "kind", "project", "path", "line#", "enclosing_symbol_id#?", "enclosing?"}));
    case Tool::callers_of:
      return page_of(object_of({"id#?", "qualified_name?", "kind?", "project", "path", "start_line#?", "signature?", "call_lines"}));
    case Tool::file_imports: return imports();
    case Tool::read_file:
      return object_of({"project", "path", "language?", "start_line#", "end_line#", "line_count#", "text"});
    case Tool::list_files:
      return page_of(object_of({"id#", "project", "path", "language?", "size#", "line_count#?", "status", "error?", "indexed_at?"}));
    case Tool::project_overview: return overview();
    case Tool::list_issues:
      return page_of(object_of({"id#", "rule", "severity", "message", "project", "path", "start_line#", "end_line#", "start_column#",
                                "end_column#"}));
    case Tool::index_status: return with(object_of({"current!", "waiting#", "imports_due#"}), "projects", array_of(project_row()));
  }
  return object_of({});
}

}  // namespace ca::server
