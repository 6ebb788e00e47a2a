// Adopted processes: descendants whose parent has died, so that they are the supervisor's children now. Which service
// one belongs to is told by the two marker variables in its environment.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "supervisor/core/rules.h"

namespace ca::shell {

// What the owner knows of its processes.
struct TreeView {
  std::function<bool(pid_t)> is_spawned;                                     // started by us: no stray
  std::function<std::optional<core::ProcessId>(const std::string&)> live;    // a service of that name that lives now
};

struct Stray {
  pid_t pid;
  core::ProcessId process;  // whose it is
  std::string command;
};

class Strays {
 public:
  explicit Strays(std::string tree) : tree_(std::move(tree)) {}

  // Adopted processes that belong to a living service and were not reported before.
  std::vector<Stray> look(const TreeView& view);

  // SIGKILLs every adopted process that belongs to no living service; returns how many it could signal. They are reaped as
  // usual, and what they leave behind is adopted then: repeat until it returns 0.
  std::size_t end_ownerless(const TreeView& view);

  void reaped(pid_t pid) { seen_.erase(pid); }

 private:
  std::optional<core::ProcessId> owner(pid_t pid, const TreeView& view) const;

  std::string tree_;
  std::unordered_set<pid_t> seen_;
};

}  // namespace ca::shell
