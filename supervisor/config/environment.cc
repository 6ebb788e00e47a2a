#include "supervisor/config/environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/posix.h"
#include "supervisor/config/expand.h"

namespace ca::config {
namespace {

constexpr std::size_t max_env_file = 1 << 20;  // bytes

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string_view without_quotes(std::string_view text) {
  const bool quoted_whole = text.size() >= 2 && text.front() == text.back() && (text.front() == '"' || text.front() == '\'');
  return quoted_whole ? text.substr(1, text.size() - 2) : text;
}

// Why a process may not be given this variable; "": it may.
std::string objection(std::string_view name) {
  if (!is_variable_name(name)) return fmt::format("{} is no variable name", quote(name));
  if (is_protocol_variable(name)) return fmt::format("{} is set by the supervisor itself", name);
  return "";
}

void add_env_file(const Value& file, Environment& environment, Diagnostics& diagnostics) {
  const auto text = read_file(file.text, max_env_file);
  if (!text) return diagnostics.host_fact(file.mark, "env_file: " + text.error().message);
  auto variables = parse_env_file(*text);
  if (!variables) {
    return diagnostics.error(file.mark, fmt::format("env_file: {}: {}", file.text, variables.error().message));
  }
  environment = std::move(*variables);
}

}  // namespace

bool is_protocol_variable(std::string_view name) {
  constexpr std::array<std::string_view, 8> names{"READY_FD",    "NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_FDNAMES",
                                                  "LISTEN_PID", "WATCHDOG_USEC", "WATCHDOG_PID", "CONFIG_FD"};
  return name.starts_with("CODE_ANALYSIS_") || std::find(names.begin(), names.end(), name) != names.end();
}

Result<Environment> parse_env_file(std::string_view text) {
  Environment environment;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    if (line.starts_with("export ")) line = trimmed(line.substr(7));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) return failure(fmt::format("line {}: expected NAME=value", number));
    const std::string_view name = trimmed(line.substr(0, equals));
    if (const std::string why = objection(name); !why.empty()) return failure(fmt::format("line {}: {}", number, why));
    if (line.find('\0') != std::string_view::npos) return failure(fmt::format("line {}: a NUL byte", number));
    environment.emplace_back(name, without_quotes(trimmed(line.substr(equals + 1))));
  }
  return environment;
}

Environment configured_environment(const Settings& process, Diagnostics& diagnostics) {
  Environment environment;
  if (!process.text("env_file").empty()) add_env_file(process.at("env_file"), environment, diagnostics);
  for (const auto& [name, value] : process.at("env").variables) {
    if (const std::string why = objection(name.text); !why.empty()) {
      diagnostics.error(name.mark, "env: " + why);
    } else {
      environment.emplace_back(name.text, value);
    }
  }
  return environment;
}

Environment database_environment(const std::string& runtime_dir, int port, const std::string& process_name,
                                 const std::string& priority) {
  return {{"PGHOST", runtime_dir},
          {"PGPORT", std::to_string(port)},
          {"PGDATABASE", "code_analysis"},
          {"PGUSER", "code_analysis"},
          {"PGAPPNAME", process_name},
          {"PGOPTIONS", "-c code_analysis.priority=" + priority}};
}

}  // namespace ca::config
