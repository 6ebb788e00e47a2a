#include "analysis/imports/resolver.h"

#include "tests/support/catch.h"

using namespace ca::analysis;
using namespace ca::analysis::imports;

namespace {

struct Asked {
  Language language;
  const char* importer;
  const char* target;
  const char* expected;  // a path, "folder/" for a package without a file of its own, "!" missing, "" foreign
  const char* name = "";
  int level = 0;
  bool is_system = false;
};

std::string answer(const Resolver& resolver, const Asked& asked) {
  Import import;
  import.target = asked.target;
  import.name = asked.name;
  import.relative_level = asked.level;
  import.is_system = asked.is_system;
  const Resolved found = resolver.resolve(asked.language, asked.importer, import);
  switch (found.kind) {
    case Resolved::Kind::foreign: return "";
    case Resolved::Kind::missing: return "!";
    case Resolved::Kind::file: return found.path;
    case Resolved::Kind::folder: return found.path + "/";
  }
  return "?";
}

void check(const Resolver& resolver, const std::vector<Asked>& cases) {
  for (const Asked& asked : cases) {
    INFO(asked.importer << " imports " << std::string(static_cast<std::size_t>(asked.level), '.') << asked.target << " " << asked.name);
    CHECK(answer(resolver, asked) == asked.expected);
  }
}

}  // namespace

TEST_CASE("a Python import leads to the module, the package or the submodule") {
  const Resolver resolver({"setup.py", "tool.py", "pkg/__init__.py", "pkg/a.py", "pkg/sub/__init__.py", "pkg/sub/deep.py", "pkg/fast.cpython-311.so",
                           "src/other/__init__.py", "src/other/b.py", "src/other/typed.pyi", "space/one.py", "scripts/run.py", "scripts/helper.py",
                           "nested/app/core/__init__.py", "nested/app/core/x.py", "nested/app/core/y.py"},
                          {"pkg/tests", "pkg/version.py"});
  const Language python = Language::python;
  check(resolver, {
      {python, "setup.py", "pkg", "pkg/__init__.py"},
      {python, "setup.py", "pkg", "pkg/a.py", "a"},
      {python, "setup.py", "pkg", "pkg/__init__.py", "name"},
      {python, "setup.py", "pkg", "pkg/__init__.py", "*"},
      {python, "setup.py", "pkg.sub.deep", "pkg/sub/deep.py", "f"},
      {python, "setup.py", "pkg.gone", "!"},
      {python, "setup.py", "pkg.sub.gone", "!", "f"},
      {python, "setup.py", "pkg.fast", ""},           // compiled
      {python, "setup.py", "pkg.version", ""},        // there, and not looked at
      {python, "setup.py", "pkg.tests.support", ""},
      {python, "setup.py", "os.path", "", "join"},
      {python, "setup.py", "numpy", ""},
      {python, "setup.py", "other.b", "src/other/b.py"},
      {python, "setup.py", "other.typed", "src/other/typed.pyi"},
      {python, "src/other/b.py", "other.gone", "!"},
      {python, "setup.py", "space", "space/"},
      {python, "setup.py", "space.one", "space/one.py"},
      {python, "setup.py", "space", "space/one.py", "one"},
      {python, "setup.py", "space", "!", "gone"},
      {python, "setup.py", "space.gone", "!"},
      {python, "scripts/run.py", "helper", "scripts/helper.py"},
      {python, "scripts/run.py", "tool", "tool.py"},
      {python, "nested/app/core/x.py", "core.y", "nested/app/core/y.py"},
      {python, "nested/app/core/x.py", "core", "nested/app/core/y.py", "y"},
      {python, "pkg/a.py", "", "pkg/sub/__init__.py", "sub", 1},
      {python, "pkg/a.py", "", "pkg/__init__.py", "name", 1},
      {python, "pkg/a.py", "sub", "pkg/sub/deep.py", "deep", 1},
      {python, "pkg/sub/deep.py", "a", "pkg/a.py", "f", 2},
      {python, "pkg/sub/__init__.py", "deep", "pkg/sub/deep.py", "f", 1},
      {python, "pkg/sub/deep.py", "gone", "!", "f", 1},
      {python, "pkg/a.py", "x", "!", "f", 4},         // out of the tree
      {python, "scripts/run.py", "", "scripts/helper.py", "helper", 1},
      {python, "scripts/run.py", "", "!", "gone", 1},
      {python, "tool.py", "", "setup.py", "setup", 1},
  });
}

