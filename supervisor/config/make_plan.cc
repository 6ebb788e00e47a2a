#include "supervisor/config/make_plan.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>

#include "common/builtin_config.h"
#include "common/posix.h"
#include "supervisor/config/complete.h"
#include "supervisor/config/environment.h"
#include "supervisor/config/process_plan.h"
#include "supervisor/config/text_values.h"

namespace ca::config {
namespace {

constexpr std::size_t max_projects_bytes = 32 << 20;  // of the projects' text in all processes' configurations

void sort_unique(std::vector<uid_t>& uids) {
  std::sort(uids.begin(), uids.end());
  uids.erase(std::unique(uids.begin(), uids.end()), uids.end());
}

std::vector<ProjectConfig> projects_of(const Settings& root) {
  std::vector<ProjectConfig> projects;
  for (const Settings& project : root.at("projects").sections) {
    projects.push_back({project.text("name"), project.text("path"), project.words("exclude"), project.flag("index_secrets")});
  }
  return projects;
}

class PlanMaker {
 public:
  PlanMaker(const Settings& root, const Host& host, Diagnostics& diagnostics)
      : root_(root),
        driver_(root.section("database").section("driver")),
        driver_config_(driver_.section("config")),
        embedded_(driver_config_.section("embedded")),
        host_(host),
        diagnostics_(diagnostics),
        tiers_(tiers_of(root)),
        libexec_(libexec_folder(host.executable)),
        projects_(projects_of(root)) {}

  Plan make(const std::string& config_path) {
    plan_.config_path = config_path;
    add_supervisor();
    resolve_accounts();
    if (tiers_.postgres) add_postgres();
    if (tiers_.driver) add_driver();
    if (!projects_fit()) return {};
    add_workers();
    if (tiers_.server) add_server();
    warn_of_root();
    return std::move(plan_);
  }

 private:
  void add_supervisor() {
    const Settings& supervisor = root_.section("supervisor");
    const Settings& log = supervisor.section("log");
    plan_.runtime_dir = root_.text("runtime_dir");
    plan_.state_dir = root_.text("state_dir");
    plan_.pid_file = supervisor.text("pid_file");
    plan_.event_log = supervisor.text("event_log");
    const auto levels = choices(*find_key(log.schema(), "level"));
    plan_.log.level = static_cast<int>(std::find(levels.begin(), levels.end(), log.text("level")) - levels.begin());
    plan_.log.json = log.text("format") == "json";
    plan_.log.max_size = log.number("max_size");
    plan_.log.keep = log.integer("keep");
    plan_.rules.start_timeout = supervisor.duration("start_timeout");
    plan_.rules.shutdown_timeout = supervisor.duration("shutdown_timeout");
    plan_.rules.on_driver_restart =
        driver_.text("on_restart") == "restart" ? core::OnDriverRestart::restart : core::OnDriverRestart::keep;
    plan_.has_driver = tiers_.driver && is_builtin(driver_);
  }

  // Who the processes run as; all but the embedded cluster as the supervisor itself.
  void resolve_accounts() {
    plan_.reader_uids = {host_.uid};
    if (tiers_.postgres) resolve_postgres_account();
    if (plan_.postgres_account) plan_.reader_uids.push_back(plan_.postgres_account->uid);
    sort_unique(plan_.reader_uids);
  }

  void resolve_postgres_account() {
    const Value& user = embedded_.at("user");
    const auto account = host_.account(user.text);
    if (host_.uid != 0) {
      const bool is_own = account ? account->uid == host_.uid : user.text == std::to_string(host_.uid);
      if (!is_own) diagnostics_.host_fact(user.mark, "user: only root can run PostgreSQL as another user");
    } else if (!account) {
      diagnostics_.host_fact(user.mark, fmt::format("user: there is no account {} on this host", quote(user.text)));
    } else if (account->uid == 0 && is_builtin(embedded_)) {
      diagnostics_.error(user.mark, "user: PostgreSQL refuses to run as root");
    } else if (account->uid != 0) {
      plan_.postgres_account = account;
    }
  }

  void add(core::ProcessRules rules, Launch launch) {
    plan_.rules.processes.push_back(std::move(rules));
    plan_.launches.push_back(std::move(launch));
  }

  std::uint32_t add_listener(Listener listener) {
    plan_.listeners.push_back(std::move(listener));
    return static_cast<std::uint32_t>(plan_.listeners.size() - 1);
  }

