// Which file of a project an import leads to. Paths in, path out: nothing is opened, so the answer is as good as the customs of
// the languages are; search paths that only a build knows (-I, PYTHONPATH, tsconfig's "paths") are not known here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/analyse.h"
#include "analysis/facts.h"
#include "analysis/imports/project_paths.h"

namespace ca::analysis::imports {

// A Go module: the folder of its go.mod and the path that this names.
struct GoModule {
  std::string folder;
  std::string path;
};

// The module path in the text of a go.mod; empty where it names none.
std::string go_module_path(std::string_view go_mod);

struct Resolved {
  enum class Kind {
    foreign,  // of others, or not to be told from that
    missing,  // the project's own by the way it is written, and not there
    file,     // `path` is that file
    folder,   // a package that is a folder and has no file of its own (Go, Java's `.*`, Python without __init__.py)
  };
  Kind kind = Kind::foreign;
  std::string path;
};

// Immutable once made: any number of threads may ask at once.
class Resolver {
 public:
  Resolver(const std::vector<std::string>& files, const std::vector<std::string>& left_out, std::vector<GoModule> go_modules = {});

  // `importer`: the path of the file that holds the import.
  Resolved resolve(Language language, std::string_view importer, const Import& import) const;

 private:
  ProjectPaths paths_;
  std::vector<GoModule> go_modules_;  // the longest module path first
};

// One function a language, for the table in resolver.cc.
Resolved resolve_python(const ProjectPaths& paths, std::string_view importer, const Import& import);
Resolved resolve_c(const ProjectPaths& paths, std::string_view importer, const Import& import);
Resolved resolve_script(const ProjectPaths& paths, std::string_view importer, const Import& import);  // JavaScript, TypeScript, TSX
Resolved resolve_java(const ProjectPaths& paths, std::string_view importer, const Import& import);
Resolved resolve_rust(const ProjectPaths& paths, std::string_view importer, const Import& import);
Resolved resolve_bash(const ProjectPaths& paths, std::string_view importer, const Import& import);
Resolved resolve_go(const ProjectPaths& paths, const std::vector<GoModule>& modules, std::string_view importer, const Import& import);

}  // namespace ca::analysis::imports
