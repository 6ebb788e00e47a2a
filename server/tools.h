// What the tools of MCP do: they read the database and the files of the projects, and change nothing.
#pragma once

#include <string>

#include "server/database.h"
#include "server/project_list.h"
#include "server/text_search.h"
#include "server/tool_catalogue.h"

namespace ca::server {

struct ToolAnswer {
  Json content;      // an object
  std::string text;  // the same for a model to read; empty: content as JSON
};

// Any number of threads at once.
class Tools {
 public:
  Tools(Database& database, ProjectList& projects, TextSearch& text)
      : database_(database), projects_(projects), text_(text) {}

  // Errors: one line for the model: nothing of that name, the database is away, the file cannot be read.
  // Blocks: as Database, and for up to 5 s of reading files.
  Result<ToolAnswer> call(Tool tool, const ToolArguments& arguments);

 private:
  static Error told(const DatabaseError& error);
  Result<Rows> rows(const std::string& statement, const Parameters& parameters);
  Result<ToolAnswer> list(const std::string& statement, Parameters filters, const ToolArguments& arguments);
  Result<ToolAnswer> find_symbol(const ToolArguments& arguments);
  Result<ToolAnswer> symbol_info(const ToolArguments& arguments);
  Result<ToolAnswer> search_code(const ToolArguments& arguments);
  Result<ToolAnswer> read_file(const ToolArguments& arguments);
  Result<ToolAnswer> project_overview(const ToolArguments& arguments);
  Result<ToolAnswer> index_status();

  Database& database_;
  ProjectList& projects_;
  TextSearch& text_;
};

}  // namespace ca::server