  void add_postgres() {
    Launch launch = process_launch(embedded_, libexec_);
    launch.drops_pg_variables = true;  // PGDATA and PGPORT would reach the server itself
    launch.env = configured_environment(embedded_, diagnostics_);
    launch.parent_death_signal = SIGQUIT;
    if (is_builtin(embedded_)) {
      // The launcher starts as root and drops privileges itself, when the folders are made.
      launch.config_json = config_json(embedded_config());
    } else {
      launch.account = plan_.postgres_account;
    }
    add(process_rules(embedded_, "postgres", core::tier_postgres), std::move(launch));
  }

  std::string postgres_socket_dir() const { return plan_.runtime_dir + "/postgres"; }

  EmbeddedConfig embedded_config() {
    EmbeddedConfig config;
    config.data_dir = embedded_.text("data_dir");
    config.socket_dir = postgres_socket_dir();
    config.user = plan_.postgres_account ? plan_.postgres_account->name : "";
    config.port = driver_config_.integer("port");
    if (const auto own = host_.account_of(host_.uid)) {
      config.driver_os_user = own->name;
    } else {
      diagnostics_.host_fact(embedded_.mark(), fmt::format("uid {} has no name on this host, and PostgreSQL admits its "
                                                           "clients by name",
                                                           host_.uid));
    }
    return config;
  }

  void add_driver() {
    Launch launch = process_launch(driver_, libexec_);
    launch.env = configured_environment(driver_, diagnostics_);
    const std::string socket = fmt::format("{}/.s.PGSQL.{}", plan_.runtime_dir, driver_config_.integer("port"));
    const auto mode = static_cast<mode_t>(driver_config_.number("socket_mode"));
    launch.listeners = {add_listener({"postgresql", socket, true, mode})};
    if (is_builtin(driver_)) launch.config_json = config_json(driver_config());
    add(process_rules(driver_, "driver", core::tier_driver), std::move(launch));
  }

  DriverConfig driver_config() {
    DriverConfig config;
    config.runtime_dir = plan_.runtime_dir;
    config.embedded = tiers_.postgres;
    config.port = driver_config_.integer("port");
    config.conninfo = driver_config_.text("conninfo");
    if (tiers_.postgres) {
      config.conninfo = fmt::format("host={} port={} dbname=code_analysis user=code_analysis",
                                    conninfo_value(postgres_socket_dir()), config.port);
    }
    config.lock_path = plan_.runtime_dir + "/driver.lock";
    config.allow_uids = admitted_uids();
    config.shared_connections = driver_config_.integer("shared_connections");
    config.exclusive_connections = driver_config_.integer("exclusive_connections");
    config.max_clients = driver_config_.integer("max_clients");
    config.harmless_functions = driver_config_.words("harmless_functions");
    config.reset_after_write = driver_config_.flag("reset_after_write");
    config.queue_limit = driver_config_.integer("queue_limit");
    config.connect_timeout_ms = driver_config_.number("connect_timeout");
    config.server_wait_timeout_ms = driver_config_.number("server_wait_timeout");
    config.statement_timeout_ms = driver_config_.number("statement_timeout");
    config.query_wait_timeout_ms = driver_config_.number("query_wait_timeout");
    config.server_idle_timeout_ms = driver_config_.number("server_idle_timeout");
    config.server_lifetime_ms = driver_config_.number("server_lifetime");
    config.migrations = driver_config_.text("migrations");
    if (config.migrations.empty()) config.migrations = migrations_folder(host_.executable);
    return config;
  }

  std::vector<uid_t> admitted_uids() {
    std::vector<uid_t> uids = plan_.reader_uids;
    uids.push_back(0);
    for (const Word& word : driver_config_.at("allow_users").words) {
      const auto number = parse_integer(word.text);
      if (const auto account = host_.account(word.text)) {
        uids.push_back(account->uid);
      } else if (number && *number >= 0 && *number < static_cast<uid_t>(-1)) {
        uids.push_back(static_cast<uid_t>(*number));
      } else {
        diagnostics_.host_fact(word.mark, fmt::format("allow_users: there is no account {} on this host", quote(word.text)));
      }
    }
    sort_unique(uids);
    return uids;
  }

  // A process that is a client of the driver, where there is one.
  Launch client_launch(const Settings& process) const {
    Launch launch = process_launch(process, libexec_);
    launch.drops_pg_variables = true;
    return launch;
  }

  Environment client_environment(const Settings& process, const std::string& name, const Environment& configured) const {
    Environment environment;
    if (tiers_.driver) {
      environment = database_environment(plan_.runtime_dir, driver_config_.integer("port"), name, process.text("priority"));
    }
    environment.insert(environment.end(), configured.begin(), configured.end());
    return environment;
  }

