// --print-config: effective values, secrets masked, and YAML that means the same again.
#include "supervisor/config/mask.h"
#include "tests/unit/config/config_file.h"

namespace ca {
namespace {

struct Masked {
  const char* conninfo;
  const char* shown;
};

const Masked conninfos[] = {
    {"", ""},
    {"host=a user=b", "host=a user=b"},
    {"host=a password=secret user=b", "host=a password=******** user=b"},
    {"password='a b\\'c' host=d", "password=******** host=d"},
    {"password = secret host = d", "password=******** host=d"},
    {"password=a\\ b host=d", "password=******** host=d"},
    {"sslpassword=secret", "sslpassword=********"},
    {"passfile=/etc/pgpass", "passfile=/etc/pgpass"},
    {"password='secret", "********"},
    {"secret", "********"},
    {"my secret=x", "********"},
    {"postgresql://host/db", "postgresql://host/db"},
    {"postgresql://user@host/db", "postgresql://user@host/db"},
    {"postgresql://user:secret@host:5432,b:1/db?sslmode=require", "postgresql://user:********@host:5432,b:1/db?sslmode=require"},
    {"postgres://user:se/cr@et@host/db", "postgres://user:********@host/db"},
    {"postgresql://host/db?password=secret&user=a&sslpassword=x", "postgresql://host/db?password=********&user=a&sslpassword=********"},
    {"postgresql://host/db?pass%77ord=secret", "postgresql://host/db?pass%77ord=********"},
    {"postgresql://user:sec?ret@host/db", "********"},
    {"postgresql:///db?host=/run", "postgresql:///db?host=/run"},
};

TEST_CASE("Passwords of a connection string are masked in both of its forms") {
  for (const Masked& row : conninfos) {
    INFO(row.conninfo);
    CHECK(config::mask_conninfo(row.conninfo) == row.shown);
  }
}

TEST_CASE("Variables with a secret's name are known") {
  for (const char* name : {"PGPASSWORD", "db_passwd", "API_TOKEN", "AWS_SECRET_ACCESS_KEY", "KEY", "SSH_PASSPHRASE"}) {
    INFO(name);
    CHECK(config::is_secret_name(name));
  }
  for (const char* name : {"PATH", "KEYBOARD", "MONKEY", "LANG"}) {
    INFO(name);
    CHECK_FALSE(config::is_secret_name(name));
  }
}

const char* const everything =
    "code_analysis:\n"
    "  runtime_dir: run\n"
    "  supervisor: {event_log: \"\", log: {level: debug, max_size: 1536KiB}}\n"
    "  database:\n"
    "    driver:\n"
    "      config: {port: 6000, socket_mode: \"0700\", allow_users: [root, \"0\"], statement_timeout: 1500ms}\n"
    "      on_restart: restart\n"
    "  workers:\n"
    "  - {name: a, command: [x, \"$${HOME}\", 'it''s \"q\" \\ \\n', \"a\\tb\"], env: {A: \"1\", LANG: C}, instances: 2}\n"
    "  - {name: b, builtin: indexer, restart: {give_up_on: [], jitter: 0.25}, reload_signal: HUP, umask: \"0\"}\n"
    "  server: {listen: [\"[::1]:0\"]}\n"
    "  projects: [{name: p, path: ., exclude: [\"*.o\", \"#x\"]}]\n";

TEST_CASE("What is printed means the same again") {
  for (const char* text : {everything, "code_analysis: {}\n", "code_analysis:\n  server: {command: [s]}\n",
                           "code_analysis:\n  database: {driver: {command: [d]}}\n",
                           "code_analysis:\n  database: {driver: {command: [d], config: {embedded: {}}}}\n",
                           "code_analysis:\n  database: {driver: {config: {conninfo: host=x}}}\n"}) {
    const ConfigFile file(text);
    const PrintedConfig printed = print_config(file.path());
    INFO(printed.text);
    REQUIRE(printed.errors.empty());
    const std::string before = serialise(*read_configuration(file.path(), false).plan);
    file.write("c.yaml", printed.text);
    const ReadOutcome again = read_configuration(file.path(), false);
    for (const std::string& error : again.errors) UNSCOPED_INFO(error);
    REQUIRE(again.plan);
    Plan plan = *again.plan;
    plan.warnings = deserialise(before)->warnings;  // they name places in the file
    CHECK(serialise(plan) == before);
    CHECK(print_config(file.path()).text == printed.text);
  }
}

TEST_CASE("What is printed shows no secret") {
  const ConfigFile file(
      "code_analysis:\n"
      "  database: {driver: {config: {conninfo: \"host=a password=hunter2\"}, env: {PGPASSWORD: hunter2}}}\n"
      "  server: {command: [a], env: {API_TOKEN: hunter2, OTHER: seen}}\n");
  const PrintedConfig printed = print_config(file.path());
  CHECK(printed.text.find("hunter2") == std::string::npos);
  CHECK(printed.text.find("        conninfo: \"host=a password=********\"\n") != std::string::npos);
  CHECK(printed.text.find("      PGPASSWORD: \"********\"\n") != std::string::npos);
  CHECK(printed.text.find("      OTHER: \"seen\"\n") != std::string::npos);
}

TEST_CASE("An invalid file is not printed, its errors are") {
  const ConfigFile file("code_analysis: {x: 1}\n");
  const PrintedConfig printed = print_config(file.path());
  CHECK(printed.text.empty());
  CHECK(printed.errors == std::vector<std::string>{file.path() + ":1:17: unknown key \"x\" in code_analysis"});
}

}  // namespace
}  // namespace ca
