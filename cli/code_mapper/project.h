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
  std::vector<std::string> resolved;  // beside facts.imports: the file or folder of the tree, empty where it is none of it
};

struct Project {
  std::vector<MappedFile> files;    // sorted by path
  std::vector<std::string> errors;  // what could not be read, one line each
};

// Reads and analyses the files on options.jobs threads. Blocks.
Project map_project(const Options& options, const Tree& tree);

// Finds out where each import leads, and adds "unresolved-import" and "circular-import" to the files concerned. Reads go.mod files,
// and the files with such an issue once more (a comment may silence it). Blocks.
void check_imports(const Options& options, const Tree& tree, Project& project);

// Takes out what the configuration switches off and what stands in the baseline; severities become the configured ones.
// Errors: the baseline cannot be read. Blocks.
Status apply_rules(const Options& options, Project& project);

std::size_t count_issues(const Project& project, analysis::Severity at_least);

}  // namespace ca::code_mapper
