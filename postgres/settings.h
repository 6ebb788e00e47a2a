// The files and arguments that make a cluster ours: who may connect, how much memory it takes, where it listens.
#pragma once

#include <string>
#include <vector>

#include "common/builtin_config.h"
#include "postgres/refusal.h"

namespace ca::postgres {

// Role and database that the driver uses. The role owns the database and is no superuser.
inline constexpr const char* role_name = "code_analysis";
// The bootstrap superuser: the cluster's own OS account may use it, over the socket, for administration.
inline constexpr const char* superuser_name = "postgres";

// Text of pg_ident.conf: which OS accounts may be which role. `cluster_user` is the account PostgreSQL runs as.
std::string ident_text(const std::string& driver_os_user, const std::string& cluster_user);
// Text of pg_hba.conf: the socket only, by that map.
std::string hba_text();
// Text of code-analysis.conf, included by postgresql.conf; settings further down there win over it.
std::string settings_text(const EmbeddedConfig& config, const std::string& cluster_user);

// argv of the real start. Where it listens is fixed here, since the driver looks for it there.
std::vector<std::string> server_command(const EmbeddedConfig& config, const std::string& bin_dir,
                                        const std::string& data_dir);

// Writes the three files into `data_dir`, each by rename; files that hold the same text already are left alone.
// REQUIRES: this process runs as the cluster's account. Errors (1): cannot be written.
Outcome<void> write_settings(const EmbeddedConfig& config, const std::string& cluster_user,
                             const std::string& data_dir);

// Quotes for pg_ident.conf and pg_hba.conf; and for a value of postgresql.conf.
std::string quoted_word(const std::string& word);
std::string quoted_value(const std::string& value);
// A folder as an element of a list setting (unix_socket_directories).
std::string list_element(const std::string& path);

}  // namespace ca::postgres
