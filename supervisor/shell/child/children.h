// The shell's side of every process: its pid, its pipes, what it says of itself. The lifecycle's state says where it is.
#pragma once

#include <sys/resource.h>

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "supervisor/core/event.h"
#include "supervisor/plan.h"
#include "supervisor/shell/child/listeners.h"
#include "supervisor/shell/child/notify_socket.h"
#include "supervisor/shell/child/readiness_parser.h"
#include "supervisor/shell/io/paced_watch.h"
#include "supervisor/shell/records/log_pump.h"

namespace ca::shell {

class Children {
 public:
  using FactSink = std::function<void(const core::Event&)>;

  struct Environment {
    Loop& loop;
    const Plan& plan;
    const std::vector<BoundListener>& listeners;
    std::string tree;                     // unique id of this run
    std::vector<std::string> inherited;   // the supervisor's environment
    rlimit descriptor_limit;              // the one that the supervisor was started with: the children's
    Log& log;
    FactSink sink;                        // hears readiness
  };
  explicit Children(Environment environment);

  // Starts the process and tells SpawnSucceeded or SpawnFailed.
  core::Event spawn(core::ProcessId process);

  // The process with that pid was found dead, not yet reaped: tells what it said before it died.
  void drain(core::ProcessId process);
  // What processes wrote so fast that its reading pauses: tells all that is there. For a moment at which it matters
  // whether something has come.
  void read_paused();
  // It was reaped: its readiness channel is closed, its exit remembered.
  void exited(core::ProcessId process, core::ExitStatus status);
  // Nothing of it is left: its output is closed.
  void cleared(core::ProcessId process);

  // Replaces the text in `status`, until the next start.
  void set_status_text(core::ProcessId process, const std::string& text);

  std::optional<core::ProcessId> by_pid(pid_t pid) const;

  struct View {
    pid_t pid = 0;                              // 0: none
    Instant spawned_at{};
    std::string status_text;                    // empty: none
    std::optional<core::ExitStatus> last_exit;
    std::string last_exit_time;
  };
  const View& view(core::ProcessId process) const { return children_[process]; }

 private:
  struct Child : View {
    std::unique_ptr<LogPump> output;
    UniqueFd ready_pipe;
    std::unique_ptr<PacedWatch> ready_watch;
    ReadinessParser readiness;
    std::optional<NotifySocket> notify;
    std::unique_ptr<PacedWatch> notify_watch;
    Instant status_logged_at{};          // see note_status
    std::uint64_t statuses_left_out = 0;
  };
  // Both ends of what one spawn needs, ours already watched, so that nothing can fail once the process runs. What is not
  // handed over is closed.
  struct Channels {
    UniqueFd output_write, ready_read, ready_write, config;
    std::optional<NotifySocket> notify;
    std::unique_ptr<LogPump> output;
    std::unique_ptr<PacedWatch> ready_watch, notify_watch;
  };

  tl::expected<Channels, core::SpawnError> open_channels(core::ProcessId process);
  Status watch_channels(core::ProcessId process, Channels& channels, UniqueFd output_read);
  tl::expected<pid_t, core::SpawnError> start(core::ProcessId process, const Channels& channels) const;
  void adopt_channels(core::ProcessId process, Channels channels);
  bool read_ready_pipe(core::ProcessId process);  // false: nothing more to read now
  void tell(core::ProcessId process, const std::vector<ReadinessFact>& facts);
  void note_status(core::ProcessId process, std::string_view text);
  bool read_notify_socket(core::ProcessId process);  // false: nothing more to read now
  bool may_speak_for(const NotifyMessage& message, core::ProcessId process) const;
  void close_readiness(Child& child);

  Environment environment_;
  UniqueFd null_;
  std::vector<Child> children_;
  std::unordered_map<pid_t, core::ProcessId> by_pid_;
};

}  // namespace ca::shell