  // Every shipped client is told of every project: bounded, since both numbers are the file's.
  bool projects_fit() {
    std::size_t clients = tiers_.server && is_builtin(root_.section("server")) ? 1 : 0;
    for (const Settings& worker : root_.at("workers").sections) {
      if (is_builtin(worker)) clients += static_cast<std::size_t>(worker.number("instances"));
    }
    const std::size_t bytes = config_json(WorkerConfig{"", projects_}).size();
    if (bytes * clients <= max_projects_bytes) return true;
    diagnostics_.error(root_.at("projects").mark, "projects: too many for so many workers");
    return false;
  }

  void add_workers() {
    for (const Settings& worker : root_.at("workers").sections) {
      if (diagnostics_.full()) return;
      const auto instances = static_cast<std::size_t>(worker.number("instances"));
      if (plan_.launches.size() + instances > max_processes) {
        return diagnostics_.error(worker.at("instances").mark, fmt::format("more than {} processes in all", max_processes));
      }
      add_instances(worker, instances);
    }
  }

  void add_instances(const Settings& worker, std::size_t instances) {
    const bool numbered = instances > 1 || worker.flag("scalable");
    const Launch common = client_launch(worker);
    const Environment configured = configured_environment(worker, diagnostics_);
    for (std::size_t k = 0; k < instances; ++k) {
      const std::string name = numbered ? fmt::format("{}.{}", worker.text("name"), k) : worker.text("name");
      Launch launch = common;
      launch.env = client_environment(worker, name, configured);
      if (is_builtin(worker)) launch.config_json = config_json(WorkerConfig{name, projects_});
      add(process_rules(worker, name, core::tier_workers), std::move(launch));
    }
  }

  void add_server() {
    const Settings& server = root_.section("server");
    Launch launch = client_launch(server);
    launch.env = client_environment(server, "server", configured_environment(server, diagnostics_));
    const std::vector<std::string> addresses = server.words("listen");
    for (const std::string& address : addresses) {
      launch.listeners.push_back(add_listener({"http", address, false, 0777}));
    }
    const std::string token = read_token(server.at("token_file"));
    if (is_builtin(server)) {
      launch.config_json = config_json(ServerConfig{plan_.runtime_dir, addresses, token, projects_});
    }
    add(process_rules(server, "server", core::tier_server), std::move(launch));
  }

  // The token_file's first line. "", after an error was recorded, where there is none.
  std::string read_token(const Value& file) {
    if (file.text.empty()) return "";
    constexpr std::size_t limit = 1 << 16;
    const auto text = read_file(file.text, limit);
    if (!text) {
      diagnostics_.host_fact(file.mark, "token_file: " + text.error().message);
      return "";
    }
    struct stat status {};
    if (::stat(file.text.c_str(), &status) == 0 && (status.st_mode & 0007) != 0) {
      diagnostics_.warning(file.mark, fmt::format("token_file: {} is open to every user of this host", file.text));
    }
    std::string token = text->substr(0, text->find('\n'));
    if (token.ends_with('\r')) token.pop_back();
    const bool is_visible = std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < '\x7f'; });
    if (!token.empty() && is_visible) return token;
    diagnostics_.error(file.mark, fmt::format("token_file: the first line of {} is no token: it must not be empty, and "
                                              "have visible ASCII characters only",
                                              file.text));
    return "";
  }

  void warn_of_root() {
    if (host_.uid != 0 || !diagnostics_.starting()) return;
    const auto warn = [this](std::string_view key) {
      diagnostics_.warning(root_.at(key).mark, fmt::format("{}: run as root, though they may read trees of other people", key));
    };
    if (!root_.at("workers").sections.empty()) warn("workers");
    if (tiers_.server) warn("server");
  }

  const Settings& root_;
  const Settings& driver_;
  const Settings& driver_config_;
  const Settings& embedded_;
  const Host& host_;
  Diagnostics& diagnostics_;
  const Tiers tiers_;
  const std::string libexec_;
  const std::vector<ProjectConfig> projects_;
  Plan plan_;
};

}  // namespace

std::string conninfo_value(const std::string& value) {
  if (!value.empty() && value.find_first_of(" \t\n\r\f\v'\\") == std::string::npos) return value;
  std::string result = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + "'";
}

Plan make_plan(const Settings& code_analysis, const std::string& config_path, const Host& host,
               Diagnostics& diagnostics) {
  return PlanMaker(code_analysis, host, diagnostics).make(config_path);
}

}  // namespace ca::config
