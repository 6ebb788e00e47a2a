#!/usr/bin/env python3
"""Times code_mapper beside universal-ctags on the same files, with one job each.

    bench/analysis/bench.py [--rounds K] [TREE...]        default: /usr/lib/python3 /usr/include

code_mapper says which files of a tree it takes; ctags gets exactly that list. Rounds alternate; printed are medians, MB/s and the
ratio. code_mapper finds more than ctags does: references, imports, issues, signatures, doc comments.
ctags is installed where it is missing and apt-get can be run.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAPPER = os.environ.get("CODE_MAPPER", str(ROOT / "build" / "code_mapper"))


def seconds(argv):
    started = time.monotonic()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - started


def mapper(tree, output, jobs):
    return [MAPPER, "-r", tree, "-o", output, "--jobs", str(jobs), "--exit-zero", "--format", "json"]


def files_taken(tree, output):
    """What code_mapper lists, as absolute paths."""
    subprocess.run(mapper(tree, output, os.cpu_count()), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with open(pathlib.Path(output, "code_map.yaml"), encoding="utf-8") as file:
        return [str(pathlib.Path(tree, entry["path"])) for entry in yaml.load(file, Loader=loader)["files"]]


def measure(tree, rounds):
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        output = str(pathlib.Path(folder, "map"))
        paths = files_taken(tree, output)
        listing = pathlib.Path(folder, "files")
        listing.write_text("\n".join(paths) + "\n")
        megabytes = sum(os.path.getsize(path) for path in paths) / 1e6
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(seconds(mapper(tree, output, 1)))
            theirs.append(seconds(["ctags", "-L", str(listing), "-f", str(pathlib.Path(folder, "tags"))]))
    return {"tree": tree, "files": len(paths), "MB": megabytes, "code_mapper s": statistics.median(ours),
            "ctags s": statistics.median(theirs)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("trees", nargs="*", default=["/usr/lib/python3", "/usr/include"])
    options = parser.parse_args()
    if shutil.which("ctags") is None:
        subprocess.run(["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120", "install", "-y", "universal-ctags"], check=True,
                       stdout=subprocess.DEVNULL)
    print(f"one job each, medians of {options.rounds} rounds\n")
    print(f"{'tree':<24}{'files':>8}{'MB':>8}{'code_mapper MB/s':>18}{'ctags MB/s':>12}{'ratio of times':>16}")
    for tree in options.trees:
        found = measure(tree, options.rounds)
        ratio = found["code_mapper s"] / found["ctags s"]
        print(f"{found['tree']:<24}{found['files']:>8}{found['MB']:>8.1f}{found['MB'] / found['code_mapper s']:>18.1f}"
              f"{found['MB'] / found['ctags s']:>12.1f}{ratio:>16.2f}")
        print(json.dumps(found))


if __name__ == "__main__":
    main()
