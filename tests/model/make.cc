// The observer: follows a step's orders one by one, checks what each may be, and remembers.
#include <csignal>

#include "tests/model/invariants.h"

namespace ca::model {

using namespace core;

namespace {

Milliseconds delay_of_rung(const RestartRules& rules, std::uint8_t rung) {
  if (rung == 0) return Milliseconds(0);
  auto delay = rules.initial_delay;
  for (int step = 1; step < rung; ++step) delay = Milliseconds(static_cast<std::int64_t>(static_cast<double>(delay.count()) * rules.multiplier));
  return std::min(delay, rules.max_delay);
}

// Where the window passes within the exploration the observer does not count for itself (the unit tests do): either the
// ladder's delay or, under on_limit slow, the longest one.
bool is_right_delay(const RestartRules& rules, const Seen& seen, Milliseconds delay) {
  const bool slow = rules.on_limit == OnLimit::slow;
  if (slow && rules.window < endless && delay == rules.max_delay) return true;
  if (slow && rules.window >= endless && seen.restarts >= rules.max_restarts) return delay == rules.max_delay;
  return delay == delay_of_rung(rules, seen.rung);
}

class Observer {
 public:
  Observer(const Configuration& configuration, World& world, const Event& event, Verdict& verdict)
      : configuration_(configuration), world_(world), event_(event), verdict_(verdict), tree_(world.tree) {}

  void see_event();
  void see(const Action& action) {
    std::visit([this](const auto& order) { see_order(order); }, action);
    last_ = std::get_if<Announce>(&action);
  }
  void finish();

 private:
  void see_event_of(const Begin&) { begin(); }
  void see_event_of(const SpawnSucceeded& fact);
  void see_event_of(const SpawnFailed& fact) { failed(fact.process, Life::none); }
  void see_event_of(const SpawnNotBegun& fact) { seen(fact.process).life = Life::none; }
  void see_event_of(const BecameReady& fact) { ready(fact.process); }
  void see_event_of(const StartProgressed& fact) { seen(fact.process).ready_by = world_.now + rule(fact.process).ready_timeout; }
  void see_event_of(const ReadinessLost& fact) {
    if (!tree_.stopping && !seen(fact.process).told) seen(fact.process).own_failure = true;
  }
  void see_event_of(const Exited& fact);
  void see_event_of(const LeftoversGone& fact) { seen(fact.process).life = Life::none; }
  void see_event_of(const TreeStopRequested& request);
  void see_event_of(const ProcessStartRequested& request);
  void see_event_of(const ProcessStopRequested& request);
  void see_event_of(const ProcessRestartRequested& request);
  void see_event_of(const WokeUp&);

  void see_order(const Spawn& order);
  void see_order(const Signal& order);
  void see_order(const Kill& order);
  void see_order(const EndLeftovers& order);
  void see_order(const Announce& record);
  void see_order(const TreeReady&);
  void see_order(const Exit& order);
  void see_shutdown_started();
  void see_failed(ProcessId id);
  void see_tier_record(const Announce& record);

  void begin();
  void ready(ProcessId id);
  void failed(ProcessId id, Life life);
  void forgive(ProcessId id);
  bool was_announced(Record record, ProcessId id) const;
  void check_reason(ProcessId id);
  void leave_ready(ProcessId id);
  bool may_be_killed(ProcessId id) const;
  const ProcessRules& rule(ProcessId id) const { return configuration_.rules.processes[id]; }
  Seen& seen(ProcessId id) { return world_.seen[id]; }
  const Seen& seen(ProcessId id) const { return world_.seen[id]; }
  const std::string& name(ProcessId id) const { return rule(id).name; }

