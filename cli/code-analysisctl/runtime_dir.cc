#include "cli/code-analysisctl/runtime_dir.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <yaml-cpp/yaml.h>

#include "common/posix.h"
#include "common/unique_fd.h"

extern char** environ;

namespace ca::ctl {

namespace {

namespace fs = std::filesystem;

// Beside this program, in its ../sbin; else the bare name, which is looked up in PATH.
std::string supervisor_program() {
  std::error_code error;
  const fs::path own = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    for (const auto& candidate : {own.parent_path() / "code-analysisd", own.parent_path() / "../sbin/code-analysisd"}) {
      if (::access(candidate.c_str(), X_OK) == 0) return candidate.string();
    }
  }
  return "code-analysisd";
}

int exit_code_of(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Standard output of `code-analysisd --config FILE --print-config`; its errors go to our own standard error.
Result<std::string> print_config(const std::string& config) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_failure("pipe2", errno);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  const std::string program = supervisor_program();
  const std::array<const char*, 5> argv{program.c_str(), "--config", config.c_str(), "--print-config", nullptr};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, writer.get(), STDOUT_FILENO);
  pid_t pid = -1;
  const int error =
      ::posix_spawnp(&pid, program.c_str(), &actions, nullptr, const_cast<char* const*>(argv.data()), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return system_failure("cannot run " + program + " to read " + config, error);
  writer.reset();
  constexpr std::size_t limit = 64u << 20;
  auto text = read_to_end(reader.get(), limit);
  if (const int code = exit_code_of(pid); code != 0) {
    return failure(config + ": code-analysisd could not read it (exit code " + std::to_string(code) + ")");
  }
  return text;
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
