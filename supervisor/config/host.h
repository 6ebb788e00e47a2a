// What the reader wants to know of this host, as values and functions, so that tests can make up a host.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

#include "supervisor/config/expand.h"
#include "supervisor/plan.h"

namespace ca::config {

struct Host {
  std::string executable;                                               // absolute path of code-analysisd
  uid_t uid = 0;                                                        // the supervisor's (effective)
  Variables variable;                                                   // its environment
  std::function<std::optional<Account>(const std::string&)> account;    // by name
  std::function<std::optional<Account>(uid_t)> account_of;              // by uid
};

// The real one. Its functions Block: on the account database.
Host this_host();

// The folder of the shipped programs: libexec/code-analysis beside the executable, or beside the executable's folder
// where that is a bin or sbin.
std::string libexec_folder(const std::string& executable);

// The folder of the shipped migrations: share/code-analysis/migrations by the same rule, else the source tree's.
std::string migrations_folder(const std::string& executable);

}  // namespace ca::config
