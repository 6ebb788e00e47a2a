#include "supervisor/shell/control/control_commands.h"

#include <algorithm>
#include <csignal>

#include "common/posix.h"
#include "supervisor/both_halves/descendants.h"
#include "supervisor/core/describe.h"

namespace ca::shell {

namespace {

Json done() { return Json{{"ok", true}}; }
Json refused(const std::string& reason) { return Json{{"ok", false}, {"error", reason}}; }

std::string text_of(const nlohmann::json& request, const char* key) {
  const auto found = request.find(key);
  return found != request.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool flag_of(const nlohmann::json& request, const char* key) {
  const auto found = request.find(key);
  return found != request.end() && found->is_boolean() && found->get<bool>();
}

bool is_instance_of(const std::string& name, const std::string& family) {
  return name.size() > family.size() + 1 && name.compare(0, family.size(), family) == 0 && name[family.size()] == '.' &&
         name.find_first_not_of("0123456789", family.size() + 1) == std::string::npos;
}

std::string exit_text(const core::ProcessState& process) {
  if (!process.last_exit) return "it could not be started";
  return process.last_exit->signalled ? "it ended by " + signal_name(process.last_exit->value)
                                      : "it exited with code " + std::to_string(process.last_exit->value);
}

}  // namespace

ControlCommands::ControlCommands(Loop& loop, ControlHost host)
    : host_(std::move(host)), loop_(loop), timer_(loop, [this] { time_is_over(); }),
      server_(loop, judge_of(host_.plan.reader_uids),
              {[this](ClientId client, const nlohmann::json& request, Permission permission) {
                 handle(client, request, permission);
               },
               [this](ClientId client) { forget(client); }}) {
  host_.events.on_event([this](const std::string& line) {
    // A follower that does not read is dropped while this is sent, and so leaves the list: hence the copy.
    for (const ClientId client : std::vector(followers_)) server_.send_line(client, "{\"event\":" + line + "}\n");
  });
}

void ControlCommands::forget(ClientId client) {
  std::erase(followers_, client);
  std::erase_if(pending_, [client](const Pending& pending) { return pending.client == client; });
  arm();
}

std::vector<core::ProcessId> ControlCommands::named(const nlohmann::json& request) const {
  const std::string name = text_of(request, "process");
  std::vector<core::ProcessId> found;
  const auto& processes = host_.plan.rules.processes;
  for (core::ProcessId id = 0; id < processes.size(); ++id) {
    if (processes[id].name == name || is_instance_of(processes[id].name, name)) found.push_back(id);
  }
  return found;
}

void ControlCommands::handle(ClientId client, const nlohmann::json& request, Permission permission) {
  const std::string command = text_of(request, "command");
  const bool reads = command == "status" || command == "events" || command == "wait";
  if (permission == Permission::nothing || (permission == Permission::reading && !reads)) {
    return server_.reply(client, refused("permission denied"));
  }
  if (command == "status") return server_.reply(client, Json{{"ok", true}, {"status", host_.status()}});
  if (command == "events") return send_events(client, request);
  if (command == "wait") return wait(client, request);
  if (command == "shutdown") return shut_down(client, request);
  if (command == "reload") return reload(client);
  if (command == "signal") return send_signal(client, request);
  if (command == "start" || command == "stop" || command == "restart") return ask_processes(client, request, command);
  if (command == "scale" || command == "upgrade") return server_.reply(client, refused(command + " is not supported yet"));
  server_.reply(client, refused("unknown command " + command));
}

void ControlCommands::ask_processes(ClientId client, const nlohmann::json& request, const std::string& command) {
  Pending pending{client, command == "stop" ? Wish::stay_down : Wish::run, named(request), std::nullopt, 0};
  if (pending.processes.empty()) return server_.reply(client, refused("no process " + text_of(request, "process")));
  if (host_.state.stop != core::StopMode::none) return server_.reply(client, refused("the supervisor is stopping"));
  // Noted only after it was asked: until then the state may look as if it had come about.
  for (const core::ProcessId process : pending.processes) {
    if (command == "start") host_.feed(core::ProcessStartRequested{process});
    if (command == "stop") host_.feed(core::ProcessStopRequested{process});
    if (command == "restart") host_.feed(core::ProcessRestartRequested{process});
  }
  pending_.push_back(std::move(pending));
  look();
}

void ControlCommands::send_signal(ClientId client, const nlohmann::json& request) {
  const auto processes = named(request);
  if (processes.empty()) return server_.reply(client, refused("no process " + text_of(request, "process")));
  const std::string name = text_of(request, "signal");
  const int number = signal_number(name);
  if (number == 0) return server_.reply(client, refused("no signal " + name));
  std::string missed;
  for (const core::ProcessId process : processes) {
    const auto pid = host_.pid(process);
    if (!pid || !signal_child(*pid, number)) {
      missed += (missed.empty() ? "" : ", ") + host_.plan.rules.processes[process].name;
    }
  }
  server_.reply(client, missed.empty() ? done() : refused("not running: " + missed));
}

void ControlCommands::send_events(ClientId client, const nlohmann::json& request) {
  Json events = Json::array();
  for (const std::string& event : host_.events.recent()) events.push_back(parse_json(event, event.size()).value_or(Json()));
  server_.reply(client, {{"ok", true}, {"events", std::move(events)}});
  if (!flag_of(request, "follow") || !server_.is_connected(client)) return;
  if (std::find(followers_.begin(), followers_.end(), client) == followers_.end()) followers_.push_back(client);
}

void ControlCommands::shut_down(ClientId client, const nlohmann::json& request) {
  const bool now = flag_of(request, "now");
  host_.feed(core::TreeStopRequested{now ? core::StopMode::immediate : core::StopMode::orderly,
                                     "asked for over the control socket", 0});
  server_.reply(client, done());
}

void ControlCommands::wait(ClientId client, const nlohmann::json& request) {
  Pending pending{client, Wish::tree_ready, {}, std::nullopt, 0};
  const auto timeout = request.find("timeout_ms");
  if (timeout != request.end() && timeout->is_number()) {
    constexpr double a_year_in_ms = 365.0 * 86'400'000;
    const double bounded = std::clamp(timeout->get<double>(), 0.0, a_year_in_ms);
    pending.until = MonotonicClock::now() + Milliseconds(static_cast<std::int64_t>(bounded));
  }
  pending_.push_back(std::move(pending));
  look();
}

void ControlCommands::reload(ClientId client) {
  const auto number = host_.start_reload();
  if (!number) return server_.reply(client, refused("ignored: a shutdown is under way"));
  pending_.push_back({client, Wish::reload, {}, std::nullopt, *number});
}

void ControlCommands::reload_done(std::uint64_t number, bool applied, const std::vector<std::string>& errors) {
  std::string reasons;
  for (const std::string& error : errors) reasons += (reasons.empty() ? "" : "\n") + error;
  std::vector<ClientId> clients;
  std::erase_if(pending_, [&](const Pending& pending) {
    const bool is_answered = pending.wish == Wish::reload && pending.reload <= number;
    if (is_answered) clients.push_back(pending.client);
    return is_answered;
  });
  for (const ClientId client : clients) server_.reply(client, applied ? done() : refused(reasons));
}

std::optional<Json> ControlCommands::answer_run(const Pending& pending) const {
  bool all = true;
  for (const core::ProcessId id : pending.processes) {
    const core::ProcessState& process = host_.state.processes[id];
    if (core::is_running_as_asked(process)) continue;
    all = false;
    const std::string& name = host_.plan.rules.processes[id].name;
    if (process.intent == core::Intent::restart) continue;
    if (std::holds_alternative<core::Failed>(process.place)) return refused(name + " failed: " + exit_text(process));
    if (std::holds_alternative<core::Backoff>(process.place)) {
      return refused(name + " is in back-off: " + exit_text(process));
    }
    if (std::holds_alternative<core::Stopped>(process.place)) return refused(name + " was stopped meanwhile");
  }
  if (all) return done();
  if (host_.state.stop != core::StopMode::none) return refused("the supervisor is stopping");
  return std::nullopt;
}

std::optional<Json> ControlCommands::answer_stay_down(const Pending& pending) const {
  bool all = true;
  for (const core::ProcessId id : pending.processes) {
    const core::ProcessState& process = host_.state.processes[id];
    const bool is_down =
        std::holds_alternative<core::Stopped>(process.place) || std::holds_alternative<core::Failed>(process.place);
    if (is_down) continue;
    all = false;
    // A later start or restart has overtaken it: it will not come to rest.
    if (process.intent != core::Intent::stay_down && host_.state.stop == core::StopMode::none) {
      return refused(host_.plan.rules.processes[id].name + " was started meanwhile");
    }
  }
  return all ? std::optional(done()) : std::nullopt;
}

std::optional<Json> ControlCommands::answer(const Pending& pending) const {
  switch (pending.wish) {
    case Wish::reload: return std::nullopt;
    case Wish::run: return answer_run(pending);
    case Wish::stay_down: return answer_stay_down(pending);
    case Wish::tree_ready:
      if (core::tree_ready(host_.plan.rules, host_.state)) return done();
      if (host_.state.stop != core::StopMode::none) return refused("the supervisor is stopping");
      return std::nullopt;
  }
  return std::nullopt;
}

void ControlCommands::look() {
  std::vector<std::pair<ClientId, Json>> answers;
  pending_.erase(std::remove_if(pending_.begin(), pending_.end(),
                                [&](const Pending& pending) {
                                  auto ready = answer(pending);
                                  if (ready) answers.emplace_back(pending.client, std::move(*ready));
                                  return ready.has_value();
                                }),
                 pending_.end());
  arm();
  // Replying may bring in a client's next request, which may change pending_: so only now.
  for (const auto& [client, reply] : answers) server_.reply(client, reply);
}

// Called by the timer only: the loop has read whatever could have made the tree ready in time.
void ControlCommands::time_is_over() {
  look();
  std::vector<ClientId> late;
  std::erase_if(pending_, [&](const Pending& pending) {
    const bool is_late = pending.until && *pending.until <= loop_.facts_until();
    if (is_late) late.push_back(pending.client);
    return is_late;
  });
  arm();
  for (const ClientId client : late) server_.reply(client, refused("not ready within the timeout"));
}

void ControlCommands::arm() {
  std::optional<Instant> next;
  for (const Pending& pending : pending_) {
    if (pending.until && (!next || *pending.until < *next)) next = pending.until;
  }
  timer_.set(next);
}

}  // namespace ca::shell
