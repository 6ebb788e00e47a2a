#include "supervisor/plan.h"

#include "supervisor/byte_stream.h"

namespace ca {

namespace core {

template <class Stream>
void fields(Stream& stream, RestartRules& rules) {
  stream.all(rules.policy, rules.initial_delay, rules.max_delay, rules.multiplier, rules.jitter, rules.reset_after,
             rules.max_restarts, rules.window, rules.on_limit, rules.give_up_on);
}

template <class Stream>
void fields(Stream& stream, ProcessRules& rules) {
  stream.all(rules.name, rules.tier, rules.ready, rules.ready_timeout, rules.stop_signal, rules.stop_timeout,
             rules.essential, rules.is_postgres, rules.restart);
}

template <class Stream>
void fields(Stream& stream, Rules& rules) {
  stream.all(rules.start_timeout, rules.shutdown_timeout, rules.on_driver_restart, rules.processes);
}

}  // namespace core

namespace {

// Raised with every change of the fields below: a newer program must not misread an older one's bytes.
constexpr std::string_view format = "code-analysis plan 2\n";

// The named enumerations, so that damaged bytes cannot become a value outside of them.
bool enumerations_are_valid(const Plan& plan) {
  bool valid = plan.rules.on_driver_restart <= core::OnDriverRestart::restart;
  for (const core::ProcessRules& process : plan.rules.processes) {
    valid = valid && process.tier < core::tier_count && process.ready <= core::ReadyKind::none &&
            process.restart.policy <= core::RestartPolicy::never && process.restart.on_limit <= core::OnLimit::slow;
  }
  return valid;
}

// What the supervisor relies on without looking again.
bool indices_are_valid(const Plan& plan) {
  if (plan.launches.size() != plan.rules.processes.size()) return false;
  for (const Launch& launch : plan.launches) {
    for (const std::uint32_t listener : launch.listeners) {
      if (listener >= plan.listeners.size()) return false;
    }
  }
  return true;
}

}  // namespace

template <class Stream>
void fields(Stream& stream, Account& account) {
  stream.all(account.uid, account.gid, account.name, account.groups);
}

template <class Stream>
void fields(Stream& stream, Launch& launch) {
  stream.all(launch.argv, launch.env, launch.drops_pg_variables, launch.working_dir, launch.umask, launch.account,
             launch.config_json, launch.parent_death_signal, launch.listeners, launch.reload_signal,
             launch.reopen_signal);
}

template <class Stream>
void fields(Stream& stream, Listener& listener) {
  stream.all(listener.name, listener.address, listener.is_unix, listener.mode);
}

template <class Stream>
void fields(Stream& stream, LogPlan& log) {
  stream.all(log.level, log.json, log.max_size, log.keep);
}

template <class Stream>
void fields(Stream& stream, Plan& plan) {
  stream.all(plan.config_path, plan.runtime_dir, plan.state_dir, plan.pid_file, plan.event_log, plan.log, plan.rules,
             plan.launches, plan.listeners, plan.reader_uids, plan.postgres_account, plan.has_driver, plan.warnings);
}

std::string serialise(const Plan& plan) {
  Plan copy = plan;  // one `fields` for both directions takes a plan that may be changed
  ByteWriter writer;
  writer.all(copy);
  return std::string(format) + writer.take();
}

Result<Plan> deserialise(std::string_view bytes) {
  if (bytes.substr(0, format.size()) != format) return failure("the plan is of another version of this program");
  ByteReader reader(bytes.substr(format.size()));
  Plan plan;
  reader.all(plan);
  if (!reader.at_end() || !enumerations_are_valid(plan) || !indices_are_valid(plan)) {
    return failure("the plan is incomplete or damaged");
  }
  return plan;
}

}  // namespace ca
