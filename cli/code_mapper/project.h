// The facts of a whole tree, and the issues that only the whole shows.
#pragma once

#include <string>
#include <vector>

#include "analysis/analyse.h"
#include "cli/code_mapper/options.h"
#include "cli/code_mapper/tree.h"

namespace ca::code_mapper {

struct MappedFile {
  std::string path;   // its bytes as they are
  std::string shown;  // the same as valid UTF-8
  analysis::Language language = analysis::Language::python;
  analysis::Facts facts;
};

struct Project {
  std::vector<MappedFile> files;    // sorted by path
  std::vector<std::string> errors;  // what could not be read, one line each
};

// Reads and analyses the files on options.jobs threads. Blocks.
Project map_project(const Options& options, Tree tree);

// Adds "unresolved-import" and "circular-import" to the Python files concerned.
void check_imports(Project& project);

// Takes out what the configuration disables and what stands in the baseline. Errors: the baseline cannot be read.
Status drop_unwanted(const Options& options, Project& project);

std::size_t count_issues(const Project& project, analysis::Severity at_least);

}  // namespace ca::code_mapper
