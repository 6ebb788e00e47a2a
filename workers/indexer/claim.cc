#include "workers/indexer/claim.h"

#include "database/schema.h"

namespace ca::workers {

namespace {

// SKIP LOCKED: several indexers never wait for each other here, and no row is handed out twice.
constexpr const char* claim_statement = R"(
  WITH ticket AS MATERIALIZED (
    SELECT nextval('index_claims') AS token
  ), next AS MATERIALIZED (
    SELECT file_id FROM index_queue
    WHERE available_at <= now() AND (attempts > 0) = $4::boolean
    ORDER BY priority, available_at LIMIT $1::integer FOR UPDATE SKIP LOCKED
  ), claimed AS (
    UPDATE index_queue q
    SET available_at = now() + $2::integer * interval '1 second', attempts = q.attempts + 1, token = ticket.token,
        worker = $3
    FROM next, ticket WHERE q.file_id = next.file_id
    RETURNING q.file_id, q.attempts, q.failures, q.token, q.priority
  )
  SELECT c.token, f.id, f.project_id, p.path, f.path, c.attempts, c.failures, encode(f.content_hash, 'hex'), f.analyser_version
  FROM claimed c JOIN files f ON f.id = c.file_id JOIN projects p ON p.id = f.project_id
  ORDER BY c.priority, f.id)";

// In the order of file_id, in which the watcher locks these rows too, so that the two never wait for each other in a circle.
constexpr const char* release_statement = R"(
  WITH mine AS MATERIALIZED (
    SELECT file_id FROM index_queue WHERE token = $1::bigint ORDER BY file_id FOR NO KEY UPDATE
  )
  UPDATE index_queue q SET token = NULL, worker = NULL, available_at = now(), attempts = greatest(q.attempts - 1, 0)
  FROM mine WHERE q.file_id = mine.file_id)";

constexpr const char* release_all_statement = R"(
  WITH mine AS MATERIALIZED (
    SELECT file_id FROM index_queue WHERE worker = $1 AND token IS NOT NULL ORDER BY file_id FOR NO KEY UPDATE
  )
  UPDATE index_queue q SET token = NULL, worker = NULL, available_at = now(), attempts = greatest(q.attempts - $2::integer, 0)
  FROM mine WHERE q.file_id = mine.file_id)";

DbResult<Claims> claim(Session& session, const std::string& worker, int limit, bool tried_before) {
  auto rows = session.execute(
      claim_statement, {std::to_string(limit), std::to_string(lease_seconds), worker, tried_before ? "true" : "false"});
  if (!rows) return tl::unexpected(rows.error());
  Claims claims;
  for (int row = 0; row < rows->size(); ++row) {
    claims.token = rows->integer(row, 0);
    Claim file;
    file.file_id = rows->integer(row, 1);
    file.project_id = rows->integer(row, 2);
    file.root = rows->text(row, 3);
    file.path = rows->text(row, 4);
    file.attempts = static_cast<int>(rows->integer(row, 5));
    file.failures = static_cast<int>(rows->integer(row, 6));
    file.known_hash = rows->text(row, 7);
    file.known_version = static_cast<int>(rows->integer(row, 8));
    claims.files.push_back(std::move(file));
  }
  return claims;
}

}  // namespace

DbResult<Claims> claim_next(Session& session, const std::string& worker, int limit) {
  auto fresh = claim(session, worker, limit, false);
  if (!fresh || !fresh->files.empty()) return fresh;
  return claim(session, worker, 1, true);
}

DbStatus release(Session& session, std::int64_t token) {
  auto done = session.execute(release_statement, {std::to_string(token)});
  if (!done) return tl::unexpected(done.error());
  return {};
}

DbStatus release_all(Connection& connection, const std::string& worker, bool counted) {
  auto done = connection.execute(release_all_statement, {worker, counted ? "0" : "1"});
  if (!done) return tl::unexpected(done.error());
  return {};
}

}  // namespace ca::workers
