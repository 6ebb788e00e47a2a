// The tools that MCP offers: names, descriptions and arguments, in one table. No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/control_client.h"
#include "common/result.h"

namespace ca::server {

enum class Tool : std::uint8_t {
  search_code, find_symbol, symbol_info, list_symbols, find_references, callers_of, file_imports, read_file,
  list_files, project_overview, list_issues, index_status,
};

// As tools/list gives them: an array of {name, title, description, inputSchema, outputSchema, annotations}.
Json tool_list();

// Arguments that were checked: every one is known, of its type and in range, the required ones are there.
class ToolArguments {
 public:
  explicit ToolArguments(Json values) : values_(std::move(values)) {}
  // Absent: empty, `absent`, false.
  std::string text(std::string_view name) const;
  std::int64_t number(std::string_view name, std::int64_t absent) const;
  bool flag(std::string_view name) const;

 private:
  Json values_;
};

// Errors: there is no tool of that name.
Result<Tool> find_tool(std::string_view name);
// Errors: one line that tells the model what to correct.
Result<ToolArguments> check_arguments(Tool tool, const Json& arguments);

}  // namespace ca::server