TEST_CASE("an include leads to the file beside, above or the only one that ends like it") {
  const Resolver resolver({"common/log.h", "common/io/fd.h", "app/main.cc", "app/log.h", "app/parts/x.cc", "lib/include/lib/api.h", "lib/src/api.cc",
                           "lib/src/impl.h", "include/public.h", "one/util.h", "two/util.h", "deep/only/here/rare.h"},
                          {"common/version.h"});
  const Language cpp = Language::cpp, c = Language::c;
  check(resolver, {
      {cpp, "app/main.cc", "log.h", "app/log.h"},
      {cpp, "app/parts/x.cc", "log.h", "app/log.h"},
      {cpp, "app/parts/x.cc", "../log.h", "app/log.h"},
      {cpp, "app/main.cc", "./parts/../log.h", "app/log.h"},
      {cpp, "app/main.cc", "common/log.h", "common/log.h"},
      {cpp, "app/main.cc", "io/fd.h", "common/io/fd.h"},       // the only one
      {c, "app/main.cc", "here/rare.h", "deep/only/here/rare.h"},
      {c, "app/main.cc", "util.h", ""},                        // two of them
      {c, "app/main.cc", "stdio.h", ""},
      {c, "app/main.cc", "config.h", ""},                      // a build may make it
      {c, "app/main.cc", "common/gone.h", "!"},
      {c, "app/main.cc", "common/gone.pb.h", ""},
      {c, "app/main.cc", "common/version.h", ""},              // there, and not looked at
      {c, "app/main.cc", "build/generated.h", ""},
      {c, "app/main.cc", "../gone.h", "!"},
      {c, "app/main.cc", "../../above.h", ""},                 // above the root
      {c, "app/main.cc", "/usr/include/x.h", ""},
      {cpp, "lib/src/api.cc", "lib/api.h", "lib/include/lib/api.h"},
      {cpp, "lib/src/api.cc", "lib/api.h", "lib/include/lib/api.h", "", 0, true},
      {cpp, "app/main.cc", "public.h", "include/public.h", "", 0, true},
      {cpp, "app/main.cc", "common/log.h", "common/log.h", "", 0, true},
      {cpp, "app/main.cc", "log.h", "", "", 0, true},          // <log.h> is not the neighbour
      {cpp, "app/main.cc", "impl.h", "", "", 0, true},
      {cpp, "app/main.cc", "common/gone.h", "", "", 0, true},
  });
}

