#!/usr/bin/env python3
"""Fails on a source file that parses JSON other than by common/json, which limits depth, size and members."""
import pathlib
import re
import sys

FOLDERS = ["common", "supervisor", "driver", "analysis", "workers", "server", "cli"]
PARSES = re.compile(r"\b(?:[Jj]son|Rows|Value)::(?:parse|accept|sax_parse|from_\w+)\(|>>\s*\w*json", re.M)


def main():
    root = pathlib.Path(sys.argv[1])
    bad, seen = [], 0
    for folder in FOLDERS:
        for source in sorted(list((root / folder).rglob("*.cc")) + list((root / folder).rglob("*.h"))):
            name = source.relative_to(root).as_posix()
            seen += 1
            if name == "common/json.cc":
                continue
            for number, line in enumerate(source.read_text().splitlines(), 1):
                if PARSES.search(line):
                    bad.append(f"{name}:{number}: parse_json of common/json.h limits depth, size and members: {line.strip()}")
    for line in bad:
        print(line)
    print(f"{seen} files looked at, {len(bad)} things to mend")
    return 1 if bad or seen == 0 else 0


sys.exit(main())
