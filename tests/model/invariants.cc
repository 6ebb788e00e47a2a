#include "tests/model/invariants.h"

#include "common/check.h"

namespace ca::model {

using namespace core;

namespace {

constexpr std::array<const char*, invariant_count + 1> texts = {
    "",
    "nothing is spawned while something of its former self is left",
    "nothing is spawned unless every lower tier carries",
    "nothing is spawned before the beginning or during a stop",
    "what is stopped by hand, done or failed stays down until it is asked for",
    "a restart comes when its delay is over: not before, not later",
    "no more restarts than allowed",
    "top down: told to stop only when all of the tiers above are gone",
    "SIGKILL only when the time granted is over, and once",
    "told at its turn, and granted no more than stop_timeout, 1 s in a hurry",
    "a stop only becomes stricter; its exit code is fixed by its reason",
    "the exit code is that of the reason",
    "exit is ordered exactly when all is gone in a stop, once",
    "the tree is stopped for a request, an essential failure or start_timeout, and then at once",
    "none is told to stop without a reason of its own or a tree's",
    "on_driver_restart = restart: the next driver comes when all above is gone",
    "the state agrees with what really lives",
    "stale, repeated and unasked facts change nothing",
    "each order is preceded by its record",
    "tier_ready, tier_stopped and ready of the tree: when it is so, and once",
    "a deadline lies ahead, is met, and means something",
    "a stop ends within the stop_timeouts of the tiers, whoever ignores the signal",
    "a stop takes no time of its own where all obey",
    "with friendly surroundings the tree comes up, or ends for a reason",
    "told by its own stop signal, once; PostgreSQL by SIGQUIT in a hurry",
    "a spawn that was ordered is begun only if it would be ordered now",
};

bool agrees(const Place& place, const Seen& seen) {
  const bool alive = seen.life == Life::alive;
  if (std::holds_alternative<Spawning>(place)) return seen.life == Life::spawning;
  if (std::holds_alternative<Starting>(place)) return alive && !seen.ready && !seen.told && !seen.killed;
  if (std::holds_alternative<Ready>(place)) return alive && seen.ready && !seen.told && !seen.killed;
  if (const auto* it = std::get_if<Stopping>(&place)) {
    return alive && (seen.told || seen.killed) && it->killed == seen.killed;
  }
  if (std::holds_alternative<Clearing>(place)) return seen.life == Life::leftovers;
  return seen.life == Life::none;
}

class StateCheck {
 public:
  StateCheck(const Configuration& configuration, const World& world, Verdict& verdict)
      : configuration_(configuration), world_(world), verdict_(verdict) {}

  void process(ProcessId id) {
    const Place& place = world_.state.processes[id].place;
    verdict_.demand(16, agrees(place, world_.seen[id]), name(id) + " is not what the state says");
    if (const auto* it = std::get_if<Starting>(&place); it && !world_.tree.stopping) {
      verdict_.demand(20, it->deadline == world_.seen[id].ready_by, name(id) + " has another ready_timeout");
    }
    if (std::holds_alternative<Waiting>(place)) waiting(id);
    if (std::holds_alternative<Spawning>(place)) spawning(id);
    if (const auto* it = std::get_if<Stopping>(&place)) stopping(id, *it);
    if (const auto* it = std::get_if<Backoff>(&place)) {
      const auto longest = world_.seen[id].ended_at + rule(id).restart.max_delay;
      verdict_.demand(5, it->until <= longest, name(id) + " waits longer than max_delay after its end");
    }
    if (world_.tree.stopping && above_gone(configuration_, world_, rule(id).tier)) at_its_turn(id);
    if (std::holds_alternative<Failed>(place) && rule(id).essential) {
      verdict_.demand(13, world_.tree.stopping, name(id) + " failed for good and the tree goes on");
    }
  }

  void tier(Tier tier) {
    bool empty = true;
    for (const ProcessRules& it : configuration_.rules.processes) empty = empty && it.tier != tier;
    if (empty) return;
    const std::string text = "tier " + std::to_string(tier);
    if (world_.tree.stopping) {
      if (!tier_gone(configuration_, world_, tier) || !above_gone(configuration_, world_, tier)) return;
      verdict_.demand(19, !((world_.tree.tiers_started | world_.tree.tiers_ready) & 1u << tier), text + " is stopped and nobody says so");
    } else if (world_.tree.begun && lower_carry(tier) && tier_complete(configuration_, world_, tier)) {
      verdict_.demand(19, (world_.tree.tiers_ready & 1u << tier) != 0, text + " is ready and nobody says so");
    }
  }

