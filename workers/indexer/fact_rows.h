// Facts as rows of the tables. Pure.
#pragma once

#include <cstdint>

#include "analysis/facts.h"
#include "database/text.h"

namespace ca::workers {

// The columns that the rows below have, in their order.
inline constexpr const char* copy_symbols =
    "COPY symbols (id, project_id, file_id, parent_id, kind, name, qualified_name, is_definition, start_line, "
    "end_line, "
    "start_column, end_column, signature, docstring) FROM STDIN";
inline constexpr const char* copy_imports =
    "COPY imports (project_id, file_id, target, name, alias, line, relative_level, is_system, at_top_level) FROM STDIN";
inline constexpr const char* copy_issues =
    "COPY issues (project_id, file_id, rule, severity, message, start_line, end_line, start_column, end_column) "
    "FROM STDIN";
inline constexpr const char* copy_references =
    "COPY packed_references (file_id, name, kind, lines, enclosing) FROM STDIN";

struct FactRows {
  CopyRows symbols, imports, issues, references;

  // Adds all facts of one file. Text is made valid and cut to what the columns' indexes hold. References of one name
  // and kind become one row, in order of name and kind.
  void add(std::int64_t project_id, std::int64_t file_id, const analysis::Facts& facts);
};

}  // namespace ca::workers
