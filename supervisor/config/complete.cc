#include "supervisor/config/complete.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "supervisor/config/checker.h"
#include "supervisor/config/listen_address.h"
#include "supervisor/config/text_values.h"

namespace ca::config {
namespace {

constexpr std::size_t max_socket_path = 107;  // sockaddr_un's 108 bytes less the NUL that PostgreSQL and others want

class Completer {
 public:
  Completer(const Host& host, const std::string& folder, Diagnostics& diagnostics)
      : host_(host), folder_(folder), diagnostics_(diagnostics) {}

  void run(Settings& root) {
    complete_paths(root);
    Settings& driver = root.section("database").section("driver");
    Settings& embedded = driver.section("config").section("embedded");
    complete_program(driver, "driver", {"driver"});
    complete_program(embedded, "postgres", {"postgres"});
    for (Settings& worker : root.at("workers").sections) {
      complete_program(worker, "", {"watcher", "indexer", "maintenance"});
    }
    complete_program(root.section("server"), "server", {"server"});
    complete_embedded(root, embedded);
    complete_listen(root);
    check_worker_names(root);
    check_project_names(root);
    check_socket_paths(root);
    warn_of_useless_keys(root);
  }

 private:
  void complete_paths(Settings& root) {
    Settings& supervisor = root.section("supervisor");
    const std::string& runtime_dir = root.text("runtime_dir");
    Value& pid_file = supervisor.at("pid_file");
    if (pid_file.given && pid_file.text.empty()) diagnostics_.error(pid_file.mark, "pid_file: a value is missing");
    if (!pid_file.given) pid_file.text = runtime_dir + "/supervisor.pid";
    Value& event_log = supervisor.at("event_log");
    if (!event_log.given) event_log.text = runtime_dir + "/events.jsonl";
  }

  // `own` is the shipped program that the tier runs by default; "": there is none.
  void complete_program(Settings& process, std::string_view own, const std::vector<std::string_view>& allowed) {
    Value& command = process.at("command");
    Value& builtin = process.at("builtin");
    if (command.given) {
      if (!builtin.text.empty()) diagnostics_.error(builtin.mark, "command and builtin exclude each other");
      complete_command(command);
    } else if (builtin.text.empty() && own.empty()) {
      diagnostics_.error(process.mark(), fmt::format("a worker needs a command or a builtin ({})", fmt::join(allowed, ", ")));
    } else if (builtin.text.empty()) {
      builtin.text = own;
    } else if (std::find(allowed.begin(), allowed.end(), builtin.text) == allowed.end()) {
      const auto meant = nearest(builtin.text, allowed);
      diagnostics_.error(builtin.mark, fmt::format("builtin: expected one of {}, found {}{}", fmt::join(allowed, ", "),
                                                   quote(builtin.text),
                                                   meant ? fmt::format("; did you mean \"{}\"?", *meant) : ""));
    }
    Value& ready = process.at("ready");
    if (ready.text.empty()) ready.text = command.given ? "none" : "pipe";
  }

  void complete_command(Value& command) {
    if (command.in_error) return;
    if (command.words.empty() || command.words.front().text.empty()) {
      diagnostics_.error(command.mark, "command: the program is missing");
      return;
    }
    // As a shell does: a name without a slash is looked up in PATH, all else is a path.
    std::string& program = command.words.front().text;
    if (program.find('/') != std::string::npos) program = absolute_path(program, folder_);
  }

  void complete_embedded(Settings& root, Settings& embedded) {
    Value& data_dir = embedded.at("data_dir");
    if (data_dir.text.empty()) data_dir.text = root.text("state_dir") + "/postgres";
    Value& user = embedded.at("user");
    if (!user.text.empty()) return;
    const auto own = host_.account_of(host_.uid);
    user.text = host_.uid == 0 ? "postgres" : own ? own->name : std::to_string(host_.uid);
  }

  void complete_listen(Settings& root) {
    Settings& server = root.section("server");
    Value& listen = server.at("listen");
    const bool is_builtin = !server.given("command");
    if (!listen.given && is_builtin) listen.words.push_back({"127.0.0.1:8080", listen.mark});
    if (root.given("server") && is_builtin && listen.words.empty() && !listen.in_error) {
      diagnostics_.error(listen.mark, "listen: the server needs at least one address");
    }
    std::set<std::string> seen;
    for (Word& word : listen.words) {
      const auto address = parse_listen_address(word.text);
      if (!address) {
        diagnostics_.error(word.mark, "listen: " + address.error().message);
        continue;
      }
      word.text = address->text;
      if (!address->text.ends_with(":0") && !seen.insert(address->text).second) {
        diagnostics_.error(word.mark, fmt::format("listen: {} is there twice", address->text));
      }
      // What a program of the user's own demands of its clients is its own affair.
      if (!address->is_loopback && is_builtin && server.text("token_file").empty()) {
        diagnostics_.error(word.mark, fmt::format("listen: {} is open to other hosts; that needs server.token_file", address->text));
      }
    }
  }

