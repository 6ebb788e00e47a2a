#!/usr/bin/env python3
"""code_mapper over files that repeat or nest one construct: time, memory and reports stay small, every definition is there, and a file
that is too much is an issue while the run goes on.   check_limits.py CODE_MAPPER"""
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

PROGRAM = sys.argv[1]
SCALE = float(os.environ.get("CODE_ANALYSIS_TIME_SCALE", "1"))
SANITIZED = SCALE > 1  # its own allocator needs far more memory
MIB = 1 << 20
failures = []


def expect(condition, message):
    if not condition:
        failures.append(message)


def run(sources, limit=None):
    """The exit status, what it used, and the text of the three reports."""
    with tempfile.TemporaryDirectory() as folder:
        root, out = pathlib.Path(folder, "root"), pathlib.Path(folder, "out")
        root.mkdir()
        for name, text in sources.items():
            (root / name).write_text(text)
        command = [PROGRAM, "-r", str(root), "-o", str(out), "--exit-zero", "--format", "sarif"]

        def before():
            if limit:
                resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

        with open(pathlib.Path(folder, "sarif"), "wb") as sarif:
            process = subprocess.Popen(command, stdout=sarif, stderr=subprocess.PIPE, preexec_fn=before)
            errors = process.stderr.read().decode()
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        reports = {path.name: path.read_text() for path in out.iterdir()} if out.exists() else {}
        reports["sarif"] = pathlib.Path(folder, "sarif").read_text()
        return process.returncode, usage, reports, errors


SMALL = "int found(int a) { return a; }\n"
CASES = {  # name: (text, definitions)
    "namespaces.cc": ("namespace a{" * 20000 + "}" * 20000 + "\n", 20000),
    "functions.js": ("function a(){" * 20000 + "}" * 20000 + "\n", 20000),
    "declarators.h": ("/** " + "words of it " * 42000 + "*/\nint " + ", ".join(f"a{i}" for i in range(2000)) + ";\n", 2000),
    "comments.py": ("# a comment\n" * 300000 + "def f():\n    pass\n", 1),
}


def check_cost():
    for name, (text, definitions) in CASES.items():
        status, usage, reports, errors = run({name: text})
        cpu, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024
        written = sum(len(report) for report in reports.values())
        print(f"{name}: {cpu:.2f} s, {memory / MIB:.0f} MiB, reports of {written / MIB:.1f} MiB")
        expect(status == 0, f"{name}: exit status {status}: {errors}")
        expect(cpu < 1.5 * SCALE, f"{name}: {cpu:.2f} s of processor time")
        expect(SANITIZED or memory < 200 * MIB, f"{name}: {memory / MIB:.0f} MiB")
        expect(written < 64 * MIB, f"{name}: reports of {written / MIB:.1f} MiB")
        found = reports.get("code_map.yaml", "").count("- name: ")
        expect(found == definitions, f"{name}: {found} definitions, not {definitions}")


def check_memory():
    """Less memory than the file needs: it is an issue, the others are mapped."""
    if SANITIZED:
        return
    huge = "int f(int a) { return a + g(a); }\n" * 400000
    sources = {f"small{i}.c": SMALL for i in range(20)} | {"huge.c": huge}
    for limit in (200 * MIB, 400 * MIB):
        status, _, reports, errors = run(sources, limit)
        expect(status == 0, f"limit of {limit / MIB:.0f} MiB: exit status {status}: {errors[-300:]}")
        issues = reports.get("code_issues.yaml", "")
        expect("too-complex-to-parse" in issues and "huge.c" in issues, f"limit of {limit / MIB:.0f} MiB: no issue for huge.c")
        found = reports.get("code_map.yaml", "").count('- name: "found"')
        expect(found == 20, f"limit of {limit / MIB:.0f} MiB: {found} of 20 small files")
        expect(issues.count("too-complex-to-parse\"\n") == 1, f"limit of {limit / MIB:.0f} MiB: small files are issues too")


def check_step():
    """One step of the parser that would take a minute and gigabytes."""
    status, usage, reports, errors = run({"a.java": "a<" * 30000, "b.c": SMALL})
    cpu, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024
    print(f"a.java: {cpu:.2f} s, {memory / MIB:.0f} MiB")
    expect(status == 0, f"a.java: exit status {status}: {errors[-300:]}")
    expect("too-complex-to-parse" in reports.get("code_issues.yaml", ""), "a.java: no issue")
    expect(cpu < 5 * SCALE, f"a.java: {cpu:.2f} s")
    expect(SANITIZED or memory < 300 * MIB, f"a.java: {memory / MIB:.0f} MiB")


check_cost()
check_memory()
check_step()
for failure in failures:
    print("FAILED:", failure)
sys.exit(1 if failures else 0)