TEST_CASE("a script's import may leave out the ending and the index") {
  const Resolver resolver({"web/app.js", "web/dom.js", "web/style.css", "src/main.ts", "src/model.ts", "src/view.tsx", "src/types.d.ts", "src/parts/index.ts",
                           "src/index.js", "src/old.mts", "src/data.json", "packages/a/package.json"},
                          {"src/generated"});
  const Language js = Language::javascript, ts = Language::typescript;
  check(resolver, {
      {js, "web/app.js", "./dom.js", "web/dom.js"},
      {js, "web/app.js", "./dom", "web/dom.js"},
      {js, "web/app.js", "./dom.js?raw", "web/dom.js"},
      {js, "web/app.js", "./style.css", "web/style.css"},
      {js, "web/app.js", "./gone.js", "!"},
      {js, "web/app.js", "../src/main", "src/main.ts"},
      {js, "web/app.js", "react", ""},
      {js, "web/app.js", "/dom.js", ""},
      {js, "web/app.js", "#alias/x", ""},
      {ts, "src/main.ts", "./model", "src/model.ts"},
      {ts, "src/main.ts", "./model.js", "src/model.ts"},
      {ts, "src/main.ts", "./view.jsx", "src/view.tsx"},
      {ts, "src/main.ts", "./old.mjs", "src/old.mts"},
      {ts, "src/main.ts", "./types", "src/types.d.ts"},
      {ts, "src/main.ts", "./data", "src/data.json"},
      {ts, "src/main.ts", "./parts", "src/parts/index.ts"},
      {ts, "src/main.ts", "./parts/", "src/parts/index.ts"},
      {ts, "src/parts/index.ts", "..", "src/index.js"},
      {ts, "src/main.ts", ".", "src/index.js"},
      {ts, "src/main.ts", "./generated/api", ""},
      {ts, "src/main.ts", "../dist/x", ""},
      {ts, "src/main.ts", "../packages/a", ""},
      {ts, "src/main.ts", "../../outside", ""},
      {ts, "src/main.ts", "../gone", "!"},
  });
}

TEST_CASE("a Java import leads to the file of the class, a wildcard to the package's folder") {
  const Resolver resolver({"app/src/main/java/org/example/app/Main.java", "lib/src/main/java/org/example/util/Checks.java",
                           "lib/src/main/java/org/example/util/Kt.kt", "other/src/main/java/org/example/app/Main.java"}, {});
  const Language java = Language::java;
  const char* main = "app/src/main/java/org/example/app/Main.java";
  const char* checks = "lib/src/main/java/org/example/util/Checks.java";
  check(resolver, {
      {java, main, "org.example.util.Checks", checks},
      {java, main, "org.example.util.Checks", checks, "that"},            // static
      {java, main, "org.example.util.Checks.Inner", checks},
      {java, main, "org.example.util", "lib/src/main/java/org/example/util/", "*"},
      {java, main, "org.example.app.Main", main},                         // the nearest of two
      {java, checks, "org.example.app.Main", ""},
      {java, main, "org.example.util.Gone", "!"},
      {java, main, "org.example.util.Kt", ""},
      {java, main, "java.util.List", ""},
      {java, main, "java.util.function", "", "*"},
  });
}

TEST_CASE("a Go import leads to a folder of its module") {
  const std::vector<std::string> files = {"go.mod", "main.go", "internal/store/store.go", "tools/go.mod", "tools/gen/gen.go", "docs/page.md"};
  const Resolver resolver(files, {}, {{"", "example.com/me/prog"}, {"tools", "example.com/me/prog/tools"}});
  const Language go = Language::go;
  check(resolver, {
      {go, "main.go", "example.com/me/prog/internal/store", "internal/store/"},
      {go, "internal/store/store.go", "example.com/me/prog", "/"},
      {go, "main.go", "example.com/me/prog/tools/gen", "tools/gen/"},
      {go, "main.go", "example.com/me/prog/docs", "!"},
      {go, "main.go", "example.com/me/program", ""},
      {go, "main.go", "github.com/x/internal/store", ""},
      {go, "main.go", "net/http", ""},
      {go, "main.go", "./internal/store", "internal/store/"},
  });
  check(Resolver(files, {}), {
      {go, "main.go", "example.com/me/prog/internal/store", "internal/store/"},
      {go, "main.go", "example.com/me/store", ""},
      {go, "main.go", "internal/store", ""},
  });
  CHECK(go_module_path("// a comment\nmodule example.com/x // why\n\ngo 1.22\n") == "example.com/x");
  CHECK(go_module_path("module \"quoted/path\"\r\n") == "quoted/path");
  CHECK(go_module_path("modules\nmodule\n").empty());
}

