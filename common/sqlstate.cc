#include "common/sqlstate.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ca {

namespace {

// A prefix of a SQLSTATE: a class of two characters, or a whole one.
constexpr std::array<std::pair<std::string_view, SqlFailure>, 13> table{{
    {"08", SqlFailure::connection},
    {"57P01", SqlFailure::connection},  // admin_shutdown
    {"57P02", SqlFailure::connection},  // crash_shutdown
    {"57P03", SqlFailure::connection},  // cannot_connect_now
    {"57P05", SqlFailure::connection},  // idle_session_timeout, and the driver's eviction
    {"25006", SqlFailure::connection},  // read_only_sql_transaction: not the primary any more
    {"53300", SqlFailure::busy},        // too_many_connections, and the driver's queue_limit
    {"57014", SqlFailure::cancelled},   // query_canceled
    {"40001", SqlFailure::conflict},    // serialization_failure
    {"40P01", SqlFailure::conflict},    // deadlock_detected
    {"28", SqlFailure::permission},     // invalid_authorization_specification
    {"42501", SqlFailure::permission},  // insufficient_privilege
    {"3D000", SqlFailure::permission},  // invalid_catalog_name: no such database to connect to
}};

}  // namespace

SqlFailure sql_failure(std::string_view sqlstate) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const auto& entry) {
    return sqlstate.size() == 5 && sqlstate.substr(0, entry.first.size()) == entry.first;
  });
  return found == table.end() ? SqlFailure::statement : found->second;
}

}  // namespace ca
