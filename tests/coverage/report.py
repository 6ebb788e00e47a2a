#!/usr/bin/env python3
"""Prints the lines reached a folder and over all. usage: report.py BUILD MIN-PERCENT; exit code 1 below the minimum."""
import collections
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDERS = ["common", "supervisor", "driver", "analysis", "workers", "server", "cli"]


def counts(build):
    """{file: (reached, lines)} of the production code, by gcovr."""
    filters = [word for folder in FOLDERS for word in ("--filter", f"{ROOT}/{folder}/")]
    command = ["gcovr", "--root", str(ROOT), "--json-summary", "-", "--exclude-unreachable-branches",
               "--gcov-ignore-parse-errors", *filters, str(build)]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {it["filename"]: (it["line_covered"], it["line_total"]) for it in report["files"]}


def percent(reached, lines):
    return 100 * reached / lines if lines else 100.0


def main():
    files = counts(pathlib.Path(sys.argv[1]).resolve())
    if not files:
        sys.exit("no counters were written")
    folders = collections.defaultdict(lambda: [0, 0])
    for name, (reached, lines) in files.items():
        for key in (str(pathlib.PurePath(name).parent), "all"):
            folders[key][0] += reached
            folders[key][1] += lines
    for folder in sorted(folders, key=lambda it: (it == "all", it)):
        reached, lines = folders[folder]
        print(f"{folder:<28} {reached:>6} of {lines:>6} lines  {percent(reached, lines):5.1f} %")
    print("least reached:", *[f"{name} {percent(*files[name]):.0f} %" for name in sorted(files, key=lambda it: percent(*files[it]))[:8]], sep="\n  ")
    over_all = percent(*folders["all"])
    if over_all < float(sys.argv[2]):
        sys.exit(f"{over_all:.1f} % is less than the {sys.argv[2]} % that are asked for")


main()
