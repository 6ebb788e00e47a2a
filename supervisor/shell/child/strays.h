// Adopted processes: descendants whose parent has died, so that they are the supervisor's children now. Two marker
// variables in the environment of a process name the service that it belongs to. An owner that was read once is
// remembered, whatever the process does to its environment later.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/clock.h"
#include "supervisor/core/rules.h"

namespace ca::shell {

// The questions that this class asks about the tree.
struct TreeView {
  std::function<bool(pid_t)> is_spawned;                                     // started by us: no stray
  std::function<std::optional<core::ProcessId>(const std::string&)> find;    // the service of that name, alive or not
  std::function<std::optional<core::ProcessId>(uid_t)> of_account;           // the one service that has the account
  std::function<bool(core::ProcessId)> is_live;
};

struct Stray {
  pid_t pid;
  std::optional<core::ProcessId> process;  // its owner; nullopt: its environment names none
  std::string command;
};

// What one sweep did, and what is still to come.
struct Sweep {
  std::vector<Stray> killed;              // got SIGKILL now
  std::vector<Stray> stuck;               // got SIGKILL more than stuck_limit ago and live; each is reported once
  std::set<core::ProcessId> held;         // services with a leftover that is ending
  std::set<core::ProcessId> held_by_stuck;  // services with a leftover that does not end
  bool holds_all = false;                 // a process without a known owner is ending, or is to be looked at again
  std::optional<Instant> look_again;      // when to sweep next, if no child is reaped before
};

class Strays {
 public:
  // A process without a readable environment executes another program right now, or hides. It counts as ownerless only
  // after it was looked at so often, over so long a time.
  static constexpr Milliseconds unclear_limit{1000};
  static constexpr int unclear_looks = 10;
  // SIGKILL ends a process in milliseconds. One that is frozen or in an uninterruptible wait stays.
  static constexpr Milliseconds stuck_limit{3000};

  explicit Strays(std::string tree) : tree_(std::move(tree)) {}

  // Returns the adopted processes that belong to a living service and were not reported before.
  std::vector<Stray> look(const TreeView& view);

  // Sends SIGKILL to every adopted process that belongs to no living service, and says what is still waited for. They
  // are reaped as usual, and what they leave behind is adopted then: sweep again after each. Processes that we may not
  // signal are not waited for.
  Sweep sweep(const TreeView& view, Instant now);

  void reaped(pid_t pid) { adopted_.erase(pid); }

 private:
  struct Adopted {
    std::optional<core::ProcessId> owner;
    std::optional<Instant> unclear_since;
    std::optional<Instant> killed_at;
    int looks = 0;
    bool is_reported = false;        // as a stray
    bool is_reported_stuck = false;
  };
  enum class Verdict { keep, unclear, end };

  static std::optional<core::ProcessId> owner_by_account(pid_t pid, const TreeView& view);
  Verdict judge(pid_t pid, Adopted& adopted, const TreeView& view, Instant now) const;
  void end(pid_t pid, Adopted& adopted, Sweep& sweep, Instant now) const;

  std::string tree_;
  std::unordered_map<pid_t, Adopted> adopted_;  // a pid is one process as long as we have not reaped it
};

}  // namespace ca::shell
