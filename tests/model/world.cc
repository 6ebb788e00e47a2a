#include "tests/model/world.h"

#include <csignal>

#include "supervisor/core/state.h"

namespace ca::model {

using namespace core;

namespace {

const char* mode_name(StopMode mode) {
  switch (mode) {
    case StopMode::none: return "none";
    case StopMode::orderly: return "orderly";
    case StopMode::hurried: return "hurried";
    case StopMode::immediate: return "immediate";
  }
  return "?";
}

std::string exit_text(ExitStatus status) {
  return (status.signalled ? "ends by signal " : "exits with ") + std::to_string(status.value);
}

void add_life_moves(const Configuration& configuration, const World& world, ProcessId id, std::vector<Move>& found) {
  const Seen& seen = world.seen[id];
  const std::string& name = configuration.rules.processes[id].name;
  const pid_t pid = pid_of_process(id);
  const auto add = [&](Event event, const std::string& text) {
    found.push_back({std::move(event), Milliseconds(0), name + " " + text});
  };
  switch (seen.life) {
    case Life::none: return;
    case Life::spawning:
      add(SpawnSucceeded{id, pid}, "is spawned");
      add(SpawnFailed{id, {}}, "cannot be spawned");
      if (!may_begin(configuration.rules, world.state, id)) add(SpawnNotBegun{id}, "is not to be spawned any more");
      return;
    case Life::leftovers: add(LeftoversGone{id}, "is cleared"); return;
    case Life::alive: break;
  }
  if (seen.killed) {
    add(Exited{id, pid, {true, SIGKILL}}, "ends by SIGKILL");
    return;
  }
  for (const ExitStatus& status : configuration.exits) add(Exited{id, pid, status}, exit_text(status));
  if (seen.ready) return;
  add(BecameReady{id, pid}, "is ready");
  add(ReadinessLost{id, pid}, "loses its readiness channel");
  if (configuration.progress) add(StartProgressed{id, pid}, "says that it waits");
}

// The supervisor was held up over a deadline: what was there before it is seen first.
void add_late_moves(const World& world, Milliseconds wait, std::vector<Move>& found) {
  for (ProcessId id = 0; id < world.seen.size(); ++id) {
    const Seen& seen = world.seen[id];
    if (seen.life != Life::alive || seen.ready || seen.killed) continue;
    found.push_back({BecameReady{id, pid_of_process(id)}, wait, "late: process " + std::to_string(id) + " is ready", true});
  }
}

}  // namespace

World first_world(const Configuration& configuration) {
  World world;
  world.state = initial_state(configuration.rules, 1);
  world.seen.resize(configuration.rules.processes.size());
  world.now = Instant(std::chrono::hours(1));
  return world;
}

std::vector<Move> moves(const Configuration& configuration, const World& world) {
  std::vector<Move> found;
  if (world.tree.exited) return found;
  if (!world.tree.begun) found.push_back({Begin{}, Milliseconds(0), "begin"});
  for (ProcessId id = 0; id < world.seen.size(); ++id) add_life_moves(configuration, world, id, found);
  for (const StopMode mode : configuration.stops) {
    // What changes nothing any more is left out; a second orderly request does change something.
    if (world.tree.mode > mode || (world.tree.mode == mode && mode != StopMode::orderly)) continue;
    found.push_back({TreeStopRequested{mode, "asked", 0}, Milliseconds(0), std::string("stop, ") + mode_name(mode)});
  }
  for (const ProcessId id : configuration.by_hand) {
    const std::string& name = configuration.rules.processes[id].name;
    found.push_back({ProcessStartRequested{id}, Milliseconds(0), "start " + name + " by hand"});
    found.push_back({ProcessStopRequested{id}, Milliseconds(0), "stop " + name + " by hand"});
    found.push_back({ProcessRestartRequested{id}, Milliseconds(0), "restart " + name + " by hand"});
  }
  const auto deadline = next_deadline(configuration.rules, world.state);
  if (deadline && *deadline - world.now < endless) {
    const auto wait = std::chrono::duration_cast<Milliseconds>(*deadline - world.now);
    found.push_back({WokeUp{}, wait, "the deadline is here after " + std::to_string(wait.count()) + " ms"});
    add_late_moves(world, wait, found);
  }
  if (configuration.pass > Milliseconds(0) && (!deadline || *deadline > world.now + configuration.pass)) {
    found.push_back({WokeUp{}, configuration.pass, "time passes"});
  }
  return found;
}

std::vector<Event> stale_facts(const World& world) {
  std::vector<Event> facts{WokeUp{}};
  if (world.tree.begun) facts.push_back(Begin{});
  for (const StopMode mode : {StopMode::none, StopMode::orderly, StopMode::hurried}) {
    const bool milder = mode < world.tree.mode || mode == StopMode::none;
    if (milder) facts.push_back(TreeStopRequested{mode, "milder", 77});
  }
  for (ProcessId id = 0; id < world.seen.size(); ++id) {
    facts.push_back(BecameReady{id, stale_pid});
    facts.push_back(ReadinessLost{id, stale_pid});
    facts.push_back(StartProgressed{id, stale_pid});
    facts.push_back(Exited{id, stale_pid, {}});
    const Life life = world.seen[id].life;
    if (life != Life::leftovers) facts.push_back(LeftoversGone{id});
    if (life != Life::spawning) {
      facts.push_back(SpawnSucceeded{id, stale_pid});
      facts.push_back(SpawnFailed{id, {}});
      facts.push_back(SpawnNotBegun{id});
    }
    if (life == Life::alive && world.seen[id].ready) {
      facts.push_back(BecameReady{id, pid_of_process(id)});
      facts.push_back(ReadinessLost{id, pid_of_process(id)});
    }
    if (life == Life::leftovers) facts.push_back(Exited{id, pid_of_process(id), {}});
    if (world.tree.stopping) {
      facts.push_back(ProcessStartRequested{id});
      facts.push_back(ProcessStopRequested{id});
      facts.push_back(ProcessRestartRequested{id});
    }
  }
  return facts;
}

bool tier_gone(const Configuration& configuration, const World& world, Tier tier) {
  for (ProcessId id = 0; id < world.seen.size(); ++id) {
    if (configuration.rules.processes[id].tier == tier && world.seen[id].life != Life::none) return false;
  }
  return true;
}

bool above_gone(const Configuration& configuration, const World& world, Tier tier) {
  for (Tier above = tier + 1; above < tier_count; ++above) {
    if (!tier_gone(configuration, world, above)) return false;
  }
  return true;
}

bool tier_complete(const Configuration& configuration, const World& world, Tier tier) {
  for (ProcessId id = 0; id < world.seen.size(); ++id) {
    if (configuration.rules.processes[id].tier != tier) continue;
    const Seen& seen = world.seen[id];
    const bool serves = seen.life == Life::alive && seen.ready && !seen.told && !seen.killed;
    const bool rests = seen.life == Life::none && (seen.resting || seen.wanted_down);
    if (!serves && !rests) return false;
  }
  return true;
}

bool tier_carries(const Configuration& configuration, const World& world, Tier tier) {
  bool empty = true;
  for (ProcessId id = 0; id < world.seen.size(); ++id) {
    if (configuration.rules.processes[id].tier != tier) continue;
    empty = false;
    if (!configuration.rules.processes[id].essential) continue;
    const Seen& seen = world.seen[id];
    const bool serves = seen.life == Life::alive && seen.ready && !seen.told && !seen.killed;
    const bool rests = seen.life == Life::none && (seen.resting || seen.wanted_down);
    if (!serves && !rests) return false;
  }
  return empty || (world.tree.tiers_ready & 1u << tier) != 0;
}

std::string describe(const Configuration& configuration, const World& world) {
  std::string line;
  for (ProcessId id = 0; id < world.seen.size(); ++id) {
    const ProcessState& process = world.state.processes[id];
    line += configuration.rules.processes[id].name;
    line += "=";
    line += place_name(process.place);
    if (process.intent == Intent::stay_down) line += "(down)";
    if (process.intent == Intent::restart) line += "(again)";
    if (world.seen[id].killed) line += "(killed)";
    line += " ";
  }
  line += "stop=";
  line += mode_name(world.state.stop);
  return line;
}

}  // namespace ca::model
