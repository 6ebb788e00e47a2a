// The rules between keys: names, programs, and the defaults that depend on other keys.
#pragma once

#include <string>

#include "supervisor/config/diagnostics.h"
#include "supervisor/config/host.h"
#include "supervisor/config/settings.h"

namespace ca::config {

// Which tiers a configuration has.
struct Tiers {
  bool postgres = false;
  bool driver = false;
  bool server = false;
};
// REQUIRES: complete() was called.
Tiers tiers_of(const Settings& code_analysis);

// Fills in computed defaults (builtin, ready, paths below runtime_dir and state_dir, listen, embedded.user) in
// `code_analysis`, so that it holds the effective value of every key. `folder` is the file's: a program's relative
// path is relative to it.
// Errors, into `diagnostics`: names that are taken twice or cannot be used; a worker without program; both `command`
// and `builtin`; a runtime_dir too long for its sockets; listen addresses that are none, are doubled, or would be open
// to others without a token.
void complete(Settings& code_analysis, const Host& host, const std::string& folder, Diagnostics& diagnostics);

}  // namespace ca::config
