#include "cli/code-analysisctl/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "common/posix.h"

namespace ca::ctl {

namespace {

struct CommandText {
  Verb verb;
  std::string_view name;
  std::size_t operands;
  std::string_view usage;    // behind the command's name
  std::string_view options;  // its own options, separated by blanks
  std::string_view summary;
  std::string_view detail;
};

constexpr std::size_t any_number = SIZE_MAX;  // of operands: libexec/code-analysis/projects looks at them

constexpr std::array<CommandText, 15> commands{{
    {Verb::status, "status", 0, "[--json] [--watch]", "--json --watch", "show the process tree",
     "  --json    the supervisor's own answer, for programs\n"
     "  --watch   again every second, until interrupted\n"},
    {Verb::start, "start", 1, "NAME", "", "start a process that is stopped or failed",
     "Returns once it is ready. Its back-off starts afresh.\n"},
    {Verb::stop, "stop", 1, "NAME", "", "stop a process and keep it down",
     "Returns once it has exited and what it started is gone. The rest of the tree runs on.\n"},
    {Verb::restart, "restart", 1, "NAME [--rolling]", "--rolling", "stop a process and start it again",
     "Returns once the new one is ready. Its back-off starts afresh.\n"
     "  --rolling   one instance after the other (not supported yet)\n"},
    {Verb::signal, "signal", 2, "NAME SIG", "", "send a signal to a process",
     "SIG is a name (HUP, SIGHUP) or a number.\n"},
    {Verb::scale, "scale", 2, "NAME N", "", "run N instances of a worker (not supported yet)", ""},
    {Verb::reload, "reload", 0, "", "", "read the configuration again, as HUP does",
     "An invalid file changes nothing; every error is printed. A changed valid one is refused in this version.\n"},
    {Verb::upgrade, "upgrade", 0, "", "", "replace the supervisor's program in place (not supported yet)", ""},
    {Verb::shutdown, "shutdown", 0, "[--now]", "--now", "stop the whole tree in order",
     "Returns once the supervisor has ended.\n"
     "  --now   kill instead of asking; still top tier first\n"},
    {Verb::events, "events", 0, "[--follow]", "--follow", "show the last events, one JSON object a line",
     "  --follow   then each event as it happens, until interrupted\n"},
    {Verb::logs, "logs", 1, "NAME [--follow]", "--follow", "show a process's output (not supported yet)", ""},
    {Verb::wait, "wait", 0, "--ready [--timeout D]", "--ready --timeout", "wait until the whole tree is ready",
     "  --ready       what to wait for\n"
     "  --timeout D   give up after D (250ms, 30s, 5m): exit code 1\n"},
    {Verb::mcp, "mcp", 0, "", "", "Model Context Protocol over standard input and output",
     "For agents that start a program. Passes one message a line on to the server of the running tree;\n"
     "$CODE_ANALYSIS_TOKEN is the bearer token, where the server wants one.\n"},
    {Verb::project, "project", any_number, "add|remove|list ...", "", "add a source tree to the running system, remove or list them",
     "  add NAME PATH [--exclude PATTERN]... [--index-secrets]   index the tree at PATH, from now on\n"
     "  remove NAME                                              forget one that was added so\n"
     "  list [--json]                                            each with how far its index is\n"
     "PATTERN is as in .gitignore. What the configuration file names can be changed there only.\n"},
    {Verb::verify, "verify", any_number, "PROJECT [--json]", "", "compare a project's tree with the database",
     "Reads every file. Prints what differs: missing (not in the database), extra (not in the tree), stale (other bytes\n"
     "were indexed), pending (noticed, not indexed yet), unseen (it cannot be looked at). Exit code 1 where\n"
     "something does for three seconds.\n"},
}};

const CommandText& text_of(Verb verb) {
  return *std::find_if(commands.begin(), commands.end(), [&](const CommandText& text) { return text.verb == verb; });
}

const CommandText* find_command(std::string_view name) {
  const auto found =
      std::find_if(commands.begin(), commands.end(), [&](const CommandText& text) { return text.name == name; });
  return found == commands.end() ? nullptr : &*found;
}

bool takes_option(const CommandText& command, std::string_view option) {
  const std::string padded = fmt::format(" {} ", command.options);
  return padded.find(fmt::format(" {} ", option)) != std::string::npos;
}

// Walks over the arguments once; options may stand before or behind the command.
class Parser {
 public:
  explicit Parser(const std::vector<std::string_view>& arguments) : arguments_(arguments) {}

  Result<Invocation> run() {
    for (; next_ < arguments_.size(); ++next_) {
      const auto argument = arguments_[next_];
      if (takes_the_rest()) {
        invocation_.operands.emplace_back(argument);
        continue;
      }
      const bool is_option = !options_ended_ && argument.size() > 1 && argument.front() == '-';
      auto taken = is_option ? option(argument) : operand(argument);
      if (!taken) return tl::unexpected(taken.error());
    }
    return finish();
  }

 private:
  // What stands behind `project` and `verify` is another program's to understand, a plea for help apart.
  bool takes_the_rest() const {
    return command_ != nullptr && command_->operands == any_number && arguments_[next_] != "--help" && arguments_[next_] != "-h";
  }

  Status operand(std::string_view argument) {
    if (command_ != nullptr) {
      invocation_.operands.emplace_back(argument);
      return {};
    }
    if (argument == "help" && !invocation_.help) {
      invocation_.help = true;
      return {};
    }
    command_ = find_command(argument);
    if (command_ == nullptr) return failure(fmt::format("unknown command '{}'", argument));
    invocation_.verb = command_->verb;
    return {};
  }

