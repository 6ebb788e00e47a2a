#include "supervisor/core/restart_ladder.h"

#include <algorithm>
#include <limits>

namespace ca::core {

namespace {

constexpr std::size_t exact_groups = 256;

// splitmix64: one call, one well-mixed draw, and any seed is good.
std::uint64_t draw(std::uint64_t& random) {
  std::uint64_t mixed = (random += 0x9e3779b97f4a7c15);
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return mixed ^ (mixed >> 31);
}

// In [1 - jitter, 1 + jitter].
double jitter_factor(double jitter, std::uint64_t& random) {
  const double unit = static_cast<double>(draw(random) >> 11) * 0x1.0p-53;
  return 1 + jitter * (2 * unit - 1);
}

// Time in steps of window / 256; groups of the same step may be counted together.
std::int64_t coarse_step(Instant at, Milliseconds window) {
  const auto width = std::max<std::int64_t>(std::chrono::nanoseconds(window).count() / 256, 1);
  return at.time_since_epoch().count() / width;
}

void forget_before(std::vector<RestartLadder::Group>& recent, Instant oldest) {
  const auto kept = std::find_if(recent.begin(), recent.end(), [&](const auto& group) { return group.at > oldest; });
  recent.erase(recent.begin(), kept);
}

std::uint64_t count(const std::vector<RestartLadder::Group>& recent) {
  std::uint64_t sum = 0;
  for (const auto& group : recent) sum += group.count;
  return sum;
}

// Counting from each group's first restart means that a restart is forgotten up to one step early, never late: the limit
// is not reached because of the rounding.
void count_neighbours_together(std::vector<RestartLadder::Group>& recent, Milliseconds window) {
  std::size_t last = 0;
  for (std::size_t next = 1; next < recent.size(); ++next) {
    if (coarse_step(recent[last].at, window) == coarse_step(recent[next].at, window)) {
      recent[last].count += recent[next].count;
    } else {
      recent[++last] = recent[next];
    }
  }
  recent.resize(last + 1);
}

void note(RestartLadder& ladder, Milliseconds window, Instant now) {
  ladder.recent.push_back({now, 1});
  if (ladder.recent.size() > exact_groups) count_neighbours_together(ladder.recent, window);
  if (ladder.rung < std::numeric_limits<std::uint32_t>::max()) ++ladder.rung;
}

Milliseconds delay_of_rung(std::uint32_t rung, const RestartRules& rules, std::uint64_t& random) {
  if (rung == 0) return Milliseconds(0);
  const auto longest = static_cast<double>(rules.max_delay.count());
  auto delay = static_cast<double>(rules.initial_delay.count());
  for (std::uint32_t step = 1; step < rung && delay > 0 && delay < longest && rules.multiplier > 1; ++step) {
    delay *= rules.multiplier;
  }
  delay = std::min(delay, longest);
  if (rules.jitter > 0 && delay > 0) delay = std::min(delay * jitter_factor(rules.jitter, random), longest);
  return Milliseconds(static_cast<std::int64_t>(delay));
}

}  // namespace

RestartDecision next_restart(RestartLadder& ladder, const RestartRules& rules, Instant now, std::uint64_t& random) {
  forget_before(ladder.recent, now - rules.window);
  const bool limit_reached = count(ladder.recent) + 1 > rules.max_restarts;
  if (limit_reached && rules.on_limit == OnLimit::fail) return {false, Milliseconds(0)};
  const Milliseconds delay = limit_reached ? rules.max_delay : delay_of_rung(ladder.rung, rules, random);
  note(ladder, rules.window, now);
  return {true, delay};
}

}  // namespace ca::core
