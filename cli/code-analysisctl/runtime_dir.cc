#include "cli/code-analysisctl/runtime_dir.h"

#include <cstdlib>
#include <yaml-cpp/yaml.h>

#include "cli/code-analysisctl/child_output.h"

namespace ca::ctl {

namespace {

// Standard output of `code-analysisd --config FILE --print-config`; its errors go to our own standard error.
Result<std::string> print_config(const std::string& config) {
  const std::string beside = program_beside({"code-analysisd", "../sbin/code-analysisd"});
  auto output = run_child({{beside.empty() ? "code-analysisd" : beside, "--config", config, "--print-config"}, {}, {}, false});
  if (!output) return failure(output.error().message + ", to read " + config, output.error().code);
  if (output->exit_code != 0) {
    return failure(config + ": code-analysisd could not read it (exit code " + std::to_string(output->exit_code) + ")");
  }
  return std::move(output->text);
}

}  // namespace

Result<std::string> runtime_dir_of(std::string_view printed_config) {
  try {
    const YAML::Node root = YAML::Load(std::string(printed_config));
    if (!root.IsMap() || !root["code_analysis"].IsMap()) return failure("the printed configuration has no code_analysis");
    const auto value = root["code_analysis"]["runtime_dir"];
    if (!value || !value.IsScalar() || value.Scalar().empty()) {
      return failure("the printed configuration has no runtime_dir");
    }
    return value.Scalar();
  } catch (const YAML::Exception& error) {
    return failure(std::string("the printed configuration is not YAML: ") + error.what());
  }
}

Result<std::string> find_runtime_dir(const std::string& runtime_dir, const std::string& config) {
  if (!runtime_dir.empty()) return runtime_dir;
  if (!config.empty()) {
    auto text = print_config(config);
    if (!text) return tl::unexpected(text.error());
    return runtime_dir_of(*text);
  }
  const char* environment = std::getenv("CODE_ANALYSIS_RUNTIME_DIR");
  if (environment != nullptr && *environment != '\0') return std::string(environment);
  return std::string("/run/code-analysis");
}

}  // namespace ca::ctl
