// The bytes that the configuration reader hands to the supervisor: they come from a process that a hostile file may have
// damaged. The first byte says whether the rest is such bytes, or changes to those of a plan: place, what is put there.
#include "supervisor/config/config_reader.h"
#include "supervisor/plan.h"
#include "tests/fuzz/target.h"

namespace {

std::string bytes_of_a_plan() {
  ca::Plan plan;
  plan.config_path = "/etc/a.yaml";
  plan.runtime_dir = "/run/a";
  plan.reader_uids = {0, 26};
  plan.warnings = {"a", "b"};
  plan.listeners.push_back({"http", "127.0.0.1:0", false, 0777});
  ca::core::ProcessRules rules;
  rules.name = "driver";
  plan.rules.processes.push_back(rules);
  ca::Launch launch;
  launch.argv = {"/bin/driver", "x"};
  launch.env = {{"A", "b"}};
  launch.account = ca::Account{1, 2, "n"};
  launch.listeners = {0};
  plan.launches.push_back(launch);
  return ca::serialise(plan);
}

void check_plan(std::string_view bytes) {
  const auto plan = ca::deserialise(bytes);
  if (!plan) return;
  const std::string written = ca::serialise(*plan);
  const auto again = ca::deserialise(written);
  CA_CHECK(again.has_value() && ca::serialise(*again) == written);
}

}  // namespace

CA_FUZZ_TARGET(hand_over) {
  ca::fuzz::Input parts(input);
  if (parts.byte() % 2 == 0) {
    (void)ca::parse_outcome(parts.rest());
    return check_plan(parts.rest());
  }
  static const std::string whole = bytes_of_a_plan();
  CA_CHECK(ca::deserialise(whole).has_value());
  std::string changed = whole;
  while (!parts.empty()) {
    const std::size_t place = (parts.byte() * 256U + parts.byte()) % changed.size();
    changed[place] = static_cast<char>(parts.byte());
  }
  check_plan(changed);
}
