#include "supervisor/shell/child/environment.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>

extern char** environ;

namespace ca::shell {

namespace {

bool is_protocol_variable(std::string_view name) {
  constexpr std::array<std::string_view, 10> names{"READY_FD",      "NOTIFY_SOCKET", "CONFIG_FD",    "WATCHDOG_USEC",
                                                   "WATCHDOG_PID",  "LISTEN_FDS",    "LISTEN_PID",   "LISTEN_FDNAMES",
                                                   "CODE_ANALYSIS_PROCESS", "CODE_ANALYSIS_TREE"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Entries in the order of their first setting; the last value wins.
class Entries {
 public:
  void set(std::string_view name, std::string_view value) {
    std::string entry;
    entry.reserve(name.size() + 1 + value.size());
    entry.append(name).append("=").append(value);
    const auto [at, is_new] = index_.try_emplace(std::string(name), entries_.size());
    if (is_new) {
      entries_.push_back(std::move(entry));
    } else {
      entries_[at->second] = std::move(entry);
    }
  }
  std::vector<std::string> take() { return std::move(entries_); }

 private:
  std::vector<std::string> entries_;
  std::unordered_map<std::string, std::size_t> index_;
};

}  // namespace

std::vector<std::string> child_environment(const std::vector<std::string>& inherited, const Launch& launch,
                                           const std::string& process, const std::string& tree, const Passed& passed) {
  Entries entries;
  entries.set("CODE_ANALYSIS_PROCESS", process);
  entries.set("CODE_ANALYSIS_TREE", tree);
  for (const std::string& entry : inherited) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string::npos || equals == 0) continue;
    const std::string_view name = std::string_view(entry).substr(0, equals);
    if (is_protocol_variable(name) || (launch.drops_pg_variables && name.substr(0, 2) == "PG")) continue;
    entries.set(name, std::string_view(entry).substr(equals + 1));
  }
  for (const auto& [name, value] : launch.env) {
    if (!is_protocol_variable(name)) entries.set(name, value);
  }
  if (!passed.notify_socket.empty()) entries.set("NOTIFY_SOCKET", passed.notify_socket);
  if (passed.ready_pipe) entries.set("READY_FD", std::to_string(passed.ready_number()));
  if (passed.config) entries.set("CONFIG_FD", std::to_string(passed.config_number()));
  if (!passed.listeners.empty()) {
    std::string names;
    for (const std::string& name : passed.listeners) names += (names.empty() ? "" : ":") + name;
    entries.set("LISTEN_FDS", std::to_string(passed.listeners.size()));
    entries.set("LISTEN_FDNAMES", names);
    const std::string_view slot = listen_pid_slot;
    entries.set(slot.substr(0, slot.find('=')), slot.substr(slot.find('=') + 1));
  }
  return entries.take();
}

std::vector<std::string> own_environment() {
  std::vector<std::string> entries;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) entries.emplace_back(*variable);
  return entries;
}

}  // namespace ca::shell
