#include "supervisor/core/restart_ladder.h"

#include "tests/support/catch.h"

using namespace ca;
using namespace ca::core;

namespace {

const Instant start{std::chrono::hours(1)};

RestartRules without_limit() {
  RestartRules rules;
  rules.max_restarts = 2'147'483'647;
  return rules;
}

}  // namespace

TEST_CASE("delays go 0, initial_delay, then multiplied up to max_delay") {
  RestartRules rules = without_limit();
  rules.jitter = 0;
  rules.max_delay = Milliseconds(500);
  RestartLadder ladder;
  std::uint64_t random = 1;
  std::vector<std::int64_t> delays;
  for (int i = 0; i < 6; ++i) delays.push_back(next_restart(ladder, rules, start, random).delay.count());
  CHECK(delays == std::vector<std::int64_t>{0, 100, 200, 400, 500, 500});
  CHECK(random == 1);  // nothing was drawn
}

TEST_CASE("jitter keeps the delay within its share and below max_delay, and differs from draw to draw") {
  RestartRules rules = without_limit();
  rules.multiplier = 1;
  std::uint64_t random = 7;
  RestartLadder ladder;
  next_restart(ladder, rules, start, random);
  std::int64_t least = 1000, most = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto delay = next_restart(ladder, rules, start, random).delay.count();
    least = std::min(least, delay);
    most = std::max(most, delay);
  }
  CHECK(least >= 80);
  CHECK(least <= 85);
  CHECK(most >= 115);
  CHECK(most <= 120);
  rules.max_delay = Milliseconds(100);
  for (int i = 0; i < 100; ++i) CHECK(next_restart(ladder, rules, start, random).delay <= Milliseconds(100));
}

TEST_CASE("delays of 0 stay 0 and never overflow, however high the rung") {
  RestartRules rules = without_limit();
  RestartLadder ladder;
  std::uint64_t random = 7;
  ladder.rung = 4'294'967'295u;
  CHECK(next_restart(ladder, rules, start, random).delay <= rules.max_delay);
  CHECK(ladder.rung == 4'294'967'295u);
  rules.initial_delay = Milliseconds(0);
  CHECK(next_restart(ladder, rules, start, random).delay == Milliseconds(0));
}

TEST_CASE("a restart exactly one window ago does not count any more") {
  RestartRules rules;
  rules.max_restarts = 1;
  rules.window = Milliseconds(1000);
  RestartLadder ladder;
  std::uint64_t random = 7;
  CHECK(next_restart(ladder, rules, start, random).allowed);
  CHECK_FALSE(next_restart(ladder, rules, start + Milliseconds(999), random).allowed);
  CHECK(next_restart(ladder, rules, start + Milliseconds(1000), random).allowed);
}

TEST_CASE("max_restarts 0 allows no restart, and slow goes on all the same") {
  RestartRules rules;
  rules.max_restarts = 0;
  RestartLadder ladder;
  std::uint64_t random = 7;
  CHECK_FALSE(next_restart(ladder, rules, start, random).allowed);
  CHECK(ladder == RestartLadder{});
  rules.on_limit = OnLimit::slow;
  CHECK(next_restart(ladder, rules, start, random).delay == rules.max_delay);
}

TEST_CASE("10,000 restarts within the window are counted in bounded memory") {
  RestartRules rules = without_limit();
  rules.window = Milliseconds(300'000);
  RestartLadder ladder;
  std::uint64_t random = 7;
  std::size_t most = 0;
  for (int i = 0; i < 10'000; ++i) {
    REQUIRE(next_restart(ladder, rules, start + Milliseconds(i * 29), random).allowed);
    most = std::max(most, ladder.recent.capacity());
  }
  CHECK(most <= 1024);
  std::uint64_t counted = 0;
  for (const auto& group : ladder.recent) counted += group.count;
  CHECK(counted == 10'000);
  rules.max_restarts = 10'000;
  CHECK_FALSE(next_restart(ladder, rules, start + Milliseconds(290'000), random).allowed);
  CHECK(next_restart(ladder, rules, start + Milliseconds(302'000), random).allowed);
}

TEST_CASE("counting neighbours together never reaches the limit early") {
  RestartRules rules = without_limit();
  rules.window = Milliseconds(256'000);  // a step is 1 s
  rules.max_restarts = 1000;
  RestartLadder ladder;
  std::uint64_t random = 7;
  // Four a second: 1000 of them in the last 250 s, so an honest count of the window is never above 1024.
  for (int i = 0; i < 1000; ++i) {
    INFO(i);
    REQUIRE(next_restart(ladder, rules, start + Milliseconds(i * 257), random).allowed);
  }
}