  Status option(std::string_view argument) {
    if (argument == "--") {
      options_ended_ = true;
      return {};
    }
    const auto equals = argument.find('=');
    const auto name = argument.substr(0, equals);
    if (name == "--runtime-dir") return value_of(argument, equals, invocation_.runtime_dir);
    if (name == "--config") return value_of(argument, equals, invocation_.config);
    if (name == "--timeout") return timeout(argument, equals);
    if (name == "-h") {
      invocation_.help = true;
      return {};
    }
    bool* flag = flag_of(name);
    if (flag == nullptr) return failure(fmt::format("unknown option '{}'", name));
    if (equals != std::string_view::npos) return failure(fmt::format("option '{}' takes no value", name));
    *flag = true;
    if (name != "--help" && name != "--version") used_.emplace_back(name);
    return {};
  }

  bool* flag_of(std::string_view name) {
    if (name == "--help") return &invocation_.help;
    if (name == "--version") return &invocation_.version;
    if (name == "--json") return &invocation_.json;
    if (name == "--watch") return &invocation_.watch;
    if (name == "--rolling") return &invocation_.rolling;
    if (name == "--now") return &invocation_.now;
    if (name == "--follow") return &invocation_.follow;
    if (name == "--ready") return &ready_;
    return nullptr;
  }

  Status value_of(std::string_view argument, std::size_t equals, std::string& value) {
    if (equals != std::string_view::npos) {
      value = argument.substr(equals + 1);
    } else if (++next_ < arguments_.size()) {
      value = arguments_[next_];
    }
    if (value.empty()) return failure(fmt::format("option '{}' needs a value", argument.substr(0, equals)));
    return {};
  }

  Status timeout(std::string_view argument, std::size_t equals) {
    std::string value;
    if (auto taken = value_of(argument, equals, value); !taken) return taken;
    auto duration = parse_duration(value);
    if (!duration) return failure("--timeout: " + duration.error().message);
    invocation_.timeout = *duration;
    used_.emplace_back("--timeout");
    return {};
  }

  Result<Invocation> finish() {
    if (invocation_.help || invocation_.version) return std::move(invocation_);
    if (command_ == nullptr) return failure("no command given");
    for (const auto& option : used_) {
      if (!takes_option(*command_, option)) {
        return failure(fmt::format("'{}' does not take the option '{}'", command_->name, option));
      }
    }
    if (!invocation_.runtime_dir.empty() && !invocation_.config.empty()) {
      return failure("--runtime-dir and --config exclude each other");
    }
    const bool counts = command_->operands != any_number;
    if (counts ? invocation_.operands.size() != command_->operands : invocation_.operands.empty()) {
      return failure(fmt::format("usage: code-analysisctl {} {}", command_->name, command_->usage));
    }
    if (command_->verb == Verb::wait && !ready_) return failure("wait needs --ready");
    if (command_->verb == Verb::signal && signal_number(invocation_.operands[1]) == 0) {
      return failure(fmt::format("'{}' is no signal", invocation_.operands[1]));
    }
    return std::move(invocation_);
  }

  const std::vector<std::string_view>& arguments_;
  std::size_t next_ = 0;
  bool options_ended_ = false;
  bool ready_ = false;
  const CommandText* command_ = nullptr;
  std::vector<std::string> used_;
  Invocation invocation_;
};

constexpr std::string_view common_options =
    "Options:\n"
    "  --runtime-dir DIR   the folder of the supervisor's control socket\n"
    "  --config FILE       take the folder from the supervisor's configuration file\n"
    "                      (neither: $CODE_ANALYSIS_RUNTIME_DIR, else /run/code-analysis)\n"
    "  --help              this text, or that of the command\n"
    "  --version           the version of this program\n"
    "\n"
    "Exit code: 0 done, 1 refused or failed, 3 the supervisor is not running, 64 wrong command line\n";

}  // namespace

Result<Invocation> parse_arguments(const std::vector<std::string_view>& arguments) { return Parser(arguments).run(); }

Result<Milliseconds> parse_duration(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  std::int64_t factor = 0;
  if (unit == "ms") factor = 1;
  if (unit == "s") factor = 1000;
  if (unit == "m") factor = 60'000;
  if (unit == "h") factor = 3'600'000;
  constexpr std::int64_t longest_ms = 366LL * 24 * 3'600'000;
  if (error != std::errc() || number < 0 || factor == 0 || number > longest_ms / factor) {
    return failure(fmt::format("'{}' is no duration such as 250ms, 30s or 5m", text));
  }
  return Milliseconds(number * factor);
}

std::string program_help() {
  std::string text = "code-analysisctl [--runtime-dir DIR | --config FILE] COMMAND\n\nTalks to a running code-analysisd.\n\nCommands:\n";
  for (const auto& command : commands) {
    text += fmt::format("  {:<30} {}\n", fmt::format("{} {}", command.name, command.usage), command.summary);
  }
  text += "\nNAME is a process (indexer.1), or all the instances of one (indexer).\n"
          "'code-analysisctl COMMAND --help' says more about a command.\n\n";
  return text.append(common_options);
}

std::string command_help(Verb verb) {
  const auto& command = text_of(verb);
  const auto usage = fmt::format("code-analysisctl {} {}", command.name, command.usage);
  return fmt::format("{}\n\n{}\n{}{}\n{}", usage.substr(0, usage.find_last_not_of(' ') + 1), command.summary,
                     command.detail.empty() ? "" : "\n", command.detail, common_options);
}

}  // namespace ca::ctl
