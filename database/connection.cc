#include "database/connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "common/check.h"

namespace ca::workers {

namespace {

tl::unexpected<DbError> stopping() { return tl::unexpected(DbError{"told to stop", "", Trouble::stopping}); }

std::string one_line(const char* text) {
  std::string line = text != nullptr ? text : "";
  while (!line.empty() && (line.back() == '\n' || line.back() == ' ')) line.pop_back();
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

DbError error_of(const PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  DbError error{one_line(PQresultErrorMessage(result)), state != nullptr ? state : "", Trouble::statement};
  error.trouble = trouble_of_sqlstate(error.sqlstate);
  return error;
}

// Waits for `events` on `fd`, unless told to stop.
DbStatus wait_for(const Stop& stop, int fd, short events) {
  for (;;) {
    pollfd waits[2] = {{fd, events, 0}, {stop.fd(), POLLIN, 0}};
    const int count = ::poll(waits, 2, -1);
    if (stop.requested()) return stopping();
    if (count > 0) return {};
    if (count < 0 && errno != EINTR) {
      return tl::unexpected(DbError{std::string("poll: ") + std::strerror(errno), "", Trouble::connection});
    }
  }
}

void ignore_notice(void*, const PGresult*) {}

}  // namespace

Rows::Rows(pg_result* result) : result_(result) {}
void Rows::Clear::operator()(pg_result* result) const noexcept { PQclear(result); }
int Rows::size() const { return PQntuples(result_.get()); }
bool Rows::is_null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }

std::string_view Rows::text(int row, int column) const {
  CA_CHECK(row >= 0 && row < size() && column >= 0 && column < PQnfields(result_.get()));
  return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t Rows::integer(int row, int column) const {
  const auto value = text(row, column);
  std::int64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

std::int64_t Rows::affected() const { return std::strtoll(PQcmdTuples(result_.get()), nullptr, 10); }

void Connection::Close::operator()(pg_conn* connection) const noexcept { PQfinish(connection); }

DbResult<Connection> Connection::open(const Stop& stop) {
  const char* names[] = {"client_encoding", nullptr};
  const char* values[] = {"UTF8", nullptr};
  Connection opened(stop, PQconnectStartParams(names, values, 0));
  PGconn* raw = opened.connection_.get();
  CA_CHECK(raw != nullptr);
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (PQstatus(raw) != CONNECTION_BAD && state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
    if (auto ready = wait_for(stop, PQsocket(raw), state == PGRES_POLLING_READING ? POLLIN : POLLOUT); !ready) {
      return tl::unexpected(ready.error());
    }
    state = PQconnectPoll(raw);
  }
  if (PQstatus(raw) != CONNECTION_OK || PQsetnonblocking(raw, 1) != 0) return tl::unexpected(opened.broken());
  PQsetNoticeReceiver(raw, ignore_notice, nullptr);
  return opened;
}

DbError Connection::broken() const { return {one_line(PQerrorMessage(connection_.get())), "", Trouble::connection}; }
bool Connection::is_usable() const { return PQstatus(connection_.get()) == CONNECTION_OK; }
int Connection::socket() const { return PQsocket(connection_.get()); }
DbStatus Connection::wait(short events) { return wait_for(*stop_, socket(), events); }

// Sends all that is buffered, and reads meanwhile, so that neither side waits for the other for ever.
DbStatus Connection::flush() {
  for (;;) {
    const int state = PQflush(connection_.get());
    if (state == 0) return {};
    if (state < 0) return tl::unexpected(broken());
    if (auto ready = wait(POLLIN | POLLOUT); !ready) return ready;
    if (PQconsumeInput(connection_.get()) == 0) return tl::unexpected(broken());
  }
}

// The command's last result; its first error where one of them is an error.
DbResult<Rows> Connection::last_result() {
  Rows last(nullptr);
  std::optional<DbError> error;
  for (;;) {
    while (PQisBusy(connection_.get()) != 0) {
      if (auto ready = wait(POLLIN); !ready) return tl::unexpected(ready.error());
      if (PQconsumeInput(connection_.get()) == 0) return tl::unexpected(broken());
    }
    PGresult* result = PQgetResult(connection_.get());
    if (result == nullptr) break;
    last = Rows(result);
    const auto status = PQresultStatus(result);
    if (status == PGRES_COPY_IN) return last;
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && !error) error = error_of(result);
  }
  if (!is_usable()) {
    DbError lost = error ? *error : broken();
    lost.trouble = Trouble::connection;
    return tl::unexpected(lost);
  }
  if (error) return tl::unexpected(*error);
  return last;
}

DbResult<Rows> Connection::execute(const char* statement, const std::vector<Parameter>& parameters) {
  std::vector<const char*> values;
  for (const auto& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
  const int sent = PQsendQueryParams(connection_.get(), statement, static_cast<int>(values.size()), nullptr,
                                     values.data(), nullptr, nullptr, 0);
  if (sent == 0) return tl::unexpected(broken());
  if (auto flushed = flush(); !flushed) return tl::unexpected(flushed.error());
  return last_result();
}

DbStatus Connection::copy_in(const char* statement, std::string_view rows) {
  if (auto started = execute(statement); !started) return tl::unexpected(started.error());
  while (!rows.empty()) {
    const auto piece = rows.substr(0, 256 << 10);
    const int state = PQputCopyData(connection_.get(), piece.data(), static_cast<int>(piece.size()));
    if (state < 0) return tl::unexpected(broken());
    if (state > 0) rows.remove_prefix(piece.size());
    if (auto flushed = flush(); !flushed) return flushed;
  }
  for (int state = 0; state == 0;) {
    state = PQputCopyEnd(connection_.get(), nullptr);
    if (state < 0) return tl::unexpected(broken());
    if (auto flushed = flush(); !flushed) return flushed;
  }
  auto finished = last_result();
  if (!finished) return tl::unexpected(finished.error());
  return {};
}

DbResult<bool> Connection::take_notifications() {
  if (PQconsumeInput(connection_.get()) == 0) return tl::unexpected(broken());
  bool any = false;
  while (PGnotify* notification = PQnotifies(connection_.get())) {
    any = true;
    PQfreemem(notification);
  }
  return any;
}

}  // namespace ca::workers
