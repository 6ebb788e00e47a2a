// Failures and what follows: restart, back-off, giving up, and what an essential process takes with it.
#include "supervisor/core/describe.h"
#include "tests/support/catch.h"
#include "tests/unit/core/fake_tree.h"

using namespace ca;
using namespace ca::core;
using Lines = std::vector<std::string>;

namespace {

Rules one_worker() {
  Rules rules;
  rules.processes = {process_rules("a", tier_workers)};
  return rules;
}

}  // namespace

TEST_CASE("a worker that exits at once is restarted after 0, 100 and 200 ms, and failed at the fourth death") {
  FakeTree tree(one_worker());
  tree.begin();
  tree.spawned("a");
  CHECK(tree.goes_down("a", 1) == "clear a, spawn a");
  tree.spawned("a");
  CHECK(tree.goes_down("a", 1) == "clear a");
  CHECK(tree.until_deadline() == 100);
  CHECK(tree.wait(99) == "");
  CHECK(tree.wait(1) == "spawn a");
  tree.spawned("a");
  CHECK(tree.goes_down("a", 1) == "clear a");
  CHECK(tree.until_deadline() == 200);
  CHECK(tree.wait(200) == "spawn a");
  tree.spawned("a");
  CHECK(tree.goes_down("a", 1) == "clear a, tree ready");
  CHECK(tree.place("a") == "failed");
  CHECK(tree.until_deadline() == -1);
  CHECK(tree.state.processes[0].restarts == 3);
  CHECK(degraded(tree.state) == std::vector<ProcessId>{0});
  CHECK(tree.announced == Lines{"a spawned", "a exited code 1", "a spawned", "a exited code 1", "a backoff 100",
                                "a spawned", "a exited code 1", "a backoff 200", "a spawned", "a exited code 1",
                                "a failed", "tier 2 tier_ready"});
}

TEST_CASE("an essential process that fails for good after the first start stops the tree with exit code 1") {
  Rules rules = small_tree();
  rules.processes[1].essential = true;
  rules.processes[1].restart.max_restarts = 0;
  FakeTree tree(rules);
  tree.bring_up();
  tree.dies("a", 9);
  CHECK(tree.cleared("a") == "signal server 15");
  CHECK(tree.goes_down("server") == "clear server, signal b 15");
  CHECK(tree.goes_down("b") == "clear b, signal driver 15");
  CHECK(tree.goes_down("driver") == "clear driver, exit 1");
}

TEST_CASE("an essential process that fails for good in the first start stops the tree with exit code 2") {
  FakeTree tree(small_tree());
  tree.begin();
  CHECK(tree.spawn_fails("driver") == "spawn driver");
  CHECK(tree.spawn_fails("driver") == "");
  CHECK(tree.wait(100) == "spawn driver");
  tree.spawn_fails("driver");
  CHECK(tree.wait(200) == "spawn driver");
  CHECK(tree.spawn_fails("driver") == "exit 2");
}

TEST_CASE("a worker that is not essential and fails for good is not waited for") {
  Rules rules = small_tree();
  rules.processes[1].restart.policy = RestartPolicy::never;
  FakeTree tree(rules);
  tree.begin();
  tree.goes_up("driver");
  tree.goes_up("b");
  CHECK(tree.spawn_fails("a") == "spawn server");
  CHECK(tree.goes_up("server") == "tree ready");
}

TEST_CASE("a worker that dies once every 6 s is never given up, with 3 restarts allowed in 10 s") {
  FakeTree tree(one_worker());
  tree.begin();
  tree.goes_up("a");
  for (int death = 0; death < 10; ++death) {
    tree.wait(6000);
    switch (death % 3) {
      case 0: tree.exits("a", 1); break;
      case 1: tree.exits("a", 0); break;
      default: tree.dies("a", 11);
    }
    tree.cleared("a");
    tree.wait(800);
    REQUIRE(tree.place("a") == "starting");
    tree.goes_up("a");
  }
  CHECK(tree.state.processes[0].restarts == 10);
}

