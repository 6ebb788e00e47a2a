// The SQL of the MCP tools.
#include "server/index/queries.h"

namespace ca::server::sql {

const std::string symbol_by_id = R"(
SELECT s.id, s.name, s.qualified_name, s.kind, s.is_definition, p.name AS project, p.path AS root, f.path, f.language,
       s.start_line, s.end_line, s.parent_id, s.signature, s.docstring
FROM symbols s JOIN files f ON f.id = s.file_id JOIN projects p ON p.id = f.project_id
WHERE s.id = $1)";

const std::string symbols_by_name = R"(
SELECT s.id, s.qualified_name, s.kind, p.name AS project, f.path, s.start_line,
       CASE WHEN s.qualified_name = $1 THEN 0 ELSE 4 END + CASE WHEN s.is_definition THEN 0 ELSE 2 END +
       CASE WHEN s.kind = 'constructor' THEN 1 ELSE 0 END AS rank
FROM symbols s JOIN files f ON f.id = s.file_id JOIN projects p ON p.id = f.project_id
WHERE (s.name = $1 OR (s.name = $2 AND (s.qualified_name = $1 OR right(s.qualified_name, length($1) + 1) IN ('.' || $1, ':' || $1))))
      AND ($3::text = '' OR p.name = $3)
ORDER BY rank, p.name, f.path, s.start_line LIMIT 20)";

const std::string symbol_members = R"(
SELECT m.id, m.name, m.kind, m.start_line, m.end_line, m.signature
FROM symbols s JOIN symbols m ON m.file_id = s.file_id AND m.parent_id = s.id
WHERE s.id = $1 ORDER BY m.start_line, m.id LIMIT 200)";

const std::string outline = R"(
SELECT s.id, s.name, s.qualified_name, s.kind, s.is_definition, p.name AS project, s.start_line, s.end_line,
       s.parent_id, s.signature
FROM symbols s JOIN files f ON f.id = s.file_id JOIN projects p ON p.id = f.project_id
WHERE f.path = $1 AND ($2::text = '' OR p.name = $2) AND ($3::text = '' OR s.kind = $3)
ORDER BY p.name, s.start_line, s.id
LIMIT $4 OFFSET $5)";

const std::string references = R"(
SELECT r.name, r.kind, p.name AS project, f.path, r.line, r.enclosing_symbol_id, s.qualified_name AS enclosing
FROM symbol_references r JOIN files f ON f.id = r.file_id JOIN projects p ON p.id = f.project_id
     LEFT JOIN symbols s ON s.id = r.enclosing_symbol_id
WHERE r.name = $1 AND ($2::text = '' OR p.name = $2) AND ($3::text = '' OR r.kind = $3)
ORDER BY p.name, f.path, r.line
LIMIT $4 OFFSET $5)";

const std::string callers = R"(
SELECT s.id, s.qualified_name, s.kind, p.name AS project, f.path, s.start_line, s.signature,
       string_agg(DISTINCT r.line::text, ',') AS call_lines
FROM symbol_references r JOIN files f ON f.id = r.file_id JOIN projects p ON p.id = f.project_id
     LEFT JOIN symbols s ON s.id = r.enclosing_symbol_id
WHERE r.name = $1 AND r.kind = 'call' AND ($2::text = '' OR p.name = $2)
GROUP BY s.id, p.name, f.path
ORDER BY p.name, f.path, s.start_line NULLS FIRST
LIMIT $3 OFFSET $4)";

const std::string source_paths = R"(
SELECT p.name AS project, p.path AS root, f.path
FROM files f JOIN projects p ON p.id = f.project_id
WHERE ($1::text = '' OR p.name = $1) AND f.path LIKE $2 || '%' AND ($3::text = '' OR f.language = $3) AND f.size <= $4
ORDER BY p.name, f.path LIMIT 100000)";  // max_source_paths

const std::string source_path = R"(
SELECT f.id, p.name AS project, p.path AS root, f.path, f.language, f.size, f.status, f.error, f.line_count,
       to_char(f.indexed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS indexed_at
FROM files f JOIN projects p ON p.id = f.project_id
WHERE f.path = $1 AND ($2::text = '' OR p.name = $2)
ORDER BY p.name LIMIT 20)";

const std::string languages = R"(
SELECT p.name AS project, coalesce(f.language, 'other') AS language, count(*) AS files,
       coalesce(sum(f.line_count), 0)::bigint AS lines
FROM files f JOIN projects p ON p.id = f.project_id
WHERE $1::text = '' OR p.name = $1
GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2)";

const std::string kinds = R"(
SELECT p.name AS project, s.kind, count(*) AS symbols
FROM symbols s JOIN files f ON f.id = s.file_id JOIN projects p ON p.id = f.project_id
WHERE $1::text = '' OR p.name = $1
GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2)";

const std::string queue = R"(
SELECT (SELECT count(*) FROM index_queue) AS waiting,
       (SELECT count(*) FROM (SELECT FROM import_resolution_due LIMIT 1000) d) AS imports_due)";

}  // namespace ca::server::sql
