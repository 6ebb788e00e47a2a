// How a tree is stopped: timeouts, hurry, and what by-hand requests may touch.
#include <csignal>

#include "supervisor/core/describe.h"
#include "tests/support/catch.h"
#include "tests/unit/core/fake_tree.h"

using namespace ca;
using namespace ca::core;
using Lines = std::vector<std::string>;

namespace {

Rules with_postgres() {
  Rules rules = small_tree();
  rules.processes.insert(rules.processes.begin(), process_rules("postgres", tier_postgres, true));
  rules.processes[0].is_postgres = true;
  rules.processes[0].stop_signal = SIGINT;
  rules.processes[0].stop_timeout = Milliseconds(300'000);
  return rules;
}

void take_down_all_but_postgres(FakeTree& tree) {
  for (const char* name : {"server", "a", "b", "driver"}) tree.goes_down(name);
}

}  // namespace

TEST_CASE("a process that ignores the stop signal is killed after its own stop_timeout") {
  FakeTree tree(small_tree());
  tree.bring_up();
  tree.stop();
  CHECK(tree.wait(999) == "");
  CHECK(tree.wait(1) == "kill server");
  CHECK(tree.dies("server", 9) == "clear server");
  CHECK(tree.cleared("server") == "signal a 15, signal b 15");
  CHECK(tree.wait(999) == "");
  CHECK(tree.wait(1) == "kill a, kill b");
}

TEST_CASE("a second orderly stop shortens every remaining stop_timeout to at most 1 s") {
  Rules rules = small_tree();
  for (auto& process : rules.processes) process.stop_timeout = Milliseconds(5000);
  FakeTree tree(rules);
  tree.bring_up();
  tree.stop();
  CHECK(tree.until_deadline() == 5000);
  CHECK(tree.stop() == "");
  CHECK(tree.until_deadline() == 1000);
  tree.wait(500);
  CHECK(tree.stop() == "");
  CHECK(tree.until_deadline() == 500);  // a third one is no stricter
  CHECK(tree.goes_down("server") == "clear server, signal a 15, signal b 15");
  CHECK(tree.until_deadline() == 1000);
}

TEST_CASE("an immediate stop kills tier by tier, from the top") {
  FakeTree tree(small_tree());
  tree.bring_up();
  CHECK(tree.stop(StopMode::immediate) == "kill server");
  CHECK(tree.dies("server", 9) == "clear server");
  CHECK(tree.cleared("server") == "kill a, kill b");
  CHECK(tree.goes_down("a") == "clear a");
  CHECK(tree.goes_down("b") == "clear b, kill driver");
  CHECK(tree.goes_down("driver") == "clear driver, exit 0");
}

TEST_CASE("an immediate stop after an orderly one kills those that were told already") {
  FakeTree tree(small_tree());
  tree.bring_up();
  tree.stop();
  CHECK(tree.stop(StopMode::immediate) == "kill server");
  CHECK(tree.stop(StopMode::orderly) == "");
  CHECK(tree.state.stop == StopMode::immediate);
}

TEST_CASE("PostgreSQL is told by its own signal, then by SIGQUIT in a hurry, and killed 4 s later") {
  FakeTree tree(with_postgres());
  tree.bring_up();
  tree.stop();
  tree.goes_down("server");
  tree.goes_down("a");
  tree.goes_down("b");
  CHECK(tree.goes_down("driver") == "clear driver, signal postgres 2");
  CHECK(tree.stop() == "signal postgres 3");
  CHECK(tree.stop(StopMode::immediate) == "");
  CHECK(tree.wait(3999) == "");
  CHECK(tree.wait(1) == "kill postgres");
}

TEST_CASE("in an immediate stop PostgreSQL gets SIGQUIT at its turn") {
  FakeTree tree(with_postgres());
  tree.bring_up();
  tree.stop(StopMode::immediate);
  tree.goes_down("server");
  tree.goes_down("a");
  tree.goes_down("b");
  CHECK(tree.goes_down("driver") == "clear driver, signal postgres 3");
  CHECK(tree.until_deadline() == 4000);
}

TEST_CASE("after shutdown_timeout all but PostgreSQL are killed, and PostgreSQL still gets its ordered stop") {
  Rules rules = with_postgres();
  rules.shutdown_timeout = Milliseconds(3000);
  for (std::size_t id = 1; id < rules.processes.size(); ++id) rules.processes[id].stop_timeout = Milliseconds(60'000);
  FakeTree tree(rules);
  tree.bring_up();
  tree.stop();
  CHECK(tree.wait(2999) == "");
  CHECK(tree.wait(1) == "kill server");
  CHECK(tree.goes_down("server") == "clear server, kill a, kill b");
  tree.goes_down("a");
  CHECK(tree.goes_down("b") == "clear b, kill driver");
  CHECK(tree.goes_down("driver") == "clear driver, signal postgres 2");
  CHECK(tree.until_deadline() == 300'000);
}

TEST_CASE("PostgreSQL's own stop is not bounded by shutdown_timeout") {
  Rules rules = with_postgres();
  rules.shutdown_timeout = Milliseconds(3000);
  FakeTree tree(rules);
  tree.bring_up();
  tree.stop();
  take_down_all_but_postgres(tree);
  CHECK(tree.wait(200'000) == "");
  CHECK(tree.goes_down("postgres") == "clear postgres, exit 0");
}

TEST_CASE("a failure during an ordered stop changes nothing") {
  Rules rules = small_tree();
  rules.processes[0].restart.max_restarts = 0;
  FakeTree tree(rules);
  tree.bring_up();
  tree.stop();
  tree.dies("driver", 9);
  CHECK(tree.cleared("driver") == "");
  CHECK(tree.place("driver") == "stopped");
  CHECK(tree.goes_down("server", 1) == "clear server, signal a 15, signal b 15");
  tree.goes_down("a");
  CHECK(tree.goes_down("b") == "clear b, exit 0");
}

TEST_CASE("a process in back-off or waiting is stopped as soon as the stop comes") {
  FakeTree tree(small_tree());
  tree.bring_up();
  tree.goes_down("a", 1);
  tree.goes_up("a");
  tree.goes_down("a", 1);
  CHECK(tree.place("a") == "backoff");
  CHECK(tree.stop() == "signal server 15");
  CHECK(tree.place("a") == "stopped");
  tree.goes_down("server");
  CHECK(tree.goes_down("b") == "clear b, signal driver 15");
}

TEST_CASE("a process that is not ready in time during a stop is left to its tier's turn") {
  FakeTree tree(small_tree());
  tree.bring_up();
  tree.dies("driver", 9);
  tree.cleared("driver");
  tree.spawned("driver");
  tree.stop();
  CHECK(tree.feed(ReadinessLost{tree.id("driver"), tree.pid("driver")}) == "");
  CHECK(tree.wait(900) == "");
  CHECK(tree.wait(5000) == "kill server");
}

TEST_CASE("the first reason decides the exit code") {
  Rules rules = small_tree();
  rules.processes[0].restart.max_restarts = 0;
  FakeTree tree(rules);
  tree.bring_up();
  tree.dies("driver", 9);
  tree.cleared("driver");
  tree.stop();
  tree.goes_down("server");
  tree.goes_down("a");
  CHECK(tree.goes_down("b") == "clear b, exit 1");
}

TEST_CASE("exit is ordered once and nothing follows it") {
  FakeTree tree(small_tree());
  tree.begin();
  tree.spawn_fails("driver");
  tree.stop();
  CHECK(tree.spawn_fails("driver") == "exit 0");
  CHECK(tree.stop(StopMode::immediate) == "");
  CHECK(tree.wait(100'000) == "");
}

TEST_CASE("stop by hand touches that process only, even an essential one, and it stays down until it is started") {
  FakeTree tree(small_tree());
  tree.bring_up();
  CHECK(tree.stop_by_hand("driver") == "signal driver 15");
  CHECK(tree.exits("driver", 1) == "clear driver");
  CHECK(tree.cleared("driver") == "");
  CHECK(tree.place("driver") == "stopped");
  CHECK(degraded(tree.state) == std::vector<ProcessId>{0});
  CHECK(tree.wait(100'000) == "");
  CHECK(tree.start_by_hand("driver") == "spawn driver");
  CHECK(tree.goes_up("driver") == "");
}

TEST_CASE("restart by hand stops and starts that process only, without the ladder") {
  Rules rules = small_tree();
  rules.on_driver_restart = OnDriverRestart::restart;
  FakeTree tree(rules);
  tree.bring_up();
  for (int time = 0; time < 10; ++time) {
    CHECK(tree.restart_by_hand("driver") == "signal driver 15");
    CHECK_FALSE(is_running_as_asked(tree.state.processes[0]));
    CHECK(tree.goes_down("driver", 1) == "clear driver, spawn driver");
    CHECK(tree.goes_up("driver") == "");
    CHECK(is_running_as_asked(tree.state.processes[0]));
  }
}

TEST_CASE("start by hand ends a back-off and forgives what failed") {
  FakeTree tree(small_tree());
  tree.bring_up();
  for (int death = 0; death < 4; ++death) {
    tree.goes_down("a", 1);
    tree.wait(800);
    if (death < 3) tree.goes_up("a");
  }
  CHECK(tree.place("a") == "failed");
  CHECK(tree.start_by_hand("a") == "spawn a");
  tree.goes_up("a");
  CHECK(tree.goes_down("a", 1) == "clear a, spawn a");
  tree.goes_up("a");
  tree.goes_down("a", 1);
  CHECK(tree.place("a") == "backoff");
  CHECK(tree.start_by_hand("a") == "spawn a");
}

TEST_CASE("start by hand during a stop by hand starts it again once it is down") {
  FakeTree tree(small_tree());
  tree.bring_up();
  tree.stop_by_hand("a");
  CHECK(tree.start_by_hand("a") == "");
  CHECK(tree.goes_down("a") == "clear a, spawn a");
}

TEST_CASE("start by hand while a failed process is cleared skips the back-off") {
  FakeTree tree(small_tree());
  tree.bring_up();
  tree.goes_down("a", 1);
  tree.goes_up("a");
  tree.exits("a", 1);
  tree.start_by_hand("a");
  CHECK(tree.cleared("a") == "spawn a");
}

TEST_CASE("stop by hand of a process that is being spawned waits for the answer, and a start takes it back") {
  FakeTree tree(small_tree());
  tree.begin();
  tree.stop_by_hand("driver");
  tree.start_by_hand("driver");
  CHECK(tree.spawned("driver") == "");
  tree.ready("driver");
  tree.stop_by_hand("a");
  CHECK(tree.spawned("a") == "signal a 15");
}

TEST_CASE("stop by hand of the last one that a tier waits for lets the next tier start") {
  FakeTree tree(small_tree());
  tree.begin();
  tree.goes_up("driver");
  tree.goes_up("a");
  tree.spawned("b");
  tree.stop_by_hand("b");
  CHECK(tree.goes_down("b") == "clear b, spawn server");
}

TEST_CASE("requests by hand change nothing during a stop of the tree") {
  FakeTree tree(small_tree());
  tree.bring_up();
  tree.stop();
  const State before = tree.state;
  for (const char* name : {"driver", "a", "server"}) {
    CHECK(tree.start_by_hand(name) == "");
    CHECK(tree.stop_by_hand(name) == "");
    CHECK(tree.restart_by_hand(name) == "");
  }
  CHECK(tree.state == before);
}

TEST_CASE("the tree's state is starting, running, then stopping") {
  FakeTree tree(small_tree());
  CHECK(std::string(tree_state_name(tree.state)) == "starting");
  tree.bring_up();
  CHECK(std::string(tree_state_name(tree.state)) == "running");
  tree.dies("driver", 9);
  CHECK(std::string(tree_state_name(tree.state)) == "running");
  tree.stop();
  CHECK(std::string(tree_state_name(tree.state)) == "stopping");
}

TEST_CASE("1000 workers go up and down, and the last one ends the tree") {
  Rules rules;
  for (int i = 0; i < 1000; ++i) rules.processes.push_back(process_rules("w." + std::to_string(i), tier_workers));
  FakeTree tree(rules);
  tree.bring_up();
  CHECK(tree_ready(tree.rules, tree.state));
  tree.stop();
  std::string last;
  for (const auto& process : rules.processes) last = tree.goes_down(process.name);
  CHECK(last == "clear w.999, exit 0");
}
