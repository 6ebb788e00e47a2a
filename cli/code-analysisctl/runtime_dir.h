// Where the running supervisor's control socket is.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"

namespace ca::ctl {

// `--runtime-dir`, else the runtime_dir of `--config`, else $CODE_ANALYSIS_RUNTIME_DIR, else /run/code-analysis.
// The configuration file is read by `code-analysisd --print-config`, which knows its defaults and expansions; that
// program is looked for beside this one, in ../sbin, and in PATH.
// Errors: code-analysisd cannot be found or run; the configuration is invalid (its errors are in the message).
// Blocks: while code-analysisd reads the file.
Result<std::string> find_runtime_dir(const std::string& runtime_dir, const std::string& config);

// runtime_dir out of what `--print-config` prints. Errors: not YAML, no code_analysis.runtime_dir.
Result<std::string> runtime_dir_of(std::string_view printed_config);

}  // namespace ca::ctl
