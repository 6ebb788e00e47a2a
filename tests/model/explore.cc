#include "tests/model/explore.h"

#include <algorithm>
#include <unordered_map>

#include "tests/model/canonical.h"

namespace ca::model {

using namespace core;

namespace {

using Index = std::uint32_t;
constexpr Index nowhere = 0xffffffff;

// What the surroundings do next in one of three fixed ways. From each world the one move leads to one next world, so
// following these links to their end, or round in a circle, decides liveness for all worlds in linear time.
enum class Way : std::uint8_t {
  stubborn,  // a stop is asked for, and nobody obeys the stop signal
  obedient,  // a stop is asked for, and everybody obeys at once
  friendly,  // nothing is asked for, all succeeds at once
};
constexpr std::size_t way_count = 3;

struct Link {
  Index next = nowhere;
  Milliseconds pass{0};
};

struct Node {
  Index from = nowhere;
  std::string move;         // that led here first
  std::array<Link, way_count> links;
  bool goal_up = false;     // what the friendly way leads to
  bool exited = false;
  bool stopping = false;
};

bool is_process_move(const Move& move, Way way, const World& world) {
  if (std::holds_alternative<SpawnSucceeded>(move.event) || std::holds_alternative<LeftoversGone>(move.event)) return true;
  if (const auto* exit = std::get_if<Exited>(&move.event)) {
    const Seen& seen = world.seen[exit->process];
    return seen.killed || (seen.told && way != Way::stubborn);
  }
  return way == Way::friendly && std::holds_alternative<BecameReady>(move.event);
}

// The move that this way takes here, or none.
std::optional<std::size_t> choose(const std::vector<Move>& possible, Way way, const World& world) {
  for (std::size_t at = 0; at < possible.size(); ++at) {
    const Event& event = possible[at].event;
    const auto* stop = std::get_if<TreeStopRequested>(&event);
    if (way != Way::friendly && !world.tree.stopping && stop && stop->mode == StopMode::orderly) return at;
    if (way == Way::friendly && std::holds_alternative<Begin>(event)) return at;
  }
  for (std::size_t at = 0; at < possible.size(); ++at) {
    if (is_process_move(possible[at], way, world)) return at;
  }
  for (std::size_t at = 0; at < possible.size(); ++at) {
    if (std::holds_alternative<WokeUp>(possible[at].event)) return at;
  }
  return std::nullopt;
}

bool is_settled(const Configuration& configuration, const World& world) {
  bool settled = world.tree.begun && !world.tree.stopping && world.tree.ready_once;
  for (Tier tier = 0; tier < tier_count; ++tier) settled = settled && tier_carries(configuration, world, tier);
  for (const Seen& seen : world.seen) {
    const bool serves = seen.life == Life::alive && seen.ready && !seen.told;
    settled = settled && (serves || (seen.life == Life::none && (seen.resting || seen.wanted_down)));
  }
  return settled;
}

// The longest that an ordered stop may take where all ignore the signal.
Milliseconds stop_bound(const Rules& rules) {
  std::array<Milliseconds, tier_count> longest{};
  for (const ProcessRules& process : rules.processes) {
    longest[process.tier] = std::max(longest[process.tier], process.stop_timeout);
  }
  Milliseconds above{0};
  for (Tier tier = tier_driver; tier < tier_count; ++tier) above += longest[tier];
  return std::min(above, rules.shutdown_timeout) + longest[tier_postgres];
}

class Explorer {
 public:
  Explorer(const Configuration& configuration, std::size_t most_states, Verdict& verdict)
      : configuration_(configuration), most_states_(most_states), verdict_(verdict) {}

