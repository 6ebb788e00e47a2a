#include "supervisor/shell/records/records.h"

#include <fmt/format.h>

#include <cstring>

#include "common/posix.h"

namespace ca::shell {

using core::Record;

Json event_fields(const core::Rules& rules, const core::Announce& announce) {
  Json fields = Json::object();
  if (announce.process) fields["process"] = rules.processes[*announce.process].name;
  if (announce.tier) fields["tier"] = *announce.tier;
  if (announce.pid) fields["pid"] = *announce.pid;
  if (announce.status) {
    if (announce.status->signalled) {
      fields["signal"] = signal_name(announce.status->value);
    } else {
      fields["code"] = announce.status->value;
    }
    fields["expected"] = announce.expected;
  }
  if (announce.spawn_error) {
    fields["stage"] = announce.spawn_error->stage;
    fields["errno"] = std::strerror(announce.spawn_error->error);
    fields["path"] = announce.spawn_error->path;
  }
  if (announce.signal) fields["signal"] = signal_name(*announce.signal);
  if (announce.delay) fields["delay_ms"] = announce.delay->count();
  if (!announce.reason.empty()) fields["reason"] = announce.reason;
  return fields;
}

namespace {

std::string exit_text(const core::Announce& announce) {
  const core::ExitStatus status = announce.status.value_or(core::ExitStatus{});
  const std::string how = status.signalled ? "ended by " + signal_name(status.value)
                                           : "exited with code " + std::to_string(status.value);
  return fmt::format("{}, pid {}{}", how, announce.pid.value_or(0), announce.expected ? "" : ", unasked");
}

std::string spawn_error_text(const core::Announce& announce) {
  const core::SpawnError error = announce.spawn_error.value_or(core::SpawnError{});
  return fmt::format("could not be started: {} {}: {}", error.stage, error.path, std::strerror(error.error));
}

LogLine tail_of(const core::Announce& announce, std::optional<Milliseconds> since_spawn) {
  switch (announce.record) {
    case Record::spawned: return {Level::info, fmt::format("started, pid {}", announce.pid.value_or(0))};
    case Record::spawn_failed: return {Level::error, spawn_error_text(announce)};
    case Record::ready:
      return {Level::info, fmt::format("ready after {:.3f} s, pid {}",
                                       static_cast<double>(since_spawn.value_or(Milliseconds(0)).count()) / 1000,
                                       announce.pid.value_or(0))};
    case Record::ready_timeout: return {Level::warning, "not ready within its ready_timeout: told to stop"};
    case Record::exited: return {announce.expected ? Level::info : Level::warning, exit_text(announce)};
    case Record::stop_requested:
      return {Level::info, fmt::format("told to stop with {}, pid {}", signal_name(announce.signal.value_or(0)),
                                       announce.pid.value_or(0))};
    case Record::killed: return {Level::warning, fmt::format("killed, pid {}", announce.pid.value_or(0))};
    case Record::backoff:
      return {Level::warning, fmt::format("restarted in {} ms", announce.delay.value_or(Milliseconds(0)).count())};
    case Record::failed: return {Level::error, "failed for good: " + announce.reason};
    case Record::tier_ready: return {Level::info, "ready"};
    case Record::tier_stopped: return {Level::info, "stopped"};
    case Record::shutdown_started: return {Level::info, "shutdown: " + announce.reason};
  }
  return {Level::info, ""};
}

}  // namespace

LogLine log_line(const core::Rules& rules, const core::Announce& announce, std::optional<Milliseconds> since_spawn) {
  LogLine line = tail_of(announce, since_spawn);
  std::string subject;
  if (announce.tier) subject = fmt::format("tier {} ", *announce.tier);
  if (announce.process) subject += rules.processes[*announce.process].name + " ";
  line.text = subject + line.text;
  return line;
}

}  // namespace ca::shell
