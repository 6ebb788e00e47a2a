// Who may start and who may stop when.
#include "supervisor/core/describe.h"
#include "tests/support/catch.h"
#include "tests/unit/core/fake_tree.h"

using namespace ca::core;
using Lines = std::vector<std::string>;

TEST_CASE("each tier starts only when all of the tier below is ready") {
  FakeTree tree(small_tree());
  CHECK(tree.begin() == "spawn driver");
  CHECK(tree.spawned("driver") == "");
  CHECK(tree.ready("driver") == "spawn a, spawn b");
  CHECK(tree.goes_up("a") == "");
  CHECK(tree.spawned("b") == "");
  CHECK(tree.ready("b") == "spawn server");
  CHECK(tree.goes_up("server") == "tree ready");
  CHECK(tree_ready(tree.rules, tree.state));
  CHECK(tree.until_deadline() == -1);
  CHECK(tree.announced == Lines{"driver spawned", "driver ready", "tier 1 tier_ready", "a spawned", "a ready", "b spawned",
                                "b ready", "tier 2 tier_ready", "server spawned", "server ready", "tier 3 tier_ready"});
}

TEST_CASE("each tier is told to stop only when all of the tier above has exited and been cleared") {
  FakeTree tree(small_tree());
  tree.bring_up();
  tree.announced.clear();
  CHECK(tree.stop() == "signal server 15");
  CHECK(tree.exits("server", 0) == "clear server");
  CHECK(tree.cleared("server") == "signal a 15, signal b 15");
  CHECK(tree.goes_down("a") == "clear a");
  CHECK(tree.exits("b", 0) == "clear b");
  CHECK(tree.cleared("b") == "signal driver 15");
  CHECK(tree.exits("driver", 0) == "clear driver");
  CHECK(tree.cleared("driver") == "exit 0");
  CHECK(tree.until_deadline() == -1);
  CHECK(tree.announced ==
        Lines{"shutdown_started", "server stop_requested 15", "server exited code 0 expected", "tier 3 tier_stopped",
              "a stop_requested 15", "b stop_requested 15", "a exited code 0 expected", "b exited code 0 expected",
              "tier 2 tier_stopped", "driver stop_requested 15", "driver exited code 0 expected", "tier 1 tier_stopped"});
}

TEST_CASE("a process without readiness is ready as soon as it is spawned") {
  Rules rules = small_tree();
  rules.processes[0].ready = ReadyKind::none;
  FakeTree tree(rules);
  tree.begin();
  CHECK(tree.spawned("driver") == "spawn a, spawn b");
}

TEST_CASE("a tree without processes is ready at once and runs until it is stopped") {
  FakeTree tree(Rules{});
  CHECK(tree.begin() == "tree ready");
  CHECK(tree.until_deadline() == -1);
  CHECK(tree.stop() == "exit 0");
  CHECK(tree.announced == Lines{"shutdown_started"});
}

TEST_CASE("a stop before the beginning exits at once") {
  FakeTree tree(small_tree());
  CHECK(tree.stop() == "exit 0");
  CHECK(tree.begin() == "");
}

TEST_CASE("a stop waits for the answer to a spawn, then stops what was spawned") {
  FakeTree tree(small_tree());
  tree.begin();
  CHECK(tree.stop() == "");
  CHECK(tree.spawned("driver") == "signal driver 15");
  CHECK(tree.goes_down("driver") == "clear driver, exit 0");
}

TEST_CASE("a spawn that fails during a stop is not repeated") {
  FakeTree tree(small_tree());
  tree.begin();
  tree.stop();
  CHECK(tree.spawn_fails("driver") == "exit 0");
}

TEST_CASE("a restarting server waits for a driver that is down but not for a worker that is down") {
  FakeTree tree(small_tree());
  tree.bring_up();
  for (int death = 0; death < 2; ++death) {
    if (death > 0) tree.goes_up("a");
    tree.dies("a", 9);
    tree.cleared("a");
  }
  CHECK(tree.place("a") == "backoff");
  tree.dies("server", 9);
  CHECK(tree.cleared("server") == "spawn server");
  tree.goes_up("server");

  tree.dies("driver", 9);
  tree.dies("server", 9);
  CHECK(tree.cleared("server") == "");
  CHECK(tree.cleared("driver") == "spawn driver");
  CHECK(tree.wait(100) == "");  // both back-offs end, and both wait for the driver
  CHECK(tree.place("server") == "waiting");
  CHECK(tree.place("a") == "waiting");
  CHECK(tree.goes_up("driver") == "spawn a, spawn server");
}

