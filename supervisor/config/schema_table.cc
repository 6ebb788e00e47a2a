// The table itself. A row: section, key, type, default, meaning, then smallest and largest value, detail, trait.
#include <array>

#include "supervisor/config/schema.h"

namespace ca::config {
namespace {

constexpr std::int64_t second = 1000;
constexpr std::int64_t year = 8760 * 3600 * second;
constexpr std::int64_t kib = 1024;
constexpr std::int64_t tib = kib * kib * kib * kib;
constexpr std::int64_t int_max = 2147483647;

constexpr std::array all_sections{
    Section{"file", "the file's root"},
    Section{"code_analysis", "code_analysis"},
    Section{"supervisor", "supervisor"},
    Section{"supervisor.log", "supervisor.log"},
    Section{"database", "database"},
    Section{"driver", "database.driver", true},
    Section{"driver.config", "database.driver.config"},
    Section{"embedded", "database.driver.config.embedded", true},
    Section{"worker", "workers", true},
    Section{"server", "server", true},
    Section{"project", "projects"},
    Section{"process", "process keys"},
    Section{"restart", "restart"},
    Section{"limits", "limits"},
    Section{"log", "log"},
};

constexpr std::array all_keys{
    Key{"file", "code_analysis", Type::section, "", "the one root key", 0, 0, "code_analysis", Trait::required},

    Key{"code_analysis", "runtime_dir", Type::path, "/run/code-analysis", "sockets, pid file and event log; created with mode 0755"},
    Key{"code_analysis", "state_dir", Type::path, "/var/lib/code-analysis", "the embedded database; created with mode 0711"},
    Key{"code_analysis", "supervisor", Type::section, "", "the supervisor itself", 0, 0, "supervisor"},
    Key{"code_analysis", "database", Type::section, "", "tiers 0 and 1: PostgreSQL and the driver; absent: neither", 0, 0, "database"},
    Key{"code_analysis", "workers", Type::sections, "", "tier 2: one map a worker; absent: none", 0, 0, "worker"},
    Key{"code_analysis", "server", Type::section, "", "tier 3: the HTTP server; absent: none", 0, 0, "server"},
    Key{"code_analysis", "projects", Type::sections, "", "source trees to index; absent: none", 0, 0, "project"},

    Key{"supervisor", "pid_file", Type::path, "`runtime_dir/supervisor.pid`", "where the pid of the started process is written", 0, 0, "", Trait::computed},
    Key{"supervisor", "event_log", Type::path, "`runtime_dir/events.jsonl`", "one JSON object an event; `\"\"`: off; rotated as `log` says", 0, 0, "", Trait::computed},
    Key{"supervisor", "start_timeout", Type::duration, "5m", "bound on the first start of the tree, from the readiness of tier 0 on", 1, year},
    Key{"supervisor", "shutdown_timeout", Type::duration, "60s", "bound on an ordered shutdown, embedded PostgreSQL apart; what is left then is killed", 1, year},
    Key{"supervisor", "log", Type::section, "", "the supervisor's own log", 0, 0, "supervisor.log"},

    Key{"supervisor.log", "level", Type::choice, "info", "what is left out: all below this level", 0, 0, "debug|info|warning|error"},
    Key{"supervisor.log", "format", Type::choice, "text", "lines for people, or one JSON object a line", 0, 0, "text|json"},
    Key{"supervisor.log", "file", Type::path, "", "where to; `\"\"`: standard error", 0, 0, "", Trait::later},
    Key{"supervisor.log", "max_size", Type::size, "64MiB", "a file larger than this is rotated", kib, tib},
    Key{"supervisor.log", "keep", Type::integer, "8", "how many rotated files are kept", 0, 1000},

    Key{"database", "driver", Type::section, "", "the process that owns every connection to PostgreSQL", 0, 0, "driver"},

    Key{"driver", "type", Type::choice, "postgres", "the kind of database", 0, 0, "postgres"},
    Key{"driver", "config", Type::section, "", "for the built-in driver; with `command` only `port`, `socket_mode` and `embedded` matter", 0, 0, "driver.config"},
    Key{"driver", "on_restart", Type::choice, "keep", "when the driver comes back: `keep` the tiers above running, or `restart` them in order", 0, 0, "keep|restart"},
    Key{"driver", "essential", Type::boolean, "true", "as for every process; the default differs"},

    Key{"driver.config", "conninfo", Type::text, "", "any libpq connection string or URI; `\"\"`: the embedded PostgreSQL", 0, 0, "", Trait::secret},
    Key{"driver.config", "embedded", Type::section, "", "the private PostgreSQL cluster", 0, 0, "embedded"},
    Key{"driver.config", "port", Type::integer, "5432", "names the driver's socket, `runtime_dir/.s.PGSQL.PORT`; clients get it as `PGPORT`", 1, 65535},
    Key{"driver.config", "socket_mode", Type::octal, "0777", "who may open that socket; who may stay is decided by the peer's uid", 0, 0777},
    Key{"driver.config", "allow_users", Type::words, "", "users admitted besides root, the supervisor's user and the users of the processes; names or uids"},
    Key{"driver.config", "shared_connections", Type::integer, "4", "server connections that the statements of many clients share", 1, 10000},
    Key{"driver.config", "exclusive_connections", Type::integer, "16", "server connections for transactions and session state; further ones wait their turn", 1, 10000},
    Key{"driver.config", "max_clients", Type::integer, "10000", "clients at a time", 1, 1000000},
    Key{"driver.config", "queue_limit", Type::integer, "100000", "statements that may wait; beyond it a client gets SQLSTATE 53300", 0, 100000000},
    Key{"driver.config", "connect_timeout", Type::duration, "10s", "bound on one attempt to connect to PostgreSQL", 1, year},
    Key{"driver.config", "server_wait_timeout", Type::duration, "60s", "how long statements wait while PostgreSQL is away", 0, year},
    Key{"driver.config", "statement_timeout", Type::duration, "0s", "bound on one statement; `0s`: none", 0, year},
    Key{"driver.config", "query_wait_timeout", Type::duration, "120s", "limit for a wait for a server connection while PostgreSQL is up; then the statement gets SQLSTATE 53300; `0s`: none", 0, year},
    Key{"driver.config", "server_idle_timeout", Type::duration, "10m", "idle server connections beyond the first are closed after this time; `0s`: never", 0, year},
    Key{"driver.config", "server_lifetime", Type::duration, "1h", "server connections are replaced after this time, between two users; `0s`: never", 0, year},
    Key{"driver.config", "harmless_functions", Type::words, "", "functions of yours, `name` or `schema.name`, that neither change nor read the state of a session: statements that call no others share connections"},
    Key{"driver.config", "reset_after_write", Type::boolean, "false", "reset a server connection after each write before another client gets it, for triggers and rules that change the state of a session"},
    Key{"driver.config", "migrations", Type::path, "", "folder of `NNNN_name.sql`; `\"\"`: the shipped schema"},

    Key{"embedded", "data_dir", Type::path, "`state_dir/postgres`", "the cluster's data; must be empty or made by this program", 0, 0, "", Trait::computed},
    Key{"embedded", "user", Type::text, "`postgres` under root, else the supervisor's user", "the account that the cluster runs as", 0, 0, "", Trait::computed},
    Key{"embedded", "ready", Type::choice, "notify", "as for every process; the default differs", 0, 0, "pipe|notify|none"},
    Key{"embedded", "ready_timeout", Type::duration, "10m", "as for every process; the default differs", 1, year},
    Key{"embedded", "stop_signal", Type::signal, "INT", "as for every process; the default differs (PostgreSQL's fast shutdown)"},
    Key{"embedded", "stop_timeout", Type::duration, "5m", "as for every process; the default differs", 0, year},
    Key{"embedded", "essential", Type::boolean, "true", "as for every process; the default differs"},

    Key{"worker", "name", Type::text, "", "letters, digits, `_`, `-` and `.`; unique; not `postgres`, `driver` or `server`", 0, 0, "", Trait::required},
    Key{"worker", "instances", Type::integer, "1", "how many; instance k is named `name.k`, plain `name` where there is one and `scalable` is false", 1, 10000},
    Key{"worker", "scalable", Type::boolean, "false", "the number of instances may be changed while the tree runs"},

    Key{"server", "listen", Type::words, "`[\"127.0.0.1:8080\"]`; with `command`: none", "addresses as `HOST:PORT`, numeric or `localhost`; port 0: any free one", 0, 0, "", Trait::computed},
    Key{"server", "token_file", Type::path, "", "its first line is the bearer token that clients must send; needed for any address but loopback"},
    Key{"server", "essential", Type::boolean, "true", "as for every process; the default differs"},
    Key{"server", "priority", Type::choice, "interactive", "as for every process; the default differs", 0, 0, "interactive|normal|bulk"},

    Key{"project", "name", Type::text, "", "unique; what users see", 0, 0, "", Trait::required},
    Key{"project", "path", Type::path, "", "the tree's root folder", 0, 0, "", Trait::required},
    Key{"project", "exclude", Type::words, "", "patterns as in `.gitignore`, on top of the tree's own ignore files"},
    Key{"project", "index_secrets", Type::boolean, "false", "take in files that hold secrets by their name (`.env`, `*.pem`, ...)"},

    Key{"process", "command", Type::words, "", "program and arguments; the program is a path, or is looked up in `PATH`"},
    Key{"process", "builtin", Type::text, "the tier's own; none for workers", "a shipped program in place of `command`", 0, 0, "", Trait::computed},
    Key{"process", "env", Type::variables, "", "environment on top of the supervisor's own", 0, 0, "", Trait::secret},
    Key{"process", "env_file", Type::path, "", "file of `NAME=value` lines; `env` wins over it"},
    Key{"process", "working_dir", Type::path, "/", "current folder of the process"},
    Key{"process", "umask", Type::octal, "0022", "file mode mask of the process", 0, 0777},
    Key{"process", "user", Type::text, "", "account to run as", 0, 0, "", Trait::later},
    Key{"process", "group", Type::text, "", "group to run as", 0, 0, "", Trait::later},
    Key{"process", "ready", Type::choice, "`pipe` for shipped programs, else `none`", "how the process says that it serves", 0, 0, "pipe|notify|none", Trait::computed},
    Key{"process", "ready_timeout", Type::duration, "30s", "not ready by then: it is stopped, and counts as failed", 1, year},
    Key{"process", "stop_signal", Type::signal, "TERM", "asks it to end"},
    Key{"process", "stop_timeout", Type::duration, "10s", "not gone by then: it and its descendants are killed", 0, year},
    Key{"process", "reload_signal", Type::signal, "", "relayed on HUP; `\"\"`: none"},
    Key{"process", "reopen_signal", Type::signal, "", "relayed on USR1; `\"\"`: none"},
    Key{"process", "restart", Type::section, "", "what happens when it exits by itself", 0, 0, "restart"},
    Key{"process", "essential", Type::boolean, "false", "failed for good means: the whole tree is stopped in order"},
    Key{"process", "watchdog", Type::duration, "0s", "sends no WATCHDOG=1 within it: killed and restarted; `0s`: off", 0, year, "", Trait::later},
    Key{"process", "limits", Type::section, "", "bounds on what it may use", 0, 0, "limits"},
    Key{"process", "priority", Type::choice, "normal", "the driver's scheduling class for its statements", 0, 0, "interactive|normal|bulk"},
    Key{"process", "log", Type::section, "", "where its output goes; by default into the supervisor's log, line by line", 0, 0, "log"},

    Key{"restart", "policy", Type::choice, "always", "`always`, only after a failure, or `never`", 0, 0, "always|on-failure|never"},
    Key{"restart", "initial_delay", Type::duration, "100ms", "before the second restart; the first one is immediate", 0, year},
    Key{"restart", "max_delay", Type::duration, "30s", "no delay is longer", 0, year},
    Key{"restart", "multiplier", Type::real, "2", "each delay is so many times the one before", 1, 1000},
    Key{"restart", "jitter", Type::real, "0.2", "each delay is varied by up to this part of itself", 0, 1},
    Key{"restart", "reset_after", Type::duration, "30s", "ready for so long: the delays begin afresh", 0, year},
    Key{"restart", "max_restarts", Type::integer, "5", "more within `window`: `on_limit` decides", 0, int_max},
    Key{"restart", "window", Type::duration, "5m", "what `max_restarts` counts over", 1, year},
    Key{"restart", "on_limit", Type::choice, "fail", "`fail`: it stays down until it is started or reloaded; `slow`: it goes on at `max_delay`", 0, 0, "fail|slow"},
    Key{"restart", "give_up_on", Type::integers, "78", "exit codes after which a restart cannot help", 0, 255},

    Key{"limits", "nofile", Type::integer, "", "open files", 1, int_max, "", Trait::later},
    Key{"limits", "core", Type::size, "", "size of a core file", 0, tib, "", Trait::later},
    Key{"limits", "memory", Type::size, "", "memory of the process and its descendants", kib, tib, "", Trait::later},
    Key{"limits", "cpu_weight", Type::integer, "", "share of the processors", 1, 10000, "", Trait::later},
    Key{"limits", "pids", Type::integer, "", "processes and threads", 1, int_max, "", Trait::later},

    Key{"log", "file", Type::path, "", "where to; `\"\"`: into the supervisor's log", 0, 0, "", Trait::later},
    Key{"log", "max_size", Type::size, "64MiB", "a file larger than this is rotated", kib, tib, "", Trait::later},
    Key{"log", "keep", Type::integer, "8", "how many rotated files are kept", 0, 1000, "", Trait::later},
};

}  // namespace

std::span<const Section> sections() { return all_sections; }
std::span<const Key> keys() { return all_keys; }

}  // namespace ca::config
