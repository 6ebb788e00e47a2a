// code-analysisd: reads the configuration, becomes the guardian, forks the supervisor half.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include <version.h>

#include "common/builtin_config.h"
#include "common/check.h"
#include "common/exit_code.h"
#include "common/printable.h"
#include "supervisor/both_halves/descendants.h"
#include "supervisor/config/config_reader.h"
#include "supervisor/config_process.h"
#include "supervisor/guardian/daemonize.h"
#include "supervisor/guardian/guardian.h"
#include "supervisor/shell/supervisor.h"

namespace {

using namespace ca;

constexpr char usage_text[] =
    "usage: code-analysisd --config FILE [--check | --print-config | [--daemonize] [--pid-file FILE]]\n"
    "       code-analysisd --version | --help\n"
    "\n"
    "  --config FILE     the configuration (YAML)\n"
    "  --check           check the file, start nothing\n"
    "  --print-config    print the effective values, passwords masked; start nothing\n"
    "  --daemonize       return once the whole tree is ready, and run on in the background\n"
    "  --pid-file FILE   in place of supervisor.pid_file\n"
    "\n"
    "exit codes: 0 stopped as asked, 1 an essential process failed for good, 2 the first start failed, 64 usage,\n"
    "            70 one half died, 73 a folder, lock, address or /proc cannot be used, 78 the configuration is invalid\n";

struct Options {
  std::string config, pid_file;
  bool check = false, print = false, daemonize = false, version = false, help = false;
};

bool* flag_of(Options& options, const std::string& name) {
  if (name == "--check") return &options.check;
  if (name == "--print-config") return &options.print;
  if (name == "--daemonize") return &options.daemonize;
  if (name == "--version") return &options.version;
  return name == "--help" ? &options.help : nullptr;
}

std::string* text_of(Options& options, const std::string& name) {
  if (name == "--config") return &options.config;
  return name == "--pid-file" ? &options.pid_file : nullptr;
}

std::optional<Options> parse(const std::vector<std::string>& arguments, std::string& error) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string name = arguments[i];
    std::optional<std::string> value;
    if (const std::size_t equals = name.find('='); equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
    }
    bool* const flag = flag_of(options, name);
    std::string* const text = text_of(options, name);
    if (flag != nullptr && !value) {
      *flag = true;
    } else if (text != nullptr && (value || i + 1 < arguments.size())) {
      *text = value ? *value : arguments[++i];
      if (text->empty()) error = name + " wants a value";
    } else {
      error = text != nullptr ? name + " wants a value" : "unknown argument " + arguments[i];
    }
    if (!error.empty()) return std::nullopt;
  }
  if (options.help || options.version) return options;
  if (options.config.empty()) error = "--config FILE is missing";
  if (options.check + options.print + options.daemonize > 1) error = "--check, --print-config and --daemonize exclude each other";
  return error.empty() ? std::optional(options) : std::nullopt;
}

int print_errors(const std::vector<std::string>& errors) {
  for (const std::string& error : errors) std::fprintf(stderr, "%s\n", printable(error).c_str());
  return exit_code::config;
}

int check(const std::string& file) {
  const ReadOutcome outcome = shell::read_in_process(file, false);
  if (!outcome.plan) return print_errors(outcome.errors);
  for (const std::string& warning : outcome.warnings) std::fprintf(stderr, "%s\n", printable(warning).c_str());
  std::printf("%s: ok\n", printable(file).c_str());
  return exit_code::ok;
}

int print_configuration(const std::string& file) {
  const PrintedConfig printed = print_config(file);
  if (!printed.errors.empty()) return print_errors(printed.errors);
  std::fputs(printable_json(printed.text).c_str(), stdout);
  return exit_code::ok;
}

std::string absolute(const std::string& path) {
  if (path.empty() || path.front() == '/') return path;
  char folder[4096];
  return ::getcwd(folder, sizeof folder) == nullptr ? path : std::string(folder) + "/" + path;
}

std::vector<std::string> sockets_of(const Plan& plan) {
  std::vector<std::string> sockets{plan.runtime_dir + "/control.sock"};
  for (const Listener& listener : plan.listeners) {
    if (listener.is_unix) sockets.push_back(listener.address);
  }
  // PostgreSQL removes its own where it ends in order; where a half of the supervisor dies, it is not given the time.
  for (std::size_t id = 0; id < plan.launches.size(); ++id) {
    if (!plan.rules.processes[id].is_postgres || plan.launches[id].config_json.empty()) continue;
    const auto cluster = config_from_json<EmbeddedConfig>(plan.launches[id].config_json);
    CA_CHECK(cluster.has_value());  // make_plan wrote it
    sockets.push_back(cluster->socket_dir + "/.s.PGSQL." + std::to_string(cluster->port));
  }
  return sockets;
}

// Without these few the start would fail somewhere, with a message that is about something else.
Status has_descriptors() {
  constexpr int fewest = 8;  // beside 0, 1 and 2
  std::vector<UniqueFd> taken;
  for (int i = 0; i < fewest; ++i) {
    taken.emplace_back(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
    if (!taken.back()) return system_failure("at least " + std::to_string(3 + fewest) + " descriptors are needed", errno);
  }
  return {};
}

int start(const Options& options) {
  for (const auto check : {has_descriptors, check_proc}) {
    const auto found = check();
    if (found) continue;
    std::fprintf(stderr, "code-analysisd: %s\n", found.error().message.c_str());
    return exit_code::cannot_create;
  }
  ReadOutcome outcome = shell::read_in_process(options.config, true);
  if (!outcome.plan) return print_errors(outcome.errors);
  Plan plan = std::move(*outcome.plan);
  const std::string pid_file = options.pid_file.empty() ? plan.pid_file : absolute(options.pid_file);
  UniqueFd report;
  if (options.daemonize) report = daemonize();
  block_signals();
  if (::chdir("/") != 0) return exit_code::cannot_create;
  GuardianConfig config{plan.runtime_dir, plan.state_dir, pid_file, sockets_of(plan), report.release()};
  return run_guardian(config, [&](SupervisorHalf half) {
    return shell::Supervisor({std::move(plan), options.daemonize}, std::move(half)).run();
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::strcmp(argv[1], shell::reader_argument) == 0) {
    return reader_main(argv[3], shell::reader_output, std::strcmp(argv[2], "start") == 0);
  }
  tidy_descriptors(-1);
  std::string error;
  const auto options = parse(std::vector<std::string>(argv + 1, argv + argc), error);
  if (!options) {
    std::fprintf(stderr, "code-analysisd: %s\n%s", printable(error).c_str(), usage_text);
    return exit_code::usage;
  }
  if (options->help) return std::fputs(usage_text, stdout), exit_code::ok;
  if (options->version) return std::printf("code-analysisd %s\n", CODE_ANALYSIS_VERSION), exit_code::ok;
  if (options->check) return check(options->config);
  if (options->print) return print_configuration(options->config);
  return start(*options);
}
