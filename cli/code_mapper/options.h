// code_mapper's command line.
#pragma once

#include <string>
#include <vector>

#include "analysis/analyse.h"
#include "cli/code_mapper/config.h"
#include "common/result.h"

namespace ca::code_mapper {

enum class Format : std::uint8_t { text, json, sarif };

struct Options {
  std::string root_dir = ".";
  std::string output_dir = "code_analysis";
  std::string config_file, baseline_file;  // empty: none named
  Format format = Format::text;
  analysis::Severity fail_on = analysis::Severity::info;
  bool exit_zero = false, include_tests = false, verbose = false, show_help = false, show_version = false;
  unsigned jobs = 0;                       // 0: as many as there are processors
  std::uint32_t max_lines = 0;             // 0: as the configuration says
  analysis::Limits limits;                 // where the configuration's paths say nothing else
  Config config;
};

const char* usage_text();

// Errors: an unknown option, a missing or bad value; the message names it.
Result<Options> parse_arguments(const std::vector<std::string>& arguments);

// Reads options.config_file, or the default one of the tree where that is there, into `options`; the command line's own words win
// over what the file says for the whole project. Errors: unreadable, or as parse_config. Blocks.
Status read_config(Options& options);

}  // namespace ca::code_mapper
