#!/usr/bin/env python3
"""Drives code_mapper on small trees: its files, its reports, its exit codes."""
import json
import os
import pathlib
import pty
import subprocess
import sys
import tempfile

import yaml

PROGRAM, CHECKOUT = sys.argv[1], sys.argv[2]
CLEAN = '"""Doc."""\n\n\ndef f(a):\n    """Doc."""\n    return a\n'


def run(*args, cwd):
    return subprocess.run([PROGRAM, *map(str, args)], cwd=cwd, capture_output=True, text=True, timeout=120)


def load(folder, name):
    return yaml.load((folder / name).read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def check_what_may_not_be_read_is_not_called_missing(top):
    """Root gives up its right to read everything."""
    without = ["setpriv", "--inh-caps=-dac_override,-dac_read_search", "--bounding-set=-dac_override,-dac_read_search"]
    wrapper = without if os.geteuid() == 0 else []
    tree = top / "closed"
    (tree / "inner").mkdir(parents=True)
    (tree / "a.c").write_text('#include "./inner/b.h"\n#include "./gone.h"\n')
    (tree / "inner" / "b.h").write_text("int b(void);\n")
    (tree / "script").write_text("#!/bin/sh\necho\n")
    (tree / ".gitignore").write_text("*.log\n")
    closed = [tree / "inner", tree / "script", tree / ".gitignore"]
    for path in closed:
        path.chmod(0)
    try:
        done = subprocess.run([*wrapper, PROGRAM, "-r", str(tree), "--format", "json"], cwd=top, capture_output=True, text=True, timeout=120)
    finally:
        for path in closed:
            path.chmod(0o755)
    assert done.returncode == 2, done.stderr
    report = json.loads(done.stdout)
    missing = [issue["message"] for issue in report["issues"] if "that is not there" in issue["message"]]
    assert len(missing) == 1 and "gone.h" in missing[0], missing
    assert report["unreadable"] == 3
    for path in closed:
        assert str(path) + ": Permission denied" in done.stderr, done.stderr


def check_exit_codes(top):
    tree = top / "codes"
    tree.mkdir()
    (tree / "ok.py").write_text(CLEAN)
    assert run("-r", tree, cwd=top).returncode == 0
    (tree / "bad.py").write_text("def f(:\n")
    assert run("-r", tree, cwd=top).returncode == 1
    assert run("-r", tree, "--exit-zero", cwd=top).returncode == 0
    assert run("--nothing", cwd=top).returncode == 64
    assert run("-r", top / "absent", cwd=top).returncode == 2
    run("-r", tree, "-o", top / "before", cwd=top)
    assert run("-r", tree, "--baseline", top / "before/code_issues.yaml", cwd=top).returncode == 0
    (top / "config.yaml").write_text("disable: [parse-error, missing-docstring]\n")
    assert run("-r", tree, "--config", top / "config.yaml", cwd=top).returncode == 0
    (top / "config.yaml").write_text("unknown: 1\n")
    assert run("-r", tree, "--config", top / "config.yaml", cwd=top).returncode == 64


def check_hostile_tree(top):
    tree = top / "hostile"
    (tree / "pkg").mkdir(parents=True)
    (tree / "tests").mkdir()
    (tree / "build").mkdir()
    (tree / "tests/test_a.py").write_text("def in_tests(): return 1\n")
    (tree / "build/b.py").write_text("def in_build(): return 1\n")
    (tree / "ignored.py").write_text("def in_ignored(): return 1\n")
    (tree / ".gitignore").write_text("ignored.py\n")
    (tree / "pkg/a.py").write_text("from pkg import b, gone\nimport pkg.missing\ndef outer():\n    '''x: # \"y\"\\\n\t\x85'''\n    def inner(): return 1\n")
    (tree / "pkg/b.py").write_text("import pkg.a\n")
    os.symlink("..", tree / "pkg/loop")
    os.symlink("nowhere", tree / "dangling.py")
    os.mkfifo(tree / "pipe.py")
    with open(os.fsencode(tree) + b"/n\xff.py", "wb") as odd:
        odd.write(b"def gr\xfc(): return '\0'\n")
    done = run("-r", tree, "-o", top / "out", "--format", "json", cwd=top)
    assert done.returncode == 1, done
    files = {entry["path"]: entry for entry in load(top / "out", "code_map.yaml")["files"]}
    assert sorted(files) == ["n\ufffd.py", "pkg/a.py", "pkg/b.py"], sorted(files)
    names = [symbol["qualified_name"] for symbol in files["pkg/a.py"]["symbols"]]
    assert names == ["pkg.a.outer", "pkg.a.outer.inner"], names
    issues = load(top / "out", "code_issues.yaml")["issues"]
    ids = {issue["id"] for issue in issues}
    assert {"invalid-utf8", "nul-byte", "unresolved-import", "circular-import"} <= ids, ids
    assert "outer" in load(top / "out", "method_index.yaml")["methods"]
    assert len(json.loads(done.stdout)["issues"]) == len(issues)
    run("-r", tree, "-o", top / "out", "--include-tests", cwd=top)
    assert "in_tests" in load(top / "out", "method_index.yaml")["methods"]


def check_sarif(top):
    tree = top / "sarif"
    tree.mkdir()
    (tree / "a b.py").write_text("def f(:\n")
    log = json.loads(run("-r", tree, "--format", "sarif", cwd=top).stdout)
    assert log["version"] == "2.1.0"
    result = log["runs"][0]["results"][0]
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert result["level"] in ("note", "warning", "error")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20b.py"
    assert place["region"]["startLine"] >= 1


def check_configuration(top):
    tree = top / "configured"
    (tree / "old").mkdir(parents=True)
    (tree / "new.py").write_text("x = 1\n")
    (tree / "old/a.py").write_text("x = 1\n" + "\n" * 500)
    (tree / ".code_mapper.yaml").write_text(
        "disable: [missing-docstring]\nlimits: {max_file_lines: 300}\npaths:\n  - {path: old/, limits: {max_file_lines: 1000}}\n")
    assert run("-r", tree, cwd=top).returncode == 0
    assert run("-r", tree, "-m", 1, cwd=top).returncode == 0  # one line is not more than one; what is said of old/ stays
    (tree / "new.py").write_text("x = 1\n" * 2)
    done = run("-r", tree, "-m", 1, cwd=top)
    assert done.returncode == 1 and done.stdout.startswith("new.py:1: warning:"), done
    (top / "typo.yaml").write_text("paths:\n  - path: old/\n    limit: {}\n")
    done = run("-r", tree, "--config", top / "typo.yaml", cwd=top)
    assert done.returncode == 64 and 'typo.yaml:3:5: unknown key in paths: "limit"; did you mean "limits"?' in done.stderr, done
    assert run("-r", tree, "--config", top / "absent.yaml", cwd=top).returncode == 64


def check_imports_are_listed(top):
    tree = top / "imports"
    (tree / "pkg").mkdir(parents=True)
    (tree / "pkg/__init__.py").write_text("")
    (tree / "pkg/a.py").write_text("import os\nfrom . import b\n")
    (tree / "pkg/b.py").write_text("")
    (tree / "main.c").write_text("#include <stdio.h>\n#include \"pkg/x.h\"\n")
    (tree / "pkg/x.h").write_text("")
    run("-r", tree, "-o", top / "out", cwd=top)
    files = {entry["path"]: entry["imports"] for entry in load(top / "out", "code_map.yaml")["files"]}
    assert [entry.get("resolved") for entry in files["pkg/a.py"]] == [None, "pkg/b.py"], files
    assert [entry.get("resolved") for entry in files["main.c"]] == [None, "pkg/x.h"], files


def check_progress(top):
    """On a terminal there is a bar, which goes; elsewhere and beside -v there is none."""
    tree = top / "progress"
    tree.mkdir()
    for i in range(30):
        (tree / f"f{i}.py").write_text(CLEAN)
    assert run("-r", tree, cwd=top).stderr == ""

    def on_terminal(*args):
        main, terminal = pty.openpty()
        done = subprocess.run([PROGRAM, "-r", str(tree), *args], cwd=top, stdout=subprocess.PIPE, stderr=terminal, timeout=120)
        os.close(terminal)
        shown = b""
        try:
            while piece := os.read(main, 65536):
                shown += piece
        except OSError:  # the other end is closed
            pass
        os.close(main)
        assert done.returncode == 0 and b"\r" not in done.stdout, done
        return shown.decode()

    bar = on_terminal()
    assert "30 of 30 files" in bar and bar.endswith("\r\x1b[K"), repr(bar)
    assert max(len(part) for part in bar.split("\r")) < 80
    names = on_terminal("-v")
    assert "[#" not in names and "f7.py" in names, repr(names)


def check_own_checkout(top):
    done = run("-r", CHECKOUT, "-o", top / "own", "--jobs", "2", cwd=top)
    assert done.returncode in (0, 1), done.stderr
    symbols = [s for f in load(top / "own", "code_map.yaml")["files"] for s in f["symbols"]]
    steps = [s for s in symbols if s["qualified_name"] == "ca::core::step" and not s.get("declared_only")]
    assert len(steps) <= 1, steps
    assert any(s["qualified_name"] == "ca::analysis::analyse" and s["kind"] == "function" for s in symbols)


with tempfile.TemporaryDirectory() as folder:
    for check in (check_exit_codes, check_what_may_not_be_read_is_not_called_missing, check_hostile_tree, check_sarif,
                  check_configuration, check_imports_are_listed, check_progress, check_own_checkout):
        check(pathlib.Path(folder))
        print(check.__name__, "ok")
