#include "driver/migrations/migration_runner.h"

#include <algorithm>
#include <cstdlib>

#include "common/log.h"

namespace ca::driver {

namespace {

using std::chrono::milliseconds;

// Any number that no other program's advisory lock is likely to have.
constexpr std::string_view lock_sql = "SET statement_timeout = 0; SELECT pg_advisory_lock(7163384728150423)";
// In a schema of the driver's own, so that no name is taken that a user's program wants: Ruby on Rails has a table
// schema_migrations. Earlier versions of the driver kept theirs under that name; it is told by its columns, and moved. One
// that an earlier version has made again since is dropped, unless it tells of other migrations. All in one transaction.
constexpr std::string_view table_sql = R"(DO $code_analysis$
DECLARE
  earlier regclass := (
    SELECT c.oid FROM unnest(current_schemas(false)) WITH ORDINALITY AS path (name, place)
    JOIN pg_namespace n ON n.nspname = path.name
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'schema_migrations' AND c.relkind = 'r'
    WHERE (SELECT array_agg(attname || ' ' || format_type(atttypid, NULL) ORDER BY attnum) FROM pg_attribute
           WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped)
      = ARRAY['number integer', 'name text', 'checksum text', 'applied_at timestamp with time zone']
    ORDER BY path.place LIMIT 1);
  differs boolean;
BEGIN
  IF to_regnamespace('code_analysis_driver') IS NULL THEN
    CREATE SCHEMA code_analysis_driver;
  END IF;
  IF to_regclass('code_analysis_driver.migrations') IS NULL THEN
    IF earlier IS NOT NULL THEN
      EXECUTE format('ALTER TABLE %s SET SCHEMA code_analysis_driver', earlier);
      ALTER TABLE code_analysis_driver.schema_migrations RENAME TO migrations;
    ELSE
      CREATE TABLE code_analysis_driver.migrations (
        number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now());
    END IF;
  ELSIF earlier IS NOT NULL THEN
    EXECUTE format('SELECT EXISTS (SELECT number, checksum FROM %s '
                   'EXCEPT SELECT number, checksum FROM code_analysis_driver.migrations)', earlier) INTO differs;
    IF differs THEN
      RAISE 'an earlier version of the driver has applied migrations since this one, and recorded them in %', earlier;
    END IF;
    EXECUTE format('DROP TABLE %s', earlier);
  END IF;
END $code_analysis$)";
constexpr std::string_view read_sql =
    "SELECT number, name, checksum FROM code_analysis_driver.migrations ORDER BY number";

// A shortage, a shut-down, a broken connection, a conflict: the next attempt may succeed.
bool mends_by_waiting(std::string_view sqlstate) {
  const auto kind = sqlstate.substr(0, 2);
  return kind == "08" || kind == "53" || kind == "57" || kind == "58" || kind == "40" || kind == "55" || sqlstate == "25006";
}

}  // namespace

MigrationRunner::MigrationRunner(EventLoop& loop, const ConnectSettings& settings, const std::vector<Migration>& files,
                                 Listener listener)
    : loop_(loop),
      settings_(settings),
      files_(files),
      listener_(std::move(listener)),
      retry_(loop, [this] { connect(); }) {}

MigrationRunner::~MigrationRunner() { poll_.reset(); }

void MigrationRunner::start() { connect(); }

void MigrationRunner::connect() {
  step_ = Step::connect;
  results_.clear();
  connector_ = std::make_unique<Connector>(
      loop_, settings_, [this](PgConnection connection) { connected(std::move(connection)); },
      [this](const ConnectFailure& failure) {
        connector_.reset();
        failure.permanent ? give_up(failure.text) : retry(failure.text);
      });
  connector_->start();
}

