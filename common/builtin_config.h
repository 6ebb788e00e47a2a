// What the supervisor hands to each built-in program on CONFIG_FD: one JSON object, described by the structs here and
// read by the same structs. (JSON itself is in the source: it takes two seconds to compile.) Times are milliseconds, sizes bytes. Every field is always present.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace ca {

struct ProjectConfig {
  std::string name;
  std::string path;                  // absolute
  std::vector<std::string> exclude;  // gitignore patterns, relative to path, on top of the built-in rules
  bool index_secrets = false;        // files that hold secrets by their name are taken in too

  bool operator==(const ProjectConfig&) const = default;
};

// libexec/code-analysis/postgres: prepares the cluster, then becomes PostgreSQL.
struct EmbeddedConfig {
  std::string data_dir;
  std::string socket_dir;       // runtime_dir/postgres
  std::string user;             // OS account that the cluster runs as; "": the current one
  std::string driver_os_user;   // OS account that the driver connects as, mapped to role code_analysis
  int port = 5432;              // names the socket file in socket_dir
};

struct DriverConfig {
  std::string runtime_dir;
  std::string conninfo;         // libpq connection string; for an embedded cluster already the one of its own socket
  bool embedded = false;
  std::string lock_path;        // runtime_dir/driver.lock, exists already
  std::vector<uid_t> allow_uids;  // admitted clients by peer uid
  int port = 5432;
  int shared_connections = 4;
  int exclusive_connections = 16;
  int max_clients = 10000;
  int queue_limit = 100000;
  std::int64_t connect_timeout_ms = 10000;
  std::int64_t server_wait_timeout_ms = 60000;
  std::int64_t statement_timeout_ms = 0;
  std::int64_t query_wait_timeout_ms = 120000;   // 0: none
  std::int64_t server_idle_timeout_ms = 600000;  // 0: none
  std::int64_t server_lifetime_ms = 3600000;     // 0: none
  std::vector<std::string> harmless_functions;  // "name" or "schema.name", as PostgreSQL stores them
  bool reset_after_write = false;
  std::string migrations;       // folder of NNNN_name.sql, absolute
};

// watcher, indexer, maintenance. The database is reached by PGHOST, PGPORT, ... of the environment.
struct WorkerConfig {
  std::string process_name;     // "indexer.0"
  std::vector<ProjectConfig> projects;
};

struct ServerConfig {
  std::string runtime_dir;      // control.sock is there
  std::vector<std::string> listen;
  std::string token;            // bearer token; "": none (loopback only)
  std::vector<ProjectConfig> projects;
};

// One of the structs above as the JSON that is handed over, and back. Errors: not JSON; a field missing or of another type.
template <class Config>
std::string config_json(const Config& config);
template <class Config>
Result<Config> config_from_json(std::string_view text);

// The configuration of this process: what the descriptor holds that CONFIG_FD names; closes it and removes the variable.
// Errors: no CONFIG_FD in the environment; unreadable; as config_from_json.
template <class Config>
Result<Config> take_config();

}  // namespace ca
