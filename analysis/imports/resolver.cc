#include "analysis/imports/resolver.h"

#include <algorithm>

namespace ca::analysis::imports {

Resolver::Resolver(const std::vector<std::string>& files, const std::vector<std::string>& left_out, std::vector<GoModule> go_modules)
    : paths_(files, left_out), go_modules_(std::move(go_modules)) {
  std::stable_sort(go_modules_.begin(), go_modules_.end(),
                   [](const GoModule& a, const GoModule& b) { return a.path.size() > b.path.size(); });
}

Resolved Resolver::resolve(Language language, std::string_view importer, const Import& import) const {
  switch (language) {
    case Language::python: return resolve_python(paths_, importer, import);
    case Language::c:
    case Language::cpp: return resolve_c(paths_, importer, import);
    case Language::javascript:
    case Language::typescript:
    case Language::tsx: return resolve_script(paths_, importer, import);
    case Language::java: return resolve_java(paths_, importer, import);
    case Language::rust: return resolve_rust(paths_, importer, import);
    case Language::go: return resolve_go(paths_, go_modules_, importer, import);
    case Language::bash: return resolve_bash(paths_, importer, import);
  }
  return {};
}

}  // namespace ca::analysis::imports
