// code_mapper: maps a source tree and reports issues; needs no daemon and no database.
#include <cstdio>
#include <filesystem>
#include <new>

#include "cli/code_mapper/options.h"
#include "cli/code_mapper/project.h"
#include "cli/code_mapper/reports.h"
#include "common/exit_code.h"
#include "common/printable.h"
#include "version.h"

namespace {

using namespace ca;
using namespace ca::code_mapper;

constexpr int issues_found = 1;
constexpr int some_unreadable = 2;

int fail(int code, const std::string& message) {
  std::fprintf(stderr, "code_mapper: %s\n", printable_lines(message).c_str());
  return code;
}

std::string report(const Options& options, const Project& project) {
  switch (options.format) {
    case Format::text: return text_report(project);
    case Format::json: return json_report(project);
    case Format::sarif: return sarif_report(options, project);
  }
  return {};
}

int run(const Options& options) {
  std::error_code error;
  if (!std::filesystem::is_directory(options.root_dir, error)) {
    return fail(some_unreadable, options.root_dir + (error ? ": " + error.message() : " is no folder"));
  }
  const Tree tree = find_files(options);
  Project project = map_project(options, tree);
  check_imports(options, tree, project);
  if (Status applied = apply_rules(options, project); !applied) return fail(exit_code::usage, applied.error().message);
  if (Status written = write_reports(options.output_dir, project); !written) return fail(some_unreadable, written.error().message);
  const std::string text = report(options, project);
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (std::fflush(stdout) != 0) return fail(some_unreadable, "standard output cannot be written");
  for (const std::string& message : project.errors) fail(0, message);
  if (!project.errors.empty()) return some_unreadable;
  if (options.exit_zero) return exit_code::ok;
  return count_issues(project, options.fail_on) > 0 ? issues_found : exit_code::ok;
}

}  // namespace

int main(int argc, char** argv) {
  Result<Options> options = parse_arguments({argv + 1, argv + argc});
  if (!options) {
    fail(0, options.error().message);
    std::fputs(usage_text(), stderr);
    return exit_code::usage;
  }
  if (options->show_help) return std::fputs(usage_text(), stdout) < 0 ? 1 : 0;
  if (options->show_version) return std::printf("code_mapper %s\n", CODE_ANALYSIS_VERSION) < 0 ? 1 : 0;
  if (Status config = read_config(*options); !config) {
    std::fprintf(stderr, "%s\n", printable_lines(config.error().message).c_str());
    return exit_code::usage;
  }
  try {
    return run(*options);
  } catch (const std::bad_alloc&) {
    return fail(some_unreadable, "there is not enough memory");
  }
}
