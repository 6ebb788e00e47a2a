#!/usr/bin/env python3
"""Every kind of issue, in every language in which it can be: a small file that has it, and one like it that has not.

    check_issue_kinds.py CODE_MAPPER CHECKOUT
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

PROGRAM, CHECKOUT = sys.argv[1], pathlib.Path(sys.argv[2])

# name of the file -> how a function, its parameters, a branch, an error handler and so on are written there.
LANGUAGES = {
    "py": {
        "function": "def f({parameters}):\n    '''Doc.'''\n{body}    return 1\n", "parameter": "p{}", "line": "    print({})\n",
        "branch": "    if a{}:\n        print(1)\n", "nest": lambda n: "".join("    " * (i + 1) + "if a:\n" for i in range(n)) + "    " * (n + 1) + "b()\n",
        "head": "'''Doc.'''\n", "foot": "",
    },
    "c": {
        "function": "/** Doc. */\nint f({parameters}) {{\n{body}  return 1;\n}}\n", "parameter": "int p{}", "line": "  g({});\n",
        "branch": "  if (a{}) g(1);\n", "nest": lambda n: "if (a) {" * n + "g();" + "}" * n + "\n", "head": "// Doc.\n\n", "foot": "",
    },
    "java": {
        "function": "/** Doc. */\nclass A {{ /** Doc. */\nint f({parameters}) {{\n{body}  return 1;\n}} }}\n", "parameter": "int p{}", "line": "  g({});\n",
        "branch": "  if (a{}) g(1);\n", "nest": lambda n: "if (a) {" * n + "g();" + "}" * n + "\n", "head": "", "foot": "",
    },
    "go": {
        "function": "func f({parameters}) int {{\n{body}\treturn 1\n}}\n", "parameter": "p{} int", "line": "\tg({})\n",
        "branch": "\tif a{} {{\n\t\tg(1)\n\t}}\n", "nest": lambda n: "if a {\n" * n + "g()\n" + "}\n" * n, "head": "// Package x.\npackage x\n\n", "foot": "",
    },
    "rs": {
        "function": "fn f({parameters}) -> i32 {{\n{body}    1\n}}\n", "parameter": "p{}: i32", "line": "    g({});\n",
        "branch": "    if a{} {{ g(1); }}\n", "nest": lambda n: "if a {" * n + "g();" + "}" * n + "\n", "head": "//! Doc.\n\n", "foot": "",
    },
    "js": {
        "function": "/** Doc. */\nexport function f({parameters}) {{\n{body}  return 1;\n}}\n", "parameter": "p{}", "line": "  g({});\n",
        "branch": "  if (a{}) g(1);\n", "nest": lambda n: "if (a) {" * n + "g();" + "}" * n + "\n", "head": "// Doc.\n\n", "foot": "",
    },
    "sh": {
        "function": "f() {{\n{body}  return 1\n}}\n", "parameter": None, "line": "  g {}\n",
        "branch": "  if a{}; then g 1; fi\n", "nest": lambda n: "if a; then\n" * n + "g\n" + "fi\n" * n, "head": "#!/bin/bash\n# Doc.\n\n", "foot": "",
    },
}
LANGUAGES["cc"] = LANGUAGES["c"]
LANGUAGES["ts"] = LANGUAGES["tsx"] = {**LANGUAGES["js"], "parameter": "p{}: number"}


def measured():
    """(file, text, ids that it must have, ids that it must not have) of everything that is counted."""
    for ending, language in LANGUAGES.items():
        name = {"java": "A.java"}.get(ending, f"x.{ending}")

        def source(body="", parameters=0, language=language):
            names = ", ".join(language["parameter"].format(i) for i in range(parameters)) if parameters else ""
            return language["head"] + language["function"].format(parameters=names, body=body)

        clean = {"function-too-long", "complexity", "nesting-too-deep", "too-many-parameters", "file-too-long", "parse-error"}
        yield name, source("".join(language["line"].format(i) for i in range(60)), 7 if language["parameter"] else 0), set(), clean
        yield name, source("".join(language["line"].format(i) for i in range(80))), {"function-too-long"}, {"file-too-long", "complexity"}
        yield name, source("".join(language["branch"].format(i) for i in range(16))), {"complexity"}, {"nesting-too-deep"}
        yield name, source("".join(language["branch"].format(i) for i in range(14))), set(), {"complexity"}
        yield name, source(language["nest"](6)), {"nesting-too-deep"}, {"complexity", "parse-error"}
        yield name, source(language["nest"](5)), set(), {"nesting-too-deep"}
        yield name, source() + "\n" * 400, {"file-too-long"}, {"function-too-long"}
        if language["parameter"]:
            yield name, source(parameters=8), {"too-many-parameters"}, {"parse-error"}


# What is not counted: (file, text with the issue, its id, the same without it).
KINDS = [
    ("x.py", "def f():\n    return 1\n", "missing-docstring", "'''D.'''\n\n\ndef f():\n    '''D.'''\n    return 1\n"),
    ("x.h", "int f(void);\n", "missing-doc-comment", "/// The file.\n\n/// D.\nint f(void);\n"),
    ("x.hpp", "class A {};\n", "missing-doc-comment", "/// The file.\n\n/// D.\nclass A {};\n"),
    ("A.java", "public class A {}\n", "missing-doc-comment", "/** D. */\npublic class A {}\n"),
    ("x.go", "package x\n\nfunc F() {}\n", "missing-doc-comment", "// Package x is.\npackage x\n\n// F does.\nfunc F() { g() }\n"),
    ("lib.rs", "pub fn f() { g() }\n", "missing-doc-comment", "//! D.\n\n/// D.\npub fn f() { g() }\n"),
    ("x.js", "export function f() { g(); }\n", "missing-doc-comment", "// The file.\n\n/** D. */\nexport function f() { g(); }\n"),
    ("x.ts", "export class A {}\n", "missing-doc-comment", "// The file.\n\n/** D. */\nexport class A {}\n"),
    ("x.sh", "echo 1\n", "missing-doc-comment", "# What it does.\n\necho 1\n"),
    ("x.py", "try:\n    f()\nexcept OSError:\n    pass\n", "empty-exception-handler", "try:\n    f()\nexcept OSError:\n    g()\n"),
    ("x.cc", "void f() { try { g(); } catch (const E& e) {} }\n", "empty-exception-handler", "void f() { try { g(); } catch (const E& e) { h(); } }\n"),
    ("A.java", "class A { void f() { try { g(); } catch (E e) {} } }\n", "empty-exception-handler",
     "class A { void f() { try { g(); } catch (E e) { h(); } } }\n"),
    ("x.js", "try { f(); } catch (e) {}\n", "empty-exception-handler", "try { f(); } catch (e) { g(e); }\n"),
    ("x.ts", "try { f(); } catch {}\n", "empty-exception-handler", "try { f(); } catch { g(); }\n"),
    ("x.py", "try:\n    f()\nexcept:\n    g()\n", "catch-all-exception-handler", "try:\n    f()\nexcept:\n    g()\n    raise\n"),
    ("x.cc", "void f() { try { g(); } catch (...) { h(); } }\n", "catch-all-exception-handler", "void f() { try { g(); } catch (...) { h(); throw; } }\n"),
    ("A.java", "class A { void f() { try { g(); } catch (Throwable e) { h(); } } }\n", "catch-all-exception-handler",
     "class A { void f() { try { g(); } catch (Throwable e) { throw e; } } }\n"),
    ("x.py", "def f():\n    pass\n", "unfinished-body", "class A(ABC):\n    @abstractmethod\n    def f(self):\n        pass\n"),
    ("A.java", "class A { void f() { throw new UnsupportedOperationException(); } }\n", "unfinished-body", "class A { void f() { g(); } }\n"),
    ("x.js", "function f() { throw new Error('not implemented'); }\n", "unfinished-body", "function f() { throw new Error('wrong input'); }\n"),
    ("x.go", "package x\n\nfunc f() { panic(\"not implemented\") }\n", "unfinished-body", "package x\n\nfunc f() { panic(\"wrong input\") }\n"),
    ("x.rs", "fn f() { todo!() }\n", "unfinished-body", "fn f() { g() }\n"),
    ("x.cc", "void f() { throw std::logic_error(\"not implemented\"); }\n", "unfinished-body", "void f() { throw std::logic_error(\"wrong\"); }\n"),
    ("x.py", "def f():\n    import os\n    return os\n", "import-not-at-top", "import os\n"),
    ("x.js", "f();\nimport a from './x.js';\n", "import-not-at-top", "import a from './x.js';\nf();\n"),
    ("x.py", "from typing import Any\na: Any = 1\n", "any-type", "a: int = 1\n"),
    ("x.ts", "let a: any = 1;\n", "any-type", "let a: number = 1;\n"),
    ("x.py", "from . import gone\n", "unresolved-import", "import gone\n"),
    ("x.c", "#include \"./gone.h\"\n", "unresolved-import", "#include <gone.h>\n"),
    ("x.js", "import './gone.js';\n", "unresolved-import", "import 'gone';\n"),
    ("x.tsx", "import {A} from './gone';\n", "unresolved-import", "import {A} from 'gone';\n"),
    ("x.sh", "source ./gone.sh\n", "unresolved-import", "source /gone.sh\n"),
    ("x.py", "def f(:\n", "parse-error", "def f(): return 1\n"),
    ("x.c", "int f( {\n", "parse-error", "int f(void) { return 1; }\n"),
    ("A.java", "class {\n", "parse-error", "class A {}\n"),
    ("x.go", "package x\nfunc {\n", "parse-error", "package x\nfunc f() { g() }\n"),
    ("x.rs", "fn {\n", "parse-error", "fn f() { g() }\n"),
    ("x.js", "function (\n", "parse-error", "function f() { g(); }\n"),
    ("x.ts", "class {{\n", "parse-error", "class A {}\n"),
    ("x.sh", "if true; then\n", "parse-error", "if true; then f; fi\n"),
    ("x.py", "a = '\0'\n", "nul-byte", "a = ''\n"),
    ("x.py", "x = lambda: " * 40000, "too-complex-to-parse", "x = lambda: 1\n"),
    ("x.ts", "type X = " * 40000, "too-complex-to-parse", "type X = 1;\n"),
    ("x.sh", "${" * 40000, "too-complex-to-parse", "echo ${x}\n"),
]
# Files that only together have an issue: {file: text}, the file that it is told for, its id or nothing.
PROJECTS = [
    ({"a.py": "import b\n", "b.py": "import a\n"}, "a.py", "circular-import"),
    ({"a.py": "import b\n", "b.py": "def f():\n    import a\n"}, "a.py", ""),
    ({"a.py": "import b\n", "b.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a\n"}, "a.py", ""),
    ({"a.js": "import './b.js';\n", "b.js": "import './c.js';\n", "c.js": "import './a.js';\n"}, "a.js", "circular-import"),
    ({"a.ts": "import {B} from './b';\n", "b.ts": "import {A} from './a';\n"}, "a.ts", "circular-import"),
    ({"a.ts": "import {B} from './b';\n", "b.ts": "import type {A} from './a';\n"}, "a.ts", ""),
    ({"a.h": "#include \"b.h\"\n", "b.h": "#include \"a.h\"\n"}, "a.h", "circular-import"),
    ({"a.h": "#include \"a-inl.h\"\n", "a-inl.h": "#include \"a.h\"\n"}, "a.h", ""),
    ({"a.sh": "source ./b.sh\n", "b.sh": "source ./a.sh\n"}, "a.sh", "circular-import"),
    ({"p/__init__.py": "", "p/a.py": "import p.gone\n"}, "p/a.py", "unresolved-import"),
    ({"p/__init__.py": "", "p/a.py": "import p.gone  # code-analysis: ignore(unresolved-import) made by the build\n"}, "p/a.py", ""),
    ({"go.mod": "module e.org/m\n", "a.go": "package m\n\nimport \"e.org/m/gone\"\n"}, "a.go", "unresolved-import"),
    ({"org/e/A.java": "package org.e;\nimport org.e.Gone;\n"}, "org/e/A.java", "unresolved-import"),
    ({"src/lib.rs": "mod a;\n", "src/a.rs": "use crate::lib;\n"}, "src/a.rs", ""),
]
IMPORTS = {"circular-import", "unresolved-import"}


def issues_of(tree, files):
    for name, text in files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    done = subprocess.run([PROGRAM, "-r", tree, "-o", tree / "build", "--format", "json"], capture_output=True, text=True, timeout=300)
    assert done.returncode in (0, 1), (files, done.stderr)
    return json.loads(done.stdout)


def ids(report, file):
    return {issue["id"] for issue in report["issues"] if issue["file"] == file}


def check_rules_are_known(tree):
    """What the sources report, what SARIF describes and what docs/analysis.md explains are the same ids; each is tested here."""
    issues_of(tree, {"x.py": "x = 1\n"})
    log = json.loads(subprocess.run([PROGRAM, "-r", tree, "-o", tree / "build", "--format", "sarif"], capture_output=True, text=True, timeout=60).stdout)
    rules = {rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]}
    page = (CHECKOUT / "docs/analysis.md").read_text().split("## Issues", 1)[1].split("\n## ", 1)[0]
    explained = {found for row in re.findall(r"^\| (`.*?) \|", page, re.M) for found in re.findall(r"`([a-z0-9-]+)`", row)}
    assert rules == explained, rules ^ explained
    sources = [path.read_text() for folder in ("analysis", "cli/code_mapper") for path in (CHECKOUT / folder).rglob("*.cc")]
    reported = {found for text in sources for found in re.findall(r'(?:add_issue|issue_at)\(\s*"([a-z0-9-]+)"', text)}
    assert reported <= rules, reported - rules
    tested = {kind[2] for kind in KINDS} | {project[2] for project in PROJECTS} | set().union(*(wanted for _, _, wanted, _ in measured()))
    assert rules - {"invalid-utf8"} <= tested, rules - tested  # bytes that are no text: check_code_mapper.py


def main():
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        def tree():
            nonlocal count
            count += 1
            return pathlib.Path(folder) / str(count)

        check_rules_are_known(tree())
        for name, text, wanted, unwanted in measured():
            found = ids(issues_of(tree(), {name: text}), name)
            assert wanted <= found and not unwanted & found, (name, text, found, wanted, unwanted)
        for name, bad, issue, good in KINDS:
            report = issues_of(tree(), {name: bad})
            assert report["files"] == 1 and issue in ids(report, name), (name, bad[:200], issue, ids(report, name))
            assert issue not in ids(issues_of(tree(), {name: good}), name), (name, good, issue)
        for files, name, issue in PROJECTS:
            found = ids(issues_of(tree(), files), name) & IMPORTS
            assert found == ({issue} if issue else set()), (files, found, issue)
    print(f"{count} trees: every kind of issue is found where it is and only there")


main()
