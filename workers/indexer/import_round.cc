#include "workers/indexer/import_round.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <utility>

#include "common/log.h"
#include "common/posix.h"
#include "database/text.h"
#include "workers/files/beneath.h"
#include "workers/files/root.h"
#include "workers/indexer/left_out.h"

namespace ca::workers {

namespace {

using analysis::Language;
using analysis::imports::Resolved;
using Ids = std::vector<std::int64_t>;

// A portion is some thousand imports: some ten milliseconds for who waits for its locks.
constexpr std::size_t files_per_portion = 200;
constexpr const char* round_lease = "30";  // seconds
constexpr Milliseconds renewal{5'000};     // portions without anything to write renew the lease this often
constexpr const char* most_due = "50000";  // rows a round takes on; the rest is left to the next one
constexpr std::size_t largest_go_mod = 1 << 20;

constexpr const char* pick_statement = R"(
  SELECT d.project_id FROM import_resolution_due d
  WHERE d.since <= now() - $1::bigint * interval '1 millisecond'
    AND NOT EXISTS (SELECT FROM import_rounds r WHERE r.project_id = d.project_id AND r.until > now())
  ORDER BY d.id LIMIT 1)";

// The loser of two that try at once waits for the winner's commit, then sees that the lease has not run out.
constexpr const char* take_statement = R"(
  WITH project AS (
    SELECT id, path FROM projects WHERE id = $1::integer AND origin <> 'removed' FOR KEY SHARE
  ), taken AS (
    INSERT INTO import_rounds AS r (project_id, token, worker, until)
    SELECT id, nextval('index_claims'), $2, now() + $3::integer * interval '1 second' FROM project
    ON CONFLICT (project_id) DO UPDATE SET token = excluded.token, worker = excluded.worker, until = excluded.until
      WHERE r.until <= now()
    RETURNING token
  )
  SELECT token, path FROM taken, project)";

constexpr const char* forget_statement = R"(
  DELETE FROM import_resolution_due d WHERE project_id = $1::integer
    AND NOT EXISTS (SELECT FROM projects p WHERE p.id = d.project_id AND p.origin <> 'removed'))";

// File by file from the index: right after a load there are no statistics yet, and the planner would read the whole table for each
// portion.
constexpr const char* imports_statement = R"(
  SELECT i.id, i.file_id, i.target, i.name, i.relative_level, i.is_system, i.resolution, i.resolved_path, i.resolved_file_id
  FROM unnest($1::bigint[]) AS file (id)
  CROSS JOIN LATERAL (SELECT * FROM imports WHERE file_id = file.id OFFSET 0) i)";

// REQUIRES: enable_seqscan is off, for the same reason.
constexpr const char* update_statement = R"(
  WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[]) AS w (id, resolution, path, file_id)
  ), free AS MATERIALIZED (
    SELECT id FROM imports WHERE id = ANY ($1::bigint[]) FOR NO KEY UPDATE SKIP LOCKED
  )
  UPDATE imports i
  SET resolution = w.resolution, resolved_path = CASE WHEN w.resolution IN ('file', 'folder') THEN w.path END,
      resolved_file_id = nullif(w.file_id, 0)
  FROM wanted w JOIN free USING (id) WHERE i.id = w.id AND i.id = ANY ($1::bigint[]))";

const char* kind_name(Resolved::Kind kind) {
  switch (kind) {
    case Resolved::Kind::foreign: return "foreign";
    case Resolved::Kind::missing: return "missing";
    case Resolved::Kind::file: return "file";
    case Resolved::Kind::folder: return "folder";
  }
  return "foreign";
}

std::optional<Language> language_named(std::string_view name) {
  for (int number = 0; number <= static_cast<int>(Language::bash); ++number) {
    const auto language = static_cast<Language>(number);
    if (name == analysis::language_name(language)) return language;
  }
  return std::nullopt;
}

// Returns the text of a go.mod that has a row, "" if this process may not read it or if it is too large. Errors: all else,
// also that it is not there: then the tree is not the one that the rows are from.
Result<std::string> module_text(int root, const std::string& path) {
  const auto fd = open_beneath(root, path, O_RDONLY);
  if (!fd && means_closed(fd.error().code)) return "";
  if (!fd) return tl::unexpected(fd.error());
  auto text = read_to_end(fd->get(), largest_go_mod);
  if (!text && text.error().code == EFBIG) return "";
  return text;
}

