#include "workers/watcher/store.h"

#include "database/text.h"

namespace ca::workers {

namespace {

// First of each apply(). The lock makes applications take turns, also those of a connection or process that has died
// and whose last statement still runs: an older view never lands on a newer one. It also makes a removal wait.
constexpr const char* hold_statement =
    "SELECT FROM projects WHERE id = $1::integer AND origin <> 'removed' FOR NO KEY UPDATE";

// The stamp decides: an unchanged file is not touched, so that a second scan writes nothing.
constexpr const char* upsert_statement = R"(
  WITH seen AS (
    SELECT s.* FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::text[]) AS s (path, size, mtime_us, stamp)
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
    index_secrets = excluded.index_secrets, origin = 'configured' RETURNING id, root_device, trouble)";

// The definition is compared too: the project of that name may have been removed and added with another one. Like the
// statement above it waits for a change that an earlier process has left to the server, so that what is read of the files
// next has that change in it.
constexpr const char* added_project_statement = R"(
  SELECT id, root_device, trouble FROM projects
  WHERE name = $1 AND path = $2 AND exclude = $3::text[] AND index_secrets = $4::boolean AND origin = 'added'
  FOR NO KEY UPDATE)";

std::vector<Parameter> upsert_parameters(const std::string& project, const std::vector<FileSeen>& files, bool live) {
  std::vector<std::string> paths, stamps;
  std::vector<std::int64_t> sizes, times;
  for (const auto& file : files) {
    paths.push_back(file.path);
    stamps.push_back(file.stamp);
    sizes.push_back(file.size);
    times.push_back(file.mtime_us);
  }
  return {project, text_array(paths),  integer_array(sizes),
          integer_array(times),    text_array(stamps), live ? "0" : "1"};
}

DbStatus status_of(DbResult<Rows> rows) {
  if (!rows) return tl::unexpected(rows.error());
  return {};
}

DbStatus change_rows(Connection& connection, const std::string& project, const TreeChange& change, bool live) {
  DbStatus done;
  if (!change.gone_trees.empty()) {
    done = status_of(connection.execute(delete_trees_statement, {project, text_array(change.gone_trees)}));
  }
  if (done && !change.gone_files.empty()) {
    done = status_of(connection.execute(delete_files_statement, {project, text_array(change.gone_files)}));
  }
  if (!done || change.changed.empty()) return done;
  auto queued = connection.execute(upsert_statement, upsert_parameters(project, change.changed, live));
  if (!queued) return tl::unexpected(queued.error());
  if (queued->affected() == 0) return {};
  return status_of(connection.execute("SELECT pg_notify('index_queue', '')"));
}

}  // namespace

DbResult<ProjectRow> Store::project_row(const ProjectConfig& project, bool configured) {
  auto rows = session_.execute(configured ? configured_project_statement : added_project_statement,
                               {valid_text(project.name), valid_text(project.path), text_array(project.exclude),
                                project.index_secrets ? "true" : "false"});
  if (!rows) return tl::unexpected(rows.error());
  if (rows->size() == 0) return ProjectRow{};
  return ProjectRow{rows->integer(0, 0), std::string(rows->text(0, 1)), std::string(rows->text(0, 2))};
}

DbResult<Projects> Store::projects() {
  auto rows = session_.execute(
      "SELECT id, origin, name, path, index_secrets, array_to_json(exclude) FROM projects WHERE origin <> 'removed' "
      "ORDER BY id");
  if (!rows) return tl::unexpected(rows.error());
  Projects projects;
  for (int row = 0; row < rows->size(); ++row) {
    projects.ids.insert(rows->integer(row, 0));
    if (rows->text(row, 1) != "added") continue;
    projects.added.push_back({std::string(rows->text(row, 2)), std::string(rows->text(row, 3)), text_list(rows->text(row, 5)),
                              rows->text(row, 4) == "t"});
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

DbResult<bool> Store::apply(std::int64_t project, const TreeChange& change, bool live) {
  if (change.empty()) return true;
  const std::string id = std::to_string(project);
  bool is_there = false;
  auto applied = session_.transaction([&](Connection& connection) -> DbStatus {
    const auto held = connection.execute(hold_statement, {id});
    if (!held) return tl::unexpected(held.error());
    is_there = held->size() == 1;
    return is_there ? change_rows(connection, id, change, live) : DbStatus();
  });
  if (!applied) return tl::unexpected(applied.error());
  return is_there;
}

DbStatus Store::scanned(const ProjectRow& project) {
  return status_of(session_.execute("UPDATE projects SET scanned_at = now(), root_device = $2 WHERE id = $1::integer",
                                    {std::to_string(project.id), project.device}));
}

DbStatus Store::set_trouble(std::int64_t project, const std::string& trouble) {
  return status_of(session_.execute("UPDATE projects SET trouble = nullif($2, '') WHERE id = $1::integer",
                                    {std::to_string(project), trouble}));
}

}  // namespace ca::workers
