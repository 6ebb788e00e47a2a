// How server connections are made: libpq's parameters, and what its message says where it failed.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "common/builtin_config.h"
#include "common/result.h"

namespace ca::driver {

// One of the hosts to try. All fields are empty if libpq is to find its only host by itself.
struct ServerHost {
  std::string name;     // as in `host`; kept beside an address, for certificates and password files
  std::string address;  // as in `hostaddr`
  std::string port;

  bool needs_look_up() const;
};

// Keywords and values as PQconnectStartParams takes them.
class ConnectParameters {
 public:
  // Errors: conninfo cannot be parsed. The message never holds a password.
  static Result<ConnectParameters> from(const DriverConfig& config);

  // Both end with nullptr; good as long as this object is.
  std::vector<const char*> keywords() const;
  std::vector<const char*> values() const;
  std::string value(std::string_view keyword) const;

  // The hosts in their order, with service files, environment and defaults applied as libpq does. Never empty.
  const std::vector<ServerHost>& hosts() const noexcept { return hosts_; }
  bool prefers_standby() const noexcept { return prefers_standby_; }  // target_session_attrs=prefer-standby
  bool in_random_order() const noexcept { return random_order_; }     // load_balance_hosts=random
  // The parameters for one attempt. `address` is numeric, or empty for a Unix socket. With prefer-standby the server must
  // be a standby if `only_standby`, and may be anything otherwise.
  ConnectParameters for_host(const ServerHost& host, const std::string& address, bool only_standby) const;
  // The shorter of `timeout` and connect_timeout of the connection string.
  std::chrono::milliseconds limit(std::chrono::milliseconds timeout) const;

 private:
  void erase(std::string_view keyword);
  void find_hosts();
  void set(std::string_view keyword, std::string value);
  void set_keepalives(std::int64_t limit_ms);
  std::vector<std::pair<std::string, std::string>> parameters_;
  std::vector<ServerHost> hosts_{ServerHost{}};
  std::chrono::seconds connect_timeout_{};  // 0: none
  bool prefers_standby_ = false;
  bool random_order_ = false;
};

struct ConnectFailure {
  std::string text;        // one line for a person
  bool answered = false;   // by a server, which refused
  bool permanent = false;  // waiting cannot mend it: wrong password, no such database, invalid options
};

// Judges libpq's error message, made with PQERRORS_VERBOSE so that it holds SQLSTATEs. `began`: the attempt got as far as
// trying a server (options that cannot be understood fail before).
// Returns true if libpq, with several hosts, tries the next one after an attempt that failed with this message.
bool may_try_next_host(std::string_view libpq_message);

ConnectFailure judge_connect_failure(std::string_view libpq_message, bool began);

}  // namespace ca::driver
