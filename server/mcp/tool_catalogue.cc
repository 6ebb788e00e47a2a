#include "server/mcp/tool_catalogue.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/http/parameters.h"
#include "server/mcp/tool_schemas.h"

namespace ca::server {

namespace {

enum class Type : std::uint8_t { text, number, flag };

struct Argument {
  std::string_view name;
  Type type;
  bool required;
  std::string_view description;
  std::int64_t least = 0;  // numbers
  std::int64_t most = 0;
  std::vector<std::string_view> choices = {};  // texts: one of these; none: any
};

struct Entry {
  Tool tool;
  std::string_view name;
  std::string_view title;
  std::string_view description;
  std::vector<Argument> arguments;
};

const Argument project{"project", Type::text, false, "Only in this project, by its name (project_overview has the names)."};
const Argument kind{"kind", Type::text, false, "Only this kind: function, method, class, struct, enum, macro, variable, ... "
                                               "(project_overview counts the kinds there are)."};
const Argument path_prefix{"path", Type::text, false,
                           "Only files whose path begins so, for example src/net/; relative to the project's root."};
const Argument language{"language", Type::text, false, "Only this language: python, c, cpp, javascript, typescript, go, rust, java, bash."};
const Argument limit{"limit", Type::number, false, "Results at most; default 50.", 1, max_limit};
const Argument offset{"offset", Type::number, false, "Results to skip: next_offset of the answer before.", 0, max_offset};
const Argument whole_path{"path", Type::text, true, "Path of one file, relative to the project's root, for example src/main.c."};
const Argument bare_name{"name", Type::text, true, "The name; a scope before it (a.b.name, a::name) is left out of account."};

const std::vector<Entry>& entries() {
  static const std::vector<Entry> all{
      {Tool::search_code, "search_code", "Search in the text of files",
       "Finds lines that hold a literal text (no regular expression) in all indexed files, with path and line. Use it for strings, "
       "comments and configuration; for a function or class use find_symbol, which is faster and knows definitions.",
       {{"query", Type::text, true, "What to look for, literally; within one line."},
        {"case_sensitive", Type::flag, false, "Whether A differs from a; default false."},
        project, path_prefix, language, limit}},
      {Tool::find_symbol, "find_symbol", "Find symbols by name",
       "Where is it defined? Finds functions, classes, methods, macros, ... by name or qualified name, best match first: exact, then "
       "prefix, then substring. Gives path, line, signature and the id for symbol_info.",
       {{"name", Type::text, true, "A name, a part of one, or a qualified name such as pkg.Class.method or ns::Class::method."},
        project, kind, limit, offset}},
      {Tool::symbol_info, "symbol_info", "All about one symbol",
       "Signature, documentation, members and source text (400 lines at most) of one symbol: by its name, or by the id that find_symbol, "
       "list_symbols or callers_of gave. The way to read one function without the rest of its file. Of several symbols of one name it "
       "takes the definition, or lists them with their ids where that leaves a choice.",
       {{"name", Type::text, false, "Its name, as much of its scope before it as you like: name, Class.name, ns::Class::name."},
        {"id", Type::number, false, "Its id, in place of the name. It changes when the file is indexed again.", 1, INT64_MAX},
        project}},
      {Tool::list_symbols, "list_symbols", "Outline of a file",
       "All symbols of one file in the order of the source, with lines and ids: what is in a file, without reading it.",
       {whole_path, project, kind, limit, offset}},
      {Tool::find_references, "find_references", "Find uses of a name",
       "Where a name is used (call, name, type, base), with the symbol around each use. By name alone: uses of different things of "
       "one name are not told apart. For callers alone, callers_of is shorter.",
       {bare_name, {"kind", Type::text, false, "Only this kind of use.", 0, 0, {"call", "name", "type", "base"}},
        project, limit, offset}},
      {Tool::callers_of, "callers_of", "Find callers",
       "Who calls it? The symbols that call a function or method of this name, each once, with the lines of its calls. By name "
       "alone, as find_references.",
       {bare_name, project, limit, offset}},
      {Tool::file_imports, "file_imports", "What a file imports, and what imports it",
       "The imports (includes) of one file with the file or folder of the project that each leads to, and the files that import it: "
       "what depends on this file, and on what it depends. 500 of each at most, with the totals.",
       {whole_path, project}},
      {Tool::read_file, "read_file", "Read an indexed file",
       "The text of an indexed file as it is now, 400 lines from start_line unless end_line is given (2000 at most).",
       {whole_path, project,
        {"start_line", Type::number, false, "First line, from 1; default 1.", 1, INT32_MAX},
        {"end_line", Type::number, false, "Last line, inclusive.", 1, INT32_MAX}}},
      {Tool::list_files, "list_files", "List files",
       "Files of the index by project and path, with language, lines and state. Without arguments: all. status=dead gives those that "
       "could not be indexed, with the reason.",
       {project, path_prefix, language,
        {"status", Type::text, false, "Only this state.", 0, 0, {"pending", "indexed", "skipped", "dead"}}, limit, offset}},
      {Tool::project_overview, "project_overview", "Overview of the projects",
       "The projects, and for each its files by language, symbols by kind and number of issues. Without arguments: all. A good first "
       "call.",
       {project}},
      {Tool::list_issues, "list_issues", "List code-quality issues",
       "Issues that the analyser found (syntax errors, functions that are too long or complex, missing documentation, ...), errors "
       "first, with path and line. Without arguments: all.",
       {project, path_prefix, {"severity", Type::text, false, "Only this severity.", 0, 0, {"error", "warning", "info"}},
        {"rule", Type::text, false, "Only this rule, for example function-too-long."}, limit, offset}},
      {Tool::index_status, "index_status", "How current the index is",
       "Whether the index is up to date, how many files wait, and the files by state for each project. Ask it where an answer seems "
       "out of date.",
       {}},
  };
  return all;
}

const Entry& entry_of(Tool tool) {
  return *std::find_if(entries().begin(), entries().end(), [&](const Entry& entry) { return entry.tool == tool; });
}

Json schema_of(const Argument& argument) {
  Json schema;
  switch (argument.type) {
    case Type::text:
      schema["type"] = "string";
      if (!argument.choices.empty()) schema["enum"] = argument.choices;
      break;
    case Type::flag: schema["type"] = "boolean"; break;
    case Type::number:
      schema["type"] = "integer";
      schema["minimum"] = argument.least;
      if (argument.most < INT32_MAX) schema["maximum"] = argument.most;
      break;
  }
  schema["description"] = argument.description;
  return schema;
}

Json input_schema(const Entry& entry) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const auto& argument : entry.arguments) {
    properties[std::string(argument.name)] = schema_of(argument);
    if (argument.required) required.push_back(argument.name);
  }
  Json schema{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  schema["additionalProperties"] = false;
  return schema;
}

Status check(const Argument& argument, const Json& value) {
  switch (argument.type) {
    case Type::flag: return value.is_boolean() ? Status{} : failure(fmt::format("{} must be true or false", argument.name));
    case Type::number: {
      if (!value.is_number_integer() || value.get<std::int64_t>() < argument.least ||
          value.get<std::int64_t>() > argument.most) {
        return failure(fmt::format("{} must be an integer from {} to {}", argument.name, argument.least, argument.most));
      }
      return {};
    }
    case Type::text: break;
  }
  if (!value.is_string()) return failure(fmt::format("{} must be a string", argument.name));
  const auto& text = value.get_ref<const std::string&>();
  if (argument.required && text.empty()) return failure(fmt::format("{} must not be empty", argument.name));
  const auto& choices = argument.choices;
  if (!choices.empty() && !text.empty() && std::find(choices.begin(), choices.end(), text) == choices.end()) {
    return failure(fmt::format("{} must be one of: {}", argument.name, fmt::join(choices, ", ")));
  }
  if (text.size() > max_text_bytes || text.find('\0') != std::string::npos) {
    return failure(fmt::format("{} must be text of at most {} bytes", argument.name, max_text_bytes));
  }
  return {};
}

std::string unknown_argument(const std::vector<Argument>& known, const std::string& name) {
  if (known.empty()) return fmt::format("there is no argument '{}': this tool takes none", name);
  std::string names;
  for (const auto& argument : known) names += (names.empty() ? "" : ", ") + std::string(argument.name);
  return fmt::format("there is no argument '{}'; known are: {}", name, names);
}

}  // namespace

