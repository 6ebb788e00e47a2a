// code-analysisctl: talks to the running supervisor over its control socket.
#include <fmt/format.h>

#include <exception>

#include "cli/code-analysisctl/arguments.h"
#include "cli/code-analysisctl/commands.h"
#include "cli/code-analysisctl/runtime_dir.h"
#include "common/exit_code.h"
#include "common/printable.h"
#include "version.h"

namespace {

int run(int argc, char** argv) {
  using namespace ca;
  auto invocation = ctl::parse_arguments({argv + 1, argv + argc});
  if (!invocation) {
    fmt::print(stderr, "code-analysisctl: {}\nTry 'code-analysisctl --help'.\n", printable(invocation.error().message));
    return exit_code::usage;
  }
  if (invocation->help) {
    fmt::print("{}", invocation->verb ? ctl::command_help(*invocation->verb) : ctl::program_help());
    return ctl::exit_done;
  }
  if (invocation->version) {
    fmt::print("code-analysisctl {}\n", CODE_ANALYSIS_VERSION);
    return ctl::exit_done;
  }
  auto runtime_dir = ctl::find_runtime_dir(invocation->runtime_dir, invocation->config);
  if (!runtime_dir) {
    fmt::print(stderr, "code-analysisctl: {}\n", printable(runtime_dir.error().message));
    return ctl::exit_failed;
  }
  return ctl::run_command(*invocation, *runtime_dir + "/control.sock");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "code-analysisctl: {}\n", ca::printable(error.what()));
    return ca::ctl::exit_failed;
  }
}
