// One connection to PostgreSQL, by libpq. It never blocks beyond a stop request.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/stop.h"
#include "database/error.h"

struct pg_conn;
struct pg_result;

namespace ca::workers {

// The rows of one result. Values are text; an index out of range is a programming error.
class Rows {
 public:
  explicit Rows(pg_result* result);  // Owns: result
  int size() const;
  bool is_null(int row, int column) const;
  std::string_view text(int row, int column) const;  // valid as long as the Rows; "" for null
  std::int64_t integer(int row, int column) const;   // 0 for null
  std::int64_t affected() const;                     // rows that INSERT, UPDATE or DELETE touched

 private:
  struct Clear {
    void operator()(pg_result* result) const noexcept;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

// A parameter: its text, or null.
using Parameter = std::optional<std::string>;

class Connection {
 public:
  // To the server that the environment names (PGHOST, PGPORT, ...). Blocks. Errors: connection, stopping.
  static DbResult<Connection> open(const Stop& stop);

  // One statement; $1, $2, ... are the parameters. Blocks. After Trouble::connection or stopping it is of no more use.
  DbResult<Rows> execute(const char* statement, const std::vector<Parameter>& parameters = {});
  // A COPY ... FROM STDIN with all of its rows. Blocks.
  DbStatus copy_in(const char* statement, std::string_view rows);

  bool is_usable() const;
  int socket() const;
  // Takes in what has arrived; whether a notification was among it. Errors: connection.
  DbResult<bool> take_notifications();

 private:
  struct Close {
    void operator()(pg_conn* connection) const noexcept;
  };
  Connection(const Stop& stop, pg_conn* connection) : stop_(&stop), connection_(connection) {}

  DbStatus wait(short events);
  DbStatus flush();
  DbResult<Rows> last_result();
  DbError broken() const;

  const Stop* stop_;
  std::unique_ptr<pg_conn, Close> connection_;
};

}  // namespace ca::workers
