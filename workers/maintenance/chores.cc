#include "workers/maintenance/chores.h"

#include <fmt/format.h>

#include "database/schema.h"
#include "database/text.h"

namespace ca::workers {

namespace {

constexpr const char* portion = "500";  // rows a transaction: short locks, and a stop never waits long

DbResult<std::int64_t> affected(DbResult<Rows> rows) {
  if (!rows) return tl::unexpected(rows.error());
  return rows->affected();
}

// Projects that the configuration does not name any more.
constexpr const char* remove_unnamed = R"(
  WITH removed AS (
    UPDATE projects SET origin = 'removed', name = removed_name(id, name)
    WHERE origin = 'configured' AND name <> ALL ($1::text[]) RETURNING id
  )
  SELECT pg_notify('projects', '') FROM removed)";

// Locks before it deletes, so that two that do this at once never take each other's portion for the end of it.
constexpr const char* delete_files = R"(
  WITH portion AS MATERIALIZED (
    SELECT f.id FROM files f JOIN projects p ON p.id = f.project_id WHERE p.origin = 'removed'
    LIMIT $1::integer FOR UPDATE OF f
  )
  DELETE FROM files f USING portion WHERE f.id = portion.id)";

constexpr const char* delete_projects = R"(
  DELETE FROM projects p WHERE origin = 'removed' AND NOT EXISTS (SELECT FROM files f WHERE f.project_id = p.id))";

// These three lock the rows that they decide by. A file that somebody is just changing or deleting is passed over: it is
// mended by that, or by the next round.
constexpr const char* queue_unqueued = R"(
  WITH unqueued AS MATERIALIZED (
    SELECT f.id FROM files f
    WHERE f.status = 'pending' AND NOT EXISTS (SELECT FROM index_queue q WHERE q.file_id = f.id)
    FOR NO KEY UPDATE OF f SKIP LOCKED
  )
  INSERT INTO index_queue (file_id, priority) SELECT id, $1::smallint FROM unqueued ON CONFLICT DO NOTHING)";

constexpr const char* mark_queued = R"(
  WITH queued AS MATERIALIZED (
    SELECT f.id FROM files f JOIN index_queue q ON q.file_id = f.id WHERE f.status <> 'pending'
    FOR NO KEY UPDATE OF f, q SKIP LOCKED
  )
  UPDATE files f SET status = 'pending' FROM queued WHERE f.id = queued.id)";

constexpr const char* queue_outdated_files = R"(
  WITH old AS MATERIALIZED (
    SELECT id FROM files WHERE status <> 'pending' AND analyser_version < $1::integer
    LIMIT $2::integer FOR NO KEY UPDATE SKIP LOCKED
  ), outdated AS (
    UPDATE files f SET status = 'pending' FROM old WHERE f.id = old.id RETURNING f.id
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
  if (configured != nullptr) {
    std::vector<std::string> names;
    for (const auto& project : *configured) names.push_back(valid_text(project.name));
    if (auto marked = session.execute(remove_unnamed, {text_array(names)}); !marked) return tl::unexpected(marked.error());
  }
  for (;;) {
    const auto removed = affected(session.execute(delete_files, {portion}));
    if (!removed) return removed;
    if (*removed == 0) break;
  }
  return affected(session.execute(delete_projects));
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
