// What the imports of a whole project show: where each leads, those that lead nowhere, and those that lead back.
#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>

#include "analysis/imports/resolver.h"
#include "analysis/source.h"
#include "analysis/suppressions.h"
#include "analysis/text.h"
#include "cli/code_mapper/cycles.h"
#include "cli/code_mapper/project.h"
#include "common/posix.h"

namespace ca::code_mapper {
namespace {

using analysis::Import;
using analysis::Issue;
using analysis::Language;
using analysis::Severity;
using analysis::imports::Resolved;

constexpr std::size_t max_go_mod_bytes = 1u << 20, no_limit = SIZE_MAX / 2;

analysis::imports::Resolver make_resolver(const Options& options, const Tree& tree) {
  std::vector<analysis::imports::GoModule> modules;
  for (const std::string& path : tree.files) {
    if (analysis::imports::name_of(path) != "go.mod") continue;
    const std::string text = read_file(options.root_dir + "/" + path, max_go_mod_bytes).value_or(std::string());
    modules.push_back({std::string(analysis::imports::folder_of(path)), analysis::imports::go_module_path(text)});
  }
  return {tree.files, tree.left_out, std::move(modules)};
}

Issue issue_at(const char* id, std::string message, std::uint32_t line) { return {id, Severity::warning, std::move(message), {line, line, 0, 0}}; }

std::string written(const Import& import) {
  std::string text = std::string(static_cast<std::size_t>(import.relative_level), '.') + import.target;
  if (import.target.empty() && !import.name.empty()) text += (import.relative_level > 0 ? " : " : "") + import.name;
  return text;
}

// The languages in which a circle does harm as the files are loaded. Go refuses one, Rust and Java allow it by design.
bool circles_do_harm(Language language) {
  switch (language) {
    case Language::python:
    case Language::javascript:
    case Language::typescript:
    case Language::tsx:
    case Language::c:
    case Language::cpp:
    case Language::bash: return true;
    case Language::go:
    case Language::rust:
    case Language::java: return false;
  }
  return false;
}

// The second half of a header, which includes the first one again on purpose.
bool is_header_part(std::string_view path) {
  for (const char* ending : {".inl", ".ipp", ".tcc", ".tpp", ".txx", "-inl.h", "_inl.h", "_impl.h", "-impl.h", "_impl.hpp", "-impl.hpp"}) {
    if (path.ends_with(ending)) return true;
  }
  return false;
}

bool is_loaded_at_once(const MappedFile& file, const Import& import) {
  return import.at_top_level && !import.types_only && circles_do_harm(file.language) && !is_header_part(file.path);
}

void report_cycle(Project& project, const std::vector<std::size_t>& cycle) {
  std::string names;
  for (std::size_t i = 0; i < cycle.size() && i < 8; ++i) names += project.files[cycle[i]].shown + " -> ";
  names += cycle.size() > 8 ? "..." : project.files[cycle.front()].shown;
  MappedFile& file = project.files[cycle.front()];
  std::uint32_t line = 1;
  for (std::size_t i = 0; i < file.resolved.size(); ++i) {
    if (file.resolved[i] == project.files[cycle[1]].path && is_loaded_at_once(file, file.facts.imports[i])) {
      line = file.facts.imports[i].line;
      break;
    }
  }
  file.facts.issues.push_back(issue_at("circular-import", "files import each other in a circle: " + names, line));
}

// Comments silence these issues as they do others; the analyser was done before they were found.
void sort_and_silence(const Options& options, MappedFile& file, std::vector<std::string>& errors) {
  const Result<std::string> bytes = read_file(options.root_dir + "/" + file.path, no_limit);
  if (bytes) {
    analysis::drop_suppressed(analysis::Source(*bytes).parse_bytes(), file.facts.issues);
  } else {
    errors.push_back(bytes.error().message);
  }
  std::stable_sort(file.facts.issues.begin(), file.facts.issues.end(),
                   [](const Issue& a, const Issue& b) { return a.range.start_line < b.range.start_line; });
}

}  // namespace

void check_imports(const Options& options, const Tree& tree, Project& project) {
  const analysis::imports::Resolver resolver = make_resolver(options, tree);
  std::unordered_map<std::string, std::size_t> index;
  for (std::size_t i = 0; i < project.files.size(); ++i) index.emplace(project.files[i].path, i);
  Edges edges(project.files.size());
  std::vector<std::size_t> before;
  for (std::size_t i = 0; i < project.files.size(); ++i) {
    MappedFile& file = project.files[i];
    before.push_back(file.facts.issues.size());
    for (const Import& import : file.facts.imports) {
      Resolved found = resolver.resolve(file.language, file.path, import);
      if (found.kind == Resolved::Kind::missing) {
        file.facts.issues.push_back(issue_at("unresolved-import", "import of the project's own " + written(import) + " that is not there", import.line));
      }
      const auto target = index.find(found.path);
      if (found.kind == Resolved::Kind::file && target != index.end() && target->second != i && is_loaded_at_once(file, import)) {
        edges[i].push_back(target->second);
      }
      file.resolved.push_back(std::move(found.path));
    }
  }
  for (const std::vector<std::size_t>& cycle : find_cycles(edges)) report_cycle(project, cycle);
  for (std::size_t i = 0; i < project.files.size(); ++i) {
    if (project.files[i].facts.issues.size() > before[i]) sort_and_silence(options, project.files[i], project.errors);
  }
}

}  // namespace ca::code_mapper
