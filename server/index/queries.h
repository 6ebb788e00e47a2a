// The SQL of the API. Each takes its parameters in the order that its comment names; the last two are always limit and
// offset. An empty filter parameter means that it does not filter.
#pragma once

#include <string>

namespace ca::server::sql {

// 1 q, 2 q escaped for LIKE, 3 project, 4 kind, 5 type ("symbol", "file", ""), 6 limit, 7 offset.
// By ranks: exact name, exact but for case, prefix, substring. Within a rank: symbols before files, short names first.
// search_prefix leaves the substrings out: then every condition on symbols is one that an index serves.
extern const std::string search_prefix;
extern const std::string search_all;

// 1 name, 2 project, 3 kind, 4 limit, 5 offset.
extern const std::string symbols;

// 1 path, 2 project, 3 kind, 4 limit, 5 offset: all symbols of one file in the order of the source.
extern const std::string file_symbols;

// No parameters: all projects with their counts, 1000 at most.
extern const std::string projects;

// 1 project, 2 path prefix escaped for LIKE, 3 language, 4 status, 5 limit, 6 offset.
extern const std::string files;

// 1 project, 2 path prefix escaped for LIKE, 3 severity, 4 rule, 5 whole path, 6 limit, 7 offset.
extern const std::string issues;
// 1 project, 2 path prefix escaped for LIKE, 3 limit, 4 offset: how many issues of which rule and severity.
extern const std::string issue_rules;

// No parameters: files by project and status, for the metrics.
extern const std::string file_counts;

// 1 file id: what it imports; which files import it. 500 at most, each with the total.
extern const std::string imports_of_file;
extern const std::string importers_of_file;

// For MCP's tools.

// 1 id.
extern const std::string symbol_by_id;
// 1 name with any scope, 2 its last part, 3 project: 20 at most, the smallest `rank` is the best answer.
extern const std::string symbols_by_name;
// 1 id: the symbols directly in it, 200 at most.
extern const std::string symbol_members;
// 1 path, 2 project, 3 kind, 4 limit, 5 offset.
extern const std::string outline;
// 1 name, 2 project, 3 kind, 4 limit, 5 offset.
extern const std::string references;
// 1 name, 2 project, 3 limit, 4 offset: enclosing symbols of calls, each with the lines.
extern const std::string callers;
// 1 project, 2 path prefix escaped for LIKE, 3 language, 4 largest size: root and path of each file.
extern const std::string source_paths;
inline constexpr std::size_t max_source_paths = 100'000;  // further files are left out
// 1 path, 2 project: id, root and what `files` tells, one row a project that has the file.
extern const std::string source_path;
// 1 project: files by language; symbols by kind.
extern const std::string languages;
extern const std::string kinds;
// No parameters: how many files wait to be indexed, and for how many reasons imports are to be resolved again (1000 at most).
extern const std::string queue;

}  // namespace ca::server::sql