analysis::Import import_of(const Rows& rows, int row) {
  analysis::Import import;
  import.target = rows.text(row, 2);
  import.name = rows.text(row, 3);
  import.relative_level = static_cast<std::int32_t>(rows.integer(row, 4));
  import.is_system = rows.text(row, 5) == "t";
  return import;
}

DbStatus status_of(DbResult<Rows> rows) {
  if (!rows) return tl::unexpected(rows.error());
  return {};
}

}  // namespace

// What differs from the rows as they were read; '' and 0 stand for null.
struct ImportRound::Changes {
  Ids imports, targets, importers;
  std::vector<std::string> kinds, paths;
};

DbResult<std::optional<ImportRound::Lease>> ImportRound::take(Session& session, const std::string& worker, std::int64_t project) {
  const std::string id = std::to_string(project);
  auto rows = session.execute(take_statement, {id, worker, round_lease});
  if (!rows) return tl::unexpected(rows.error());
  if (rows->size() == 1) return Lease{project, rows->integer(0, 0), std::string(rows->text(0, 1))};
  auto forgotten = session.execute(forget_statement, {id});
  if (!forgotten) return tl::unexpected(forgotten.error());
  return std::nullopt;
}

DbResult<std::optional<ImportRound>> ImportRound::begin(Session& session, const std::string& worker, Milliseconds due_for) {
  for (;;) {
    auto picked = session.execute(pick_statement, {std::to_string(due_for.count())});
    if (!picked) return tl::unexpected(picked.error());
    if (picked->size() == 0) return std::nullopt;
    auto lease = take(session, worker, picked->integer(0, 0));
    if (!lease) return tl::unexpected(lease.error());
    if (!*lease) continue;
    ImportRound round(std::move(**lease));
    const auto begun = round.read(session);
    if (!begun) return tl::unexpected(begun.error());
    if (*begun && round.make_resolver()) return round;
  }
}

// The rows that are due are read before the paths: then what each of them stands for is among the paths. False where somebody
// else has just done it all.
DbResult<bool> ImportRound::read(Session& session) {
  auto rows = session.execute(
      "SELECT id, file_id FROM import_resolution_due WHERE project_id = $1::integer ORDER BY id LIMIT $2::integer",
      {std::to_string(lease_.project), most_due});
  if (!rows) return tl::unexpected(rows.error());
  if (rows->size() == 0) {
    auto given_back = session.execute("UPDATE import_rounds SET until = now() WHERE token = $1::bigint", {std::to_string(lease_.token)});
    if (!given_back) return tl::unexpected(given_back.error());
    return false;
  }
  bool all = false;
  for (int row = 0; row < rows->size(); ++row) {
    due_.push_back(rows->integer(row, 0));
    if (rows->is_null(row, 1)) all = true;
    only_.push_back(rows->integer(row, 1));
  }
  std::sort(only_.begin(), only_.end());
  if (all) only_.clear();
  auto done = read_files(session);
  if (!done) return tl::unexpected(done.error());
  return true;
}

DbStatus ImportRound::read_files(Session& session) {
  auto rows = session.execute("SELECT id, path, language FROM files WHERE project_id = $1::integer", {std::to_string(lease_.project)});
  if (!rows) return tl::unexpected(rows.error());
  std::vector<int> order(static_cast<std::size_t>(rows->size()));
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int a, int b) { return rows->text(a, 1) < rows->text(b, 1); });
  for (const int row : order) {
    const File file{rows->integer(row, 0), language_named(rows->text(row, 2))};
    const bool wanted = only_.empty() || std::binary_search(only_.begin(), only_.end(), file.id);
    if (wanted && file.language) importers_.push_back(files_.size());
    files_.push_back(file);
    paths_.emplace_back(rows->text(row, 1));
  }
  std::sort(importers_.begin(), importers_.end(), [&](std::size_t a, std::size_t b) { return files_[a].id < files_[b].id; });
  return {};
}

// Returns false if the tree cannot be seen: then nothing can be said to be missing. The lease runs out, and another round
// tries again.
bool ImportRound::make_resolver() {
  const auto root = open_root(lease_.root);
  if (!root) {
    log::warning("imports below {} are not looked at for now: {}", lease_.root, root.error().message);
    return false;
  }
  std::vector<analysis::imports::GoModule> modules;
  for (const std::string& path : paths_) {
    if (analysis::imports::name_of(path) != "go.mod") continue;
    const auto text = module_text(root->get(), path);
    if (!text) {
      log::warning("imports below {} are not looked at for now: {}", lease_.root, text.error().message);
      return false;
    }
    modules.push_back({std::string(analysis::imports::folder_of(path)), analysis::imports::go_module_path(*text)});
  }
  resolver_.emplace(paths_, left_out(root->get(), paths_), std::move(modules));
  return true;
}

