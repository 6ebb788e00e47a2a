// The supervisor half: gathers facts (exits, readiness, signals, requests, time), feeds them to the lifecycle, and
// carries out its orders. One thread, one loop.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "supervisor/both_halves/link.h"
#include "supervisor/core/lifecycle.h"
#include "supervisor/guardian/guardian.h"
#include "supervisor/shell/child/children.h"
#include "supervisor/shell/child/strays.h"
#include "supervisor/shell/control/control_commands.h"
#include "supervisor/shell/link_sender.h"
#include "supervisor/shell/reload.h"

namespace ca::shell {

struct SupervisorOptions {
  Plan plan;
  bool detaches = false;   // --daemonize: leaves the terminal once the tree is ready
};

class Supervisor {
 public:
  Supervisor(SupervisorOptions options, SupervisorHalf half);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // Runs the tree until it has ended; returns the process's exit code (73 where an address is taken).
  int run();

 private:
  // Start and end (supervisor.cc).
  Status prepare();
  Status make_driver_lock();
  Status make_postgres_folder();
  Status watch_facts();
  void begin();
  void end(int code);
  int refuse(const Error& error);
  [[noreturn]] void guardian_died();

  // Facts (supervisor.cc).
  void on_signal();
  void on_link();
  void on_relayed_signal(int number, pid_t sender);
  void on_hangup();
  void renew_sockets();
  Listener control_listener() const;
  void on_user_signal();
  std::optional<std::uint64_t> start_reload();
  void ignore_reload();
  void reload_done(const Reload::Result& result);
  void reap();
  void reap_one(pid_t pid);

  // Steps and orders (interpreter.cc).
  void feed(const core::Event& event);
  void step_through();
  void on_turn();
  void carry_out(const core::Spawn& order);
  void carry_out(const core::Signal& order);
  void carry_out(const core::Kill& order);
  void carry_out(const core::EndLeftovers& order);
  void carry_out(const core::Announce& order);
  void carry_out(const core::TreeReady& order);
  void carry_out(const core::Exit& order);
  void notify_parent(const std::string& text);
  Json status() const;

  // Adopted processes (leftovers.cc).
  TreeView tree_view() const;
  void look_for_strays();
  void sweep();
  void report(const Sweep& sweep);
  void record(const char* event, const Stray& stray, const std::string& text);
  void end_descendants();

  SupervisorOptions options_;
  SupervisorHalf half_;
  const Plan& plan_;
  const core::Rules& rules_;
  const std::string tree_;            // unique id of this run
  const Instant started_at_;
  const std::vector<std::string> environment_;
  Loop loop_;
  UniqueFd signals_;
  core::State state_;

  std::unique_ptr<EventLog> events_;
  std::unique_ptr<Log> log_;
  std::vector<BoundListener> listeners_;
  std::unique_ptr<Children> children_;
  Strays strays_;
  std::unique_ptr<Reload> reload_;
  BoundListener control_socket_;  // its descriptor is control_'s
  std::unique_ptr<ControlCommands> control_;
  std::unique_ptr<Timer> deadline_;
  std::unique_ptr<Timer> watchdog_;
  std::unique_ptr<Timer> sweep_again_;
  std::unique_ptr<Timer> next_turn_;
  std::unique_ptr<LinkSender> to_guardian_;
  std::vector<std::unique_ptr<FdWatch>> watches_;

  std::deque<core::Event> facts_;
  std::deque<core::ProcessId> spawn_queue_;
  std::set<core::ProcessId> clearing_;  // exited; what they left behind is being ended
  bool is_stepping_ = false, is_reaping_ = false, needs_sweep_ = false, has_ended_ = false;
  bool looked_in_this_step_ = false;  // for strays: once is enough, however many are told to stop
  bool reload_ignored_ = false;  // recorded once per shutdown
  bool reload_again_ = false;    // asked for while one runs: its file may have been read already
  std::uint64_t reloads_ = 0;    // started so far
  std::optional<int> exit_code_;
  std::string last_reason_;
};

}  // namespace ca::shell
