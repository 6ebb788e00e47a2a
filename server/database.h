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

namespace ca::server {

enum class DatabaseFailure : std::uint8_t {
  unavailable,  // no connection, or it broke (tried twice)
  timeout,      // the answer did not come in time
  refused,      // PostgreSQL reported an error
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
    Milliseconds connect_timeout{3'000};
    Milliseconds statement_timeout{5'000};   // by closing the connection, so that it leaves no state in the session
  };

  // Where to connect stands in PGHOST, PGPORT, ... of the environment. Makes no connection yet.
  explicit Database(Options options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Without parameters the statement goes by the simple protocol. Blocks: as the timeouts say.
  tl::expected<Rows, DatabaseError> query(const std::string& sql, const Parameters& parameters = {});

  // Every query, running or to come, ends at once as unavailable.
  void stop() noexcept;

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  using Connection = std::unique_ptr<PGconn, Finish>;
  struct Lease;

  tl::expected<Lease, DatabaseError> lease(bool fresh, Instant deadline);
  void give_back(Connection connection);
  tl::expected<Connection, DatabaseError> connect() const;
  tl::expected<Rows, DatabaseError> run(PGconn* connection, const std::string& sql, const Parameters& parameters,
                                        Instant deadline) const;
  tl::expected<void, DatabaseError> wait(PGconn* connection, short events, Instant deadline) const;

  const Options options_;
  UniqueFd stop_event_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::size_t leased_ = 0;
  std::vector<Connection> idle_;
};

}  // namespace ca::server