TEST_CASE("a driver that dies is restarted alone where on_restart is keep") {
  FakeTree tree(small_tree());
  tree.bring_up();
  CHECK(tree.dies("driver", 9) == "clear driver");
  CHECK_FALSE(tree_ready(tree.rules, tree.state));
  CHECK(tree.cleared("driver") == "spawn driver");
  CHECK(tree.goes_up("driver") == "");
  CHECK(tree_ready(tree.rules, tree.state));
}

TEST_CASE("a driver that dies takes the tiers above down in order before it is restarted where on_restart is restart") {
  Rules rules = small_tree();
  rules.on_driver_restart = OnDriverRestart::restart;
  FakeTree tree(rules);
  tree.bring_up();
  tree.announced.clear();
  CHECK(tree.dies("driver", 9) == "clear driver, signal server 15");
  CHECK(tree.cleared("driver") == "");
  CHECK(tree.goes_down("server") == "clear server, signal a 15, signal b 15");
  CHECK(tree.goes_down("b") == "clear b");
  CHECK(tree.goes_down("a", 1) == "clear a, spawn driver");
  CHECK(tree.goes_up("driver") == "spawn a, spawn b");
  tree.goes_up("a");
  CHECK(tree.goes_up("b") == "spawn server");
  CHECK(tree.goes_up("server") == "");
  CHECK(tree_ready(tree.rules, tree.state));
  CHECK(tree.state.processes[tree.id("a")].restarts == 0);
  CHECK(tree.state.processes[tree.id("driver")].restarts == 1);
}

TEST_CASE("a driver that cannot start the first time under on_restart restart is simply tried again") {
  Rules rules = small_tree();
  rules.on_driver_restart = OnDriverRestart::restart;
  FakeTree tree(rules);
  tree.begin();
  CHECK(tree.spawn_fails("driver") == "spawn driver");
  CHECK(tree.announced == Lines{"driver spawn_failed"});
}

TEST_CASE("a PostgreSQL that dies is restarted alone") {
  Rules rules = small_tree();
  rules.on_driver_restart = OnDriverRestart::restart;
  rules.processes.insert(rules.processes.begin(), process_rules("postgres", tier_postgres, true));
  rules.processes[0].is_postgres = true;
  FakeTree tree(rules);
  tree.bring_up();
  CHECK(tree.dies("postgres", 9) == "clear postgres");
  CHECK(tree.cleared("postgres") == "spawn postgres");
  tree.dies("driver", 9);
  CHECK(tree.cleared("driver") == "");  // PostgreSQL is not there yet, and the server is being stopped
  CHECK(tree.goes_up("postgres") == "");
  tree.goes_down("server");
  tree.goes_down("a");
  CHECK(tree.goes_down("b") == "clear b, spawn driver");
}

TEST_CASE("a spawn that was ordered before the driver died is void, and ordered again when the driver serves") {
  FakeTree tree(small_tree());
  tree.begin();
  CHECK(tree.goes_up("driver") == "spawn a, spawn b");
  CHECK(may_begin(tree.rules, tree.state, tree.id("a")));
  tree.dies("driver", 9);
  CHECK_FALSE(may_begin(tree.rules, tree.state, tree.id("a")));
  CHECK(tree.feed(SpawnNotBegun{tree.id("a")}).empty());
  CHECK(tree.place("a") == "waiting");
  CHECK(tree.state.processes[tree.id("a")].restarts == 0);
  tree.cleared("driver");
  CHECK(tree.goes_up("driver") == "spawn a");
  CHECK(may_begin(tree.rules, tree.state, tree.id("a")));
}

TEST_CASE("a spawn that was ordered before a stop of the tree is void, and ends nothing that did not begin") {
  FakeTree tree(small_tree());
  tree.begin();
  tree.stop();
  CHECK_FALSE(may_begin(tree.rules, tree.state, tree.id("driver")));
  CHECK(tree.feed(SpawnNotBegun{tree.id("driver")}) == "exit 0");
}
