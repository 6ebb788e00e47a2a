#include "postgres/settings.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "common/posix.h"

namespace ca::postgres {

namespace {

constexpr const char* map_name = "code_analysis";
constexpr const char* settings_name = "code-analysis.conf";

std::string doubled(const std::string& text, char quote) {
  std::string result(1, quote);
  for (const char c : text) {
    if (c == quote) result += quote;
    result += c;
  }
  return result + quote;
}

Outcome<void> write_file(const std::string& path, const std::string& text) {
  const auto present = read_file(path, 1 << 20);
  if (present && *present == text) return {};
  const std::string fresh = path + ".new";
  const UniqueFd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) return fail("cannot write " + fresh, errno);
  if (auto written = write_all(fd.get(), text); !written) return fail(fresh + ": " + written.error().message);
  if (::fsync(fd.get()) != 0) return fail("fsync " + fresh, errno);
  if (::rename(fresh.c_str(), path.c_str()) != 0) return fail("cannot rename " + fresh, errno);
  return {};
}

}  // namespace

std::string quoted_word(const std::string& word) { return doubled(word, '"'); }
std::string quoted_value(const std::string& value) { return doubled(value, '\''); }
std::string list_element(const std::string& path) { return doubled(path, '"'); }

std::string ident_text(const std::string& driver_os_user, const std::string& cluster_user) {
  std::string text = "# Written by code-analysis at each start.\n# map, OS account, role\n";
  const auto line = [&](const std::string& account, const char* role) {
    text += std::string(map_name) + " " + quoted_word(account) + " " + role + "\n";
  };
  line(driver_os_user, role_name);
  if (cluster_user != driver_os_user) line(cluster_user, role_name);
  line(cluster_user, superuser_name);
  return text;
}

std::string hba_text() {
  return std::string("# Written by code-analysis at each start.\nlocal all all peer map=") + map_name + "\n";
}

std::string settings_text(const EmbeddedConfig& config, const std::string& cluster_user) {
  // The driver alone connects. Where it is root or the cluster's own account nobody else needs to reach the socket.
  const bool closed = config.driver_os_user == "root" || config.driver_os_user == cluster_user;
  std::string text =
      "# Written by code-analysis at each start, for a small machine. Put own settings at the end of postgresql.conf.\n"
      "cluster_name = 'code-analysis'\n"
      "max_connections = 100\n"
      "shared_buffers = 96MB\n"
      "work_mem = 8MB\n"
      "maintenance_work_mem = 64MB\n"
      "effective_cache_size = 512MB\n"
      "max_worker_processes = 4\n"
      "max_parallel_workers_per_gather = 1\n"
      "jit = off\n"
      "fsync = on\n"
      "wal_level = minimal\n"
      "max_wal_senders = 0\n"
      "wal_compression = on\n"
      "max_wal_size = 1GB\n"
      "min_wal_size = 80MB\n"
      "autovacuum_naptime = 30s\n"
      "log_destination = 'stderr'\n"
      "logging_collector = off\n"
      "log_line_prefix = '[%p] '\n"
      "log_checkpoints = off\n"
      "log_autovacuum_min_duration = -1\n"
      "lc_messages = 'C'\n"
      "password_encryption = 'scram-sha-256'\n";
  text += std::string("unix_socket_permissions = ") + (closed ? "0700" : "0777") + "\n";
  return text;
}

std::vector<std::string> server_command(const EmbeddedConfig& config, const std::string& bin_dir,
                                        const std::string& data_dir) {
  return {bin_dir + "/postgres",
          "-D",
          data_dir,
          "-c",
          "listen_addresses=",
          "-c",
          "unix_socket_directories=" + list_element(config.socket_dir),
          "-c",
          "port=" + std::to_string(config.port)};
}

Outcome<void> write_settings(const EmbeddedConfig& config, const std::string& cluster_user,
                             const std::string& data_dir) {
  const std::pair<const char*, std::string> files[] = {
      {"pg_ident.conf", ident_text(config.driver_os_user, cluster_user)},
      {"pg_hba.conf", hba_text()},
      {settings_name, settings_text(config, cluster_user)},
  };
  for (const auto& [name, text] : files) {
    if (auto written = write_file(data_dir + "/" + name, text); !written) return written;
  }
  return {};
}

}  // namespace ca::postgres
