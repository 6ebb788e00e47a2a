#include "server/index/queries.h"

namespace ca::server::sql {

namespace {

// The two searches differ in two conditions.
std::string search_statement(const char* symbol_condition, const char* file_condition) {
  return std::string(R"(
SELECT CASE WHEN rank < 2 THEN 'exact' WHEN rank = 2 THEN 'prefix' ELSE 'substring' END AS match, type, id, name,
       qualified_name, kind, is_definition, language, project, path, start_line, end_line, signature
FROM (
  SELECT 'symbol' AS type, s.id, s.name, s.qualified_name, s.kind, s.is_definition, f.language, p.name AS project,
         f.path, s.start_line, s.end_line, s.signature,
         CASE WHEN s.name = $1 OR s.qualified_name = $1 THEN 0
              WHEN lower(s.name) = lower($1) THEN 1
              WHEN lower(s.name) LIKE lower($2) || '%' OR s.qualified_name LIKE $2 || '%' THEN 2
              ELSE 3 END AS rank
  FROM symbols s JOIN files f ON f.id = s.file_id JOIN projects p ON p.id = f.project_id
  WHERE $5::text IN ('', 'symbol') AND ($3::text = '' OR p.name = $3) AND ($4::text = '' OR s.kind = $4) AND ()") +
         symbol_condition + R"()
  UNION ALL
  SELECT 'file', f.id, f.base, f.path, 'file', true, f.language, p.name, f.path, 1, f.line_count, '',
         CASE WHEN f.base = $1 OR f.path = $1 THEN 0
              WHEN lower(f.base) = lower($1) THEN 1
              WHEN lower(f.base) LIKE lower($2) || '%' THEN 2
              ELSE 3 END
  FROM (SELECT *, substring(path FROM '[^/]*$') AS base FROM files) f JOIN projects p ON p.id = f.project_id
  WHERE $5 IN ('', 'file') AND ($3 = '' OR p.name = $3) AND $4 = '' AND ()" +
         file_condition + R"()
) hits
ORDER BY rank, type DESC, length(name), is_definition DESC, length(qualified_name), name, qualified_name, project, path,
         start_line
LIMIT $6 OFFSET $7)";
}

}  // namespace

const std::string search_prefix =
    search_statement("lower(s.name) LIKE lower($2) || '%' OR s.qualified_name LIKE $2 || '%'",
                     "f.path = $1 OR lower(f.base) LIKE lower($2) || '%'");

const std::string search_all = search_statement(
    "lower(s.name) LIKE '%' || lower($2) || '%' OR lower(s.qualified_name) LIKE '%' || lower($2) || '%'",
    "lower(f.path) LIKE '%' || lower($2) || '%'");

const std::string symbols = R"(
SELECT s.id, s.name, s.qualified_name, s.kind, s.is_definition, p.name AS project, f.path, f.language, s.start_line,
       s.end_line, s.parent_id, s.signature, s.docstring
FROM symbols s JOIN files f ON f.id = s.file_id JOIN projects p ON p.id = f.project_id
WHERE (s.name = $1 OR s.qualified_name = $1) AND ($2::text = '' OR p.name = $2) AND ($3::text = '' OR s.kind = $3)
ORDER BY s.is_definition DESC, p.name, f.path, s.start_line, s.id
LIMIT $4 OFFSET $5)";

const std::string file_symbols = R"(
SELECT s.id, s.name, s.qualified_name, s.kind, s.is_definition, p.name AS project, f.path, f.language, s.start_line,
       s.end_line, s.parent_id, s.signature, s.docstring
FROM symbols s JOIN files f ON f.id = s.file_id JOIN projects p ON p.id = f.project_id
WHERE f.path = $1 AND ($2::text = '' OR p.name = $2) AND ($3::text = '' OR s.kind = $3)
ORDER BY p.name, s.start_line, s.id
LIMIT $4 OFFSET $5)";

