// Settings as YAML for people: every key with its effective value.
#pragma once

#include <string>

#include "supervisor/config/settings.h"

namespace ca::config {

// REQUIRES: complete() was called. Reads back to the same settings, but for secrets, which are masked. Sections that
// are absent stay absent, since their absence means something.
std::string print(const Settings& code_analysis);

}  // namespace ca::config
