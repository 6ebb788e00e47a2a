// What a SQLSTATE says about the next step. The one table for all clients of the database.
#pragma once

#include <cstdint>
#include <string_view>

namespace ca {

enum class SqlFailure : std::uint8_t {
  connection,  // the server is away, going, or no longer the primary: connect again
  busy,        // too many connections, or the driver's queue is full: ask again later
  cancelled,   // by a timeout or on request
  conflict,    // a serialisation failure or a deadlock: the same transaction again
  permission,  // this user may not connect, or may not do this
  statement,   // the statement or its data; also an unknown or empty SQLSTATE
};

// Total: takes any text.
SqlFailure sql_failure(std::string_view sqlstate);

}  // namespace ca