void MigrationRunner::connected(PgConnection connection) {
  connector_.reset();
  conn_ = std::move(connection);
  pause_ = {};
  PQsetnonblocking(conn_.get(), 1);
  poll_ = std::make_unique<Poll>(loop_, PQsocket(conn_.get()), [this](int) { on_event(); });
  send(Step::lock, std::string(lock_sql));
}

void MigrationRunner::send(Step step, const std::string& sql) {
  step_ = step;
  results_.clear();
  if (PQsendQuery(conn_.get(), sql.c_str()) != 1) return retry(PQerrorMessage(conn_.get()));
  on_event();
}

void MigrationRunner::on_event() {
  const int unsent = PQflush(conn_.get());
  if (unsent < 0 || PQconsumeInput(conn_.get()) != 1) return retry(PQerrorMessage(conn_.get()));
  while (PQisBusy(conn_.get()) == 0) {
    PgResult result(PQgetResult(conn_.get()));
    if (!result) return on_results();
    results_.push_back(std::move(result));
  }
  poll_->want(UV_READABLE | (unsent > 0 ? UV_WRITABLE : 0));
}

void MigrationRunner::on_results() {
  for (const auto& result : results_) {
    const auto status = PQresultStatus(result.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY) continue;
    const char* sqlstate = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    const char* primary = PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
    std::string why = primary != nullptr ? primary : "the connection was lost";
    if (sqlstate != nullptr) why += " (SQLSTATE " + std::string(sqlstate) + ")";
    if (step_ == Step::table) why = "schema code_analysis_driver, where the driver records its migrations: " + why;
    if (step_ == Step::apply) why = "migration " + files_[next_].name + ": " + why;
    return sqlstate == nullptr || mends_by_waiting(sqlstate) ? retry(why) : give_up(why);
  }
  on_success(results_.empty() ? nullptr : results_.back().get());
}

void MigrationRunner::on_success(const PGresult* last) {
  switch (step_) {
    case Step::idle:
    case Step::connect: return;
    case Step::lock: return send(Step::table, std::string(table_sql));
    case Step::table: return send(Step::read, std::string(read_sql));
    case Step::read: return read_applied(last);
    case Step::apply:
      log::info("migration {} applied", files_[next_].name);
      ++next_;
      return apply_next();
  }
}

void MigrationRunner::read_applied(const PGresult* rows) {
  std::vector<AppliedMigration> applied;
  for (int row = 0; row < PQntuples(rows); ++row) {
    applied.push_back({std::atoi(PQgetvalue(rows, row, 0)), PQgetvalue(rows, row, 1), PQgetvalue(rows, row, 2)});
  }
  const auto count = count_applied(files_, applied);
  if (!count) return give_up(count.error().message);
  next_ = *count;
  apply_next();
}

// The file's own text and its record are one transaction. Names and checksums hold no quote.
void MigrationRunner::apply_next() {
  if (next_ == files_.size()) {
    step_ = Step::idle;
    poll_.reset();
    conn_.reset();  // ends the lock too
    return listener_.done();
  }
  const Migration& file = files_[next_];
  std::string name;
  for (const char c : file.name) name += c == '\'' ? std::string("''") : std::string(1, c);
  send(Step::apply, "BEGIN;\n" + file.sql +
                        "\n;INSERT INTO code_analysis_driver.migrations (number, name, checksum) VALUES (" +
                        std::to_string(file.number) + ", '" + name + "', '" + file.checksum + "');\nCOMMIT");
}

void MigrationRunner::retry(const std::string& why) {
  poll_.reset();
  results_.clear();
  conn_.reset();
  step_ = Step::idle;
  pause_ = pause_ == milliseconds{} ? milliseconds{50} : std::min(pause_ * 2, milliseconds{500});
  retry_.start(pause_);
  listener_.waiting(why);
}

void MigrationRunner::give_up(const std::string& why) {
  const std::string reason = why;
  poll_.reset();
  conn_.reset();
  step_ = Step::idle;
  listener_.hopeless(reason);
}

}  // namespace ca::driver