  void check_worker_names(const Settings& root) {
    std::map<std::string, int> lines{{"postgres", 0}, {"driver", 0}, {"server", 0}};
    for (const Settings& worker : root.at("workers").sections) {
      const Value& name = worker.at("name");
      if (name.text.empty()) continue;  // told already
      if (!is_process_name(name.text)) {
        diagnostics_.error(name.mark, fmt::format("name: {} cannot be used; letters, digits, _, - and . are allowed, at most "
                                                  "64 of them, the first a letter or digit, and no .NUMBER at the end",
                                                  quote(name.text)));
        continue;
      }
      const auto [first, is_new] = lines.try_emplace(name.text, name.mark.line);
      if (is_new) continue;
      diagnostics_.error(name.mark, first->second == 0
                                        ? fmt::format("name: {} is the name of a tier", quote(name.text))
                                        : fmt::format("duplicate process name {}; it stands in line {} already",
                                                      quote(name.text), first->second));
    }
  }

  // "indexer", "my-worker_2"; not "a.1", which is how instances are named.
  static bool is_process_name(std::string_view name) {
    constexpr std::string_view digits = "0123456789";
    constexpr std::string_view all = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";
    if (name.size() > 64 || name.find_first_not_of(all) != std::string_view::npos) return false;
    if (std::string_view("_-.").find(name.front()) != std::string_view::npos) return false;
    const std::size_t dot = name.rfind('.');
    return dot == std::string_view::npos || name.find_first_not_of(digits, dot + 1) != std::string_view::npos;
  }

  void check_project_names(const Settings& root) {
    std::map<std::string, int> lines;
    for (const Settings& project : root.at("projects").sections) {
      const Value& name = project.at("name");
      const auto [first, is_new] = lines.try_emplace(name.text, name.mark.line);
      if (!is_new && !name.text.empty()) {
        diagnostics_.error(name.mark, fmt::format("duplicate project name {}; it stands in line {} already",
                                                  quote(name.text), first->second));
      }
      const Value& path = project.at("path");
      std::error_code error;
      if (!path.text.empty() && !std::filesystem::is_directory(path.text, error)) {
        diagnostics_.warning(path.mark, fmt::format("path: there is no folder {}", path.text));
      }
    }
  }

  void check_socket_paths(const Settings& root) {
    const Value& runtime_dir = root.at("runtime_dir");
    const Settings& driver = root.section("database").section("driver");
    const std::string database_socket = fmt::format("/.s.PGSQL.{}", driver.section("config").integer("port"));
    std::string longest = "/control.sock";
    if (root.given("database")) longest = std::max(longest, database_socket, by_size);
    if (tiers_of(root).postgres) longest = "/postgres" + database_socket;
    const std::string path = runtime_dir.text + longest;
    if (path.size() > max_socket_path) {
      diagnostics_.error(runtime_dir.mark,
                         fmt::format("runtime_dir: the path of the socket {} in it would be {} bytes long; a Unix socket's "
                                     "may have {}",
                                     longest.substr(1), path.size(), max_socket_path));
    }
    if (root.given("database") && runtime_dir.text.find(',') != std::string::npos) {
      diagnostics_.error(runtime_dir.mark, "runtime_dir: PostgreSQL's clients take a comma for the end of a host's name");
    }
  }

  static bool by_size(const std::string& a, const std::string& b) { return a.size() < b.size(); }

  void warn_of_useless_keys(const Settings& root) {
    const Settings& driver = root.section("database").section("driver");
    const Settings& config = driver.section("config");
    if (!driver.given("command") && config.given("embedded") && !config.text("conninfo").empty()) {
      diagnostics_.warning(config.at("embedded").mark, "embedded is not used, since conninfo names a PostgreSQL");
    }
    if (!root.given("database") && !root.given("server") && root.at("workers").sections.empty()) {
      diagnostics_.warning(root.mark(), "there is nothing to run: no database, no workers, no server");
    }
  }

  const Host& host_;
  const std::string& folder_;
  Diagnostics& diagnostics_;
};

}  // namespace

Tiers tiers_of(const Settings& code_analysis) {
  Tiers tiers;
  tiers.driver = code_analysis.given("database");
  tiers.server = code_analysis.given("server");
  const Settings& driver = code_analysis.section("database").section("driver");
  const Settings& config = driver.section("config");
  const bool wants_cluster = driver.given("command") ? config.given("embedded") : config.text("conninfo").empty();
  tiers.postgres = tiers.driver && wants_cluster;
  return tiers;
}

void complete(Settings& code_analysis, const Host& host, const std::string& folder, Diagnostics& diagnostics) {
  Completer(host, folder, diagnostics).run(code_analysis);
}

}  // namespace ca::config
