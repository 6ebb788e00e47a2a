#include "workers/indexer/loader.h"

#include <algorithm>
#include <set>
#include <string>

#include "database/schema.h"
#include "database/text.h"
#include "workers/indexer/fact_rows.h"

namespace ca::workers {

namespace {

using Ids = std::vector<std::int64_t>;

constexpr const char* pause_of_later = "30";  // seconds

DbStatus run(Connection& connection, const char* statement, const std::vector<Parameter>& parameters = {}) {
  auto rows = connection.execute(statement, parameters);
  if (!rows) return tl::unexpected(rows.error());
  return {};
}

DbResult<std::set<std::int64_t>> ids_of(DbResult<Rows> rows) {
  if (!rows) return tl::unexpected(rows.error());
  std::set<std::int64_t> ids;
  for (int row = 0; row < rows->size(); ++row) ids.insert(rows->integer(row, 0));
  return ids;
}

// Locks the files that are still ours, and their rows in the queue. Both, because a lock makes PostgreSQL look at the
// newest version of a row and check the conditions again, but only for the rows that are locked: if the watcher committed
// a change of a file after this statement's snapshot, its row in the queue has lost our token. A file that the watcher is
// just changing is left out rather than waited for: it goes back to the queue anyway, and so two writers never wait for
// each other.
DbResult<std::set<std::int64_t>> lock_files(Connection& connection, std::int64_t token, const Ids& files) {
  return ids_of(connection.execute(
      "SELECT f.id FROM files f JOIN index_queue q ON q.file_id = f.id "
      "WHERE f.id = ANY ($1::bigint[]) AND q.token = $2::bigint ORDER BY f.id FOR NO KEY UPDATE OF f, q SKIP LOCKED",
      {integer_array(files), std::to_string(token)}));
}

struct Batch {
  std::vector<const Outcome*> done;  // indexed, unchanged, skipped, dead
  Ids done_ids, replaced, back, failed;           // back: into the queue; failed: those of them that count as failures
  std::vector<std::string> reasons;  // of back
};

// What is stored has to go before new facts come in: where there may be any.
bool replaces_facts(const Outcome& outcome) { return outcome.kind != Outcome::Kind::unchanged; }

Batch sort_out(const std::vector<Outcome>& outcomes, const std::set<std::int64_t>& ours) {
  Batch batch;
  for (const auto& outcome : outcomes) {
    const auto id = outcome.claim.file_id;
    if (!ours.contains(id)) continue;
    if (outcome.kind == Outcome::Kind::retry || outcome.kind == Outcome::Kind::later) {
      batch.back.push_back(id);
      batch.reasons.push_back(valid_text(outcome.reason));
      if (outcome.kind == Outcome::Kind::retry) batch.failed.push_back(id);
    } else {
      batch.done.push_back(&outcome);
      batch.done_ids.push_back(id);
      if (replaces_facts(outcome) && !outcome.claim.known_hash.empty()) batch.replaced.push_back(id);
    }
  }
  return batch;
}

DbStatus remove_facts(Connection& connection, const Ids& files) {
  if (files.empty()) return {};
  for (const char* statement : {"DELETE FROM symbols WHERE file_id = ANY ($1::bigint[])",
                                "DELETE FROM imports WHERE file_id = ANY ($1::bigint[])",
                                "DELETE FROM issues WHERE file_id = ANY ($1::bigint[])",
                                "DELETE FROM packed_references WHERE file_id = ANY ($1::bigint[])"}) {
    if (auto done = run(connection, statement, {integer_array(files)}); !done) return done;
  }
  return {};
}

DbStatus copy_facts(Connection& connection, const Batch& batch) {
  FactRows rows;
  for (const auto* outcome : batch.done) {
    if (outcome->kind != Outcome::Kind::indexed) continue;
    rows.add(outcome->claim.project_id, outcome->claim.file_id, outcome->facts);
  }
  const std::pair<const char*, const CopyRows*> copies[] = {{copy_symbols, &rows.symbols},
                                                            {copy_imports, &rows.imports},
                                                            {copy_issues, &rows.issues},
                                                            {copy_references, &rows.references}};
  for (const auto& [statement, part] : copies) {
    if (part->empty()) continue;
    if (auto done = connection.copy_in(statement, part->bytes()); !done) return done;
  }
  return {};
}

const char* status_name(Outcome::Kind kind) {
  switch (kind) {
    case Outcome::Kind::indexed:
    case Outcome::Kind::unchanged: return "indexed";
    case Outcome::Kind::skipped: return "skipped";
    case Outcome::Kind::dead: return "dead";
    case Outcome::Kind::retry:
    case Outcome::Kind::later: break;
  }
  return "pending";
}

// '' stands for null in the text arrays. What is unchanged keeps its language and line count.
DbStatus update_files(Connection& connection, const Batch& batch) {
  if (batch.done.empty()) return {};
  std::vector<std::string> statuses, reasons, languages, hashes;
  Ids lines;
  for (const auto* outcome : batch.done) {
    statuses.push_back(status_name(outcome->kind));
    reasons.push_back(valid_text(outcome->reason));
    languages.push_back(outcome->language);
    hashes.push_back(outcome->hash);
    lines.push_back(outcome->kind == Outcome::Kind::unchanged ? std::int64_t{-1} : outcome->line_count);
  }
  return run(connection, R"(
    UPDATE files f
    SET status = d.status, error = nullif(d.error, ''),
        language = CASE WHEN d.lines < 0 THEN f.language ELSE nullif(d.language, '') END,
        line_count = CASE WHEN d.lines < 0 THEN f.line_count WHEN d.hash = '' THEN NULL ELSE d.lines END,
        content_hash = CASE WHEN d.hash = '' THEN NULL ELSE decode(d.hash, 'hex') END,
        analyser_version = $7::integer, indexed_at = now()
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[])
         AS d (id, status, error, language, hash, lines)
    WHERE f.id = d.id)",
             {integer_array(batch.done_ids), text_array(statuses), text_array(reasons), text_array(languages),
              text_array(hashes), integer_array(lines), std::to_string(analyser_version)});
}

