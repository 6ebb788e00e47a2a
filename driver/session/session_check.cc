#include "driver/session/session_check.h"

#include "driver/client/startup_options.h"

namespace ca::driver {

std::string session_check_sql(const std::vector<std::pair<std::string, std::string>>& settings) {
  std::string given, changed;
  for (const auto& [name, value] : settings) {
    given += given.empty() ? " AND pg_catalog.lower(name) NOT IN (" : ", ";
    append_literal(given, name);
    // set_config tells how PostgreSQL writes the value that was given; what it sets ends with this statement.
    changed += " UNION ALL SELECT 1 WHERE pg_catalog.current_setting(";
    append_literal(changed, name);
    changed += ") IS DISTINCT FROM pg_catalog.set_config(";
    append_literal(changed, name);
    changed += ", ";
    append_literal(changed, value);
    changed += ", true)";
  }
  if (!given.empty()) given += ')';
  return "SELECT 1 FROM pg_catalog.pg_settings WHERE source = 'session'" + given + changed +
         " UNION ALL SELECT 1 WHERE current_user <> session_user"
         " UNION ALL SELECT 1 FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND pid = "
         "pg_catalog.pg_backend_pid()"
         " UNION ALL SELECT 1 FROM pg_catalog.pg_cursors WHERE is_holdable"
         " UNION ALL SELECT 1 FROM pg_catalog.pg_prepared_statements WHERE from_sql"
         " UNION ALL SELECT 1 FROM pg_catalog.pg_listening_channels()"
         " UNION ALL SELECT 1 WHERE pg_catalog.pg_my_temp_schema() <> 0 AND ("
         "EXISTS (SELECT FROM pg_catalog.pg_type WHERE typnamespace = pg_catalog.pg_my_temp_schema())"
         " OR EXISTS (SELECT FROM pg_catalog.pg_class WHERE relnamespace = pg_catalog.pg_my_temp_schema())"
         " OR EXISTS (SELECT FROM pg_catalog.pg_proc WHERE pronamespace = pg_catalog.pg_my_temp_schema()))";
}

}  // namespace ca::driver