  Exploration run() {
    World world = first_world(configuration_);
    check_state(configuration_, world, verdict_);
    add(world, nowhere, "");
    for (Index at = 0; at < nodes_.size() && !verdict_.first(); ++at) {
      if (nodes_.size() > most_states_) return finish(false);
      expand(at);
    }
    if (verdict_.first()) return finish(false);
    prove(Way::stubborn, 21, stop_bound(configuration_.rules));
    prove(Way::obedient, 22, Milliseconds(0));
    prove(Way::friendly, 23, Milliseconds(60'000));
    return finish(!verdict_.first());
  }

 private:
  Index add(World& world, Index from, const std::string& move) {
    const auto [it, is_new] = index_.emplace(encode(configuration_, world), static_cast<Index>(nodes_.size()));
    if (is_new) {
      nodes_.push_back({from, move, {}, is_settled(configuration_, world), world.tree.exited, world.tree.stopping});
      keys_.push_back(&it->first);
    }
    return it->second;
  }

  void expand(Index at) {
    const World world = decode(configuration_, *keys_[at]);
    const std::vector<Move> possible = moves(configuration_, world);
    std::vector<Index> reached;
    for (const Move& move : possible) {
      World after = make(configuration_, world, move, verdict_);
      ++steps_;
      const std::size_t known = nodes_.size();
      reached.push_back(add(after, at, move.text));
      if (reached.back() == known) check_state(configuration_, after, verdict_);
      if (verdict_.first()) return fail_at(at, move.text);
    }
    for (std::size_t way = 0; way < way_count; ++way) {
      const auto chosen = choose(possible, static_cast<Way>(way), world);
      if (chosen) nodes_[at].links[way] = {reached[*chosen], possible[*chosen].pass};
    }
  }

  bool is_goal(const Node& node, Way way) const { return node.exited || (way == Way::friendly && node.goal_up); }

  // Follows the links from every world to the goal; the time it takes must be within the bound.
  void prove(Way way, int invariant, Milliseconds bound) {
    constexpr std::int64_t unknown = -1, on_the_way = -2;
    std::vector<std::int64_t> takes(nodes_.size(), unknown);
    for (Index start = 0; start < nodes_.size() && !verdict_.first(); ++start) {
      std::vector<Index> path;
      Index at = start;
      while (at != nowhere && takes[at] == unknown && !is_goal(nodes_[at], way)) {
        takes[at] = on_the_way;
        path.push_back(at);
        at = nodes_[at].links[static_cast<std::size_t>(way)].next;
      }
      if (at == nowhere || takes[at] == on_the_way) {
        verdict_.demand(invariant, false, at == nowhere ? "nothing can happen any more" : "it goes round in circles");
        return fail_at(path.back(), at == nowhere ? "(stuck)" : "(circle)");
      }
      std::int64_t time = std::max<std::int64_t>(takes[at], 0);
      takes[at] = time;
      for (; !path.empty(); path.pop_back()) {
        time += nodes_[path.back()].links[static_cast<std::size_t>(way)].pass.count();
        takes[path.back()] = time;
        // A stop that has begun already has had a part of its time; the bound is for all of it.
        verdict_.demand(invariant, time <= bound.count(), "takes " + std::to_string(time) + " ms, bound " +
                                                              std::to_string(bound.count()));
        if (verdict_.first()) return fail_at(path.back(), "(and then)");
      }
    }
  }

  void fail_at(Index at, const std::string& move) {
    std::vector<std::string> lines{"  " + move};
    for (; at != nowhere; at = nodes_[at].from) {
      lines.push_back("    " + describe(configuration_, decode(configuration_, *keys_[at])));
      if (!nodes_[at].move.empty()) lines.push_back("  " + nodes_[at].move);
    }
    failure_ = configuration_.name + ": I" + std::to_string(verdict_.first()->invariant) + " (" +
               invariant_text(verdict_.first()->invariant) + ") does not hold: " + verdict_.first()->detail + "\n";
    for (auto line = lines.rbegin(); line != lines.rend(); ++line) failure_ += *line + "\n";
  }

  Exploration finish(bool complete) const { return {nodes_.size(), steps_, complete, failure_}; }

  const Configuration& configuration_;
  const std::size_t most_states_;
  Verdict& verdict_;
  std::unordered_map<std::string, Index> index_;
  std::vector<const std::string*> keys_;
  std::vector<Node> nodes_;
  std::size_t steps_ = 0;
  std::string failure_;
};

}  // namespace

Exploration explore(const Configuration& configuration, std::size_t most_states, Verdict& verdict) {
  return Explorer(configuration, most_states, verdict).run();
}

}  // namespace ca::model
