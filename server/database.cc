#include "server/database.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/check.h"

namespace ca::server {

namespace {

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

tl::unexpected<DatabaseError> failed(DatabaseFailure kind, std::string message) {
  std::replace(message.begin(), message.end(), '\n', ' ');
  message.erase(message.find_last_not_of(' ') + 1);
  return tl::unexpected(DatabaseError{kind, std::move(message)});
}

// Class 08 (connection) and 57P (shutdown): what was asked may simply be asked again.
bool is_connection_sqlstate(const char* sqlstate) {
  return sqlstate != nullptr && (std::strncmp(sqlstate, "08", 2) == 0 || std::strncmp(sqlstate, "57P", 3) == 0);
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
    : options_(std::move(options)), stop_event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CA_CHECK(stop_event_);
}

Database::~Database() = default;

void Database::stop() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto ignored = ::write(stop_event_.get(), &one, sizeof one);
}

tl::expected<void, DatabaseError> Database::wait(PGconn* connection, short events, Instant deadline) const {
  for (;;) {
    const auto left = std::chrono::ceil<Milliseconds>(deadline - MonotonicClock::now()).count();
    if (left <= 0) return failed(DatabaseFailure::timeout, "the database did not answer in time");
    std::array<pollfd, 2> entries{{{PQsocket(connection), events, 0}, {stop_event_.get(), POLLIN, 0}}};
    const int count = ::poll(entries.data(), entries.size(), static_cast<int>(left));
    if (count < 0 && errno != EINTR) return failed(DatabaseFailure::unavailable, std::strerror(errno));
    if (count > 0 && entries[1].revents != 0) return failed(DatabaseFailure::unavailable, "the server is stopping");
    if (count > 0) return {};
  }
}

tl::expected<Database::Connection, DatabaseError> Database::connect() const {
  const std::array<const char*, 2> keywords{options_.name.empty() ? nullptr : "dbname", nullptr};
  const std::array<const char*, 2> values{options_.name.c_str(), nullptr};
  Connection connection(PQconnectStartParams(keywords.data(), values.data(), 0));
  if (!connection) return failed(DatabaseFailure::unavailable, "no memory for a connection");
  const auto deadline = MonotonicClock::now() + options_.connect_timeout;
  auto step = PQstatus(connection.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (step != PGRES_POLLING_OK) {
    if (step == PGRES_POLLING_FAILED) return failed(DatabaseFailure::unavailable, PQerrorMessage(connection.get()));
    const short events = step == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (auto waited = wait(connection.get(), events, deadline); !waited) {
      return failed(DatabaseFailure::unavailable, "no connection to the driver: " + waited.error().message);
    }
    step = PQconnectPoll(connection.get());
  }
  PQsetnonblocking(connection.get(), 1);
  return connection;
}

tl::expected<Database::Lease, DatabaseError> Database::lease(bool fresh, Instant deadline) {
  {
    std::unique_lock lock(mutex_);
    const auto is_free = [this] { return leased_ < options_.max_connections; };
    if (!returned_.wait_until(lock, deadline, is_free)) {
      return failed(DatabaseFailure::unavailable, "all connections to the database are busy");
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
  auto connection = connect();
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
                                                const Parameters& parameters, Instant deadline) const {
  const auto broken = [&] { return failed(DatabaseFailure::unavailable, PQerrorMessage(connection)); };
  if (!send(connection, sql, parameters)) return broken();
  for (int rest = PQflush(connection); rest != 0; rest = PQflush(connection)) {
    if (rest < 0) return broken();
    if (auto waited = wait(connection, POLLOUT, deadline); !waited) return tl::unexpected(waited.error());
  }
  tl::expected<Rows, DatabaseError> answer = Rows::array();
  for (;;) {
    while (PQisBusy(connection) == 1) {
      if (auto waited = wait(connection, POLLIN, deadline); !waited) return tl::unexpected(waited.error());
      if (PQconsumeInput(connection) != 1) return broken();
    }
    const Result result(PQgetResult(connection), &PQclear);
    if (!result) return answer;
    const auto status = PQresultStatus(result.get());
    if (status == PGRES_TUPLES_OK && answer) answer = rows_of(result.get());
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY) continue;
    const bool lost = PQstatus(connection) == CONNECTION_BAD ||
                      is_connection_sqlstate(PQresultErrorField(result.get(), PG_DIAG_SQLSTATE));
    answer = failed(lost ? DatabaseFailure::unavailable : DatabaseFailure::refused, PQresultErrorMessage(result.get()));
    if (PQstatus(connection) == CONNECTION_BAD) return answer;
  }
}

tl::expected<Rows, DatabaseError> Database::query(const std::string& sql, const Parameters& parameters) {
  const auto deadline = MonotonicClock::now() + options_.statement_timeout;
  for (bool again = false;; again = true) {
    auto leased = lease(again, deadline);
    if (!leased) return tl::unexpected(leased.error());
    auto rows = run(leased->connection.get(), sql, parameters, deadline);
    if (rows || rows.error().failure != DatabaseFailure::unavailable || again) return rows;
    // A connection that was idle while the driver restarted is found broken only by its use.
  }
}

}  // namespace ca::server
