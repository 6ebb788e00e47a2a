#include "tests/unit/core/fake_tree.h"

#include "common/check.h"
#include "supervisor/core/describe.h"

namespace ca::core {

namespace {

std::string described(const Announce& announce, const Rules& rules) {
  std::string line = record_name(announce.record);
  if (announce.process) {
    line.insert(0, rules.processes[*announce.process].name + " ");
  } else if (announce.tier) {
    line.insert(0, "tier " + std::to_string(*announce.tier) + " ");
  }
  if (announce.delay) line.append(" ").append(std::to_string(announce.delay->count()));
  if (announce.signal) line.append(" ").append(std::to_string(*announce.signal));
  if (announce.status) line.append(announce.status->signalled ? " signal " : " code ").append(std::to_string(announce.status->value));
  if (announce.expected) line += " expected";
  return line;
}

void append(std::string& orders, const std::string& order) {
  if (order.empty()) return;
  if (!orders.empty()) orders += ", ";
  orders += order;
}

}  // namespace

ProcessRules process_rules(const std::string& name, Tier tier, bool essential) {
  ProcessRules rules;
  rules.name = name;
  rules.tier = tier;
  rules.ready = ReadyKind::pipe;
  rules.ready_timeout = Milliseconds(2000);
  rules.stop_timeout = Milliseconds(1000);
  rules.essential = essential;
  rules.restart.initial_delay = Milliseconds(100);
  rules.restart.max_delay = Milliseconds(800);
  rules.restart.jitter = 0;
  rules.restart.max_restarts = 3;
  rules.restart.window = Milliseconds(10'000);
  return rules;
}

Rules small_tree() {
  Rules rules;
  rules.processes = {process_rules("driver", tier_driver, true), process_rules("a", tier_workers),
                     process_rules("b", tier_workers), process_rules("server", tier_server, true)};
  return rules;
}

FakeTree::FakeTree(Rules the_rules) : rules(std::move(the_rules)), state(initial_state(rules, 1)) {}

void FakeTree::remember(const Action& action, std::string& orders) {
  const auto name = [this](ProcessId process) { return rules.processes[process].name; };
  if (const auto* spawn = std::get_if<Spawn>(&action)) {
    append(orders, "spawn " + name(spawn->process));
  } else if (const auto* signal = std::get_if<Signal>(&action)) {
    CA_CHECK(signal->pid == pid(name(signal->process)));
    append(orders, "signal " + name(signal->process) + " " + std::to_string(signal->signal));
  } else if (const auto* kill = std::get_if<Kill>(&action)) {
    CA_CHECK(kill->pid == pid(name(kill->process)));
    append(orders, "kill " + name(kill->process));
  } else if (const auto* clear = std::get_if<EndLeftovers>(&action)) {
    append(orders, "clear " + name(clear->process));
  } else if (const auto* announce = std::get_if<Announce>(&action)) {
    announced.push_back(described(*announce, rules));
  } else if (std::holds_alternative<TreeReady>(action)) {
    append(orders, "tree ready");
  } else if (const auto* exit = std::get_if<Exit>(&action)) {
    append(orders, "exit " + std::to_string(exit->code));
  }
}

std::string FakeTree::feed(const Event& event) {
  std::string orders;
  for (const Action& action : step(rules, state, event, now)) remember(action, orders);
  return orders;
}

std::string FakeTree::spawned(const std::string& name) { return feed(SpawnSucceeded{id(name), next_pid_++}); }
std::string FakeTree::spawn_fails(const std::string& name) {
  return feed(SpawnFailed{id(name), SpawnError{"execve", 2, "/nowhere"}});
}
std::string FakeTree::ready(const std::string& name) { return feed(BecameReady{id(name), pid(name)}); }
std::string FakeTree::exits(const std::string& name, int code) {
  return feed(Exited{id(name), pid(name), ExitStatus{false, code}});
}
std::string FakeTree::dies(const std::string& name, int signal) {
  return feed(Exited{id(name), pid(name), ExitStatus{true, signal}});
}
std::string FakeTree::cleared(const std::string& name) { return feed(LeftoversGone{id(name)}); }
std::string FakeTree::stop(StopMode mode) { return feed(TreeStopRequested{mode, "asked", 0}); }

std::string FakeTree::wait(int milliseconds) {
  std::string orders;
  const Instant end = now + Milliseconds(milliseconds);
  while (true) {
    const auto deadline = next_deadline(rules, state);
    if (!deadline || *deadline > end) break;
    if (*deadline > now) now = *deadline;
    append(orders, feed(WokeUp{}));
  }
  now = end;
  return orders;
}

std::string FakeTree::goes_up(const std::string& name) {
  std::string orders = spawned(name);
  append(orders, ready(name));
  return orders;
}

std::string FakeTree::goes_down(const std::string& name, int code) {
  std::string orders = exits(name, code);
  append(orders, cleared(name));
  return orders;
}

void FakeTree::bring_up() {
  begin();
  for (const ProcessRules& process : rules.processes) {
    if (place(process.name) == "starting") goes_up(process.name);
  }
}

ProcessId FakeTree::id(const std::string& name) const {
  for (ProcessId process = 0; process < rules.processes.size(); ++process) {
    if (rules.processes[process].name == name) return process;
  }
  CA_CHECK(!"a process of this name");
  return 0;
}

pid_t FakeTree::pid(const std::string& name) const {
  const auto pid = pid_of(state.processes[id(name)].place);
  CA_CHECK(pid.has_value());
  return *pid;
}

std::string FakeTree::place(const std::string& name) const { return place_name(state.processes[id(name)].place); }

int FakeTree::until_deadline() const {
  const auto deadline = next_deadline(rules, state);
  if (!deadline) return -1;
  return static_cast<int>(std::chrono::duration_cast<Milliseconds>(*deadline - now).count());
}

}  // namespace ca::core
