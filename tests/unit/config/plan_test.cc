// From valid files to plans: defaults, tiers, instances, sockets, the keys of a process.
#include <csignal>

#include "tests/unit/config/made_up.h"

namespace ca {
namespace {

TEST_CASE("The tree of the documentation has its processes in the order of the tiers") {
  const Plan plan = valid(whole_tree);
  CHECK(names_of(plan) == Names{"postgres", "driver", "watcher", "indexer.0", "indexer.1", "mine", "server"});
  std::vector<int> tiers;
  for (const auto& process : plan.rules.processes) tiers.push_back(process.tier);
  CHECK(tiers == std::vector<int>{0, 1, 2, 2, 2, 2, 3});
  CHECK(plan.launches.size() == plan.rules.processes.size());
  CHECK(plan.launches[1].argv == Names{"/opt/tree/libexec/code-analysis/driver"});
  CHECK(plan.launches[5].argv == Names{"/usr/bin/my-worker", "--flag"});
  CHECK(plan.has_driver);
}

TEST_CASE("Defaults are those of the documentation") {
  const Plan plan = valid(whole_tree);
  CHECK(plan.config_path == "/etc/ca/f");
  CHECK(plan.runtime_dir == "/run/code-analysis");
  CHECK(plan.state_dir == "/var/lib/code-analysis");
  CHECK(plan.pid_file == "/run/code-analysis/supervisor.pid");
  CHECK(plan.event_log == "/run/code-analysis/events.jsonl");
  CHECK(plan.log.level == 1);
  CHECK_FALSE(plan.log.json);
  CHECK(plan.log.max_size == 64 << 20);
  CHECK(plan.log.keep == 8);
  CHECK(plan.rules.start_timeout == Milliseconds(300'000));
  CHECK(plan.rules.shutdown_timeout == Milliseconds(60'000));
  CHECK(plan.rules.on_driver_restart == core::OnDriverRestart::keep);
  const core::ProcessRules& mine = plan.rules.processes[5];
  CHECK(mine.ready_timeout == Milliseconds(30'000));
  CHECK(mine.stop_signal == SIGTERM);
  CHECK(mine.stop_timeout == Milliseconds(10'000));
  CHECK(mine.restart == core::RestartRules{});
  CHECK(plan.launches[5].working_dir == "/");
  CHECK(plan.launches[5].umask == 0022);
  CHECK(plan.launches[5].reload_signal == 0);
}

TEST_CASE("Each kind of process has its own defaults") {
  const Plan plan = valid(whole_tree);
  const core::ProcessRules& postgres = plan.rules.processes[0];
  CHECK(postgres.is_postgres);
  CHECK(postgres.ready == core::ReadyKind::notify);
  CHECK(postgres.ready_timeout == Milliseconds(600'000));
  CHECK(postgres.stop_signal == SIGINT);
  CHECK(postgres.stop_timeout == Milliseconds(300'000));
  CHECK(postgres.essential);
  CHECK(plan.launches[0].parent_death_signal == SIGQUIT);
  CHECK(plan.launches[1].parent_death_signal == SIGKILL);
  const auto essential = [&plan](std::size_t i) { return plan.rules.processes[i].essential; };
  CHECK(essential(1));
  CHECK_FALSE(essential(2));
  CHECK(essential(6));
  CHECK(plan.rules.processes[1].ready == core::ReadyKind::pipe);
  CHECK(plan.rules.processes[2].ready == core::ReadyKind::pipe);
  CHECK(plan.rules.processes[5].ready == core::ReadyKind::notify);
  CHECK(valid("  workers: [{name: w, command: [a]}]\n").rules.processes[0].ready == core::ReadyKind::none);
}

TEST_CASE("Each tier may be absent") {
  CHECK(names_of(valid("  supervisor:\n    # only a comment\n")).empty());
  CHECK(names_of(valid("  workers: [{name: w, command: [a]}]\n")) == Names{"w"});
  CHECK(names_of(valid("  workers:\n    # none\n  server: {command: [s]}\n")) == Names{"server"});
  CHECK(names_of(valid("  database: {driver: {config: {conninfo: host=db}}}\n")) == Names{"driver"});
  CHECK(names_of(valid("  database:\n")) == Names{"postgres", "driver"});
}

TEST_CASE("A driver of the user's own gets its socket, and PostgreSQL only where it is asked for") {
  const Plan plan = valid("  runtime_dir: /r\n  database: {driver: {command: [d]}}\n");
  CHECK(names_of(plan) == Names{"driver"});
  CHECK_FALSE(plan.has_driver);
  REQUIRE(plan.listeners.size() == 1);
  CHECK(plan.listeners[0].name == "postgresql");
  CHECK(plan.listeners[0].address == "/r/.s.PGSQL.5432");
  CHECK(plan.launches[0].listeners == std::vector<std::uint32_t>{0});
  CHECK(plan.launches[0].config_json.empty());
  CHECK(plan.launches[0].env.empty());
  CHECK_FALSE(plan.launches[0].drops_pg_variables);
  CHECK(names_of(valid("  database: {driver: {command: [d], config: {port: 1}}}\n")) == Names{"driver"});
  CHECK(names_of(valid("  database: {driver: {command: [d], config: {embedded: {}}}}\n")) == Names{"postgres", "driver"});
  CHECK(names_of(valid("  database: {driver: {command: [d], config: {embedded: }}}\n")) == Names{"postgres", "driver"});
}

TEST_CASE("Sockets are bound as configured") {
  const Plan plan = valid(
      "  runtime_dir: /r\n"
      "  database: {driver: {config: {port: 6000, socket_mode: \"0770\"}}}\n"
      "  server: {listen: [\"localhost:0\", \"[::1]:81\", \"127.1.2.3:82\"]}\n");
  REQUIRE(plan.listeners.size() == 4);
  CHECK(plan.listeners[0].address == "/r/.s.PGSQL.6000");
  CHECK(plan.listeners[0].is_unix);
  CHECK(plan.listeners[0].mode == 0770);
  CHECK(plan.listeners[1].name == "http");
  CHECK(plan.listeners[1].address == "127.0.0.1:0");
  CHECK(plan.listeners[2].address == "[::1]:81");
  CHECK(plan.launches[2].listeners == std::vector<std::uint32_t>{1, 2, 3});
  CHECK(valid("  server: {}\n").listeners[0].address == "127.0.0.1:8080");
  CHECK(valid("  server: {command: [s]}\n").listeners.empty());
  CHECK(valid("  server: {command: [s], listen: [\"0.0.0.0:80\"]}\n").listeners[0].address == "0.0.0.0:80");
}

TEST_CASE("Clients of the driver are told where it is, and with which priority they speak") {
  const Plan plan = valid("  runtime_dir: /r\n" + std::string(whole_tree));
  const Launch& indexer = plan.launches[4];
  CHECK(indexer.drops_pg_variables);
  CHECK(variable(indexer, "PGHOST") == "/r");
  CHECK(variable(indexer, "PGPORT") == "5432");
  CHECK(variable(indexer, "PGDATABASE") == "code_analysis");
  CHECK(variable(indexer, "PGUSER") == "code_analysis");
  CHECK(variable(indexer, "PGAPPNAME") == "indexer.1");
  CHECK(variable(indexer, "PGOPTIONS") == "-c code_analysis.priority=bulk");
  CHECK(variable(plan.launches[5], "PGOPTIONS") == "-c code_analysis.priority=normal");
  CHECK(variable(plan.launches[6], "PGOPTIONS") == "-c code_analysis.priority=interactive");
  CHECK(variable(plan.launches[6], "PGAPPNAME") == "server");
  CHECK(plan.launches[1].env.empty());
  CHECK_FALSE(plan.launches[1].drops_pg_variables);
  CHECK(plan.launches[0].drops_pg_variables);
}

TEST_CASE("Without a database nobody is told of one") {
  const Plan plan = valid("  workers: [{name: w, command: [a], env: {A: 1}}]\n");
  CHECK(plan.launches[0].env == std::vector<std::pair<std::string, std::string>>{{"A", "1"}});
  CHECK(plan.launches[0].drops_pg_variables);
}

TEST_CASE("Instances are numbered where there are several or the number may change") {
  CHECK(names_of(valid("  workers: [{name: w, command: [a], instances: 3}]\n")) == Names{"w.0", "w.1", "w.2"});
  CHECK(names_of(valid("  workers: [{name: w, command: [a], scalable: true}]\n")) == Names{"w.0"});
  CHECK(names_of(valid("  workers: [{name: w, command: [a], instances: 1}]\n")) == Names{"w"});
  const Made made = make("  workers:\n  - {name: a, command: [a], instances: 10000}\n  - {name: b, command: [a], instances: 1}\n",
                         made_up_host(1000));
  CHECK(made.errors == Names{"f:4:40: more than 10000 processes in all"});
}

TEST_CASE("Keys of a process reach its plan") {
  const Plan plan = valid(
      "  workers:\n"
      "  - name: w\n"
      "    command: [sub/prog, rel/arg, 5, true, \"\"]\n"
      "    working_dir: here\n"
      "    umask: \"0077\"\n"
      "    ready_timeout: 250ms\n"
      "    stop_signal: SIGUSR1\n"
      "    stop_timeout: 0ms\n"
      "    reload_signal: HUP\n"
      "    reopen_signal: 10\n"
      "    essential: true\n"
      "    restart: {policy: on-failure, initial_delay: 0ms, max_delay: 1h, multiplier: 1.5, jitter: 0, reset_after: 1s,\n"
      "      max_restarts: 2147483647, window: 2m, on_limit: slow, give_up_on: [1, 2]}\n");
  const Launch& launch = plan.launches[0];
  CHECK(launch.argv == Names{"/etc/ca/sub/prog", "rel/arg", "5", "true", ""});
  CHECK(launch.working_dir == "/etc/ca/here");
  CHECK(launch.umask == 0077);
  CHECK(launch.reload_signal == SIGHUP);
  CHECK(launch.reopen_signal == 10);
  const core::ProcessRules& rules = plan.rules.processes[0];
  CHECK(rules.ready_timeout == Milliseconds(250));
  CHECK(rules.stop_signal == SIGUSR1);
  CHECK(rules.stop_timeout == Milliseconds(0));
  CHECK(rules.essential);
  core::RestartRules restart;
  restart.policy = core::RestartPolicy::on_failure;
  restart.initial_delay = Milliseconds(0);
  restart.max_delay = Milliseconds(3'600'000);
  restart.multiplier = 1.5;
  restart.jitter = 0;
  restart.reset_after = Milliseconds(1000);
  restart.max_restarts = 2147483647;
  restart.window = Milliseconds(120'000);
  restart.on_limit = core::OnLimit::slow;
  restart.give_up_on = {1, 2};
  CHECK(rules.restart == restart);
}

TEST_CASE("Keys of the supervisor reach the plan") {
  const Plan plan = valid(
      "  runtime_dir: run\n"
      "  state_dir: ../state/\n"
      "  supervisor:\n"
      "    pid_file: p\n"
      "    event_log: \"\"\n"
      "    start_timeout: 1s\n"
      "    shutdown_timeout: 2s\n"
      "    log: {level: error, format: json, max_size: 1MiB, keep: 0}\n"
      "  database: {driver: {on_restart: restart}}\n");
  CHECK(plan.runtime_dir == "/etc/ca/run");
  CHECK(plan.state_dir == "/etc/state");
  CHECK(plan.pid_file == "/etc/ca/p");
  CHECK(plan.event_log.empty());
  CHECK(plan.rules.start_timeout == Milliseconds(1000));
  CHECK(plan.rules.shutdown_timeout == Milliseconds(2000));
  CHECK(plan.log.level == 3);
  CHECK(plan.log.json);
  CHECK(plan.log.max_size == 1 << 20);
  CHECK(plan.log.keep == 0);
  CHECK(plan.rules.on_driver_restart == core::OnDriverRestart::restart);
}

TEST_CASE("Variables are expanded after parsing and typed as if written") {
  const Plan plan = valid(
      "  workers:\n"
      "  - name: w\n"
      "    command: [a, \"${THREE}\", \"x${THREE}y${NOT:-z}\", \"$${THREE}\", $THREE, \"${EMPTY}\", \"${EMPTY:-full}\", \"${NOT:-[1, 2]}\"]\n"
      "    instances: ${THREE}\n"
      "    stop_timeout: ${THREE}s\n"
      "    env_file: ${EMPTY}\n");
  CHECK(plan.launches.size() == 3);
  CHECK(plan.launches[0].argv == Names{"a", "3", "x3yz", "${THREE}", "$THREE", "", "full", "[1, 2]"});
  CHECK(plan.rules.processes[0].stop_timeout == Milliseconds(3000));
}

}  // namespace
}  // namespace ca
