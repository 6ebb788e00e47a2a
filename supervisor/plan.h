// The plan: the compact immutable form of a valid configuration that the supervisor runs from. It is made by the
// configuration reader in a short-lived process and handed over as bytes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/result.h"
#include "supervisor/core/rules.h"

namespace ca {

struct Account {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name;                  // for messages
  std::vector<gid_t> groups{};       // supplementary groups: looked up by the reader, because a look-up may block
};

// How to start one process. Everything is resolved: absolute paths, accounts, environment.
struct Launch {
  std::vector<std::string> argv;                            // argv[0] is a path or is looked up in PATH at spawn
  std::vector<std::pair<std::string, std::string>> env;     // on top of the supervisor's own environment; last one wins
  bool drops_pg_variables = false;                          // the supervisor's PG* are not inherited
  std::string working_dir = "/";
  mode_t umask = 0022;
  std::optional<Account> account;                           // drop to it before exec
  std::string config_json;                                  // content of CONFIG_FD; empty: none is passed
  int parent_death_signal = 9;                              // QUIT for postgres
  std::vector<std::uint32_t> listeners;                     // indices into Plan::listeners, in LISTEN_FDS order
  int reload_signal = 0;                                    // 0: none
  int reopen_signal = 0;
};

// A socket that the supervisor binds once and keeps.
struct Listener {
  std::string name;          // LISTEN_FDNAMES: "postgresql" or "http"
  std::string address;       // as configured: absolute path, "127.0.0.1:8080", "[::1]:0"
  bool is_unix = false;
  mode_t mode = 0777;        // unix only
};

struct LogPlan {
  int level = 1;             // 0 debug, 1 info, 2 warning, 3 error
  bool json = false;
  std::int64_t max_size = 64 << 20;   // event log rotation, bytes
  int keep = 8;
};

struct Plan {
  std::string config_path;   // absolute
  std::string runtime_dir;
  std::string state_dir;
  std::string pid_file;
  std::string event_log;     // empty: off
  LogPlan log;
  core::Rules rules;
  std::vector<Launch> launches;      // same index as rules.processes
  std::vector<Listener> listeners;
  std::vector<uid_t> reader_uids;    // may read over the control socket: users of configured processes
  std::optional<Account> postgres_account;  // embedded mode under root
  bool has_driver = false;           // driver.lock is made
  std::vector<std::string> warnings; // logged at start, one line each
};

// Bytes for the hand-over and for comparison (equal plans, equal bytes).
std::string serialise(const Plan& plan);
// Errors: truncated, of another version.
Result<Plan> deserialise(std::string_view bytes);

}  // namespace ca
