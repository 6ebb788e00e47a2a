#include "tests/model/configurations.h"

namespace ca::model {

using namespace core;

namespace {

const ExitStatus crash{true, 11}, clean{false, 0}, gives_up{false, 78};

// Times are few and even, so that few different ages meet: all timeouts are 2 s.
ProcessRules process(const std::string& name, Tier tier, bool essential, std::uint32_t max_restarts) {
  ProcessRules rules;
  rules.name = name;
  rules.tier = tier;
  rules.ready = ReadyKind::pipe;
  rules.ready_timeout = Milliseconds(2000);
  rules.stop_timeout = Milliseconds(2000);
  rules.essential = essential;
  rules.restart.initial_delay = Milliseconds(2000);
  rules.restart.max_delay = Milliseconds(2000);
  rules.restart.jitter = 0;
  rules.restart.reset_after = endless;
  rules.restart.window = endless;
  rules.restart.max_restarts = max_restarts;
  return rules;
}

ProcessRules postgres() {
  ProcessRules rules = process("postgres", tier_postgres, true, 1);
  rules.is_postgres = true;
  rules.stop_signal = 2;
  rules.stop_timeout = Milliseconds(6000);
  return rules;
}

Configuration tree(const std::string& name, std::vector<ProcessRules> processes) {
  Configuration it;
  it.name = name;
  it.rules.start_timeout = endless;
  it.rules.shutdown_timeout = endless;
  it.rules.processes = std::move(processes);
  it.exits = {crash};
  it.stops = {StopMode::orderly};
  return it;
}

ProcessRules driver(std::uint32_t max_restarts) { return process("driver", tier_driver, true, max_restarts); }
ProcessRules worker(const std::string& name, std::uint32_t max_restarts) {
  return process(name, tier_workers, false, max_restarts);
}
ProcessRules server(std::uint32_t max_restarts) { return process("server", tier_server, true, max_restarts); }

// One driver, two workers, one server: the driver may come back once.
Configuration full(const std::string& name, OnDriverRestart on_driver_restart) {
  Configuration it = tree(name, {driver(1), worker("worker.0", 0), worker("worker.1", 0), server(0)});
  it.rules.on_driver_restart = on_driver_restart;
  it.twins = {1, 2};
  return it;
}

// Every mode of a stop, at every moment, also one after the other.
Configuration stops() {
  Configuration it = tree("stops", {driver(0), worker("worker.0", 0), worker("worker.1", 0), server(0)});
  it.twins = {1, 2};
  it.stops = {StopMode::orderly, StopMode::hurried, StopMode::immediate};
  return it;
}

// Back-off on two tiers at once, under the stop of the tiers above.
Configuration back_off() {
  Configuration it = tree("back-off", {driver(2), worker("worker", 2)});
  it.rules.on_driver_restart = OnDriverRestart::restart;
  it.progress = true;
  return it;
}

Configuration by_hand(const std::string& name, OnDriverRestart on_driver_restart) {
  Configuration it = tree(name, {driver(1), worker("worker", 0)});
  it.rules.on_driver_restart = on_driver_restart;
  it.by_hand = {0, 1};
  return it;
}

// PostgreSQL below all, in every mode of a stop.
Configuration with_postgres() {
  Configuration it = tree("postgres", {postgres(), driver(0), worker("worker", 0)});
  it.stops = {StopMode::orderly, StopMode::hurried, StopMode::immediate};
  return it;
}

// start_timeout and shutdown_timeout that are shorter than what they bound.
Configuration timeouts() {
  Configuration it = tree("timeouts", {postgres(), driver(0), worker("worker", 0)});
  it.rules.start_timeout = Milliseconds(3000);
  it.rules.shutdown_timeout = Milliseconds(3000);
  return it;
}

// Work that ends, policies, exit codes that give up, no readiness.
Configuration policies() {
  ProcessRules once = worker("once", 1), never = worker("never", 1);
  once.restart.policy = RestartPolicy::on_failure;
  once.ready = ReadyKind::none;
  never.restart.policy = RestartPolicy::never;
  Configuration it = tree("policies", {driver(0), once, never});
  it.exits = {crash, clean, gives_up};
  it.by_hand = {1};
  return it;
}

// The ladder by itself: a window that passes, reset_after, on_limit slow; time passes in steps of 1 s.
Configuration ladder() {
  ProcessRules worker_rules = worker("worker", 2);
  worker_rules.restart.on_limit = OnLimit::slow;
  worker_rules.restart.max_delay = Milliseconds(3000);
  worker_rules.restart.window = Milliseconds(6000);
  worker_rules.restart.reset_after = Milliseconds(2000);
  Configuration it = tree("ladder", {worker_rules});
  it.stops = {StopMode::orderly, StopMode::immediate};
  it.by_hand = {0};
  it.pass = Milliseconds(1000);
  it.progress = true;
  return it;
}

Configuration longer(Configuration it) {
  it.name += "-long";
  for (ProcessRules& rules : it.rules.processes) rules.restart.max_restarts += 1;
  return it;
}

Configuration three_workers() {
  Configuration it = tree("three", {driver(1), worker("worker.0", 0), worker("worker.1", 0), worker("worker.2", 0), server(0)});
  it.twins = {1, 2, 3};
  it.stops = {StopMode::orderly, StopMode::immediate};
  return it;
}

}  // namespace

std::vector<Configuration> configurations(bool long_run) {
  // Small ones first: what they find is found in a second.
  std::vector<Configuration> all{
      back_off(), ladder(), with_postgres(), policies(), timeouts(), stops(), by_hand("by-hand", OnDriverRestart::keep),
      by_hand("by-hand-restart", OnDriverRestart::restart), full("restart", OnDriverRestart::restart),
      full("keep", OnDriverRestart::keep)};
  if (!long_run) return all;
  std::vector<Configuration> deep{three_workers()};
  for (const Configuration& it : all) deep.push_back(longer(it));
  return deep;
}

}  // namespace ca::model