TEST_CASE("a Rust path leads to the last module that has a file") {
  const Resolver resolver({"src/lib.rs", "src/base.rs", "src/net/mod.rs", "src/net/http.rs", "src/wide.rs", "src/wide/inner.rs", "src/bin/tool.rs"}, {});
  const Language rust = Language::rust;
  check(resolver, {
      {rust, "src/lib.rs", "self::base", "src/base.rs"},              // mod base;
      {rust, "src/lib.rs", "self::net", "src/net/mod.rs"},
      {rust, "src/net/mod.rs", "self::http", "src/net/http.rs"},
      {rust, "src/wide.rs", "self::inner", "src/wide/inner.rs"},
      {rust, "src/lib.rs", "crate::net::http::Client", "src/net/http.rs"},
      {rust, "src/base.rs", "crate::wide::inner", "src/wide/inner.rs", "*"},
      {rust, "src/base.rs", "crate::Item", "src/lib.rs"},
      {rust, "src/net/http.rs", "super::Kind", "src/net/mod.rs"},
      {rust, "src/net/http.rs", "super::super::base::B", "src/base.rs"},
      {rust, "src/wide/inner.rs", "super::Wide", "src/wide.rs"},
      {rust, "src/base.rs", "self::Local", ""},
      {rust, "src/lib.rs", "self::gone", ""},
      {rust, "src/lib.rs", "std::fmt", ""},
  });
}

TEST_CASE("a sourced script is looked for beside the script, at the root and by its end") {
  const Resolver resolver({"run.sh", "bin/start", "bin/common.sh", "lib/log.sh", "deep/down/rare.sh"}, {"local.sh"});
  const Language bash = Language::bash;
  check(resolver, {
      {bash, "bin/start", "common.sh", "bin/common.sh"},
      {bash, "bin/start", "./common.sh", "bin/common.sh"},
      {bash, "run.sh", "./lib/log.sh", "lib/log.sh"},
      {bash, "bin/start", "lib/log.sh", "lib/log.sh"},
      {bash, "bin/start", "$DIR/common.sh", "bin/common.sh"},
      {bash, "bin/start", "${DIR}/down/rare.sh", "deep/down/rare.sh"},
      {bash, "bin/start", "$(dirname \"$0\")/../lib/log.sh", "lib/log.sh"},
      {bash, "bin/start", "$(dirname $0)/gone.sh", "!"},
      {bash, "bin/start", "${BASH_SOURCE%/*}/gone.sh", "!"},
      {bash, "bin/start", "$DIR/gone.sh", ""},
      {bash, "bin/start", "$DIR/$NAME.sh", ""},
      {bash, "bin/start", "$FILE", ""},
      {bash, "bin/start", "/etc/os-release", ""},
      {bash, "bin/start", "~/.profile", ""},
      {bash, "run.sh", "./local.sh", ""},
      {bash, "bin/start", "./gone.sh", "!"},
      {bash, "bin/start", "../../../etc/x", ""},
  });
}

TEST_CASE("paths are joined without leaving the project") {
  CHECK(join("a/b", "../c") == "a/c");
  CHECK(join("", "./a//b/.") == "a/b");
  CHECK(join("a", "../../b").empty());
  CHECK(folder_of("a/b/c") == "a/b");
  CHECK(folder_of("a").empty());
  CHECK(name_of("a/b") == "b");
}

TEST_CASE("what is left out is not missing, whether its ending is written or not") {
  const std::vector<std::string> files = {"src/a.js"};
  const Language script = Language::javascript;
  check(Resolver(files, {"src/config.js", "src/.hidden", "src/made"}), {
      {script, "src/a.js", "./config", ""},
      {script, "src/a.js", "./config.js", ""},
      {script, "src/a.js", "./made/x.js", ""},
      {script, "src/a.js", "./other", "!"},
  });
  check(Resolver(files, {""}), {{script, "src/a.js", "./other", ""}});
}