  const Configuration& configuration_;
  World& world_;
  const Event& event_;
  Verdict& verdict_;
  SeenTree& tree_;
  const Announce* last_ = nullptr;      // the order before, where it is a record
  bool essential_failed_ = false;       // in this step
  std::optional<ProcessId> exited_;     // in this step
};

void Observer::see_event() {
  std::visit([this](const auto& event) { see_event_of(event); }, event_);
  if (above_gone(configuration_, world_, tier_driver)) tree_.driver_failed = false;
}

void Observer::begin() {
  tree_.begun = true;
  if (tier_gone(configuration_, world_, tier_postgres) &&
      (configuration_.rules.processes.empty() || rule(0).tier != tier_postgres)) {
    tree_.start_by = world_.now + configuration_.rules.start_timeout;
  }
}

void Observer::ready(ProcessId id) {
  seen(id).ready = true;
  seen(id).ready_at = world_.now;
}

void Observer::see_event_of(const SpawnSucceeded& fact) {
  seen(fact.process).life = Life::alive;
  seen(fact.process).ready_by = world_.now + rule(fact.process).ready_timeout;
  if (rule(fact.process).ready == ReadyKind::none) ready(fact.process);
}

void Observer::see_event_of(const WokeUp&) {
  if (tree_.stopping) return;
  for (Seen& it : world_.seen) {
    if (it.life == Life::alive && !it.ready && !it.told && it.ready_by <= world_.now) it.own_failure = true;
  }
}

// Ended, and it counts.
void Observer::failed(ProcessId id, Life life) {
  Seen& it = seen(id);
  if (rule(id).restart.policy == RestartPolicy::never && !it.wanted_again) it.resting = true;
  it.failed_before = true;
  it.ended_at = world_.now;
  it.life = life;
  const bool watched = configuration_.rules.on_driver_restart == OnDriverRestart::restart && !tree_.stopping;
  if (rule(id).tier == tier_driver && watched && !it.wanted_down && !it.wanted_again) tree_.driver_failed = true;
}

void Observer::see_event_of(const Exited& fact) {
  Seen& it = seen(fact.process);
  const RestartRules& restart = rule(fact.process).restart;
  exited_ = fact.process;
  leave_ready(fact.process);
  const bool asked = (it.told || it.killed) && !it.own_failure;
  const bool clean = !fact.status.signalled && fact.status.value == 0;
  const bool done = clean && it.ready && !it.own_failure && restart.policy != RestartPolicy::always;
  const bool gives_up = !fact.status.signalled && fact.status.value == 78;
  if (asked) {
    it.life = Life::leftovers;
  } else if (done && !gives_up) {
    it.life = Life::leftovers;
    it.resting = true;
  } else {
    failed(fact.process, Life::leftovers);
    if (gives_up && !it.wanted_again) it.resting = true;
  }
}

void Observer::see_event_of(const TreeStopRequested& request) {
  const bool again = request.mode == StopMode::orderly && tree_.mode == StopMode::orderly;
  const StopMode mode = again ? StopMode::hurried : request.mode;
  if (mode <= tree_.mode) return;
  if (mode >= StopMode::hurried && tree_.mode < StopMode::hurried) tree_.hurried_at = world_.now;
  tree_.mode = mode;
}

// A start or restart by hand forgives what failed before.
void Observer::forgive(ProcessId id) {
  Seen& it = seen(id);
  it.wanted_down = it.resting = it.failed_before = false;
  it.rung = it.restarts = 0;
}

void Observer::see_event_of(const ProcessStartRequested& request) {
  Seen& it = seen(request.process);
  if (tree_.stopping) return;
  const bool serves = it.life == Life::alive && !it.told;
  if (serves) return;
  if (it.life == Life::spawning) {
    it.wanted_down = false;
    return;
  }
  forgive(request.process);
  it.wanted_again = it.life != Life::none;
}

void Observer::see_event_of(const ProcessStopRequested& request) {
  if (tree_.stopping) return;
  forgive(request.process);
  seen(request.process).wanted_again = false;
  seen(request.process).wanted_down = true;
}

void Observer::see_event_of(const ProcessRestartRequested& request) {
  if (tree_.stopping) return;
  forgive(request.process);
  seen(request.process).wanted_again = seen(request.process).life != Life::none;
}

bool Observer::was_announced(Record record, ProcessId id) const {
  return last_ && last_->record == record && last_->process == id;
}

void Observer::see_order(const Spawn& order) {
  const ProcessId id = order.process;
  Seen& it = seen(id);
  verdict_.demand(1, it.life == Life::none, name(id) + " is spawned while something of it is left");
  bool carried = true;
  for (Tier below = 0; below < rule(id).tier; ++below) carried = carried && tier_carries(configuration_, world_, below);
  verdict_.demand(2, carried, name(id) + " is spawned while a lower tier does not carry");
  verdict_.demand(3, tree_.begun && !tree_.stopping, name(id) + " is spawned during a stop or before the beginning");
  verdict_.demand(4, !it.wanted_down && !it.resting, name(id) + " is spawned though it was to stay down");
  if (it.failed_before && !it.wanted_again) {
    const auto delay = delay_of_rung(rule(id).restart, it.rung);  // the least; `backoff` is checked for the right one
    verdict_.demand(5, world_.now - it.ended_at >= delay, name(id) + " is restarted before its delay is over");
    if (it.rung < 255) ++it.rung;
    if (it.restarts < 255) ++it.restarts;
    const bool limited = rule(id).restart.on_limit == OnLimit::fail && rule(id).restart.window >= endless;
    if (limited) verdict_.demand(6, it.restarts <= rule(id).restart.max_restarts, name(id) + " is restarted too often");
  }
  if (rule(id).tier == tier_driver && configuration_.rules.on_driver_restart == OnDriverRestart::restart) {
    verdict_.demand(15, !tree_.driver_failed, "the next driver comes before the rest is gone");
  }
  const std::uint8_t rung = it.rung, restarts = it.restarts;
  it = Seen{};
  it.life = Life::spawning;
  it.rung = rung;
  it.restarts = restarts;
  tree_.tiers_started |= static_cast<std::uint8_t>(1u << rule(id).tier);
}

// A reason of its own, or the turn of its tier.
void Observer::check_reason(ProcessId id) {
  const Seen& it = seen(id);
  const Tier tier = rule(id).tier;
  if (!tree_.stopping && (it.wanted_down || it.wanted_again || it.own_failure)) return verdict_.demand(14, true, "");
  const bool taken_down = tree_.stopping || (tree_.driver_failed && tier > tier_driver);
  verdict_.demand(14, taken_down, name(id) + " is told to stop for nothing");
  verdict_.demand(7, above_gone(configuration_, world_, tier), name(id) + " is told to stop before its turn");
}

void Observer::leave_ready(ProcessId id) {
  Seen& it = seen(id);
  if (it.ready && !it.told && !it.killed && world_.now - it.ready_at >= rule(id).restart.reset_after) it.rung = 0;
}

void Observer::see_order(const Signal& order) {
  const ProcessId id = order.process;
  Seen& it = seen(id);
  const bool strict = rule(id).is_postgres && tree_.mode >= StopMode::hurried;
  verdict_.demand(16, it.life == Life::alive && order.pid == pid_of_process(id), name(id) + ": a signal to what is not alive");
  verdict_.demand(18, was_announced(Record::stop_requested, id) && last_->signal == order.signal,
                  name(id) + ": a signal without its record");
  if (it.told) {
    verdict_.demand(24, strict && !it.quit && order.signal == SIGQUIT, name(id) + " is told twice");
  } else {
    check_reason(id);
    leave_ready(id);
    verdict_.demand(24, order.signal == (strict ? SIGQUIT : rule(id).stop_signal), name(id) + ": not its stop signal");
  }
  if (!it.told) it.told_at = world_.now;
  if (order.signal == SIGQUIT) it.quit_at = world_.now;
  it.told = true;
  it.quit = it.quit || order.signal == SIGQUIT;
}

// Its time is over, or nobody grants it any.
bool Observer::may_be_killed(ProcessId id) const {
  const Seen& it = seen(id);
  const bool postgres = rule(id).is_postgres;
  const bool at_once = !postgres && (tree_.mode == StopMode::immediate ||
                                     (tree_.stopping && world_.now - tree_.stopped_at >= configuration_.rules.shutdown_timeout));
  if (at_once && above_gone(configuration_, world_, rule(id).tier)) return true;
  if (!it.told) return false;
  if (world_.now - it.told_at >= rule(id).stop_timeout) return true;
  if (tree_.mode < StopMode::hurried) return false;
  if (postgres) return it.quit && world_.now - it.quit_at >= Milliseconds(4000);
  const Milliseconds hurry = std::min(rule(id).stop_timeout, Milliseconds(1000));
  return world_.now - std::max(it.told_at, tree_.hurried_at) >= hurry;
}

void Observer::see_order(const Kill& order) {
  const ProcessId id = order.process;
  verdict_.demand(16, seen(id).life == Life::alive && order.pid == pid_of_process(id), name(id) + ": killed though not alive");
  verdict_.demand(18, was_announced(Record::killed, id), name(id) + " is killed without a record");
  verdict_.demand(8, !seen(id).killed && may_be_killed(id), name(id) + " is killed before its time is over");
  leave_ready(id);
  seen(id).killed = true;
}

void Observer::see_order(const EndLeftovers& order) {
  verdict_.demand(18, was_announced(Record::exited, order.process), name(order.process) + " is cleared without a record");
  verdict_.demand(16, seen(order.process).life == Life::leftovers, name(order.process) + " is cleared though it did not exit");
}

void Observer::see_shutdown_started() {
  const bool asked = std::holds_alternative<TreeStopRequested>(event_);
  const bool late = tree_.start_by && *tree_.start_by <= world_.now && !tree_.ready_once;
  verdict_.demand(13, !tree_.stopping && (asked || essential_failed_ || late), "a stop of the tree without a reason");
  tree_.stopping = true;
  tree_.stopped_at = world_.now;
  tree_.start_by.reset();
  if (asked && !essential_failed_) {
    tree_.exit_code = 0;
  } else {
    tree_.mode = StopMode::orderly;
    tree_.exit_code = tree_.ready_once ? 1 : 2;
  }
}

void Observer::see_failed(ProcessId id) {
  Seen& it = seen(id);
  verdict_.demand(4, it.failed_before && it.life == Life::none && !tree_.stopping, name(id) + " is failed without a failure");
  it.resting = true;
  essential_failed_ = essential_failed_ || rule(id).essential;
}

void Observer::see_tier_record(const Announce& record) {
  const auto bit = static_cast<std::uint8_t>(1u << *record.tier);
  const std::string tier = "tier " + std::to_string(*record.tier);
  if (record.record == Record::tier_ready) {
    const bool changes = !(tree_.tiers_ready & bit) && !tree_.stopping;
    verdict_.demand(19, changes && tier_complete(configuration_, world_, *record.tier), tier + " is not ready");
    tree_.tiers_ready |= bit;
    if (*record.tier == tier_postgres && !tree_.ready_once) {
      tree_.start_by = world_.now + configuration_.rules.start_timeout;
    }
  } else {
    const bool changes = ((tree_.tiers_started | tree_.tiers_ready) & bit) != 0;
    verdict_.demand(19, changes && tier_gone(configuration_, world_, *record.tier), tier + " is not stopped");
    tree_.tiers_ready &= static_cast<std::uint8_t>(~bit);
    tree_.tiers_started &= static_cast<std::uint8_t>(~bit);
  }
}

void Observer::see_order(const Announce& record) {
  switch (record.record) {
    case Record::shutdown_started: see_shutdown_started(); break;
    case Record::failed: see_failed(*record.process); break;
    case Record::tier_ready:
    case Record::tier_stopped: see_tier_record(record); break;
    case Record::exited: {
      const Seen& it = seen(*record.process);
      verdict_.demand(18, record.expected == (it.told || it.killed), name(*record.process) + ": wrongly expected");
      break;
    }
    case Record::backoff: {
      const Seen& it = seen(*record.process);
      const bool right = record.delay && is_right_delay(rule(*record.process).restart, it, *record.delay);
      verdict_.demand(5, right, name(*record.process) + ": not the delay of the ladder");
      break;
    }
    case Record::spawned:
    case Record::spawn_failed:
    case Record::ready:
    case Record::ready_timeout:
    case Record::stop_requested:
    case Record::killed: break;
  }
}

void Observer::see_order(const TreeReady&) {
  bool carried = !tree_.stopping && tree_.begun;
  for (Tier tier = 0; tier < tier_count; ++tier) carried = carried && tier_carries(configuration_, world_, tier);
  verdict_.demand(19, carried && !tree_.ready_once, "the tree is called ready, and is not, or again");
  tree_.ready_once = true;
  tree_.start_by.reset();
}

void Observer::see_order(const Exit& order) {
  verdict_.demand(12, !tree_.exited && tree_.stopping && above_gone(configuration_, world_, tier_postgres) &&
                          tier_gone(configuration_, world_, tier_postgres), "exit while something is left");
  verdict_.demand(11, order.code == tree_.exit_code, "exit code " + std::to_string(order.code));
  tree_.exited = true;
}

void Observer::finish() {
  verdict_.demand(16, !exited_ || std::holds_alternative<Clearing>(world_.state.processes[*exited_].place),
                  "an exit was not taken notice of");
  if (essential_failed_) verdict_.demand(13, tree_.stopping, "an essential process failed and the tree goes on");
}

void feed(const Configuration& configuration, World& world, const Event& event, Verdict& verdict) {
  Observer observer(configuration, world, event, verdict);
  observer.see_event();
  const std::vector<Action> actions = step(configuration.rules, world.state, event, world.now);
  for (const Action& action : actions) observer.see(action);
  observer.finish();
}

}  // namespace

World make(const Configuration& configuration, const World& before, const Move& move, Verdict& verdict) {
  World after = before;
  after.now += move.pass;
  feed(configuration, after, move.event, verdict);
  if (move.is_late && !after.tree.exited) feed(configuration, after, WokeUp{}, verdict);
  verdict.demand(10, after.state.stop >= before.state.stop, "the stop became less strict");
  if (before.state.stop != StopMode::none) {
    verdict.demand(10, after.state.exit_code == before.state.exit_code, "the exit code changed during the stop");
  }
  const auto deadline = next_deadline(configuration.rules, before.state);
  if (deadline && *deadline <= after.now) {
    verdict.demand(20, !(after.state == before.state), "woken up for nothing");
  }
  return after;
}

}  // namespace ca::model
