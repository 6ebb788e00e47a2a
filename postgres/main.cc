// libexec/code-analysis/postgres: prepares the embedded cluster on its first start, then becomes PostgreSQL, so that
// the process the supervisor started is the postmaster. Started as root it does the preparation of folders as root, and
// all else as the cluster's account. It reports readiness by PostgreSQL's own sd_notify.
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "common/builtin_config.h"
#include "common/log.h"
#include "postgres/account.h"
#include "postgres/data_folder.h"
#include "postgres/first_start.h"
#include "postgres/installation.h"
#include "postgres/leftovers.h"
#include "postgres/notify.h"
#include "postgres/settings.h"

namespace ca::postgres {
namespace {

constexpr int leftover_patience_ms = 1000;

std::string list_of(const std::vector<Installation>& installations) {
  std::string text;
  for (const auto& installation : installations) {
    text += (text.empty() ? "" : ", ") + std::to_string(installation.major) + " in " + installation.bin_dir;
  }
  return text;
}

// The programs that fit the cluster's version; the newest ones for a cluster that is still to be made.
Outcome<Installation> programs_for(const DataFolder& folder) {
  const auto installations = find_installations();
  if (installations.empty()) {
    return refuse("PostgreSQL is not installed: no postgres and initdb in /usr/lib/postgresql/*/bin or in PATH");
  }
  const auto chosen = choose(installations, folder.major);
  if (chosen) return *chosen;
  return refuse("the cluster in " + folder.path + " was made by PostgreSQL " + std::to_string(folder.major) +
                ", but installed is only " + list_of(installations) + ". Remedy: install PostgreSQL " +
                std::to_string(folder.major) +
                " again and keep it; or bring the data over with pg_upgrade, or by "
                "pg_dumpall with the old version and a restore into a new data_dir. The index alone needs neither: "
                "move the folder away and it is built anew");
}

Outcome<void> prepare_folders(const EmbeddedConfig& config, const DataFolder& folder, const Account& account) {
  auto step = make_reachable(folder.path, account);
  if (step) step = make_reachable(config.socket_dir, account);
  if (step) step = own_folder(config.socket_dir, account, 0755);
  return step;
}

void clean_environment(const Account& account) {
  for (const char* name : {"PGDATA", "PGHOST", "PGPORT", "PGOPTIONS", "PGUSER", "PGDATABASE", "LC_ALL", "LANGUAGE"}) {
    ::unsetenv(name);
  }
  ::setenv("LANG", "C.UTF-8", 1);
  ::setenv("HOME", account.home.c_str(), 1);
}

// Returns only where PostgreSQL cannot be started.
Outcome<void> become_postgres(const EmbeddedConfig& config, const DataFolder& folder, const Installation& programs,
                              const Account& account, pid_t supervisor) {
  auto step = become(account);
  if (step) step = die_with_parent(supervisor);
  if (step) step = clear_leftovers(folder.path, config.socket_dir, config.port, leftover_patience_ms);
  if (step) step = write_settings(config, account.name, folder.path);
  if (!step) return step;
  notify_status("");  // what was said while the cluster was made is over
  clean_environment(account);
  const auto command = server_command(config, programs.bin_dir, folder.path);
  std::vector<char*> argv;
  for (const auto& argument : command) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  ::execv(argv[0], argv.data());
  return fail(command[0], errno);
}

Outcome<void> start(const EmbeddedConfig& config, pid_t supervisor) {
  const auto account = resolve_account(config.user);
  if (!account) return tl::unexpected(account.error());
  const auto folder = look_at(config.data_dir, *account);
  if (!folder) return tl::unexpected(folder.error());
  const auto programs = programs_for(*folder);
  if (!programs) return tl::unexpected(programs.error());
  if (auto prepared = prepare_folders(config, *folder, *account); !prepared) return prepared;
  if (!folder->has_cluster()) {
    notify_status("making a new PostgreSQL cluster");
    log::info("making a new PostgreSQL {} cluster in {} as user {}", programs->major, folder->path, account->name);
    if (auto made = make_cluster(*folder, *programs, *account); !made) return made;
  }
  return become_postgres(config, *folder, *programs, *account, supervisor);
}

}  // namespace
}  // namespace ca::postgres

int main() {
  // Before anything else: a parent that dies later must not be mistaken for the one that adopts us.
  const pid_t supervisor = ::getppid();
  const auto config = ca::take_config<ca::EmbeddedConfig>();
  if (!config) {
    ca::log::error("{}", config.error().message);
    return ca::exit_code::config;
  }
  const auto started = ca::postgres::start(*config, supervisor);
  ca::log::error("{}", started.error().message);
  return started.error().exit_code;
}
