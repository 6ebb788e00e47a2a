// What code_mapper writes: three YAML files, and a report on standard output.
#pragma once

#include <string>
#include <string_view>

#include "cli/code_mapper/options.h"
#include "cli/code_mapper/project.h"

namespace ca::code_mapper {

// A YAML double-quoted scalar that any reader gives back as `text`. REQUIRES: valid UTF-8.
std::string yaml_string(std::string_view text);

// Writes the three files into the folder, which is made where it is missing; each appears whole or not at all, and none is ever whole
// in memory. Errors: the folder cannot be made, a file not be written. Blocks.
Status write_reports(const std::string& folder, const Project& project);

std::string text_report(const Project& project);
std::string json_report(const Project& project);
// SARIF 2.1.0. Reads the files with issues once more, for the columns. Blocks.
std::string sarif_report(const Options& options, const Project& project);

}  // namespace ca::code_mapper
