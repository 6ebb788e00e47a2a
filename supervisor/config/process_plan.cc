#include "supervisor/config/process_plan.h"

namespace ca::config {
namespace {

core::ReadyKind ready_kind(const std::string& word) {
  return word == "pipe" ? core::ReadyKind::pipe : word == "notify" ? core::ReadyKind::notify : core::ReadyKind::none;
}

core::RestartPolicy restart_policy(const std::string& word) {
  if (word == "never") return core::RestartPolicy::never;
  return word == "on-failure" ? core::RestartPolicy::on_failure : core::RestartPolicy::always;
}

core::RestartRules restart_rules(const Settings& restart) {
  core::RestartRules rules;
  rules.policy = restart_policy(restart.text("policy"));
  rules.initial_delay = restart.duration("initial_delay");
  rules.max_delay = restart.duration("max_delay");
  rules.multiplier = restart.real("multiplier");
  rules.jitter = restart.real("jitter");
  rules.reset_after = restart.duration("reset_after");
  rules.max_restarts = static_cast<std::uint32_t>(restart.number("max_restarts"));
  rules.window = restart.duration("window");
  rules.on_limit = restart.text("on_limit") == "slow" ? core::OnLimit::slow : core::OnLimit::fail;
  rules.give_up_on.clear();
  for (const std::int64_t code : restart.at("give_up_on").numbers) rules.give_up_on.push_back(static_cast<int>(code));
  return rules;
}

}  // namespace

bool is_builtin(const Settings& process) { return !process.given("command"); }

core::ProcessRules process_rules(const Settings& process, const std::string& name, core::Tier tier) {
  core::ProcessRules rules;
  rules.name = name;
  rules.tier = tier;
  rules.ready = ready_kind(process.text("ready"));
  rules.ready_timeout = process.duration("ready_timeout");
  rules.stop_signal = process.integer("stop_signal");
  rules.stop_timeout = process.duration("stop_timeout");
  rules.essential = process.flag("essential");
  rules.is_postgres = tier == core::tier_postgres;
  rules.restart = restart_rules(process.section("restart"));
  return rules;
}

Launch process_launch(const Settings& process, const std::string& libexec) {
  Launch launch;
  launch.argv = is_builtin(process) ? std::vector<std::string>{libexec + "/" + process.text("builtin")}
                                    : process.words("command");
  launch.working_dir = process.text("working_dir");
  launch.umask = static_cast<mode_t>(process.number("umask"));
  launch.reload_signal = process.integer("reload_signal");
  launch.reopen_signal = process.integer("reopen_signal");
  return launch;
}

}  // namespace ca::config
