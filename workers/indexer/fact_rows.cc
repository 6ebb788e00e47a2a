#include "workers/indexer/fact_rows.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "database/schema.h"

namespace ca::workers {

namespace {

using analysis::Facts;
using analysis::no_parent;

// An index entry holds 2700 bytes; lower() may make a text a little longer.
constexpr std::size_t longest_name = 1000;
constexpr std::size_t longest_qualified_name = 2000;
constexpr std::size_t longest_line = 8000;
constexpr std::size_t longest_docstring = 64 << 10;

void add_symbols(CopyRows& rows, std::int64_t project_id, std::int64_t file_id, const Facts& facts) {
  const auto count = std::min(facts.symbols.size(), static_cast<std::size_t>(symbols_per_file));
  const std::int64_t first_id = file_id * symbols_per_file;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& symbol = facts.symbols[i];
    rows.add(first_id + static_cast<std::int64_t>(i)).add(project_id).add(file_id);
    if (symbol.parent == no_parent) {
      rows.add_null();
    } else {
      rows.add(first_id + symbol.parent);
    }
    rows.add(analysis::kind_name(symbol.kind))
        .add(valid_text(symbol.name, longest_name))
        .add(valid_text(symbol.qualified_name, longest_qualified_name))
        .add_bool(symbol.is_definition)
        .add(symbol.range.start_line)
        .add(symbol.range.end_line)
        .add(symbol.range.start_column)
        .add(symbol.range.end_column)
        .add(valid_text(symbol.signature, longest_line))
        .add(valid_text(symbol.docstring, longest_docstring));
    rows.end_row();
  }
}

void add_text_or_null(CopyRows& rows, const std::string& text) {
  if (text.empty()) {
    rows.add_null();
  } else {
    rows.add(valid_text(text, longest_name));
  }
}

void add_imports(CopyRows& rows, std::int64_t project_id, std::int64_t file_id, const Facts& facts) {
  for (const auto& import : facts.imports) {
    rows.add(project_id).add(file_id).add(valid_text(import.target, longest_qualified_name));
    add_text_or_null(rows, import.name);
    add_text_or_null(rows, import.alias);
    rows.add(import.line).add(import.relative_level).add_bool(import.is_system).add_bool(import.at_top_level);
    rows.end_row();
  }
}

void add_issues(CopyRows& rows, std::int64_t project_id, std::int64_t file_id, const Facts& facts) {
  for (const auto& issue : facts.issues) {
    rows.add(project_id)
        .add(file_id)
        .add(valid_text(issue.id, longest_name))
        .add(severity_name(issue.severity))
        .add(valid_text(issue.message, longest_line))
        .add(issue.range.start_line)
        .add(issue.range.end_line)
        .add(issue.range.start_column)
        .add(issue.range.end_column);
    rows.end_row();
  }
}

void add_references(CopyRows& rows, std::int64_t file_id, const Facts& facts) {
  struct Spots {
    std::vector<std::int64_t> lines, enclosing;
  };
  std::map<std::pair<std::string_view, analysis::ReferenceKind>, Spots> packed;
  for (const auto& reference : facts.references) {
    auto& spots = packed[{reference.name, reference.kind}];
    spots.lines.push_back(reference.line);
    spots.enclosing.push_back(reference.enclosing < symbols_per_file ? reference.enclosing : no_parent);
  }
  for (const auto& [key, spots] : packed) {
    rows.add(file_id).add(valid_text(key.first, longest_name)).add(reference_kind_name(key.second));
    rows.add_array(spots.lines, -1).add_array(spots.enclosing, no_parent);
    rows.end_row();
  }
}

}  // namespace

void FactRows::add(std::int64_t project_id, std::int64_t file_id, const Facts& facts) {
  add_symbols(symbols, project_id, file_id, facts);
  add_imports(imports, project_id, file_id, facts);
  add_issues(issues, project_id, file_id, facts);
  add_references(references, file_id, facts);
}

}  // namespace ca::workers
