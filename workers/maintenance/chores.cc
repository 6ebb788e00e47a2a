#include "workers/maintenance/chores.h"

#include <fmt/format.h>

#include "workers/database/schema.h"
#include "workers/database/text.h"

namespace ca::workers {

namespace {

constexpr const char* portion = "500";  // rows a transaction: short locks, and a stop never waits long

DbResult<std::int64_t> affected(DbResult<Rows> rows) {
  if (!rows) return tl::unexpected(rows.error());
  return rows->affected();
}

// Files of projects that are to go: configured ones whose name is not in $1 any more, and those that were removed by hand.
constexpr const char* delete_files = R"(
  DELETE FROM files WHERE id IN (
    SELECT f.id FROM files f JOIN projects p ON p.id = f.project_id
    WHERE p.origin = 'removed' OR (p.origin = 'configured' AND p.name <> ALL ($1::text[])) LIMIT $2::integer))";

constexpr const char* delete_projects = R"(
  DELETE FROM projects WHERE origin = 'removed' OR (origin = 'configured' AND name <> ALL ($1::text[])))";

constexpr const char* queue_unqueued = R"(
  INSERT INTO index_queue (file_id, priority)
  SELECT f.id, $1::smallint FROM files f
  WHERE f.status = 'pending' AND NOT EXISTS (SELECT FROM index_queue q WHERE q.file_id = f.id)
  ON CONFLICT DO NOTHING)";

constexpr const char* mark_queued = R"(
  UPDATE files f SET status = 'pending' FROM index_queue q WHERE q.file_id = f.id AND f.status <> 'pending')";

constexpr const char* queue_outdated_files = R"(
  WITH outdated AS (
    UPDATE files SET status = 'pending' WHERE id IN (
      SELECT id FROM files WHERE status <> 'pending' AND analyser_version < $1::integer
      LIMIT $2::integer FOR UPDATE SKIP LOCKED)
    RETURNING id
  )
  INSERT INTO index_queue (file_id, priority) SELECT id, $3::smallint FROM outdated ON CONFLICT DO NOTHING)";

constexpr const char* pending_projects = R"(
  SELECT name, pending, files, files_per_second, seconds_left FROM project_progress WHERE pending > 0 ORDER BY name)";

constexpr const char* much_changed = R"(
  SELECT quote_ident(relname) FROM pg_stat_user_tables
  WHERE relname IN ('files', 'index_queue', 'symbols', 'imports', 'issues', 'packed_references')
    AND schemaname = current_schema() AND n_mod_since_analyze > 2000 + n_live_tup / 5)";

DbResult<std::int64_t> announce(Session& session, std::int64_t queued) {
  if (queued == 0) return queued;
  auto told = session.execute("SELECT pg_notify('index_queue', '')");
  if (!told) return tl::unexpected(told.error());
  return queued;
}

}  // namespace

DbResult<std::int64_t> remove_projects(Session& session, const std::vector<ProjectConfig>* configured) {
  Parameter names;  // null compares with nothing
  if (configured != nullptr) {
    std::vector<std::string> list;
    for (const auto& project : *configured) list.push_back(valid_text(project.name));
    names = text_array(list);
  }
  for (;;) {
    const auto removed = affected(session.execute(delete_files, {names, portion}));
    if (!removed) return removed;
    if (*removed == 0) break;
  }
  return affected(session.execute(delete_projects, {names}));
}

DbResult<std::int64_t> mend_queue(Session& session) {
  const auto queued = affected(session.execute(queue_unqueued, {std::to_string(priority_scan)}));
  if (!queued) return queued;
  const auto marked = affected(session.execute(mark_queued));
  if (!marked) return marked;
  return announce(session, *queued + *marked);
}

DbResult<std::int64_t> queue_outdated(Session& session) {
  const auto queued = affected(session.execute(
      queue_outdated_files, {std::to_string(analyser_version), portion, std::to_string(priority_refresh)}));
  if (!queued) return queued;
  return announce(session, *queued);
}

DbResult<std::vector<std::string>> work_left(Session& session) {
  const auto rows = session.execute(pending_projects);
  if (!rows) return tl::unexpected(rows.error());
  std::vector<std::string> lines;
  for (int row = 0; row < rows->size(); ++row) {
    std::string line = fmt::format("project {}: {} of {} files to index, {} files/s", rows->text(row, 0), rows->text(row, 1),
                                   rows->text(row, 2), rows->text(row, 3));
    if (!rows->is_null(row, 4)) line += fmt::format(", {} s left", rows->text(row, 4));
    lines.push_back(std::move(line));
  }
  return lines;
}

DbResult<std::int64_t> refresh_statistics(Session& session) {
  auto tables = session.execute(much_changed);
  if (!tables) return tl::unexpected(tables.error());
  for (int row = 0; row < tables->size(); ++row) {
    const std::string statement = "ANALYZE " + std::string(tables->text(row, 0));
    if (auto done = session.execute(statement.c_str()); !done) return tl::unexpected(done.error());
  }
  return tables->size();
}

}  // namespace ca::workers
