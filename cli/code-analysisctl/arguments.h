// The command line of code-analysisctl as a value; no I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/result.h"

namespace ca::ctl {

enum class Verb { status, start, stop, restart, signal, reload, shutdown, events, wait, mcp, scale, upgrade, logs, project, verify };

struct Invocation {
  std::optional<Verb> verb;              // nullopt: only with help or version
  bool help = false;                     // of the command, or of the program where there is none
  bool version = false;
  std::string runtime_dir;               // --runtime-dir; empty: not given
  std::string config;                    // --config; empty: not given
  std::vector<std::string> operands;     // NAME, then SIG or N; of project and verify all that stands behind the command
  bool json = false, watch = false;      // status
  bool rolling = false;                  // restart
  bool now = false;                      // shutdown
  bool follow = false;                   // events, logs
  std::optional<Milliseconds> timeout;   // wait
};

// `arguments` without the program's name. Errors: anything that the help does not describe (exit code 64).
Result<Invocation> parse_arguments(const std::vector<std::string_view>& arguments);

// "250ms", "30s", "5m", "1h" to milliseconds. Errors: no number, no unit, too large.
Result<Milliseconds> parse_duration(std::string_view text);

std::string program_help();
std::string command_help(Verb verb);

}  // namespace ca::ctl
