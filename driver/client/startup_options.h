// What a client asks for in its startup packet, sorted into what the driver does itself, what needs nothing, and what needs
// a server connection of the client's own.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "driver/session/scheduler.h"
#include "driver/sql/sql_scanner.h"
#include "driver/wire/startup.h"

namespace ca::driver {

struct StartupOptions {
  std::string user;
  std::string database;          // as PostgreSQL: the user's name where none was given
  std::string application_name;
  Priority priority = Priority::normal;
  bool replication = false;
  // Settings for the session that differ from what server connections have, in order.
  std::vector<std::pair<std::string, std::string>> settings;
  std::optional<SqlDialect> dialect;  // where `settings` decide it
};

// `server_value`: what a server connection reports for a setting (ParameterStatus), empty where it is not reported.
// Errors: no user, options that cannot be read, an unknown priority.
using ServerValue = std::function<std::string(std::string_view name)>;
Result<StartupOptions> read_startup_options(const wire::StartupMessage& message, const ServerValue& server_value);

// `text` as a string of SQL, as long as standard_conforming_strings is on or it holds no backslash.
void append_literal(std::string& out, std::string_view text);

// The statement that makes `settings` those of a session.
std::string settings_sql(const std::vector<std::pair<std::string, std::string>>& settings);

}  // namespace ca::driver
