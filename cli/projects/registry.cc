#include "cli/projects/registry.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "common/json.h"
#include "common/printable.h"
#include "database/text.h"
#include "workers/maintenance/chores.h"

namespace ca::workers {

namespace {

using nlohmann::json;

tl::unexpected<Error> refused(const DbError& error) { return failure("the database: " + error.message); }

// A row: the project is there now. None: another project has the name.
constexpr const char* add_statement = R"(
  WITH added AS (
    INSERT INTO projects AS p (name, path, exclude, index_secrets, origin) VALUES ($1, $2, $3::text[], $4::boolean, 'added')
    ON CONFLICT (name) DO UPDATE SET path = excluded.path, exclude = excluded.exclude, index_secrets = excluded.index_secrets,
      origin = 'added' WHERE p.origin = 'added' AND p.path = excluded.path
    RETURNING id
  )
  SELECT id, pg_notify('projects', '') FROM added)";

constexpr const char* remove_statement = R"(
  WITH marked AS (
    UPDATE projects SET origin = 'removed', name = removed_name(id, name) WHERE name = $1 AND origin = 'added' RETURNING id
  )
  SELECT (SELECT count(*) FROM files f WHERE f.project_id = marked.id), pg_notify('projects', '') FROM marked)";

constexpr const char* progress_statement = R"(
  SELECT coalesce(json_agg(json_build_object('name', name, 'path', path, 'origin', origin, 'files', files, 'indexed', indexed,
    'pending', pending, 'skipped', skipped, 'dead', dead, 'files_per_second', files_per_second, 'seconds_left', seconds_left,
    'scanned', scanned_at IS NOT NULL, 'trouble', trouble) ORDER BY name), '[]') FROM project_progress WHERE origin <> 'removed')";

constexpr const char* dead_statement = R"(
  SELECT coalesce(json_agg(json_build_object('project', name, 'path', path, 'reason', error)), '[]') FROM (
    SELECT p.name, f.path, f.error FROM files f JOIN projects p ON p.id = f.project_id
    WHERE f.status = 'dead' ORDER BY 1, 2 LIMIT $1::integer) dead)";

std::string state_of(const json& project) {
  const auto number = [&](const char* key) { return project[key].get<std::int64_t>(); };
  const auto& reason = project["trouble"];
  const std::string trouble = reason.is_string() ? "; " + printable(reason.get<std::string>()) : "";
  if (!project["scanned"].get<bool>() && number("files") == 0) return "not scanned yet" + trouble;
  std::string text = fmt::format("{} file{}, {} indexed", number("files"), number("files") == 1 ? "" : "s", number("indexed"));
  if (number("pending") > 0) text += fmt::format(", {} pending", number("pending"));
  if (!project["seconds_left"].is_null()) {
    text += fmt::format(" ({:.0f} a second, {} s left)", project["files_per_second"].get<double>(), number("seconds_left"));
  }
  if (number("skipped") > 0) text += fmt::format(", {} skipped", number("skipped"));
  if (number("dead") > 0) text += fmt::format(", {} given up on", number("dead"));
  return text + trouble;
}

}  // namespace

Status add_project(Session& session, const ProjectConfig& project) {
  struct stat info {};
  if (::stat(project.path.c_str(), &info) != 0) return system_failure(project.path, errno);
  if (!S_ISDIR(info.st_mode)) return failure(project.path + " is no folder");
  const auto rows = session.execute(add_statement, {project.name, project.path, text_array(project.exclude),
                                                    project.index_secrets ? "true" : "false"});
  if (!rows) return refused(rows.error());
  if (rows->size() > 0) return {};
  return failure(fmt::format("there is a project {} already, at another path or in the configuration file; see: project list", project.name));
}

Result<std::int64_t> remove_project(Session& session, const std::string& name) {
  const auto marked = session.execute(remove_statement, {name});
  if (!marked) return refused(marked.error());
  if (marked->size() == 0) {
    const auto configured = session.execute("SELECT FROM projects WHERE name = $1 AND origin = 'configured'", {name});
    if (!configured) return refused(configured.error());
    if (configured->size() == 0) return failure(fmt::format("there is no project {}; see: project list", name));
    return failure(fmt::format("project {} stands in the configuration file: take it out there and restart", name));
  }
  const std::int64_t files = marked->integer(0, 0);
  if (const auto removed = remove_projects(session, nullptr); !removed) return refused(removed.error());
  return files;
}

Result<json> progress(Session& session) {
  const auto projects = session.execute(progress_statement);
  if (!projects) return refused(projects.error());
  const auto dead = session.execute(dead_statement, {std::to_string(most_dead_letters)});
  if (!dead) return refused(dead.error());
  auto listed = parse_json<json>(projects->text(0, 0), projects->text(0, 0).size());
  auto letters = parse_json<json>(dead->text(0, 0), dead->text(0, 0).size());
  if (!listed || !letters) return failure("the database: the answer is " + (listed ? letters : listed).error().message);
  return json{{"projects", std::move(*listed)}, {"dead_letters", std::move(*letters)}};
}

std::string progress_text(const json& progress, bool with_paths) {
  std::size_t width = 0;
  for (const auto& project : progress["projects"]) width = std::max(width, printable(project["name"].get<std::string>()).size());
  std::string text;
  for (const auto& project : progress["projects"]) {
    text += fmt::format("{:<{}}  {}", printable(project["name"].get<std::string>()), width, printable(state_of(project)));
    if (with_paths) text += fmt::format("  {} ({})", printable(project["path"].get<std::string>()), printable(project["origin"].get<std::string>()));
    text += "\n";
  }
  if (text.empty()) text = "no projects\n";
  for (const auto& letter : progress["dead_letters"]) {
    const std::string reason = letter["reason"].is_string() ? letter["reason"].get<std::string>() : "no reason is known";
    text += fmt::format("given up on: {}/{}: {}\n", printable(letter["project"].get<std::string>()),
                        printable(letter["path"].get<std::string>()), printable(reason));
  }
  return text;
}

}  // namespace ca::workers
