#include "cli/code_mapper/options.h"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>

#include "common/posix.h"

namespace ca::code_mapper {
namespace {

constexpr std::size_t max_config_bytes = 4u << 20;

std::optional<std::uint32_t> parse_number(const std::string& text) {
  std::uint32_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Status set_value(Options& options, const std::string& name, const std::string& value) {
  auto bad = [&] { return failure(name + ": bad value '" + value + "'"); };
  if (name == "--root-dir") {
    options.root_dir = value;
  } else if (name == "--output-dir") {
    options.output_dir = value;
  } else if (name == "--config") {
    options.config_file = value;
  } else if (name == "--baseline") {
    options.baseline_file = value;
  } else if (name == "--max-lines" || name == "--jobs") {
    std::optional<std::uint32_t> number = parse_number(value);
    if (!number || *number == 0 || (name == "--jobs" && *number > 1024)) return bad();
    if (name == "--jobs") options.jobs = *number;
    if (name == "--max-lines") options.max_lines = *number;
  } else if (name == "--format") {
    if (value != "text" && value != "json" && value != "sarif") return bad();
    options.format = value == "text" ? Format::text : value == "json" ? Format::json : Format::sarif;
  } else {
    using analysis::Severity;
    if (value != "info" && value != "warning" && value != "error") return bad();
    options.fail_on = value == "info" ? Severity::info : value == "warning" ? Severity::warning : Severity::error;
  }
  return {};
}

bool set_flag(Options& options, const std::string& name) {
  if (name == "--exit-zero") return options.exit_zero = true;
  if (name == "--include-tests") return options.include_tests = true;
  if (name == "-v" || name == "--verbose") return options.verbose = true;
  if (name == "--version") return options.show_version = true;
  if (name == "-h" || name == "--help") return options.show_help = true;
  return false;
}

std::string long_name(const std::string& name) {
  if (name == "-r") return "--root-dir";
  if (name == "-o") return "--output-dir";
  if (name == "-m") return "--max-lines";
  static const std::set<std::string> with_value = {"--root-dir", "--output-dir", "--max-lines", "--config",
                                                   "--baseline", "--format", "--fail-on", "--jobs"};
  return with_value.count(name) ? name : std::string();
}

// Throws YAML::Exception and std::runtime_error; read_config turns both into values.
void read_limits(const YAML::Node& node, analysis::Limits& limits) {
  for (const auto& entry : node) {
    const auto key = entry.first.as<std::string>();
    const auto value = entry.second.as<std::uint32_t>();
    if (key == "max_file_lines") limits.max_file_lines = value;
    else if (key == "max_function_lines") limits.max_function_lines = value;
    else if (key == "max_parameters") limits.max_parameters = value;
    else if (key == "max_nesting") limits.max_nesting = value;
    else if (key == "max_complexity") limits.max_complexity = value;
    else throw std::runtime_error("unknown limit '" + key + "'");
  }
}

void read_ids(const YAML::Node& node, std::set<std::string>& ids) {
  for (const auto& id : node) ids.insert(id.as<std::string>());
}

void read_path_rules(const YAML::Node& node, Options& options) {
  for (const auto& item : node) {
    PathRules rules;
    rules.limits = options.limits;
    for (const auto& entry : item) {
      const auto key = entry.first.as<std::string>();
      if (key == "path") rules.pattern = analysis::paths::IgnoreFile(entry.second.as<std::string>());
      else if (key == "disable") read_ids(entry.second, rules.disabled);
      else if (key == "limits") read_limits(entry.second, rules.limits);
      else throw std::runtime_error("unknown key '" + key + "' in paths");
    }
    options.paths.push_back(std::move(rules));
  }
}

void apply_config(const YAML::Node& root, Options& options) {
  if (root.IsNull()) return;
  if (!root.IsMap()) throw std::runtime_error("the file must be a mapping");
  if (root["limits"]) read_limits(root["limits"], options.limits);  // first: the paths start from them
  for (const auto& entry : root) {
    const auto key = entry.first.as<std::string>();
    if (key == "limits") continue;
    if (key == "disable") read_ids(entry.second, options.disabled);
    else if (key == "paths") read_path_rules(entry.second, options);
    else if (key == "include_tests") options.include_tests = options.include_tests || entry.second.as<bool>();
    else if (key == "exclude") {
      for (const auto& pattern : entry.second) options.exclude += pattern.as<std::string>() + "\n";
    } else throw std::runtime_error("unknown key '" + key + "'");
  }
}

}  // namespace

const char* usage_text() {
  return "usage: code_mapper [options]\n"
         "Maps a source tree and reports code-quality issues.\n"
         "  -r, --root-dir DIR     the tree (default: the current folder)\n"
         "  -o, --output-dir DIR   where the YAML files go (default: code_analysis)\n"
         "  -m, --max-lines N      a file with more lines is an issue\n"
         "  --config FILE          limits, disabled issues, excluded paths\n"
         "  --baseline FILE        a code_issues.yaml of before: what stands in it is not told again\n"
         "  --format FORMAT        standard output: text, json or sarif\n"
         "  --fail-on SEVERITY     exit 1 only from this severity on: info, warning or error\n"
         "  --exit-zero            exit 0 where issues were found\n"
         "  --include-tests        look into test folders too\n"
         "  --jobs N               threads (default: one a processor)\n"
         "  -v, --verbose          name each file\n"
         "  --version, --help\n";
}

Result<Options> parse_arguments(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string name = arguments[i], value;
    std::size_t equals = name.starts_with("--") ? name.find('=') : std::string::npos;
    const bool has_value = equals != std::string::npos;
    if (has_value) {
      value = name.substr(equals + 1);
      name.resize(equals);
    } else if (set_flag(options, name)) {
      continue;
    }
    const std::string option = long_name(name);
    if (option.empty()) return failure("unknown option '" + arguments[i] + "'");
    if (!has_value) {
      if (i + 1 >= arguments.size()) return failure(name + " needs a value");
      value = arguments[++i];
    }
    if (value.empty()) return failure(name + " needs a value");
    if (Status set = set_value(options, option, value); !set) return tl::unexpected(set.error());
  }
  if (options.max_lines > 0) options.limits.max_file_lines = options.max_lines;
  return options;
}

Status read_config(Options& options) {
  if (options.config_file.empty()) return {};
  Result<std::string> text = read_file(options.config_file, max_config_bytes);
  if (!text) return tl::unexpected(text.error());
  try {
    apply_config(YAML::Load(*text), options);
  } catch (const YAML::Exception& error) {
    return failure(options.config_file + ":" + std::to_string(error.mark.line + 1) + ": " + error.msg);
  } catch (const std::exception& error) {
    return failure(options.config_file + ": " + error.what());
  }
  if (options.max_lines > 0) options.limits.max_file_lines = options.max_lines;
  return {};
}

}  // namespace ca::code_mapper