  void tree() {
    const SeenTree& tree = world_.tree;
    if (tree.stopping) {
      const bool gone = above_gone(configuration_, world_, tier_postgres) && tier_gone(configuration_, world_, tier_postgres);
      verdict_.demand(12, gone == tree.exited, "all is gone, or not, and the exit differs");
    }
    if (tree.begun && !tree.stopping && lower_carry(tier_count)) {
      verdict_.demand(19, tree.ready_once, "the tree is ready and nobody says so");
    }
    if (tree.start_by) verdict_.demand(13, *tree.start_by > world_.now, "start_timeout is over and nothing happens");
    verdict_.demand(10, world_.state.stop == tree.mode, "the stop is not as strict as was asked");
    if (const auto deadline = next_deadline(configuration_.rules, world_.state)) {
      verdict_.demand(20, *deadline > world_.now, "a deadline was not met");
    }
  }

  void stale() {
    State state = world_.state;
    for (const Event& fact : stale_facts(world_)) {
      const bool silent = step(configuration_.rules, state, fact, world_.now).empty();
      verdict_.demand(17, silent && state == world_.state, "a stale fact of kind " + std::to_string(fact.index()) + " had an effect");
    }
  }

 private:
  // Work-conserving: it waits for a lower tier, or for the rest to be gone, or it would have been spawned.
  void waiting(ProcessId id) {
    const SeenTree& tree = world_.tree;
    const Tier tier = rule(id).tier;
    const bool rest_is_there = tier == tier_driver && tree.driver_failed && !above_gone(configuration_, world_, tier);
    const bool waits = !tree.begun || !lower_carry(tier) || rest_is_there;
    verdict_.demand(5, waits && !tree.stopping, name(id) + " waits for nothing");
  }

  void spawning(ProcessId id) {
    const Seen& seen = world_.seen[id];
    const bool wanted = !world_.tree.stopping && !seen.wanted_down && !seen.wanted_again && lower_carry(rule(id).tier);
    verdict_.demand(25, may_begin(configuration_.rules, world_.state, id) == wanted, name(id) + " would be spawned, or not, wrongly");
  }

  void stopping(ProcessId id, const Stopping& it) {
    if (it.killed) return;
    const Seen& seen = world_.seen[id];
    const bool quit_first = seen.quit && seen.quit_at == seen.told_at;
    const bool in_time = quit_first || it.deadline <= seen.told_at + rule(id).stop_timeout;
    const bool in_hurry = !seen.quit || it.deadline <= seen.quit_at + Milliseconds(4000);
    verdict_.demand(9, in_time && in_hurry, name(id) + " is granted too much time");
  }

  void at_its_turn(ProcessId id) {
    const Seen& seen = world_.seen[id];
    if (seen.life != Life::alive) return;
    verdict_.demand(9, seen.told || seen.killed, name(id) + " is not told at its turn");
    const bool postgres = rule(id).is_postgres;
    const bool overdue = world_.now - world_.tree.stopped_at >= configuration_.rules.shutdown_timeout;
    if (!postgres && (world_.tree.mode == StopMode::immediate || overdue)) {
      verdict_.demand(9, seen.killed, name(id) + " is not killed though it is to be at once");
    }
    const auto* it = std::get_if<Stopping>(&world_.state.processes[id].place);
    if (!it || it->killed || world_.tree.mode < StopMode::hurried) return;
    const Milliseconds hurry = postgres ? Milliseconds(4000) : Milliseconds(1000);
    verdict_.demand(9, it->deadline <= world_.now + hurry, name(id) + " is not hurried");
    if (postgres) verdict_.demand(24, seen.quit, name(id) + " is not told by SIGQUIT");
  }

  bool lower_carry(Tier tier) const {
    for (Tier below = 0; below < tier; ++below) {
      if (!tier_carries(configuration_, world_, below)) return false;
    }
    return true;
  }
  const ProcessRules& rule(ProcessId id) const { return configuration_.rules.processes[id]; }
  const std::string& name(ProcessId id) const { return rule(id).name; }

  const Configuration& configuration_;
  const World& world_;
  Verdict& verdict_;
};

}  // namespace

const char* invariant_text(int number) {
  CA_CHECK(number >= 1 && number <= invariant_count);
  return texts[static_cast<std::size_t>(number)];
}

void check_state(const Configuration& configuration, const World& world, Verdict& verdict) {
  StateCheck check(configuration, world, verdict);
  for (ProcessId id = 0; id < world.seen.size(); ++id) check.process(id);
  for (Tier tier = 0; tier < tier_count; ++tier) check.tier(tier);
  check.tree();
  if (!world.tree.exited) check.stale();
}

}  // namespace ca::model
