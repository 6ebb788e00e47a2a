#include "cli/code-analysisctl/projects_program.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "cli/code-analysisctl/child_output.h"

extern char** environ;

namespace ca::ctl {

namespace {

std::vector<std::string> command_line(const std::vector<std::string>& arguments) {
  const std::string name = "libexec/code-analysis/projects";
  const std::string found = program_beside({name, "../" + name});
  std::vector<std::string> argv{found.empty() ? name : found};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return argv;
}

// The variables of this process, less its own PG* ones, and those given.
std::vector<std::string> whole_environment(const std::vector<std::string>& added) {
  std::vector<std::string> variables = added;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (std::string_view(*entry).substr(0, 2) != "PG") variables.emplace_back(*entry);
  }
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

}  // namespace

bool has_own_driver(const Json& status) {
  const auto& processes = status["processes"];
  return std::any_of(processes.begin(), processes.end(), [](const Json& process) {
    return process.value("name", "") == "driver" && process.value("builtin", false);
  });
}

Result<std::vector<std::string>> driver_environment(const Json& status) {
  for (const auto& process : status["processes"]) {
    if (process["name"] != "driver") continue;
    if (process["state"] != "ready") return failure("the database's driver is not ready: " + process["state"].get<std::string>());
    for (const auto& address : process["listen"]) {
      const auto socket = address.get<std::string>();
      const auto name = socket.rfind("/.s.PGSQL.");
      if (name == std::string::npos) continue;
      return std::vector<std::string>{"PGHOST=" + socket.substr(0, name), "PGPORT=" + socket.substr(socket.rfind('.') + 1),
                                      "PGDATABASE=code_analysis", "PGUSER=code_analysis", "PGAPPNAME=code-analysisctl",
                                      "PGOPTIONS=-c code_analysis.priority=interactive"};
    }
    return failure("the driver has no socket");
  }
  return failure("this tree has no database");
}

Error become_projects_program(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
  auto argv = command_line(arguments);
  auto variables = whole_environment(environment);
  ::execve(argv[0].c_str(), pointers(argv).data(), pointers(variables).data());
  return system_failure("cannot run " + argv[0], errno).value();
}

Result<std::string> ask_projects_program(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                                         Milliseconds timeout) {
  auto output = run_child({command_line(arguments), whole_environment(environment), timeout, true});
  if (!output && output.error().code == ETIMEDOUT) return failure("the database does not answer");
  if (!output) return tl::unexpected(output.error());
  if (output->exit_code != 0) return failure("the database cannot be reached");
  return std::move(output->text);
}

}  // namespace ca::ctl
