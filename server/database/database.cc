#include "server/database/database.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/check.h"
#include "common/sqlstate.h"
#include "server/database/caller.h"

namespace ca::server {

namespace {

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

constexpr int most_waiting = 100;           // for a turn of a large statement
constexpr Milliseconds probe_time{1'200};   // for a new connection and SELECT 1

tl::unexpected<DatabaseError> failed(DatabaseFailure kind, std::string message) {
  std::replace(message.begin(), message.end(), '\n', ' ');
  message.erase(message.find_last_not_of(' ') + 1);
  return tl::unexpected(DatabaseError{kind, std::move(message)});
}

DatabaseFailure failure_of(const char* sqlstate) {
  switch (sql_failure(sqlstate == nullptr ? "" : sqlstate)) {
    case SqlFailure::connection: return DatabaseFailure::unavailable;
    case SqlFailure::busy: return DatabaseFailure::busy_there;
    case SqlFailure::cancelled: return DatabaseFailure::timeout;
    case SqlFailure::permission: return DatabaseFailure::not_permitted;
    case SqlFailure::conflict:
    case SqlFailure::statement: break;
  }
  return DatabaseFailure::refused;
}

// The SQLSTATE in what libpq says of an attempt to connect, made with PQERRORS_VERBOSE: "…FATAL:  53300: sorry…".
std::string sqlstate_in(std::string_view message) {
  constexpr std::string_view before = "FATAL:  ";
  const auto at = message.find(before);
  return at == std::string_view::npos ? "" : std::string(message.substr(at + before.size(), 5));
}

tl::unexpected<DatabaseError> not_connected(const PGconn* connection) {
  const std::string message = PQerrorMessage(connection);
  const auto failure = failure_of(sqlstate_in(message).c_str());
  return failed(failure == DatabaseFailure::refused ? DatabaseFailure::unavailable : failure, message);
}

// Object identifiers of PostgreSQL's built-in types never change.
Rows value_of(const PGresult* result, int row, int column) {
  if (PQgetisnull(result, row, column) == 1) return nullptr;
  const char* text = PQgetvalue(result, row, column);
  switch (PQftype(result, column)) {
    case 16: return *text == 't';                                   // boolean
    case 20: case 21: case 23: return std::strtoll(text, nullptr, 10);  // bigint, smallint, integer
    case 700: case 701: case 1700: return std::strtod(text, nullptr);   // real, double precision, numeric
    default: return text;
  }
}

Rows rows_of(const PGresult* result) {
  Rows rows = Rows::array();
  for (int row = 0; row < PQntuples(result); ++row) {
    Rows object = Rows::object();
    for (int column = 0; column < PQnfields(result); ++column) {
      object[PQfname(result, column)] = value_of(result, row, column);
    }
    rows.push_back(std::move(object));
  }
  return rows;
}

bool send(PGconn* connection, const std::string& sql, const Parameters& parameters) {
  if (parameters.empty()) return PQsendQuery(connection, sql.c_str()) == 1;
  std::vector<const char*> values;
  for (const auto& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
  return PQsendQueryParams(connection, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr,
                           nullptr, 0) == 1;
}

}  // namespace

// How long a query waits, and for what besides the database's answer.
class Database::Patience {
 public:
  Patience(Database& database, Milliseconds time, bool is_watched)
      : database_(database), deadline_(MonotonicClock::now() + time), is_watched_(is_watched) {}

  Milliseconds left(Instant until) const {
    return std::chrono::ceil<Milliseconds>(std::min(until, deadline_) - MonotonicClock::now());
  }
  Milliseconds left() const { return left(deadline_); }
  void limit(Milliseconds time) { deadline_ = std::min(deadline_, MonotonicClock::now() + time); }

  // Returns once the connection is ready for `events`, or with the reason to give up.
  tl::expected<void, DatabaseError> wait(PGconn* connection, short events) {
    for (;;) {
      if (const auto over = look(); !over) return over;
      const bool suspects = is_watched_ && MonotonicClock::now() >= suspicious_at_;
      if (suspects) database_.watch_.suspect();
      const auto time = left(is_watched_ && !suspects ? suspicious_at_ : deadline_).count();
      std::array<pollfd, 4> entries{{{PQsocket(connection), events, 0},
                                     {database_.stop_event_.get(), POLLIN, 0},
                                     {is_watched_ ? database_.watch_.event() : -1, POLLIN, 0},
                                     {has_gone_ ? -1 : caller_, POLLRDHUP, 0}}};
      const int count = ::poll(entries.data(), entries.size(), static_cast<int>(std::max<std::int64_t>(time, 0)));
      if (count < 0 && errno != EINTR) return failed(DatabaseFailure::unavailable, std::strerror(errno));
      if (count <= 0) continue;
      if (entries[0].revents != 0) return {};
      if (entries[1].revents != 0) return failed(DatabaseFailure::unavailable, "the server is stopping");
      if (entries[2].revents != 0) {
        return failed(DatabaseFailure::unavailable, database_.watch_.away().value_or("the database does not answer"));
      }
      if (entries[3].revents != 0) client_has_gone();
    }
  }

 private:
  // A client that has closed only its sending side still reads a fast answer.
  void client_has_gone() {
    constexpr Milliseconds still_sent{1'000};
    has_gone_ = true;
    limit(still_sent);
  }

  tl::expected<void, DatabaseError> look() const {
    if (left().count() > 0) return {};
    if (has_gone_) return failed(DatabaseFailure::abandoned, "the client has gone");
    return failed(DatabaseFailure::timeout, "the database did not answer in time");
  }

  static constexpr Milliseconds suspicious{300};  // a wait for longer

  Database& database_;
  Instant deadline_;
  const bool is_watched_;
  const int caller_ = CallerScope::current();
  bool has_gone_ = false;
  Instant suspicious_at_ = MonotonicClock::now() + suspicious;
};

// A connection in use; it goes back when it is still fit for use, and is closed otherwise.
struct Database::Lease {
  Database* pool;
  Connection connection;

  Lease(Database* owner, Connection taken) : pool(owner), connection(std::move(taken)) {}
  Lease(Lease&& other) noexcept
      : pool(std::exchange(other.pool, nullptr)), connection(std::move(other.connection)) {}
  Lease& operator=(Lease&&) = delete;
  ~Lease() {
    if (pool != nullptr) pool->give_back(std::move(connection));
  }
};

Database::Database(Options options)
    : options_(std::move(options)),
      stop_event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      large_(options_.max_large, most_waiting),
      watch_([this] { return probe(); }) {
  CA_CHECK(stop_event_);
}

Database::~Database() { stop(); }

void Database::stop() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto ignored = ::write(stop_event_.get(), &one, sizeof one);
}

tl::expected<Connection, DatabaseError> Database::connect(Patience& patience) const {
  const std::array<const char*, 2> keywords{options_.name.empty() ? nullptr : "dbname", nullptr};
  const std::array<const char*, 2> values{options_.name.c_str(), nullptr};
  Connection connection(PQconnectStartParams(keywords.data(), values.data(), 0));
  if (!connection) return failed(DatabaseFailure::unavailable, "no memory for a connection");
  PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
  auto step = PQstatus(connection.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (step != PGRES_POLLING_OK) {
    if (step == PGRES_POLLING_FAILED) return not_connected(connection.get());
    if (auto waited = patience.wait(connection.get(), step == PGRES_POLLING_READING ? POLLIN : POLLOUT); !waited) {
      const auto failure = waited.error().failure;
      return failed(failure == DatabaseFailure::timeout ? DatabaseFailure::unavailable : failure,
                    "no connection to the driver: " + waited.error().message);
    }
    step = PQconnectPoll(connection.get());
  }
  PQsetErrorVerbosity(connection.get(), PQERRORS_DEFAULT);
  PQsetnonblocking(connection.get(), 1);
  return connection;
}

// The database answers anybody who asks: a connection of its own, so that no other statement is before it.
std::optional<std::string> Database::probe() {
  Patience patience(*this, probe_time, false);
  auto connection = connect(patience);
  if (!connection) return connection.error().message;
  const auto answer = run(connection->get(), "SELECT 1", {}, patience);
  if (!answer && answer.error().failure != DatabaseFailure::refused) return answer.error().message;
  return std::nullopt;
}

tl::expected<Database::Lease, DatabaseError> Database::lease(bool fresh, Patience& patience) {
  {
    std::unique_lock lock(mutex_);
    const auto is_free = [this] { return leased_ < options_.max_connections; };
    if (!returned_.wait_for(lock, std::min(patience.left(), options_.patience), is_free)) {
      return failed(DatabaseFailure::busy_here, "all connections to the database are busy");
    }
    ++leased_;
    if (fresh) idle_.clear();  // one was broken, so the others are
    if (!idle_.empty()) {
      Connection connection = std::move(idle_.back());
      idle_.pop_back();
      return Lease(this, std::move(connection));
    }
  }
  Lease lease(this, nullptr);
  Patience to_connect = patience;
  to_connect.limit(options_.connect_timeout);
  auto connection = connect(to_connect);
  if (!connection) return tl::unexpected(connection.error());
  lease.connection = std::move(*connection);
  return lease;
}

void Database::give_back(Connection connection) {
  const bool is_fit = connection && PQstatus(connection.get()) == CONNECTION_OK &&
                      PQtransactionStatus(connection.get()) == PQTRANS_IDLE;
  if (!is_fit) connection.reset();  // before the lock: closing writes to the socket
  const std::lock_guard lock(mutex_);
  --leased_;
  if (connection) idle_.push_back(std::move(connection));
  returned_.notify_one();
}

tl::expected<Rows, DatabaseError> Database::run(PGconn* connection, const std::string& sql,
                                                const Parameters& parameters, Patience& patience) const {
  const auto broken = [&] { return failed(DatabaseFailure::unavailable, PQerrorMessage(connection)); };
  if (!send(connection, sql, parameters)) return broken();
  for (int rest = PQflush(connection); rest != 0; rest = PQflush(connection)) {
    if (rest < 0) return broken();
    if (auto waited = patience.wait(connection, POLLOUT); !waited) return tl::unexpected(waited.error());
  }
  tl::expected<Rows, DatabaseError> answer = Rows::array();
  for (;;) {
    while (PQisBusy(connection) == 1) {
      if (auto waited = patience.wait(connection, POLLIN); !waited) return tl::unexpected(waited.error());
      if (PQconsumeInput(connection) != 1) return broken();
    }
    const Result result(PQgetResult(connection), &PQclear);
    if (!result) return answer;
    const auto status = PQresultStatus(result.get());
    if (status == PGRES_TUPLES_OK && answer) answer = rows_of(result.get());
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY) continue;
    const bool lost = PQstatus(connection) == CONNECTION_BAD;
    const char* sqlstate = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    answer = failed(lost ? DatabaseFailure::unavailable : failure_of(sqlstate), PQresultErrorMessage(result.get()));
    if (PQstatus(connection) == CONNECTION_BAD) return answer;
  }
}

tl::expected<Rows, DatabaseError> Database::query(const std::string& sql, const Parameters& parameters, Cost cost) {
  Patience patience(*this, options_.statement_timeout, true);
  Gate::Pass pass;
  if (cost == Cost::large) {
    pass = large_.enter(std::min(patience.left(), options_.patience));
    if (!pass) return failed(DatabaseFailure::busy_here, "too many large statements at once");
  }
  for (bool again = false;; again = true) {
    if (auto reason = watch_.away()) return failed(DatabaseFailure::unavailable, *reason);
    auto leased = lease(again, patience);
    if (!leased) return tl::unexpected(leased.error());
    auto rows = run(leased->connection.get(), sql, parameters, patience);
    if (rows) return rows;
    const auto failure = rows.error().failure;
    if (PQtransactionStatus(leased->connection.get()) == PQTRANS_ACTIVE &&
        (failure == DatabaseFailure::timeout || failure == DatabaseFailure::abandoned)) {
      Connection connection = std::move(leased->connection);
      using Held = std::pair<Lease, Gate::Pass>;
      canceller_.cancel(std::move(connection), std::make_shared<Held>(std::move(*leased), std::move(pass)));
      return rows;
    }
    if (failure != DatabaseFailure::unavailable || again) return rows;
    // A connection that was idle while the driver restarted is found broken only by its use.
  }
}

}  // namespace ca::server
