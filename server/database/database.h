// The server's way to the database: a few libpq connections to the driver's socket, made when they are needed.
#pragma once

#include <libpq-fe.h>

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "common/clock.h"
#include "common/unique_fd.h"
#include "server/database/database_watch.h"
#include "server/database/gate.h"
#include "server/database/statement_canceller.h"

namespace ca::server {

enum class DatabaseFailure : std::uint8_t {
  unavailable,    // no connection, it broke (tried twice), or the database does not answer anybody
  busy_here,      // this server runs as many statements as it may
  busy_there,     // the driver's queue or PostgreSQL's connections are full
  timeout,        // the answer did not come in time; the statement was cancelled
  abandoned,      // the client has gone; the statement was cancelled
  not_permitted,  // the database does not admit this server, or not to this table
  refused,        // PostgreSQL reported another error
};

// How much work a statement may be for the database.
enum class Cost : std::uint8_t {
  small,  // served by an index, or bounded by the limit of a page
  large,  // may read a whole table: max_large of them run at once
};

struct DatabaseError {
  DatabaseFailure failure;
  std::string message;  // one line for the log
};

// An array of objects, keyed by the columns' names in their order; numbers and booleans as such, all else as text.
using Rows = nlohmann::ordered_json;
using Parameters = std::vector<std::optional<std::string>>;

// Any number of threads at once. Only for statements that may be run twice: one that a broken connection left without
// an answer is sent again, once.
class Database {
 public:
  struct Options {
    std::string name;                        // database; empty: PGDATABASE
    std::size_t max_connections = 8;         // further queries wait their turn
    int max_large = 2;                       // statements of Cost::large: fewer than the driver's shared connections
    Milliseconds patience{2'000};            // for a turn
    Milliseconds connect_timeout{3'000};
    Milliseconds statement_timeout{5'000};   // from the call on, waiting included
  };

  // Where to connect stands in PGHOST, PGPORT, ... of the environment. Makes no connection yet.
  explicit Database(Options options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Without parameters the statement goes by the simple protocol. A statement is cancelled once its time is over, or a
  // second after the client of CallerScope has closed its end of the connection.
  // Errors: as DatabaseFailure. If the database answers nobody, all queries fail within two seconds, and those of the next
  // second at once. Blocks: as the timeouts say.
  tl::expected<Rows, DatabaseError> query(const std::string& sql, const Parameters& parameters = {},
                                          Cost cost = Cost::small);

  // Every query, running or to come, ends at once as unavailable.
  void stop() noexcept;

 private:
  struct Lease;
  class Patience;

  tl::expected<Lease, DatabaseError> lease(bool fresh, Patience& patience);
  void give_back(Connection connection);
  tl::expected<Connection, DatabaseError> connect(Patience& patience) const;
  tl::expected<Rows, DatabaseError> run(PGconn* connection, const std::string& sql, const Parameters& parameters,
                                        Patience& patience) const;
  std::optional<std::string> probe();

  const Options options_;
  UniqueFd stop_event_;
  Gate large_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::size_t leased_ = 0;
  std::vector<Connection> idle_;
  StatementCanceller canceller_;
  DatabaseWatch watch_;  // last: its thread uses the others
};

}  // namespace ca::server
