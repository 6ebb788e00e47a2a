// code_mapper's command line and its configuration file.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "analysis/analyse.h"
#include "analysis/paths/ignore.h"
#include "common/result.h"

namespace ca::code_mapper {

enum class Format : std::uint8_t { text, json, sarif };

// What holds for the files that a pattern matches, on top of what holds for all.
struct PathRules {
  analysis::paths::IgnoreFile pattern;
  std::set<std::string> disabled;
  analysis::Limits limits;
};

struct Options {
  std::string root_dir = ".";
  std::string output_dir = "code_analysis";
  std::string config_file, baseline_file;  // empty: none
  Format format = Format::text;
  analysis::Severity fail_on = analysis::Severity::info;
  bool exit_zero = false, include_tests = false, verbose = false, show_help = false, show_version = false;
  unsigned jobs = 0;                       // 0: as many as there are processors
  analysis::Limits limits;
  std::uint32_t max_lines = 0;             // from the command line; 0: as the configuration says
  std::set<std::string> disabled;          // ids of issues that are not looked for
  std::string exclude;                     // further ignore rules, one a line
  std::vector<PathRules> paths;            // a later one wins
};

const char* usage_text();

// Errors: an unknown option, a missing or bad value; the message names it.
Result<Options> parse_arguments(const std::vector<std::string>& arguments);

// Reads options.config_file into `options`. Errors: unreadable, no YAML, an unknown key, a value of the wrong type.
Status read_config(Options& options);

}  // namespace ca::code_mapper