TEST_CASE("a process that was ready for reset_after restarts at once again") {
  Rules rules = one_worker();
  rules.processes[0].restart.reset_after = Milliseconds(500);
  rules.processes[0].restart.max_restarts = 100;
  FakeTree tree(rules);
  tree.begin();
  tree.goes_up("a");
  tree.wait(499);
  CHECK(tree.goes_down("a") == "clear a, spawn a");
  tree.goes_up("a");
  tree.wait(499);
  CHECK(tree.goes_down("a") == "clear a");
  CHECK(tree.wait(100) == "spawn a");
  tree.goes_up("a");
  tree.wait(500);
  CHECK(tree.goes_down("a") == "clear a, spawn a");
}

TEST_CASE("being alive for reset_after without being ready does not start the ladder afresh") {
  Rules rules = one_worker();
  rules.processes[0].restart.reset_after = Milliseconds(500);
  FakeTree tree(rules);
  tree.begin();
  tree.spawned("a");
  CHECK(tree.goes_down("a", 1) == "clear a, spawn a");
  tree.spawned("a");
  tree.wait(600);
  CHECK(tree.goes_down("a", 1) == "clear a");
  CHECK(tree.until_deadline() == 100);
}

TEST_CASE("the delay counts from the exit and not from the end of what was left behind") {
  FakeTree tree(one_worker());
  tree.begin();
  tree.spawned("a");
  tree.goes_down("a", 1);
  tree.spawned("a");
  tree.exits("a", 1);
  tree.wait(70);
  CHECK(tree.cleared("a") == "");
  CHECK(tree.until_deadline() == 30);
  tree.wait(30);
  tree.spawned("a");
  tree.exits("a", 1);
  tree.wait(300);
  CHECK(tree.cleared("a") == "spawn a");  // 200 ms are over long since
}

TEST_CASE("on_limit slow goes on at max_delay") {
  Rules rules = one_worker();
  rules.processes[0].restart.on_limit = OnLimit::slow;
  rules.processes[0].restart.max_restarts = 1;
  FakeTree tree(rules);
  tree.begin();
  tree.spawned("a");
  CHECK(tree.goes_down("a", 1) == "clear a, spawn a");
  for (int death = 0; death < 5; ++death) {
    tree.spawned("a");
    CHECK(tree.goes_down("a", 1) == "clear a");
    CHECK(tree.until_deadline() == 800);
    CHECK(tree.wait(800) == "spawn a");
  }
}

TEST_CASE("an exit code in give_up_on fails at once, also after readiness was lost") {
  FakeTree tree(small_tree());
  tree.begin();
  tree.spawned("driver");
  CHECK(tree.feed(ReadinessLost{tree.id("driver"), tree.pid("driver")}) == "signal driver 15");
  CHECK(tree.goes_down("driver", 78) == "clear driver, exit 2");
}

TEST_CASE("exit code 0 after ready is work done under on-failure and never, and a failure before ready") {
  for (const RestartPolicy policy : {RestartPolicy::on_failure, RestartPolicy::never}) {
    Rules rules = small_tree();
    rules.processes[1].restart.policy = policy;
    FakeTree tree(rules);
    tree.bring_up();
    tree.goes_down("a", 0);
    CHECK(tree.place("a") == "stopped");
    CHECK(degraded(tree.state).empty());
    CHECK(tree_ready(tree.rules, tree.state));
    CHECK(tree.start_by_hand("a") == "spawn a");
    tree.spawned("a");
    tree.goes_down("a", 0);
    CHECK(tree.place("a") == (policy == RestartPolicy::never ? "failed" : "starting"));
  }
}

TEST_CASE("a one-shot worker that is done lets the server start") {
  Rules rules = small_tree();
  rules.processes[1].ready = ReadyKind::none;
  rules.processes[1].restart.policy = RestartPolicy::on_failure;
  FakeTree tree(rules);
  tree.begin();
  tree.goes_up("driver");
  tree.spawned("a");
  tree.goes_down("a", 0);
  CHECK(tree.goes_up("b") == "spawn server");
}

