// One row a rule: what is written, and the one message that must come of it.
#include <set>

#include "tests/unit/config/config_file.h"

namespace ca {
namespace {

struct Row {
  const char* rule;
  std::string text;
  const char* error;  // "LINE:COL: message"
};

// A worker `w` in line 3, with further keys from line 4, column 5 on.
std::string worker(const std::string& keys) {
  return "code_analysis:\n  workers:\n  - name: w\n    command: [/bin/true]\n    " + keys + "\n";
}
std::string in_root(const std::string& keys) { return "code_analysis:\n  " + keys + "\n"; }
std::string driver_config(const std::string& keys) {
  return "code_analysis:\n  database:\n    driver:\n      config:\n        " + keys + "\n";
}

const Row rows[] = {
    {"unknown root key", "code_analysis: {}\nother: 1\n", "2:1: unknown key \"other\" in the file's root"},
    {"root key missing", "a: 1\n", "1:1: unknown key \"a\" in the file's root\n1:1: the key code_analysis is missing in the file's root"},
    {"root is a list", "- a\n", "1:1: the file's root: expected a map of keys, found a list"},
    {"root is a scalar", "text\n", "1:1: the file's root: expected a map of keys, found a single value"},
    {"unknown key with a near one", worker("instnaces: 2"), "5:5: unknown key \"instnaces\" in workers; did you mean \"instances\"?"},
    {"unknown key with none near", worker("colour: red"), "5:5: unknown key \"colour\" in workers"},
    {"unknown key in a nested section", worker("restart: {max_restart: 1}"), "5:15: unknown key \"max_restart\" in restart; did you mean \"max_restarts\"?"},
    {"instances of the driver", in_root("database: {driver: {instances: 2}}"), "2:23: unknown key \"instances\" in database.driver"},
    {"merge key", worker("<<: {umask: 1}"), "5:5: merge keys (<<) are not supported"},
    {"section is a scalar", in_root("supervisor: 5"), "2:3: supervisor: expected a map of keys, found a single value"},
    {"list is a map", in_root("workers: {a: 1}"), "2:12: workers: expected a list, found a map"},
    {"item is a scalar", in_root("workers: [a]"), "2:13: workers: expected a map of keys, found a single value"},
    {"duplicate key", in_root("workers: []\n  workers: []"), "3:3: duplicate key \"workers\"; it stands in line 2 already"},
    {"duplicate variable", worker("env: {A: 1, A: 2}"), "5:17: duplicate key \"A\"; it stands in line 5 already"},
    {"text is a number", in_root("runtime_dir: 5"), "2:16: runtime_dir: expected text, found a number; write \"5\" in quotes"},
    {"text is a truth value", in_root("runtime_dir: true"), "2:16: runtime_dir: expected text, found a truth value; write \"true\" in quotes"},
    {"text is a list", in_root("runtime_dir: [a]"), "2:16: runtime_dir: expected text, found a list"},
    {"text is missing", in_root("runtime_dir:"), "2:3: runtime_dir: a value is missing"},
    {"text is empty", in_root("state_dir: \"\""), "2:14: state_dir: a value is missing"},
    {"pid file is empty", in_root("supervisor: {pid_file: \"\"}"), "2:26: pid_file: a value is missing"},
    {"number is text", worker("instances: many"), "5:16: instances: expected a whole number, found \"many\""},
    {"number in quotes", worker("instances: \"2\""), "5:16: instances: expected a whole number, found \"2\""},
    {"number is missing", worker("instances:"), "5:5: instances: expected a whole number, found nothing"},
    {"number with a fraction", worker("instances: 1.5"), "5:16: instances: expected a whole number, found \"1.5\""},
    {"number with leading zeros", worker("instances: 010"), "5:16: instances: expected a whole number, found \"010\""},
    {"number is a list", worker("instances: [1]"), "5:16: instances: expected a whole number, found a list"},
    {"number below range", worker("instances: 0"), "5:16: instances: 0 is out of range: 1 to 10000"},
    {"number above range", driver_config("port: 65536"), "5:15: port: 65536 is out of range: 1 to 65535"},
    {"number far above range", driver_config("port: 99999999999999999999999"), "5:15: port: expected a whole number, found \"99999999999999999999999\""},
    {"restarts below range", worker("restart: {max_restarts: -1}"), "5:29: max_restarts: -1 is out of range: 0 to 2147483647"},
    {"restarts above range", worker("restart: {max_restarts: 2147483648}"), "5:29: max_restarts: 2147483648 is out of range: 0 to 2147483647"},
    {"exit code above range", worker("restart: {give_up_on: [1, 256]}"), "5:31: give_up_on: 256 is out of range: 0 to 255"},
    {"exit code is text", worker("restart: {give_up_on: [x]}"), "5:28: give_up_on: expected a whole number, found \"x\""},
    {"real is text", worker("restart: {jitter: lots}"), "5:23: jitter: expected a number, found \"lots\""},
    {"real above range", worker("restart: {jitter: 1.5}"), "5:23: jitter: 1.5 is out of range: 0 to 1"},
    {"real is not finite", worker("restart: {multiplier: 1e999}"), "5:27: multiplier: expected a number, found \"1e999\""},
    {"boolean is text", worker("essential: yes"), "5:16: essential: expected true or false, found \"yes\""},
    {"boolean in quotes", worker("essential: \"true\""), "5:16: essential: expected true or false, found \"true\""},
    {"duration without unit", worker("stop_timeout: 5"), "5:19: stop_timeout: expected a duration with its unit, such as 250ms, 30s, 5m or 1h, found \"5\""},
    {"zero without unit", worker("stop_timeout: 0"), "5:19: stop_timeout: expected a duration with its unit, such as 250ms, 30s, 5m or 1h, found \"0\""},
    {"duration of a wrong unit", worker("stop_timeout: 5sec"), "5:19: stop_timeout: expected a duration with its unit, such as 250ms, 30s, 5m or 1h, found \"5sec\""},
    {"duration with a blank", worker("stop_timeout: 5 s"), "5:19: stop_timeout: expected a duration with its unit, such as 250ms, 30s, 5m or 1h, found \"5 s\""},
    {"negative duration", worker("stop_timeout: -5s"), "5:19: stop_timeout: expected a duration with its unit, such as 250ms, 30s, 5m or 1h, found \"-5s\""},
    {"duration too long", worker("stop_timeout: 9000h"), "5:19: stop_timeout: 9000h is out of range: 0s to 8760h"},
    {"duration that overflows", worker("stop_timeout: 9223372036854775807h"), "5:19: stop_timeout: expected a duration with its unit, such as 250ms, 30s, 5m or 1h, found \"9223372036854775807h\""},
    {"duration too short", worker("ready_timeout: 0s"), "5:20: ready_timeout: 0s is out of range: 1ms to 8760h"},
    {"size without unit", in_root("supervisor: {log: {max_size: 64}}"), "2:32: max_size: expected a size with its unit, such as 512KiB, 64MiB or 2GiB, found \"64\""},
    {"size of a wrong unit", in_root("supervisor: {log: {max_size: 64MB}}"), "2:32: max_size: expected a size with its unit, such as 512KiB, 64MiB or 2GiB, found \"64MB\""},
    {"mode is not octal", worker("umask: \"0088\""), "5:12: umask: expected an octal number such as \"0755\", found \"0088\""},
    {"mode above range", worker("umask: \"7777\""), "5:12: umask: 7777 is out of range: 0000 to 0777"},
    {"unknown signal", worker("stop_signal: TREM"), "5:18: stop_signal: expected a signal such as TERM, found \"TREM\""},
    {"no stop signal", worker("stop_signal: \"\""), "5:18: stop_signal: expected a signal such as TERM, found \"\""},
    {"signal that only stops", worker("stop_signal: STOP"), "5:18: stop_signal: STOP only holds a process up"},
    {"unknown choice", worker("ready: notfy"), "5:12: ready: expected one of pipe, notify, none, found \"notfy\"; did you mean \"notify\"?"},
    {"unknown driver type", in_root("database: {driver: {type: mysql}}"), "2:29: type: expected one of postgres, found \"mysql\""},
    {"unknown policy", worker("restart: {policy: sometimes}"), "5:23: policy: expected one of always, on-failure, never, found \"sometimes\""},
    {"command is text", in_root("workers: [{name: w, command: /bin/true}]"), "2:32: command: expected a list, found a single value"},
    {"command is empty", in_root("workers: [{name: w, command: []}]"), "2:32: command: the program is missing"},
    {"program is empty", in_root("workers: [{name: w, command: [\"\"]}]"), "2:32: command: the program is missing"},
    {"argument is nothing", in_root("workers: [{name: w, command: [/bin/echo, ~]}]"), "2:44: command: expected text, found nothing; \"\" is the empty text"},
    {"argument is a map", in_root("workers: [{name: w, command: [/bin/echo, {a: b}]}]"), "2:44: command: expected text, found a map"},
    {"no program", in_root("workers: [{name: w}]"), "2:13: a worker needs a command or a builtin (watcher, indexer, maintenance)"},
    {"two programs", worker("builtin: indexer"), "5:14: command and builtin exclude each other"},
    {"unknown builtin", in_root("workers: [{name: w, builtin: indexr}]"), "2:32: builtin: expected one of watcher, indexer, maintenance, found \"indexr\"; did you mean \"indexer\"?"},
    {"worker without name", in_root("workers: [{command: [a]}]"), "2:13: the key name is missing in workers"},
    {"empty name", in_root("workers: [{name: \"\", command: [a]}]"), "2:20: name: a value is missing"},
    {"name of a tier", in_root("workers: [{name: driver, command: [a]}]"), "2:20: name: \"driver\" is the name of a tier"},
    {"name of an instance", in_root("workers: [{name: a.1, command: [a]}]"), "2:20: name: \"a.1\" cannot be used; letters, digits, _, - and . are allowed, at most 64 of them, the first a letter or digit, and no .NUMBER at the end"},
    {"duplicate name", in_root("workers:\n  - {name: a, command: [a]}\n  - {name: a, command: [a]}"), "4:12: duplicate process name \"a\"; it stands in line 3 already"},
    {"bad variable name", worker("env: {1A: x}"), "5:11: env: \"1A\" is no variable name"},
    {"variable of the protocol", worker("env: {READY_FD: 3}"), "5:11: env: READY_FD is set by the supervisor itself"},
    {"attribution variable", worker("env: {CODE_ANALYSIS_TREE: x}"), "5:11: env: CODE_ANALYSIS_TREE is set by the supervisor itself"},
    {"variable is a list", worker("env: {A: [1]}"), "5:14: env: expected text, found a list"},
    {"variable is nothing", worker("env: {A: }"), "5:11: env: expected text, found nothing; \"\" is the empty text"},
    {"unset variable", worker("working_dir: ${CA_NOT_SET}"), "5:18: working_dir: the variable CA_NOT_SET is not set; ${CA_NOT_SET:-default} gives it a default"},
    {"open variable", worker("working_dir: \"${A\""), "5:18: working_dir: a ${ without its }; write $${ for a literal ${"},
    {"nameless variable", worker("working_dir: \"${}\""), "5:18: working_dir: \"\" is no variable name; write $${ for a literal ${"},
    {"expanded to a wrong type", worker("instances: ${CA_NOT_SET:-many}"), "5:16: instances: expected a whole number, found \"many\""},
    {"expanded to a number", worker("working_dir: ${CA_NOT_SET:-7}"), "5:18: working_dir: expected text, found a number; write \"7\" in quotes"},
    {"not an address", in_root("server: {listen: [\"8080\"]}"), "2:21: listen: expected an address such as 127.0.0.1:8080, [::1]:8080 or localhost:0, found \"8080\""},
    {"port above range", in_root("server: {listen: [\"127.0.0.1:65536\"]}"), "2:21: listen: expected an address such as 127.0.0.1:8080, [::1]:8080 or localhost:0, found \"127.0.0.1:65536\""},
    {"no address", in_root("server: {listen: []}"), "2:20: listen: the server needs at least one address"},
    {"doubled address", in_root("server: {listen: [\"127.0.0.1:80\", \"localhost:80\"]}"), "2:37: listen: 127.0.0.1:80 is there twice"},
    {"open without token", in_root("server: {listen: [\"0.0.0.0:80\"]}"), "2:21: listen: 0.0.0.0:80 is open to other hosts; that needs server.token_file"},
    {"open without token, IPv6", in_root("server: {listen: [\"[::]:80\"]}"), "2:21: listen: [::]:80 is open to other hosts; that needs server.token_file"},
    {"project without path", in_root("projects: [{name: a}]"), "2:14: the key path is missing in projects"},
    {"duplicate project", in_root("projects:\n  - {name: a, path: .}\n  - {name: a, path: .}"), "4:12: duplicate project name \"a\"; it stands in line 3 already"},
    {"limits", worker("limits: {nofile: 1024}"), "5:22: limits.nofile is not supported yet"},
    {"unknown limit", worker("limits: {nofiles: 1}"), "5:14: unknown key \"nofiles\" in limits; did you mean \"nofile\"?"},
    {"watchdog", worker("watchdog: 5s"), "5:15: watchdog is not supported yet"},
    {"user", worker("user: nobody"), "5:11: user is not supported yet"},
    {"group", worker("group: nogroup"), "5:12: group is not supported yet"},
    {"user of the driver", in_root("database: {driver: {user: nobody}}"), "2:29: user is not supported yet"},
    {"user of the server", in_root("server: {user: nobody}"), "2:18: user is not supported yet"},
    {"group of the cluster", driver_config("embedded: {group: nogroup}"), "5:27: group is not supported yet"},
    {"log of a process", worker("log: {file: a.log}"), "5:17: log.file is not supported yet"},
    {"log size of a process", worker("log: {max_size: 1MiB}"), "5:21: log.max_size is not supported yet"},
    {"log file of the supervisor", in_root("supervisor: {log: {file: a.log}}"), "2:28: supervisor.log.file is not supported yet"},
    {"comma in the path of sockets", in_root("database: {}\n  runtime_dir: /run/a,b"), "3:16: runtime_dir: PostgreSQL's clients take a comma for the end of a host's name"},
};

TEST_CASE("Each rule is told with its line and column") {
  ::unsetenv("CA_NOT_SET");
  std::set<std::string> rules;
  for (const Row& row : rows) {
    INFO(row.rule << ":\n" << row.text);
    CHECK(errors_of(row.text) == row.error);
    CHECK(rules.insert(row.rule).second);
  }
}

TEST_CASE("Every error of a file is told at once, in the order of the file") {
  const std::string errors = errors_of(
      "code_analysis:\n"
      "  workers:\n"
      "  - {name: a, command: [x], instances: none, stop_timeout: 5}\n"
      "  - {name: a, command: [y], ready: maybe}\n"
      "  serve: {}\n"
      "  runtime_dir: 7\n");
  CHECK(errors ==
        "3:40: instances: expected a whole number, found \"none\"\n"
        "3:60: stop_timeout: expected a duration with its unit, such as 250ms, 30s, 5m or 1h, found \"5\"\n"
        "4:12: duplicate process name \"a\"; it stands in line 3 already\n"
        "4:36: ready: expected one of pipe, notify, none, found \"maybe\"\n"
        "5:3: unknown key \"serve\" in code_analysis; did you mean \"server\"?\n"
        "6:16: runtime_dir: expected text, found a number; write \"7\" in quotes");
}

TEST_CASE("The number of errors is bounded") {
  std::string text = "code_analysis:\n  workers:\n";
  for (int i = 0; i < 1000; ++i) text += "  - {nam: a}\n";
  const ReadOutcome outcome = ConfigFile(text).read();
  REQUIRE(outcome.errors.size() == 101);
  CHECK(outcome.errors.back() == "1:1: there are more errors; only 100 are shown");
}

TEST_CASE("No message shows a secret") {
  CHECK(errors_of(driver_config("conninfo: 12345")) == "5:19: conninfo: expected text, found a number");
  CHECK(errors_of(driver_config("conninfo: [hunter2]")).find("hunter2") == std::string::npos);
}

TEST_CASE("A runtime_dir too long for its sockets is an error with both lengths") {
  const std::string dir = "/" + std::string(86, 'x');
  const auto with = [](const std::string& folder, const std::string& rest) {
    return errors_of("code_analysis:\n  runtime_dir: " + folder + "\n" + rest);
  };
  CHECK(with("/" + std::string(93, 'x'), "") == "");  // 94 + "/control.sock" = 107
  CHECK(with("/" + std::string(94, 'x'), "") ==
        "2:16: runtime_dir: the path of the socket control.sock in it would be 108 bytes long; a Unix socket's may have 107");
  CHECK(with("/" + std::string(80, 'x'), "  database: {}\n") == "");  // 81 + "/postgres/.s.PGSQL.5432" = 104
  CHECK(with("/" + std::string(84, 'x'), "  database: {}\n") ==
        "2:16: runtime_dir: the path of the socket postgres/.s.PGSQL.5432 in it would be 108 bytes long; a Unix socket's "
        "may have 107");
  CHECK(with("/" + std::string(93, 'x'), "  database: {driver: {config: {conninfo: host=a, port: 1}}}\n") == "");
  CHECK(with("/" + std::string(93, 'x'), "  database: {driver: {config: {conninfo: host=a, port: 54321}}}\n") ==
        "2:16: runtime_dir: the path of the socket .s.PGSQL.54321 in it would be 109 bytes long; a Unix socket's may have "
        "107");
}

}  // namespace
}  // namespace ca
