// The source files of a tree.
#pragma once

#include <string>
#include <vector>

#include "cli/code_mapper/options.h"

namespace ca::code_mapper {

struct Tree {
  std::vector<std::string> files;   // relative to the root, sorted; the bytes of the names as they are
  std::vector<std::string> left_out;  // files and folders that are there and were not looked at
  std::vector<std::string> errors;  // folders, entries and ignore files that could not be read, one line each
};

// Every regular file that git's ignore rules, the names of generated folders and (unless asked for) of test folders and the
// names of secrets leave. Links are not followed, so that no loop can be. Blocks.
Tree find_files(const Options& options);

}  // namespace ca::code_mapper