TEST_CASE("a process that is not ready in time is told to stop, killed and counted once") {
  FakeTree tree(one_worker());
  tree.begin();
  tree.spawned("a");
  CHECK(tree.wait(1999) == "");
  CHECK(tree.wait(1) == "signal a 15");
  CHECK(tree.wait(999) == "");
  CHECK(tree.wait(1) == "kill a");
  CHECK(tree.until_deadline() == 297'000);  // start_timeout alone
  CHECK(tree.dies("a", 9) == "clear a");
  CHECK(tree.cleared("a") == "spawn a");
  CHECK(tree.state.processes[0].restarts == 1);
  CHECK(tree.announced == Lines{"a spawned", "a ready_timeout", "a stop_requested 15", "a killed",
                                "a exited signal 9 expected"});
}

TEST_CASE("a process that says it waits gets its ready_timeout afresh, but the tree's start_timeout goes on") {
  Rules rules = small_tree();
  rules.start_timeout = Milliseconds(5000);
  FakeTree tree(rules);
  tree.begin();
  tree.spawned("driver");
  for (int second = 0; second < 4; ++second) {
    tree.wait(1000);
    tree.feed(StartProgressed{tree.id("driver"), tree.pid("driver")});
    CHECK(tree.place("driver") == "starting");
  }
  CHECK(tree.wait(1000) == "signal driver 15");
  CHECK(tree.announced.back() == "driver stop_requested 15");
  CHECK(tree.goes_down("driver") == "clear driver, exit 2");
}

TEST_CASE("a readiness channel that ends counts one failure, once") {
  FakeTree tree(one_worker());
  tree.begin();
  tree.spawned("a");
  CHECK(tree.feed(ReadinessLost{0, tree.pid("a")}) == "signal a 15");
  CHECK(tree.feed(ReadinessLost{0, tree.pid("a")}) == "");
  CHECK(tree.ready("a") == "");
  CHECK(tree.goes_down("a") == "clear a, spawn a");
  CHECK(tree.state.processes[0].restarts == 1);
}

TEST_CASE("facts about a former pid change nothing") {
  FakeTree tree(one_worker());
  tree.begin();
  tree.spawned("a");
  const pid_t old = tree.pid("a");
  tree.goes_down("a", 1);
  tree.spawned("a");
  const State before = tree.state;
  tree.feed(BecameReady{0, old});
  tree.feed(ReadinessLost{0, old});
  tree.feed(StartProgressed{0, old});
  tree.feed(Exited{0, old, ExitStatus{}});
  tree.feed(LeftoversGone{0});
  tree.feed(SpawnSucceeded{0, 4711});
  tree.feed(SpawnFailed{0, {}});
  tree.feed(WokeUp{});
  CHECK(tree.state == before);
}

TEST_CASE("start_timeout begins with PostgreSQL's readiness") {
  Rules rules = small_tree();
  rules.start_timeout = Milliseconds(1000);
  rules.processes.insert(rules.processes.begin(), process_rules("postgres", tier_postgres, true));
  rules.processes[0].ready_timeout = Milliseconds(60'000);
  FakeTree tree(rules);
  tree.begin();
  tree.spawned("postgres");
  CHECK(tree.wait(30'000) == "");
  CHECK(tree.ready("postgres") == "spawn driver");
  CHECK(tree.until_deadline() == 1000);
  tree.goes_up("driver");
  CHECK(tree.wait(1000) == "");
  CHECK(tree.stop() == "");
  tree.spawned("a");
  CHECK(tree.spawned("b") == "signal b 15");
}

TEST_CASE("a tree that becomes ready at the very instant of start_timeout is ready") {
  Rules rules = one_worker();
  rules.start_timeout = Milliseconds(1000);
  FakeTree tree(rules);
  tree.begin();
  tree.spawned("a");
  tree.now += Milliseconds(1000);
  CHECK(tree.ready("a") == "tree ready");
  CHECK(tree.until_deadline() == -1);
}

TEST_CASE("a fact that is seen after a deadline and was there before it counts") {
  FakeTree tree(small_tree());
  tree.begin();
  tree.goes_up("driver");
  tree.spawned("a");
  tree.spawned("b");
  tree.now += Milliseconds(5000);  // the supervisor was held up: both are more than 2 s late
  CHECK(tree.ready("a").empty());
  CHECK(tree.ready("b") == "spawn server");
  CHECK(tree.feed(WokeUp{}).empty());
}

TEST_CASE("a deadline is judged as of the instant by which all facts were read") {
  FakeTree tree(small_tree());
  tree.begin();
  tree.spawned("driver");
  const Instant read = tree.now;
  tree.now += Milliseconds(5000);
  CHECK(tree.feed(WokeUp{read}).empty());
  CHECK(tree.feed(WokeUp{read + Milliseconds(2000)}) == "signal driver 15");
}
