#include "workers/watcher/store.h"

#include "workers/database/text.h"

namespace ca::workers {

namespace {

// The stamp decides: an unchanged file is not touched, so that a second scan writes nothing. A project that is being removed
// gets no rows any more.
constexpr const char* upsert_statement = R"(
  WITH project AS (
    SELECT FROM projects WHERE id = $1::integer AND origin <> 'removed' FOR KEY SHARE
  ), seen AS (
    SELECT s.* FROM project, unnest($2::text[], $3::bigint[], $4::bigint[], $5::text[]) AS s (path, size, mtime_us, stamp)
  ), changed AS (
    INSERT INTO files AS f (project_id, path, size, mtime, stamp)
    SELECT $1::integer, path, size, timestamptz 'epoch' + mtime_us * interval '1 microsecond', stamp
    FROM seen ORDER BY path
    ON CONFLICT (project_id, path) DO UPDATE
      SET size = excluded.size, mtime = excluded.mtime, stamp = excluded.stamp, status = 'pending', error = NULL
      WHERE f.stamp <> excluded.stamp
    RETURNING id
  )
  INSERT INTO index_queue AS q (file_id, priority)
  SELECT id, $6::smallint FROM changed ORDER BY id
  ON CONFLICT (file_id) DO UPDATE
    SET priority = least(q.priority, excluded.priority), available_at = now(), attempts = 0,
        failures = 0, token = NULL, worker = NULL)";

// '0' is the character after '/': the range holds exactly what begins with "path/".
constexpr const char* delete_trees_statement = R"(
  DELETE FROM files f USING unnest($2::text[]) AS gone (path)
  WHERE f.project_id = $1::integer
    AND (f.path = gone.path OR (f.path ~>=~ (gone.path || '/') AND f.path ~<~ (gone.path || '0'))))";

constexpr const char* delete_files_statement = R"(
  DELETE FROM files WHERE project_id = $1::integer AND path = ANY ($2::text[]))";

constexpr const char* configured_project_statement = R"(
  INSERT INTO projects AS p (name, path, exclude, index_secrets) VALUES ($1, $2, $3::text[], $4::boolean)
  ON CONFLICT (name) DO UPDATE SET path = excluded.path, exclude = excluded.exclude,
    index_secrets = excluded.index_secrets, origin = 'configured' RETURNING id)";

std::vector<Parameter> upsert_parameters(std::int64_t project, const std::vector<FileSeen>& files, bool live) {
  std::vector<std::string> paths, stamps;
  std::vector<std::int64_t> sizes, times;
  for (const auto& file : files) {
    paths.push_back(file.path);
    stamps.push_back(file.stamp);
    sizes.push_back(file.size);
    times.push_back(file.mtime_us);
  }
  return {std::to_string(project), text_array(paths),  integer_array(sizes),
          integer_array(times),    text_array(stamps), live ? "0" : "1"};
}

DbStatus status_of(DbResult<Rows> rows) {
  if (!rows) return tl::unexpected(rows.error());
  return {};
}

}  // namespace

DbResult<std::int64_t> Store::project_id(const ProjectConfig& project, bool configured) {
  const auto name = valid_text(project.name);
  auto rows = configured
                  ? session_.execute(configured_project_statement, {name, valid_text(project.path), text_array(project.exclude),
                                                                    project.index_secrets ? "true" : "false"})
                  : session_.execute("SELECT id FROM projects WHERE name = $1 AND origin = 'added'", {name});
  if (!rows) return tl::unexpected(rows.error());
  return rows->size() == 0 ? 0 : rows->integer(0, 0);
}

DbResult<std::vector<ProjectConfig>> Store::added_projects() {
  auto rows = session_.execute(
      "SELECT name, path, index_secrets, array_to_json(exclude) FROM projects WHERE origin = 'added' ORDER BY id");
  if (!rows) return tl::unexpected(rows.error());
  std::vector<ProjectConfig> projects;
  for (int row = 0; row < rows->size(); ++row) {
    projects.push_back({std::string(rows->text(row, 0)), std::string(rows->text(row, 1)), text_list(rows->text(row, 3)),
                        rows->text(row, 2) == "t"});
  }
  return projects;
}

DbResult<KnownFiles> Store::known(std::int64_t project, const std::string& folder) {
  auto rows = folder.empty() ? session_.execute("SELECT path, stamp FROM files WHERE project_id = $1::integer",
                                                {std::to_string(project)})
                             : session_.execute(
                                   "SELECT path, stamp FROM files WHERE project_id = $1::integer "
                                   "AND path ~>=~ ($2 || '/') AND path ~<~ ($2 || '0')",
                                   {std::to_string(project), folder});
  if (!rows) return tl::unexpected(rows.error());
  KnownFiles known;
  known.reserve(static_cast<std::size_t>(rows->size()));
  for (int row = 0; row < rows->size(); ++row) known.emplace(rows->text(row, 0), rows->text(row, 1));
  return known;
}

DbStatus Store::apply(std::int64_t project, const TreeChange& change, bool live) {
  if (change.empty()) return {};
  const std::string id = std::to_string(project);
  return session_.transaction([&](Connection& connection) -> DbStatus {
    DbStatus done;
    if (!change.gone_trees.empty()) {
      done = status_of(connection.execute(delete_trees_statement, {id, text_array(change.gone_trees)}));
    }
    if (done && !change.gone_files.empty()) {
      done = status_of(connection.execute(delete_files_statement, {id, text_array(change.gone_files)}));
    }
    if (!done || change.changed.empty()) return done;
    auto queued = connection.execute(upsert_statement, upsert_parameters(project, change.changed, live));
    if (!queued) return tl::unexpected(queued.error());
    if (queued->affected() == 0) return {};
    return status_of(connection.execute("SELECT pg_notify('index_queue', '')"));
  });
}

DbStatus Store::scanned(std::int64_t project) {
  return status_of(
      session_.execute("UPDATE projects SET scanned_at = now() WHERE id = $1::integer", {std::to_string(project)}));
}

}  // namespace ca::workers