// A go.mod says by which name a folder is imported. That it came or went the table's own trigger sees; what is new in it, only we.
DbStatus note_module_files(Connection& connection, const Batch& batch) {
  Ids projects;
  for (const auto* outcome : batch.done) {
    const std::string& path = outcome->claim.path;
    const bool is_module_file = path == "go.mod" || path.ends_with("/go.mod");
    if (is_module_file && outcome->kind == Outcome::Kind::indexed) projects.push_back(outcome->claim.project_id);
  }
  if (projects.empty()) return {};
  return run(connection, "INSERT INTO import_resolution_due (project_id) SELECT DISTINCT unnest($1::integer[])", {integer_array(projects)});
}

// Puts files back into the queue with a delay: one second per failure, or `pause_of_later` if the file could not be looked
// at for no fault of its own, which does not count as an attempt either. Until then, files.error has the reason.
DbStatus put_back(Connection& connection, std::int64_t token, const Batch& batch) {
  if (batch.back.empty()) return {};
  auto done = run(connection, R"(
    UPDATE index_queue q
    SET token = NULL, worker = NULL,
        failures = q.failures + (b.failed)::integer,
        attempts = greatest(q.attempts - (NOT b.failed)::integer, 0),
        available_at = now() + CASE WHEN b.failed THEN q.failures + 1 ELSE $4::integer END * interval '1 second'
    FROM (SELECT id, id = ANY ($2::bigint[]) AS failed FROM unnest($1::bigint[]) AS id) b
    WHERE q.file_id = b.id AND q.token = $3::bigint)",
                  {integer_array(batch.back), integer_array(batch.failed), std::to_string(token), pause_of_later});
  if (!done) return done;
  return run(connection,
             "UPDATE files f SET error = r.reason FROM unnest($1::bigint[], $2::text[]) AS r (id, reason) "
             "WHERE f.id = r.id",
             {integer_array(batch.back), text_array(batch.reasons)});
}

DbStatus store_once(Connection& connection, std::int64_t token, const std::vector<Outcome>& outcomes) {
  Ids files;
  for (const auto& outcome : outcomes) files.push_back(outcome.claim.file_id);
  // A commit that a crash of the server loses is no loss: the queue's rows come back with it.
  auto step = run(connection, "SET LOCAL synchronous_commit = off");
  if (!step) return step;
  const auto ours = lock_files(connection, token, files);
  if (!ours) return tl::unexpected(ours.error());
  const Batch batch = sort_out(outcomes, *ours);
  step = run(connection, "DELETE FROM index_queue WHERE file_id = ANY ($1::bigint[]) AND token = $2::bigint",
             {integer_array(batch.done_ids), std::to_string(token)});
  if (step) step = remove_facts(connection, batch.replaced);
  if (step) step = copy_facts(connection, batch);
  if (step) step = update_files(connection, batch);
  if (step) step = note_module_files(connection, batch);
  if (step) step = put_back(connection, token, batch);
  return step;
}

}  // namespace

DbStatus store(Session& session, std::int64_t token, const std::vector<Outcome>& outcomes) {
  if (outcomes.empty()) return {};
  return session.transaction([&](Connection& connection) { return store_once(connection, token, outcomes); });
}

}  // namespace ca::workers
