#include "cli/code_mapper/options.h"

#include <charconv>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "common/posix.h"

namespace ca::code_mapper {
namespace {

std::optional<std::uint32_t> parse_number(const std::string& text) {
  std::uint32_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Status bad_value(const std::string& name, const std::string& value) { return failure(name + ": bad value '" + value + "'"); }

Status set_number(Options& options, const std::string& name, const std::string& value) {
  constexpr std::uint32_t most_jobs = 1024;
  const std::optional<std::uint32_t> number = parse_number(value);
  if (!number || *number == 0 || (name == "--jobs" && *number > most_jobs)) return bad_value(name, value);
  if (name == "--jobs") options.jobs = *number;
  else options.max_lines = options.limits.max_file_lines = *number;
  return {};
}

template <class T>
Status set_choice(T& choice, const std::map<std::string, T>& choices, const std::string& name, const std::string& value) {
  const auto found = choices.find(value);
  if (found == choices.end()) return bad_value(name, value);
  choice = found->second;
  return {};
}

Status set_value(Options& options, const std::string& name, const std::string& value) {
  using analysis::Severity;
  using TextField = decltype(&Options::root_dir);
  static const std::map<std::string, TextField> texts = {{"--root-dir", &Options::root_dir}, {"--output-dir", &Options::output_dir},
                                                                      {"--config", &Options::config_file}, {"--baseline", &Options::baseline_file}};
  if (const auto text = texts.find(name); text != texts.end()) {
    options.*text->second = value;
    return {};
  }
  if (name == "--format") {
    return set_choice<Format>(options.format, {{"text", Format::text}, {"json", Format::json}, {"sarif", Format::sarif}}, name, value);
  }
  if (name == "--fail-on") {
    return set_choice<Severity>(options.fail_on, {{"info", Severity::info}, {"warning", Severity::warning}, {"error", Severity::error}}, name, value);
  }
  return set_number(options, name, value);
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

}  // namespace

const char* usage_text() {
  return "usage: code_mapper [options]\n"
         "Maps a source tree and reports code-quality issues.\n"
         "  -r, --root-dir DIR     the tree (default: the current folder)\n"
         "  -o, --output-dir DIR   where the YAML files go (default: code_analysis)\n"
         "  -m, --max-lines N      a file with more lines is an issue (default: 400, or as the configuration says)\n"
         "  --config FILE          limits and severities, for all or for some paths (default: .code_mapper.yaml in the tree's root)\n"
         "  --baseline FILE        a code_issues.yaml of before: what stands in it is not told again\n"
         "  --format FORMAT        standard output: text (default), json or sarif; the YAML files are written whatever it says\n"
         "  --fail-on SEVERITY     exit 1 only from this severity on: info, warning or error\n"
         "  --exit-zero            exit 0 where issues were found\n"
         "  --include-tests        look into test folders too\n"
         "  --jobs N               threads (default: one a processor)\n"
         "  -v, --verbose          name each file\n"
         "  --version, --help\n"
         "exit codes: 0 no issue, 1 issues found, 2 some files could not be opened or read, 64 usage\n";
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
  std::string path = options.config_file;
  if (path.empty()) {
    path = options.root_dir + "/" + default_config_name;
    std::error_code unknown;
    if (!std::filesystem::is_regular_file(path, unknown)) return {};
  }
  Result<std::string> text = read_file(path, max_config_bytes);
  if (!text) return tl::unexpected(text.error());
  Result<Config> config = parse_config(*text, path);
  if (!config) return tl::unexpected(config.error());
  options.config = std::move(*config);
  for (const auto& [field, value] : options.config.all.limits) options.limits.*field = value;
  if (options.max_lines > 0) options.limits.max_file_lines = options.max_lines;
  options.include_tests = options.include_tests || options.config.include_tests;
  return {};
}

}  // namespace ca::code_mapper
