// The supervisor's dealings with adopted processes: it names them, and ends those of a service that has exited.
#include <fmt/format.h>

#include "supervisor/both_halves/descendants.h"
#include "supervisor/shell/child/procfs.h"
#include "supervisor/shell/supervisor.h"

namespace ca::shell {

namespace {

constexpr char stuck_text[] = "does not end on SIGKILL: it is frozen, or in an uninterruptible wait";

}  // namespace

TreeView Supervisor::tree_view() const {
  TreeView view;
  view.is_spawned = [this](pid_t pid) { return children_->by_pid(pid).has_value() || reload_->is_reader(pid); };
  view.find = [this](const std::string& name) -> std::optional<core::ProcessId> {
    for (core::ProcessId id = 0; id < rules_.processes.size(); ++id) {
      if (rules_.processes[id].name == name) return id;
    }
    return std::nullopt;
  };
  view.of_account = [this](uid_t uid) -> std::optional<core::ProcessId> {
    const bool is_postgres = !rules_.processes.empty() && rules_.processes.front().is_postgres;
    const bool is_its = is_postgres && plan_.postgres_account && plan_.postgres_account->uid == uid;
    return is_its ? std::optional<core::ProcessId>(0) : std::nullopt;
  };
  view.is_live = [this](core::ProcessId id) { return children_->view(id).pid != 0; };
  return view;
}

// Ends what exited processes left behind, round by round: each that dies may hand on children of its own. A service is
// clear as soon as nothing of its own is left.
void Supervisor::sweep() {
  needs_sweep_ = false;
  look_for_strays();
  if (clearing_.empty() || has_ended_) return sweep_again_->set(std::nullopt);
  const Sweep sweep = strays_.sweep(tree_view(), MonotonicClock::now());
  report(sweep);
  sweep_again_->set(sweep.look_again);
  if (sweep.holds_all) return;
  const bool waits_for_stuck = state_.stop == core::StopMode::none;
  for (const core::ProcessId process : std::set<core::ProcessId>(clearing_)) {
    if (sweep.held.count(process) != 0 || (waits_for_stuck && sweep.held_by_stuck.count(process) != 0)) continue;
    if (clearing_.erase(process) == 0) continue;  // feed() may sweep, too
    children_->cleared(process);
    feed(core::LeftoversGone{process});
  }
}

void Supervisor::record(const char* event, const Stray& stray, const std::string& text) {
  Json fields{{"pid", stray.pid}, {"command", stray.command}};
  std::string owner = "which belongs to no process that lives";
  if (stray.process) {
    const core::ProcessRules& rules = rules_.processes[*stray.process];
    fields["owner"] = rules.name;
    owner = fmt::format("left behind by tier {} {}", rules.tier, rules.name);
  }
  events_->append(event, fields);
  log_->warning(fmt::format("pid {}, {}, {}: {}", stray.pid, owner, text, stray.command));
}

void Supervisor::report(const Sweep& sweep) {
  for (const Stray& stray : sweep.killed) record("leftover_killed", stray, "is killed");
  for (const Stray& stray : sweep.stuck) {
    record("leftover_stuck", stray, stuck_text);
    if (stray.process) children_->set_status_text(*stray.process, fmt::format("pid {} {}", stray.pid, stuck_text));
  }
}

// At the end of the tree. Services are down by now; what is left belongs to none.
void Supervisor::end_descendants() {
  const auto on_kill = [this](pid_t pid) {
    record("leftover_killed", {pid, std::nullopt, command_line(pid)}, "is killed");
  };
  for (const pid_t pid : end_all_descendants(on_kill)) {
    record("leftover_stuck", {pid, std::nullopt, command_line(pid)}, stuck_text);
  }
}

void Supervisor::look_for_strays() {
  for (const Stray& stray : strays_.look(tree_view())) {
    const core::ProcessRules& rules = rules_.processes[*stray.process];
    events_->append(
        "stray", {{"process", rules.name}, {"tier", rules.tier}, {"pid", stray.pid}, {"command", stray.command}});
    log_->info(
        fmt::format("tier {} {} left a process to us: pid {}, {}", rules.tier, rules.name, stray.pid, stray.command));
  }
}

}  // namespace ca::shell
