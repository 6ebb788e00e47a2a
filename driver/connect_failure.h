// How server connections are made: libpq's parameters, and what its message says where it failed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/builtin_config.h"
#include "common/result.h"

namespace ca::driver {

// Keywords and values as PQconnectStartParams takes them.
class ConnectParameters {
 public:
  // Errors: conninfo cannot be parsed. The message never holds a password.
  static Result<ConnectParameters> from(const DriverConfig& config);

  // Both end with nullptr; good as long as this object is.
  std::vector<const char*> keywords() const;
  std::vector<const char*> values() const;
  std::string value(std::string_view keyword) const;

 private:
  void set(std::string_view keyword, std::string value);
  void set_keepalives(std::int64_t limit_ms);
  std::vector<std::pair<std::string, std::string>> parameters_;
};

struct ConnectFailure {
  std::string text;        // one line for a person
  bool answered = false;   // by a server, which refused
  bool permanent = false;  // waiting cannot mend it: wrong password, no such database, invalid options
};

// Judges libpq's error message, made with PQERRORS_VERBOSE so that it holds SQLSTATEs. `began`: the attempt got as far as
// trying a server (options that cannot be understood fail before).
ConnectFailure judge_connect_failure(std::string_view libpq_message, bool began);

}  // namespace ca::driver
