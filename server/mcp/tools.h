// What the tools of MCP do: they read the database and the files of the projects, and change nothing.
#pragma once

#include <string>

#include "server/database/database.h"
#include "server/index/project_list.h"
#include "server/index/text_search.h"
#include "server/mcp/tool_catalogue.h"

namespace ca::server {

// Any number of threads at once.
class Tools {
 public:
  Tools(Database& database, ProjectList& projects, TextSearch& text)
      : database_(database), projects_(projects), text_(text) {}

  // The structured content, an object as output_schema says; tool_text makes the text of it.
  // Errors: one line for the model: nothing of that name, the database is away, the file cannot be read.
  // Blocks: as Database, and for up to 5 s of reading files.
  Result<Json> call(Tool tool, const ToolArguments& arguments);

 private:
  static Error told(const DatabaseError& error);
  Status check_project(const std::string& name);
  Result<Json> dispatch(Tool tool, const ToolArguments& arguments);
  Result<Json> list_symbols(const ToolArguments& arguments);
  Result<Rows> rows(const std::string& statement, const Parameters& parameters, Cost cost = Cost::small);
  Result<Json> list(const std::string& statement, Parameters filters, const ToolArguments& arguments);
  Result<Json> find_symbol(const ToolArguments& arguments);
  Result<std::string> symbol_id(const ToolArguments& arguments);
  Result<Json> symbol_info(const ToolArguments& arguments);
  Result<Json> search_code(const ToolArguments& arguments);
  Result<Json> imports_of(const ToolArguments& arguments);
  Result<Json> read_file(const ToolArguments& arguments);
  Result<Json> project_overview(const ToolArguments& arguments);
  Result<Json> index_status();

  Database& database_;
  ProjectList& projects_;
  TextSearch& text_;
};

}  // namespace ca::server
