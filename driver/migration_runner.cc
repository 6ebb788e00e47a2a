#include "driver/migration_runner.h"

#include <algorithm>
#include <cstdlib>

#include "common/log.h"

namespace ca::driver {

namespace {

using std::chrono::milliseconds;

// Any number that no other program's advisory lock is likely to have.
constexpr std::string_view lock_sql = "SET statement_timeout = 0; SELECT pg_advisory_lock(7163384728150423)";
constexpr std::string_view table_sql =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    "number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, "
    "applied_at timestamptz NOT NULL DEFAULT now())";
constexpr std::string_view read_sql = "SELECT number, name, checksum FROM schema_migrations ORDER BY number";

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
  send(Step::apply, "BEGIN;\n" + file.sql + "\n;INSERT INTO schema_migrations (number, name, checksum) VALUES (" +
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
