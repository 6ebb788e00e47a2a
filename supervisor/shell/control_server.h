// Connections of the control socket: lines in, lines out, in order, as docs/protocol.md describes. What the commands
// mean is in control_commands.h.
#pragma once

#include <sys/types.h>
#include <uv.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/unique_fd.h"
#include "supervisor/shell/event_log.h"

namespace ca::shell {

using ClientId = std::uint64_t;

enum class Permission { nothing, reading, everything };

class ControlServer {
 public:
  // One request; answered with reply(), now or later. The client's next request comes only after that.
  using Handler = std::function<void(ClientId, const nlohmann::json& request, Permission permission)>;

  // Owns: listening, a bound and listening Unix socket. `readers`: uids that may use the reading commands.
  ControlServer(uv_loop_t* loop, UniqueFd listening, std::vector<uid_t> readers, Handler handler);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  // Takes its connections from this one instead. Those that stand are kept.
  void listen_on(UniqueFd listening);

  // A client that has gone is no error.
  void reply(ClientId client, const Json& answer);
  // A line that answers no request (events that are followed).
  void send_line(ClientId client, std::string line);
  bool is_connected(ClientId client) const { return clients_.count(client) != 0; }

  static constexpr std::size_t line_limit = 64 << 10;
  static constexpr std::size_t unread_limit = 1 << 20;  // a client that lets more wait is dropped
  static constexpr std::size_t client_limit = 256;

 private:
  struct Client;

  void close_listener();
  void accept_one();
  void took(Client& client, ssize_t count, const char* bytes);
  void handle_lines(ClientId id);
  bool handle_line(ClientId id);  // false: no more can be handled now
  void write(Client& client, std::string line);
  void drop(ClientId id);
  Permission permission_of(int fd) const;

  uv_loop_t* loop_;
  uv_pipe_t* listener_ = nullptr;
  std::vector<uid_t> readers_;
  Handler handler_;
  std::map<ClientId, Client*> clients_;
  ClientId next_id_ = 1;
};

}  // namespace ca::shell
