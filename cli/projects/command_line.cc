#include "cli/projects/command_line.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "database/text.h"

namespace ca::workers {

namespace {

constexpr std::size_t longest_name = 200;

struct Form {
  ProjectVerb verb;
  std::string_view name;
  std::size_t operands;
  std::string_view usage;
};

constexpr Form forms[] = {
    {ProjectVerb::add, "add", 2, "add NAME PATH [--exclude PATTERN]... [--index-secrets]"},
    {ProjectVerb::remove, "remove", 1, "remove NAME"},
    {ProjectVerb::list, "list", 0, "list [--json]"},
    {ProjectVerb::verify, "verify", 1, "verify NAME [--json]"},
    {ProjectVerb::status, "status", 0, "status [--json]"},
};

const Form* form_of(std::string_view name) {
  for (const Form& form : forms) {
    if (form.name == name) return &form;
  }
  return nullptr;
}

// A project's name stands in URLs, logs and command lines.
Status check_name(const std::string& name) {
  if (name.empty() || name.size() > longest_name || !is_valid_text(name)) {
    return failure(fmt::format("a project's name is UTF-8 of 1 to {} bytes", longest_name));
  }
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x21 || c == 0x7f || c == '/') {
      return failure(fmt::format("'{}' is no project's name: it has a blank, a slash or a control character", valid_text(name)));
    }
  }
  return {};
}

// Takes what is an option at `i`, with its value where that is the next argument; false where it is none of this form.
bool take_option(const std::vector<std::string_view>& arguments, std::size_t& i, ProjectCommand& command) {
  const std::string_view argument = arguments[i];
  if (command.verb != ProjectVerb::add) {
    return argument == "--json" && command.verb != ProjectVerb::remove && (command.json = true);
  }
  if (argument == "--index-secrets") return command.project.index_secrets = true;
  if (argument.starts_with("--exclude=")) {
    command.project.exclude.emplace_back(argument.substr(argument.find('=') + 1));
    return true;
  }
  if (argument != "--exclude" || i + 1 >= arguments.size()) return false;
  command.project.exclude.emplace_back(arguments[++i]);
  return true;
}

}  // namespace

Result<ProjectCommand> parse_project_command(const std::vector<std::string_view>& arguments, const std::string& folder) {
  const Form* form = arguments.empty() ? nullptr : form_of(arguments[0]);
  if (form == nullptr) return failure("one of add, remove, list, verify and status must come first");
  ProjectCommand command;
  command.verb = form->verb;
  std::vector<std::string> operands;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    if (take_option(arguments, i, command)) continue;
    if (arguments[i].starts_with("-")) {
      return failure(fmt::format("'{}' is not understood here; usage: {}", arguments[i], form->usage));
    }
    operands.emplace_back(arguments[i]);
  }
  if (operands.size() != form->operands) return failure(fmt::format("usage: {}", form->usage));
  if (form->operands == 0) return command;
  command.project.name = operands[0];
  if (auto checked = check_name(command.project.name); !checked) return tl::unexpected(checked.error());
  if (form->verb == ProjectVerb::add) {
    const auto path = (std::filesystem::path(folder) / operands[1]).lexically_normal();
    command.project.path = path.has_filename() ? path.string() : path.parent_path().string();
    if (!is_valid_text(command.project.path)) return failure("PATH is not UTF-8: such a folder cannot be a project's root");
  }
  return command;
}

}  // namespace ca::workers
