// Connections of the control socket: lines in, lines out, in order, as docs/protocol.md describes. What the commands
// mean is in control_commands.h. A peer is judged when it is accepted: a stranger is sent one line and ends at once.
// Places are limited; those of root and the supervisor's user are others than those of readers.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/unique_fd.h"
#include "supervisor/shell/io/loop.h"
#include "supervisor/shell/records/event_log.h"

namespace ca::shell {

using ClientId = std::uint64_t;

enum class Permission { nothing, reading, everything };

class ControlServer {
 public:
  struct Calls {
    // One request; answered with reply(), now or later. The client's next request comes only after that.
    std::function<void(ClientId, const nlohmann::json& request, Permission permission)> request;
    // The client has gone or was dropped. Called once for each; also from within reply() and send_line().
    std::function<void(ClientId)> gone;
  };
  using Judge = std::function<Permission(uid_t)>;

  // Serves nothing before listen_on().
  ControlServer(Loop& loop, Judge judge, Calls calls);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  // Takes its connections from this bound and listening Unix socket from now on. Those that stand are kept.
  // Errors: it cannot be watched; then the former one is served still.
  Status listen_on(UniqueFd listening);

  // A client that has gone is no error.
  void reply(ClientId client, const Json& answer);
  // A line that answers no request (events that are followed).
  void send_line(ClientId client, std::string line);
  bool is_connected(ClientId client) const { return clients_.count(client) != 0; }

  static constexpr std::size_t line_limit = 64 << 10;
  static constexpr std::size_t unread_limit = 1 << 20;  // a client that lets more wait is dropped
  static constexpr std::size_t places = 128;  // of each of the two kinds: readers, and those who may do everything

 private:
  struct Client;

  void accept_some();
  bool accept_one();  // false: no more now
  bool make_room(Permission permission);
  bool drop_oldest_idle(Permission permission);
  void on_event(ClientId id, std::uint32_t events);
  bool read_some(Client& client);  // false: it was dropped
  void handle_lines(ClientId id);
  bool handle_line(ClientId id);  // false: no more can be handled now
  void write(Client& client, std::string_view line);
  void send_waiting(Client& client);
  void watch(Client& client);
  void drop(ClientId id);

  Loop& loop_;
  Judge judge_;
  Calls calls_;
  std::map<ClientId, std::unique_ptr<Client>> clients_;
  ClientId next_id_ = 1;
  std::uint64_t activity_ = 0;  // counts what clients send and are sent
  UniqueFd listening_;
  std::unique_ptr<FdWatch> listening_watch_;
  Timer pause_;  // after an accept that failed
};

// Returns who may do what: root and the supervisor's own user everything, `readers` reading.
ControlServer::Judge judge_of(std::vector<uid_t> readers);

}  // namespace ca::shell
