// Which PostgreSQL programs this host has.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ca::postgres {

struct Installation {
  int major = 0;
  std::string bin_dir;  // holds postgres and initdb
};

// "15" of "postgres (PostgreSQL) 15.6 (Debian 15.6-0+deb12u1)"; 0 where the text is another one.
int major_of_version_text(const std::string& text);

// All installations found: /usr/lib/postgresql/*/bin (Debian), then the folder of `postgres` in PATH. Newest first.
std::vector<Installation> find_installations();

// The installation of `major`, the newest one for 0. nullopt: none.
std::optional<Installation> choose(const std::vector<Installation>& installations, int major);

}  // namespace ca::postgres
