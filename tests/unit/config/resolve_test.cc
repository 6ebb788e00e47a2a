// What a plan takes from the host and tells the shipped programs: accounts, files, folders, CONFIG_FD.
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "common/builtin_config.h"
#include "tests/unit/config/made_up.h"

namespace ca {
namespace {

using nlohmann::json;

TEST_CASE("The driver is told its part, and of its embedded cluster's socket") {
  const Plan plan = valid("  runtime_dir: /r\n  database: {}\n", 0);
  const auto driver = *config_from_json<DriverConfig>(plan.launches[1].config_json);
  CHECK(driver.runtime_dir == "/r");
  CHECK(driver.conninfo == "host=/r/postgres port=5432 dbname=code_analysis user=code_analysis");
  CHECK(driver.embedded);
  CHECK(driver.lock_path == "/r/driver.lock");
  CHECK(driver.allow_uids == std::vector<uid_t>{0, 26});
  CHECK(driver.connect_timeout_ms == 10'000);
  CHECK(driver.server_wait_timeout_ms == 60'000);
  CHECK(driver.statement_timeout_ms == 0);
  CHECK(driver.query_wait_timeout_ms == 120'000);
  CHECK(driver.server_idle_timeout_ms == 600'000);
  CHECK(driver.server_lifetime_ms == 3'600'000);
  CHECK(driver.migrations.ends_with("/driver/migrations"));
  CHECK(json::parse(plan.launches[1].config_json).at("shared_connections") == 4);
  const auto embedded = *config_from_json<EmbeddedConfig>(plan.launches[0].config_json);
  CHECK(embedded.data_dir == "/var/lib/code-analysis/postgres");
  CHECK(embedded.socket_dir == "/r/postgres");
  CHECK(embedded.user == "postgres");
  CHECK(embedded.driver_os_user == "root");
}

TEST_CASE("A connection string is the user's own; a folder with blanks is put in quotes") {
  const Plan given = valid("  database: {driver: {config: {conninfo: \"host=a,b password=x\", max_clients: 7}}}\n");
  const auto driver = *config_from_json<DriverConfig>(given.launches[0].config_json);
  CHECK(driver.conninfo == "host=a,b password=x");
  CHECK_FALSE(driver.embedded);
  CHECK(driver.max_clients == 7);
  CHECK(config::conninfo_value("/a b/it's") == "'/a b/it\\'s'");
  CHECK(config::conninfo_value("") == "''");
}

TEST_CASE("Workers and server are told of the projects") {
  const Plan plan = valid(whole_tree);
  const auto worker = *config_from_json<WorkerConfig>(plan.launches[3].config_json);
  CHECK(worker.process_name == "indexer.0");
  REQUIRE(worker.projects.size() == 1);
  CHECK(worker.projects[0].path == "/etc");
  CHECK(worker.projects[0].exclude == Names{"build/**"});
  CHECK_FALSE(worker.projects[0].index_secrets);
  CHECK(plan.launches[5].config_json.empty());
  const auto server = *config_from_json<ServerConfig>(plan.launches[6].config_json);
  CHECK(server.listen == Names{"127.0.0.1:8080"});
  CHECK(server.token.empty());
  CHECK(server.projects.size() == 1);
}

TEST_CASE("Under root the cluster runs as postgres and all else as root") {
  const Plan plan = valid(whole_tree, 0);
  REQUIRE(plan.postgres_account);
  CHECK(plan.postgres_account->uid == 26);
  CHECK(plan.reader_uids == std::vector<uid_t>{0, 26});
  for (const Launch& launch : plan.launches) CHECK_FALSE(launch.account);
  const Plan command = valid("  database: {driver: {command: [d], config: {embedded: {command: [p], user: alice}}}}\n", 0);
  REQUIRE(command.launches[0].account);
  CHECK(command.launches[0].account->name == "alice");
}

TEST_CASE("Without root the cluster runs as the supervisor's user") {
  const Plan plan = valid(whole_tree, 1000);
  CHECK_FALSE(plan.postgres_account);
  CHECK(plan.reader_uids == std::vector<uid_t>{1000});
  const auto embedded = *config_from_json<EmbeddedConfig>(plan.launches[0].config_json);
  CHECK(embedded.user.empty());
  CHECK(embedded.driver_os_user == "alice");
}

struct HostFact {
  const char* text;
  uid_t uid;
  const char* message;
};

const HostFact host_facts[] = {
    {"  database: {driver: {config: {embedded: {user: nobody-here}}}}\n", 0,
     "f:2:49: user: there is no account \"nobody-here\" on this host"},
    {"  database: {driver: {config: {embedded: {user: postgres}}}}\n", 1000,
     "f:2:49: user: only root can run PostgreSQL as another user"},
    {"  database: {driver: {config: {conninfo: a=b, allow_users: [alice, 77, bob]}}}\n", 1000,
     "f:2:72: allow_users: there is no account \"bob\" on this host"},
    {"  workers: [{name: w, command: [a], env_file: /no/such}]\n", 1000,
     "f:2:47: env_file: cannot open /no/such: No such file or directory"},
    {"  server: {token_file: /no/such}\n", 1000, "f:2:24: token_file: cannot open /no/such: No such file or directory"},
};

TEST_CASE("What this host lacks is a warning when checked and an error at a start") {
  for (const HostFact& fact : host_facts) {
    INFO(fact.text);
    const Made checked = make(fact.text, made_up_host(fact.uid), false);
    CHECK(checked.errors.empty());
    CHECK(checked.warnings == Names{fact.message});
    const Made started = make(fact.text, made_up_host(fact.uid), true);
    CHECK(started.errors == Names{fact.message});
  }
}

TEST_CASE("Users are admitted by name and by number") {
  const Plan plan = valid("  database: {driver: {config: {conninfo: a=b, allow_users: [postgres, 77]}}}\n", 1000);
  const auto driver = *config_from_json<DriverConfig>(plan.launches[0].config_json);
  CHECK(driver.allow_uids == std::vector<uid_t>{0, 26, 77, 1000});
}

TEST_CASE("PostgreSQL is never run as root") {
  CHECK(make("  database: {driver: {config: {embedded: {user: root}}}}\n", made_up_host(0)).errors ==
        Names{"f:2:49: user: PostgreSQL refuses to run as root"});
}

TEST_CASE("Workers and server that run as root are warned of at a start") {
  const char* const text = "  workers: [{name: w, command: [a]}]\n  server: {}\n";
  CHECK(make(text, made_up_host(0), true).warnings ==
        Names{"f:2:12: workers: run as root, though they may read trees of other people",
              "f:3:11: server: run as root, though they may read trees of other people"});
  CHECK(make(text, made_up_host(0), false).warnings.empty());
  CHECK(make(text, made_up_host(1000), true).warnings.empty());
}

TEST_CASE("What has no effect is warned of") {
  CHECK(make("  projects: [{name: a, path: /no/such}]\n  workers: [{name: w, command: [a]}]\n", made_up_host(1000)).warnings ==
        Names{"f:2:30: path: there is no folder /no/such"});
  CHECK(make("  supervisor: {}\n", made_up_host(1000)).warnings ==
        Names{"f:1:1: there is nothing to run: no database, no workers, no server"});
  CHECK(make("  database: {driver: {config: {conninfo: a=b, embedded: {}}}}\n", made_up_host(1000)).warnings ==
        Names{"f:2:57: embedded is not used, since conninfo names a PostgreSQL"});
}

TEST_CASE("Shipped files are found beside the executable, or beside its bin") {
  CHECK(config::libexec_folder("/x/build/code-analysisd") == "/x/build/libexec/code-analysis");
  CHECK(config::libexec_folder("/usr/bin/code-analysisd") == "/usr/libexec/code-analysis");
  CHECK(config::libexec_folder("/usr/local/sbin/code-analysisd") == "/usr/local/libexec/code-analysis");
  const ConfigFile folder;
  std::filesystem::create_directories(folder.folder() + "/share/code-analysis/migrations");
  CHECK(config::migrations_folder(folder.folder() + "/bin/x") == folder.folder() + "/share/code-analysis/migrations");
  CHECK(config::migrations_folder(folder.folder() + "/x") == folder.folder() + "/share/code-analysis/migrations");
  CHECK(config::migrations_folder("/no/such/x") == CODE_ANALYSIS_SOURCE_DIR "/driver/migrations");
}

TEST_CASE("The environment is that of the file, then that of env") {
  const ConfigFile file(
      "code_analysis:\n  workers:\n  - {name: w, command: [a], env_file: vars, env: {B: \"from env\", N: 5}}\n");
  file.write("vars", "# a comment\n\nA=1\nB=from file\n export C = 'quoted # text' \nD=\"\"\nE=a=b\n");
  const ReadOutcome outcome = file.read();
  REQUIRE(outcome.plan);
  CHECK(outcome.plan->launches[0].env ==
        std::vector<std::pair<std::string, std::string>>{
            {"A", "1"}, {"B", "from file"}, {"C", "quoted # text"}, {"D", ""}, {"E", "a=b"}, {"B", "from env"}, {"N", "5"}});
  file.write("vars", "A=1\nnonsense\n");
  CHECK(file.read().errors == Names{"3:39: env_file: DIR/vars: line 2: expected NAME=value"});
  file.write("vars", "LISTEN_FDS=1\n");
  CHECK(file.read().errors == Names{"3:39: env_file: DIR/vars: line 1: LISTEN_FDS is set by the supervisor itself"});
}

TEST_CASE("The token is the first line of its file") {
  const ConfigFile file("code_analysis:\n  server: {listen: [\"0.0.0.0:0\"], token_file: token}\n");
  ::chmod(file.write("token", "s3cret\nrest\n").c_str(), 0600);
  const ReadOutcome outcome = file.read();
  REQUIRE(outcome.plan);
  CHECK(outcome.warnings.empty());
  CHECK(config_from_json<ServerConfig>(outcome.plan->launches[0].config_json)->token == "s3cret");
  ::chmod((file.folder() + "/token").c_str(), 0644);
  CHECK(file.read().warnings == Names{"2:47: warning: token_file: DIR/token is open to every user of this host"});
  ::chmod(file.write("token", "\nnot here\n").c_str(), 0600);
  CHECK(file.read().errors == Names{"2:47: token_file: the first line of DIR/token is no token: it must not be empty, and "
                                    "have visible ASCII characters only"});
}

TEST_CASE("Equal files give equal plans, a changed one another") {
  const std::string text = "code_analysis:\n  workers: [{name: w, command: [a, b]}]\n";
  const ConfigFile file(text);
  const std::string bytes = serialise(*file.read().plan);
  file.write("c.yaml", "# a comment\n" + text);
  CHECK(serialise(*file.read().plan) == bytes);
  file.write("c.yaml", "code_analysis:\n  workers: [{name: w, command: [a, c]}]\n");
  CHECK(serialise(*file.read().plan) != bytes);
}

}  // namespace
}  // namespace ca
