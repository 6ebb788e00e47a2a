#include "tests/model/canonical.h"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include "common/check.h"

namespace ca::model {

using namespace core;

namespace {

const Instant base{std::chrono::hours(1)};

Instant aged(Instant at, Instant now, Milliseconds oldest) {
  return base - std::min(now - at, std::chrono::nanoseconds(oldest));
}

void canonicalise_place(const ProcessRules& rules, Place& place, Instant now) {
  const auto shift = base - now;
  if (auto* starting = std::get_if<Starting>(&place)) starting->deadline += shift;
  if (auto* stopping = std::get_if<Stopping>(&place); stopping && !stopping->killed) stopping->deadline += shift;
  if (auto* backoff = std::get_if<Backoff>(&place)) backoff->until += shift;
  if (auto* clearing = std::get_if<Clearing>(&place)) {
    const bool counts = clearing->outcome == Outcome::failure;
    clearing->since = aged(clearing->since, now, counts ? rules.restart.max_delay : Milliseconds(0));
  }
  if (auto* ready = std::get_if<Ready>(&place)) {
    const Milliseconds reset = rules.restart.reset_after;
    ready->since = aged(ready->since, now, reset >= endless ? Milliseconds(0) : reset);
  }
}

void canonicalise_ladder(const RestartRules& rules, RestartLadder& ladder, Instant now) {
  ladder.rung = std::min<std::uint32_t>(ladder.rung, 4);
  if (rules.window < endless) {
    std::erase_if(ladder.recent, [&](const auto& group) { return group.at <= now - rules.window; });
    for (auto& group : ladder.recent) group.at = aged(group.at, now, rules.window);
    return;
  }
  for (auto& group : ladder.recent) group.at = base;
  // Beyond the limit (on_limit slow) more of them decide nothing.
  if (ladder.recent.size() > rules.max_restarts) ladder.recent.resize(rules.max_restarts);
}

void canonicalise_seen(const ProcessRules& rules, Seen& seen, Instant now) {
  const bool waits = seen.life == Life::alive && !seen.ready;
  seen.ready_by = waits ? base + (seen.ready_by - now) : Instant{};
  if (waits && seen.ready_by < base) seen.ready_by = base;
  const Milliseconds reset = rules.restart.reset_after;
  seen.ready_at = seen.ready ? aged(seen.ready_at, now, reset >= endless ? Milliseconds(0) : reset) : Instant{};
  seen.told_at = seen.told && !seen.killed ? aged(seen.told_at, now, rules.stop_timeout) : Instant{};
  seen.quit_at = seen.quit && !seen.killed ? aged(seen.quit_at, now, Milliseconds(4000)) : Instant{};
  seen.ended_at = seen.failed_before ? aged(seen.ended_at, now, rules.restart.max_delay) : Instant{};
  seen.rung = std::min<std::uint8_t>(seen.rung, 4);
  seen.restarts = static_cast<std::uint8_t>(std::min<std::uint32_t>(seen.restarts, rules.restart.max_restarts + 1));
}

// In a stop nothing is restarted any more and nobody waits for readiness, so what decides on these is forgotten. What
// was asked by hand and what an exit meant is kept: a step that still minds them is to be found out.
void forget_starts(ProcessState& process, Seen& seen) {
  process.ladder = {};
  seen.rung = seen.restarts = 0;
  seen.failed_before = false;
  seen.ended_at = Instant{};
  if (auto* starting = std::get_if<Starting>(&process.place)) starting->deadline = base;
  if (auto* ready = std::get_if<Ready>(&process.place)) ready->since = base;
  if (auto* clearing = std::get_if<Clearing>(&process.place)) clearing->since = base;
  if (seen.life == Life::alive && !seen.ready) seen.ready_by = base;
  if (seen.ready) seen.ready_at = base;
}

// After the exit nothing follows: one world for each exit code.
void forget_all(const Configuration& configuration, World& world) {
  SeenTree tree;
  tree.exited = true;
  tree.exit_code = world.tree.exit_code;
  const int exit_code = world.state.exit_code;
  world = first_world(configuration);
  world.tree = tree;
  world.state.exit_ordered = true;
  world.state.exit_code = exit_code;
}

void canonicalise(const Configuration& configuration, World& world) {
  if (world.tree.exited) forget_all(configuration, world);
  const Instant now = world.now;
  const auto shift = base - now;
  for (ProcessId id = 0; id < world.seen.size(); ++id) {
    const ProcessRules& rules = configuration.rules.processes[id];
    ProcessState& process = world.state.processes[id];
    canonicalise_place(rules, process.place, now);
    canonicalise_ladder(rules.restart, process.ladder, now);
    canonicalise_seen(rules, world.seen[id], now);
    process.restarts = 0;
    process.last_exit.reset();
    if (world.tree.stopping) forget_starts(process, world.seen[id]);
  }
  SeenTree& tree = world.tree;
  const Milliseconds start = configuration.rules.start_timeout, shutdown = configuration.rules.shutdown_timeout;
  for (auto* at : {&world.state.start_deadline, &tree.start_by}) {
    if (*at) *at = start >= endless ? base + start : **at + shift;
  }
  if (auto& at = world.state.shutdown_deadline) at = shutdown >= endless ? base + shutdown : *at + shift;
  tree.stopped_at = tree.stopping ? aged(tree.stopped_at, now, shutdown >= endless ? Milliseconds(0) : shutdown) : Instant{};
  bool postgres = false;
  for (const ProcessRules& rules : configuration.rules.processes) postgres = postgres || rules.is_postgres;
  const Milliseconds hurry{postgres ? 4000 : 1000};
  tree.hurried_at = tree.mode >= StopMode::hurried ? aged(tree.hurried_at, now, hurry) : Instant{};
  if (tree.stopping) tree.ready_once = world.state.first_start_done = true;
  world.now = base;
}

void set_pid(Place& place, pid_t pid) {
  if (auto* starting = std::get_if<Starting>(&place)) starting->pid = pid;
  if (auto* ready = std::get_if<Ready>(&place)) ready->pid = pid;
  if (auto* stopping = std::get_if<Stopping>(&place)) stopping->pid = pid;
}

// Writer and Reader are handed the same fields in the same order, so that there is one list of fields.
class Writer {
 public:
  template <class Small>
  void small(Small& value) { bytes_.push_back(static_cast<char>(value)); }
  void time(Instant& at) {
    const auto value = static_cast<std::int32_t>(std::chrono::duration_cast<Milliseconds>(at - base).count());
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(const std::string& bytes) : bytes_(bytes) {}
  template <class Small>
  void small(Small& value) { value = static_cast<Small>(static_cast<std::uint8_t>(bytes_[at_++])); }
  void time(Instant& at) {
    std::int32_t value;
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
    at = base + Milliseconds(value);
  }
  bool at_end() const { return at_ == bytes_.size(); }

 private:
  const std::string& bytes_;
  std::size_t at_ = 0;
};

template <class Io>
void fields(Io& io, Starting& place) { io.small(place.pid); io.time(place.deadline); }
template <class Io>
void fields(Io& io, Ready& place) { io.small(place.pid); io.time(place.since); }
template <class Io>
void fields(Io& io, Stopping& place) {
  io.small(place.pid);
  io.time(place.deadline);
  io.small(place.mode);
  io.small(place.killed);
  io.small(place.failure);
}
template <class Io>
void fields(Io& io, Clearing& place) { io.time(place.since); io.small(place.outcome); }
template <class Io>
void fields(Io& io, Backoff& place) { io.time(place.until); }
template <class Io, class Empty>
void fields(Io&, Empty&) { static_assert(std::is_empty_v<Empty>); }

template <std::size_t Index = 0>
void take_kind(Place& place, std::size_t kind) {
  if constexpr (Index < std::variant_size_v<Place>) {
    if (kind == Index) return void(place.emplace<Index>());
    take_kind<Index + 1>(place, kind);
  }
}

template <class Io>
void fields(Io& io, std::optional<Instant>& at) {
  bool there = at.has_value();
  io.small(there);
  if (!there) return;
  if (!at) at.emplace();
  io.time(*at);
}

template <class Io>
void process_fields(Io& io, ProcessState& process) {
  auto kind = process.place.index();
  io.small(kind);
  if (kind != process.place.index()) take_kind(process.place, kind);
  std::visit([&](auto& place) { fields(io, place); }, process.place);
  io.small(process.intent);
  io.small(process.ladder.rung);
  auto groups = process.ladder.recent.size();
  io.small(groups);
  process.ladder.recent.resize(groups);
  for (auto& group : process.ladder.recent) {
    io.time(group.at);
    io.small(group.count);
  }
}

template <class Io>
void seen_fields(Io& io, Seen& seen) {
  io.small(seen.life);
  for (bool* flag : {&seen.ready, &seen.told, &seen.quit, &seen.killed, &seen.wanted_down, &seen.wanted_again,
                     &seen.resting, &seen.own_failure, &seen.failed_before}) {
    io.small(*flag);
  }
  io.small(seen.rung);
  io.small(seen.restarts);
  for (Instant* at : {&seen.told_at, &seen.quit_at, &seen.ready_by, &seen.ready_at, &seen.ended_at}) io.time(*at);
}

template <class Io>
void tree_fields(Io& io, State& state, SeenTree& tree) {
  io.small(state.stop);
  io.small(state.exit_code);
  for (bool* flag : {&state.begun, &state.first_start_done, &state.cycling, &state.overdue, &state.exit_ordered,
                     &tree.begun, &tree.stopping, &tree.ready_once, &tree.exited, &tree.driver_failed}) {
    io.small(*flag);
  }
  for (std::uint8_t* bits : {&state.tiers_up, &state.tiers_started, &tree.exit_code, &tree.tiers_ready,
                             &tree.tiers_started}) {
    io.small(*bits);
  }
  io.small(tree.mode);
  fields(io, state.start_deadline);
  fields(io, state.shutdown_deadline);
  fields(io, tree.start_by);
  io.time(tree.stopped_at);
  io.time(tree.hurried_at);
}

// Twins are sorted by their bytes, pid apart: a live one's pid is always that of its place in the rules.
void sort_twins(const Configuration& configuration, World& world) {
  if (configuration.twins.empty()) return;
  std::vector<std::pair<std::string, ProcessId>> order;
  for (const ProcessId id : configuration.twins) {
    Writer writer;
    ProcessState process = world.state.processes[id];
    set_pid(process.place, 0);
    process_fields(writer, process);
    seen_fields(writer, world.seen[id]);
    order.emplace_back(writer.take(), id);
  }
  if (std::is_sorted(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first < b.first; })) return;
  std::sort(order.begin(), order.end());
  const World before = world;
  for (std::size_t at = 0; at < order.size(); ++at) {
    const ProcessId id = configuration.twins[at];
    world.state.processes[id] = before.state.processes[order[at].second];
    world.seen[id] = before.seen[order[at].second];
    set_pid(world.state.processes[id].place, pid_of_process(id));
  }
}

template <class Io>
void world_fields(Io& io, World& world) {
  for (ProcessId id = 0; id < world.seen.size(); ++id) {
    process_fields(io, world.state.processes[id]);
    seen_fields(io, world.seen[id]);
  }
  tree_fields(io, world.state, world.tree);
}

}  // namespace

std::string encode(const Configuration& configuration, World& world) {
  canonicalise(configuration, world);
  sort_twins(configuration, world);
  Writer writer;
  world_fields(writer, world);
  return writer.take();
}

World decode(const Configuration& configuration, const std::string& bytes) {
  World world = first_world(configuration);
  Reader reader(bytes);
  world_fields(reader, world);
  CA_CHECK(reader.at_end());
  world.now = base;
  return world;
}

}  // namespace ca::model
