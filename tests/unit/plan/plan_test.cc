#include "supervisor/plan.h"

#include "tests/support/catch.h"

namespace ca {
namespace {

Plan full_plan() {
  Plan plan;
  plan.config_path = "/etc/code-analysis.yaml";
  plan.runtime_dir = "/run/code-analysis";
  plan.log.level = 3;
  plan.rules.start_timeout = Milliseconds(1234);
  core::ProcessRules rules;
  rules.name = "driver";
  rules.tier = core::tier_driver;
  rules.restart.multiplier = 1.5;
  rules.restart.give_up_on = {78, 0, 255};
  plan.rules.processes = {rules};
  Launch launch;
  launch.argv = {"/bin/true", "", std::string("a\0b", 3)};
  launch.env = {{"A", "1"}, {"B", ""}};
  launch.account = Account{4294967294u, 12, "someone", {12, 4711}};
  launch.listeners = {0};
  plan.launches = {launch};
  plan.listeners = {{"http", "[::1]:0", false, 0600}};
  plan.reader_uids = {0, 1000};
  plan.warnings = {"one"};
  return plan;
}

TEST_CASE("A plan comes back from its bytes as it was") {
  const std::string bytes = serialise(full_plan());
  const auto back = deserialise(bytes);
  REQUIRE(back);
  CHECK(back->rules == full_plan().rules);
  CHECK(back->launches.at(0).argv == full_plan().launches.at(0).argv);
  CHECK(back->launches.at(0).account->uid == 4294967294u);
  CHECK(back->launches.at(0).account->groups == std::vector<gid_t>{12, 4711});
  CHECK(back->listeners.at(0).mode == 0600);
  CHECK(!back->postgres_account);
  CHECK(serialise(*back) == bytes);
}

TEST_CASE("Bytes that are cut off anywhere are an error and never read out of bounds") {
  const std::string bytes = serialise(full_plan());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(deserialise(std::string(bytes.data(), size)));
  }
  CHECK_FALSE(deserialise(bytes + "x"));
}

TEST_CASE("Damaged bytes give an error or a plan whose enumerations and indices are valid") {
  const std::string bytes = serialise(full_plan());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const char flip : {'\x01', '\x7f', '\xff'}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      const auto plan = deserialise(damaged);
      if (!plan) continue;
      CHECK(plan->launches.size() == plan->rules.processes.size());
      for (const auto& process : plan->rules.processes) CHECK(process.tier < core::tier_count);
    }
  }
}

TEST_CASE("A plan of another version is refused") {
  std::string bytes = serialise(full_plan());
  bytes[bytes.find('\n') - 1] = '9';
  const auto plan = deserialise(bytes);
  REQUIRE_FALSE(plan);
  CHECK(plan.error().message == "the plan is of another version of this program");
}

}  // namespace
}  // namespace ca
