// The environment of a child, as a pure function of what the supervisor inherited and what the child is passed.
#pragma once

#include <string>
#include <vector>

#include "supervisor/plan.h"

namespace ca::shell {

// What a child is told of the descriptors that it is passed. They are numbered from 3 in the order of the fields.
struct Passed {
  std::vector<std::string> listeners;  // names, LISTEN_FDS order
  bool ready_pipe = false;             // READY_FD
  bool config = false;                 // CONFIG_FD
  std::string notify_socket;           // NOTIFY_SOCKET, "@name"; empty: none

  int ready_number() const { return 3 + static_cast<int>(listeners.size()); }
  int config_number() const { return ready_number() + (ready_pipe ? 1 : 0); }
  int count() const { return static_cast<int>(listeners.size()) + (ready_pipe ? 1 : 0) + (config ? 1 : 0); }
};

// The value of LISTEN_PID is the child's own pid. Only the child knows it, and writes it over these digits.
inline constexpr char listen_pid_slot[] = "LISTEN_PID=0000000000";

// `inherited` less every variable of the protocol (and less PG* where the launch says so), plus the launch's own, plus
// the protocol's. No name occurs twice. Entries without "=" are left out.
std::vector<std::string> child_environment(const std::vector<std::string>& inherited, const Launch& launch,
                                           const std::string& process, const std::string& tree, const Passed& passed);

// The calling process's environment as entries "NAME=value".
std::vector<std::string> own_environment();

}  // namespace ca::shell
