#include "supervisor/shell/strays.h"

#include <csignal>

#include "supervisor/guardian/descendants.h"
#include "supervisor/shell/procfs.h"

namespace ca::shell {

std::optional<core::ProcessId> Strays::owner(pid_t pid, const TreeView& view) const {
  const Marker marker = marker_of(pid);
  if (marker.tree != tree_) return std::nullopt;
  return view.live(marker.process);
}

std::vector<Stray> Strays::look(const TreeView& view) {
  std::vector<pid_t> children;
  append_children(children);
  std::vector<Stray> fresh;
  for (const pid_t pid : children) {
    if (view.is_spawned(pid) || seen_.count(pid) != 0) continue;
    const auto process = owner(pid, view);
    if (!process) continue;
    seen_.insert(pid);
    fresh.push_back({pid, *process, command_line(pid)});
  }
  return fresh;
}

std::size_t Strays::end_ownerless(const TreeView& view) {
  std::vector<pid_t> children;
  append_children(children);
  std::size_t count = 0;
  for (const pid_t pid : children) {
    if (view.is_spawned(pid) || owner(pid, view)) continue;
    if (signal_child(pid, SIGKILL)) ++count;  // what we may not signal is not waited for
  }
  return count;
}

}  // namespace ca::shell
