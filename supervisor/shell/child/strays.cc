#include "supervisor/shell/child/strays.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "supervisor/both_halves/descendants.h"
#include "supervisor/shell/child/procfs.h"

namespace ca::shell {

namespace {

void no_later_than(std::optional<Instant>& at, Instant other) { at = at ? std::min(*at, other) : other; }

// While we have not reaped it, the pid is nobody else's.
bool may_signal(pid_t pid) { return ::kill(pid, 0) == 0 || errno != EPERM; }

}  // namespace

std::optional<core::ProcessId> Strays::owner_by_account(pid_t pid, const TreeView& view) {
  const auto uid = uid_of_closed(pid);
  return uid ? view.of_account(*uid) : std::nullopt;
}

Strays::Verdict Strays::judge(pid_t pid, Adopted& adopted, const TreeView& view, Instant now) const {
  if (adopted.killed_at) return Verdict::end;  // also if its service is up again: it is of the former life
  if (!adopted.owner) {
    const auto marker = marker_of(pid);
    if (!marker) adopted.owner = owner_by_account(pid, view);
    if (!marker && !adopted.owner) {
      if (!adopted.unclear_since) adopted.unclear_since = now;
      // If not even our own can be read (out of descriptors), it says nothing about that process.
      const Milliseconds limit = marker_of(::getpid()) ? unclear_limit : 10 * unclear_limit;
      const bool hides = ++adopted.looks >= unclear_looks && now - *adopted.unclear_since >= limit;
      return hides ? Verdict::end : Verdict::unclear;
    }
    adopted.unclear_since.reset();
    adopted.looks = 0;
    if (marker && marker->tree == tree_) adopted.owner = view.find(marker->process);
  }
  return adopted.owner && view.is_live(*adopted.owner) ? Verdict::keep : Verdict::end;
}

std::vector<Stray> Strays::look(const TreeView& view) {
  std::vector<pid_t> children;
  append_children(children);
  std::vector<Stray> fresh;
  const Instant now = MonotonicClock::now();
  for (const pid_t pid : children) {
    if (view.is_spawned(pid)) continue;
    Adopted& adopted = adopted_[pid];
    if (adopted.is_reported || judge(pid, adopted, view, now) != Verdict::keep) continue;
    adopted.is_reported = true;
    fresh.push_back({pid, adopted.owner, command_line(pid)});
  }
  return fresh;
}

Sweep Strays::sweep(const TreeView& view, Instant now) {
  constexpr Milliseconds first_pause{2}, longest_pause{50};
  std::vector<pid_t> children;
  Sweep sweep;
  if (!append_children(children)) {  // nothing is known, so nothing is clear
    sweep.holds_all = true;
    sweep.look_again = now + longest_pause;
  }
  for (const pid_t pid : children) {
    if (view.is_spawned(pid)) continue;
    Adopted& adopted = adopted_[pid];
    switch (judge(pid, adopted, view, now)) {
      case Verdict::keep: break;
      case Verdict::unclear:
        if (!may_signal(pid)) break;
        sweep.holds_all = true;
        no_later_than(sweep.look_again, now + std::min(first_pause * (1 << std::min(adopted.looks, 5)), longest_pause));
        break;
      case Verdict::end: end(pid, adopted, sweep, now); break;
    }
  }
  return sweep;
}

void Strays::end(pid_t pid, Adopted& adopted, Sweep& sweep, Instant now) const {
  if (!adopted.killed_at) {
    std::string command = command_line(pid);
    if (!signal_child(pid, SIGKILL)) return;
    adopted.killed_at = now;
    sweep.killed.push_back({pid, adopted.owner, std::move(command)});
  }
  const Instant limit = *adopted.killed_at + stuck_limit;
  if (now < limit) {
    no_later_than(sweep.look_again, limit);
    if (adopted.owner) {
      sweep.held.insert(*adopted.owner);
    } else {
      sweep.holds_all = true;
    }
    return;
  }
  if (adopted.owner) sweep.held_by_stuck.insert(*adopted.owner);
  if (!std::exchange(adopted.is_reported_stuck, true)) sweep.stuck.push_back({pid, adopted.owner, command_line(pid)});
}

}  // namespace ca::shell
