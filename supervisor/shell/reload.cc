#include "supervisor/shell/reload.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "supervisor/both_halves/descendants.h"

namespace ca::shell {

Reload::Reload(Loop& loop, const Plan& plan, std::vector<std::string> environment,
               std::function<void(Result)> on_done)
    : loop_(loop), plan_(plan), environment_(std::move(environment)), on_done_(std::move(on_done)),
      bound_(loop, [this] { time_is_over(); }) {}

void Reload::time_is_over() {
  if (failure_) return on_done_({false, {*std::exchange(failure_, std::nullopt)}});
  if (process_ && !reaped_) signal_child(process_->pid, SIGKILL);
}

void Reload::start() {
  const auto fail_later = [this](const Error& error) {
    failure_ = error.message;
    bound_.set(MonotonicClock::now());
  };
  auto process = start_config_process(plan_.config_path, true, environment_);
  if (!process) return fail_later(process.error());
  ::fcntl(process->output.get(), F_SETFL, O_NONBLOCK);
  auto watch = FdWatch::make(loop_, process->output.get(), EPOLLIN, [this](std::uint32_t) { read_all(); });
  if (!watch) {
    signal_child(process->pid, SIGKILL);  // reaped as an adopted process is
    return fail_later(watch.error());
  }
  process_ = std::move(*process);
  watch_ = std::move(*watch);
  reaped_ = at_end_ = false;
  bytes_.clear();
  bound_.set(MonotonicClock::now() + outcome_bound);
}

void Reload::read_all() {
  char buffer[16384];
  for (;;) {
    const ssize_t count = ::read(process_->output.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) break;
    bytes_.append(buffer, static_cast<std::size_t>(count));
    if (bytes_.size() <= outcome_limit) continue;
    if (!reaped_) signal_child(process_->pid, SIGKILL);
    break;
  }
  watch_.reset();
  at_end_ = true;
  finish();
}

void Reload::reader_exited(pid_t pid) {
  if (!is_reader(pid)) return;
  reaped_ = true;
  finish();
}

// Both facts are waited for: the outcome is whole, and the process is no longer a child of ours.
void Reload::finish() {
  if (!reaped_ || !at_end_) return;
  bound_.set(std::nullopt);
  process_.reset();
  Result result = judge();
  std::string().swap(bytes_);
  on_done_(std::move(result));
}

Reload::Result Reload::judge() const {
  ReadOutcome outcome = outcome_of(plan_.config_path, bytes_);
  if (!outcome.plan) return {false, outcome.errors};
  outcome.plan->warnings = plan_.warnings;  // these name the file as it was given at the start
  if (serialise(*outcome.plan) != serialise(plan_)) {
    return {false, {plan_.config_path + ": a changed configuration takes effect at the next start: "
                                        "this version cannot apply a change while it runs"}};
  }
  return {true, {}};
}

}  // namespace ca::shell