Ids ImportRound::next_portion() {
  Ids portion;
  for (; next_ < importers_.size() && portion.size() < files_per_portion; ++next_) portion.push_back(files_[importers_[next_]].id);
  return portion;
}

DbResult<ImportRound::Changes> ImportRound::resolve(Session& session, const Ids& portion) const {
  auto rows = session.execute(imports_statement, {integer_array(portion)});
  if (!rows) return tl::unexpected(rows.error());
  Changes changes;
  for (int row = 0; row < rows->size(); ++row) {
    const std::int64_t importer_id = rows->integer(row, 1);
    const auto at = std::lower_bound(importers_.begin(), importers_.end(), importer_id,
                                     [&](std::size_t index, std::int64_t id) { return files_[index].id < id; });
    const Resolved found = resolver_->resolve(*files_[*at].language, paths_[*at], import_of(*rows, row));
    const char* kind = kind_name(found.kind);
    std::int64_t target = 0;
    if (found.kind == Resolved::Kind::file) {
      const auto path = std::lower_bound(paths_.begin(), paths_.end(), found.path);
      target = files_[static_cast<std::size_t>(path - paths_.begin())].id;
    }
    if (rows->text(row, 6) == kind && rows->text(row, 7) == found.path && rows->integer(row, 8) == target) continue;
    changes.imports.push_back(rows->integer(row, 0));
    changes.kinds.emplace_back(kind);
    changes.paths.push_back(found.path);
    changes.targets.push_back(target);
    if (changes.importers.empty() || changes.importers.back() != importer_id) changes.importers.push_back(importer_id);
  }
  return changes;
}

DbStatus ImportRound::write(Connection& connection, const Changes& changes, bool last, bool& ours) const {
  const std::string project = std::to_string(lease_.project);
  // What a crash of the server loses of this, it loses from the end: the rows that are due come back first.
  for (const char* setting : {"SET LOCAL synchronous_commit = off", "SET LOCAL enable_seqscan = off"}) {
    if (auto set = connection.execute(setting); !set) return tl::unexpected(set.error());
  }
  auto held = connection.execute(
      "UPDATE import_rounds SET until = CASE WHEN $4 THEN now() ELSE now() + $3::integer * interval '1 second' END "
      "WHERE project_id = $1::integer AND token = $2::bigint",
      {project, std::to_string(lease_.token), round_lease, last ? "true" : "false"});
  if (!held) return tl::unexpected(held.error());
  ours = held->affected() == 1;
  if (!ours) return {};
  if (!changes.imports.empty()) {
    auto written = connection.execute(update_statement, {integer_array(changes.imports), text_array(changes.kinds),
                                                         text_array(changes.paths), integer_array(changes.targets)});
    if (!written) return tl::unexpected(written.error());
    if (written->affected() < static_cast<std::int64_t>(changes.imports.size())) {
      auto again = connection.execute(
          "INSERT INTO import_resolution_due (project_id, file_id) SELECT DISTINCT $1::integer, unnest($2::bigint[])",
          {project, integer_array(changes.importers)});
      if (!again) return tl::unexpected(again.error());
    }
  }
  if (!last) return {};
  return status_of(connection.execute("DELETE FROM import_resolution_due WHERE id = ANY ($1::bigint[])", {integer_array(due_)}));
}

DbResult<bool> ImportRound::step(Session& session) {
  const Ids portion = next_portion();
  const bool last = next_ == importers_.size();
  auto changes = resolve(session, portion);
  if (!changes) return tl::unexpected(changes.error());
  const Instant now = MonotonicClock::now();
  if (changes->imports.empty() && !last && now < renew_at_) return true;
  renew_at_ = now + renewal;
  bool ours = false;
  auto written = session.transaction([&](Connection& connection) { return write(connection, *changes, last, ours); });
  if (!written) return tl::unexpected(written.error());
  return ours && !last;
}

DbStatus release_rounds(Connection& connection, const std::string& worker) {
  return status_of(connection.execute("UPDATE import_rounds SET until = now() WHERE worker = $1 AND until > now()", {worker}));
}

}  // namespace ca::workers