Json tool_list() {
  Json tools = Json::array();
  for (const auto& entry : entries()) {
    Json tool;
    tool["name"] = entry.name;
    tool["title"] = entry.title;
    tool["description"] = entry.description;
    tool["inputSchema"] = input_schema(entry);
    tool["outputSchema"] = output_schema(entry.tool);
    tool["annotations"] = {{"title", entry.title}, {"readOnlyHint", true}, {"destructiveHint", false}, {"idempotentHint", true},
                           {"openWorldHint", false}};
    tools.push_back(std::move(tool));
  }
  return tools;
}

std::string ToolArguments::text(std::string_view name) const {
  const auto found = values_.find(std::string(name));
  return found == values_.end() ? "" : found->get<std::string>();
}

std::int64_t ToolArguments::number(std::string_view name, std::int64_t absent) const {
  const auto found = values_.find(std::string(name));
  return found == values_.end() ? absent : found->get<std::int64_t>();
}

bool ToolArguments::flag(std::string_view name) const {
  const auto found = values_.find(std::string(name));
  return found != values_.end() && found->get<bool>();
}

Result<Tool> find_tool(std::string_view name) {
  const auto found =
      std::find_if(entries().begin(), entries().end(), [&](const Entry& entry) { return entry.name == name; });
  if (found == entries().end()) return failure(fmt::format("there is no tool '{}'; tools/list has those that there are", name));
  return found->tool;
}

Result<ToolArguments> check_arguments(Tool tool, const Json& arguments) {
  const auto& known = entry_of(tool).arguments;
  if (!arguments.is_object()) return failure("arguments must be an object");
  Json values = Json::object();
  for (const auto& [name, value] : arguments.items()) {
    const auto found = std::find_if(known.begin(), known.end(), [&, &key = name](const auto& a) { return a.name == key; });
    if (found == known.end()) return failure(unknown_argument(known, name));
    if (value.is_null() && !found->required) continue;
    if (auto checked = check(*found, value); !checked) return tl::unexpected(checked.error());
    values[name] = value;
  }
  for (const auto& argument : known) {
    if (argument.required && !values.contains(std::string(argument.name))) {
      return failure(fmt::format("the argument '{}' is missing", argument.name));
    }
  }
  return ToolArguments(std::move(values));
}

}  // namespace ca::server
