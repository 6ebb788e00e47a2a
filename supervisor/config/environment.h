// The environment that a configuration adds to a process's own.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"
#include "supervisor/config/diagnostics.h"
#include "supervisor/config/settings.h"

namespace ca::config {

using Environment = std::vector<std::pair<std::string, std::string>>;

// What `env_file` and `env` of a process say, in this order (the last one of a name wins).
// Errors, into `diagnostics`: a name that is none or belongs to the supervisor's own protocol; a line of the file that
// is not NAME=value. A file that cannot be read is a host fact. Blocks: on the file system.
Environment configured_environment(const Settings& process, Diagnostics& diagnostics);

// What a client of the driver needs so that libpq, psycopg or node-postgres find it.
Environment database_environment(const std::string& runtime_dir, int port, const std::string& process_name,
                                 const std::string& priority);

// Variables that the supervisor sets itself: CODE_ANALYSIS_*, READY_FD, LISTEN_FDS, ...
bool is_protocol_variable(std::string_view name);

// The lines of a file such as env_file: empty ones and those that begin with # are left out, "export " before a name
// and one pair of quotes around a value are taken off. Nothing is expanded. Errors: "line 3: ...".
Result<Environment> parse_env_file(std::string_view text);

}  // namespace ca::config