// Each table is counted once for all projects.
const std::string projects = R"(
SELECT p.project_id AS id, p.name, p.path,
       to_char(p.scanned_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS scanned_at,
       p.files, p.indexed, p.pending, p.skipped, p.dead, p.files_per_second, p.seconds_left, p.trouble,
       coalesce(s.symbols, 0) AS symbols,
       coalesce(i.errors, 0) AS errors, coalesce(i.warnings, 0) AS warnings, coalesce(i.infos, 0) AS infos
FROM project_progress p
LEFT JOIN (SELECT project_id, count(*) AS symbols FROM symbols GROUP BY project_id) s ON s.project_id = p.project_id
LEFT JOIN (
  SELECT project_id, count(*) FILTER (WHERE severity = 'error') AS errors,
         count(*) FILTER (WHERE severity = 'warning') AS warnings, count(*) FILTER (WHERE severity = 'info') AS infos
  FROM issues GROUP BY project_id) i ON i.project_id = p.project_id
WHERE p.origin <> 'removed' ORDER BY p.name LIMIT 1000)";

const std::string files = R"(
SELECT f.id, p.name AS project, f.path, f.language, f.size, f.line_count, f.status, f.error,
       to_char(f.indexed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS indexed_at
FROM files f JOIN projects p ON p.id = f.project_id
WHERE ($1::text = '' OR p.name = $1) AND f.path LIKE $2 || '%' AND ($3::text = '' OR f.language = $3)
  AND ($4::text = '' OR f.status = $4)
ORDER BY p.name, f.path
LIMIT $5 OFFSET $6)";

const std::string issues = R"(
SELECT i.id, i.rule, i.severity, i.message, p.name AS project, f.path, i.start_line, i.end_line, i.start_column,
       i.end_column
FROM issues i JOIN files f ON f.id = i.file_id JOIN projects p ON p.id = f.project_id
WHERE ($1::text = '' OR p.name = $1) AND f.path LIKE $2 || '%' AND ($3::text = '' OR i.severity = $3)
  AND ($4::text = '' OR i.rule = $4) AND ($5::text = '' OR f.path = $5)
ORDER BY CASE i.severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, p.name, f.path, i.start_line, i.id
LIMIT $6 OFFSET $7)";

const std::string issue_rules = R"(
SELECT i.rule, i.severity, count(*) AS issues
FROM issues i JOIN files f ON f.id = i.file_id JOIN projects p ON p.id = f.project_id
WHERE ($1::text = '' OR p.name = $1) AND f.path LIKE $2 || '%'
GROUP BY i.rule, i.severity
ORDER BY CASE i.severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, 3 DESC, 1
LIMIT $3 OFFSET $4)";

const std::string file_counts =
    "SELECT p.name AS project, f.status, count(*) AS files "
    "FROM files f JOIN projects p ON p.id = f.project_id GROUP BY 1, 2 ORDER BY 1, 2";

const std::string imports_of_file = R"(
SELECT line, repeat('.', relative_level) || target AS target, name, resolution, resolved_path AS path, count(*) OVER () AS total
FROM imports WHERE file_id = $1::bigint ORDER BY line, id LIMIT 500)";

// A Go package and what Java's `.*` names are folders: who imports the folder imports the file.
const std::string importers_of_file = R"(
WITH file AS (
  SELECT project_id, language, regexp_replace(path, '/?[^/]*$', '') AS folder FROM files WHERE id = $1::bigint
), found AS (
  SELECT file_id, line FROM imports WHERE resolved_file_id = $1::bigint
  UNION ALL
  SELECT i.file_id, i.line FROM file JOIN imports i ON i.project_id = file.project_id AND i.resolved_path = file.folder
  WHERE i.resolved_file_id IS NULL AND file.language IN ('go', 'java')
)
SELECT f.path, min(found.line) AS line, count(*) OVER () AS total
FROM found JOIN files f ON f.id = found.file_id
GROUP BY f.id ORDER BY f.path LIMIT 500)";

}  // namespace ca::server::sql
