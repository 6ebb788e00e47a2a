#include "common/builtin_config.h"

#include <cstdlib>

#include "common/json.h"
#include "common/posix.h"
#include "common/unique_fd.h"

namespace ca {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ProjectConfig, name, path, exclude, index_secrets)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(EmbeddedConfig, data_dir, socket_dir, user, driver_os_user, port)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(DriverConfig, runtime_dir, conninfo, embedded, lock_path, allow_uids, port,
                                   shared_connections, exclusive_connections, max_clients, queue_limit,
                                   connect_timeout_ms, server_wait_timeout_ms, statement_timeout_ms,
                                   query_wait_timeout_ms, server_idle_timeout_ms, server_lifetime_ms, harmless_functions,
                                   reset_after_write, migrations)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(WorkerConfig, process_name, projects)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ServerConfig, runtime_dir, listen, token, projects)

namespace {

constexpr std::size_t text_limit = 16 << 20;

Result<std::string> take_config_text() {
  const char* text = std::getenv("CONFIG_FD");
  if (text == nullptr) {
    return failure("CONFIG_FD is not set: this program is started by code-analysisd, not by hand");
  }
  const UniqueFd fd(std::atoi(text));
  ::unsetenv("CONFIG_FD");
  return read_to_end(fd.get(), text_limit);
}

}  // namespace

template <class Config>
std::string config_json(const Config& config) {
  return nlohmann::json(config).dump();
}

template <class Config>
Result<Config> config_from_json(std::string_view text) {
  const auto json = parse_json<nlohmann::json>(text, text_limit);
  if (!json) return failure("CONFIG_FD: " + json.error().message);
  try {
    return json->template get<Config>();
  } catch (const std::exception& error) {
    return failure(std::string("CONFIG_FD: ") + error.what());
  }
}

template <class Config>
Result<Config> take_config() {
  const auto text = take_config_text();
  if (!text) return tl::unexpected(text.error());
  return config_from_json<Config>(*text);
}

template std::string config_json(const EmbeddedConfig&);
template std::string config_json(const DriverConfig&);
template std::string config_json(const WorkerConfig&);
template std::string config_json(const ServerConfig&);
template Result<EmbeddedConfig> config_from_json(std::string_view);
template Result<DriverConfig> config_from_json(std::string_view);
template Result<WorkerConfig> config_from_json(std::string_view);
template Result<ServerConfig> config_from_json(std::string_view);
template Result<EmbeddedConfig> take_config();
template Result<DriverConfig> take_config();
template Result<WorkerConfig> take_config();
template Result<ServerConfig> take_config();

}  // namespace ca
