#!/usr/bin/env python3
"""Fails on any include that docs/architecture.md's arrows do not allow, and on a source file that it does not name."""
import pathlib
import re
import sys

# folder -> folders that its files may include (itself always). The longest matching prefix of a path decides.
ALLOWED = {
    "common": [],
    "supervisor/core": ["common"],
    "supervisor/config": ["common", "supervisor"],
    "supervisor/shell": ["common", "supervisor"],
    "supervisor/guardian": ["common"],
    "supervisor": ["common"],
    "driver/wire": ["common"],
    "driver": ["common"],
    "analysis": [],
    "workers": ["common", "analysis"],
    "server": ["common"],
    "cli": ["common", "analysis"],
}
# `supervisor` itself (configuration, plan, main) sees all of its own folders.
OWN = {"supervisor": ["supervisor/config", "supervisor/core", "supervisor/shell", "supervisor/guardian"], "driver": ["driver/wire"]}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def folder_of(path):
    best = ""
    for folder in ALLOWED:
        if path.startswith(folder + "/") and len(folder) > len(best):
            best = folder
    return best


def named_files(page):
    """folder/stem of every line "- `stem`: ..." below a heading "### folder/"."""
    names, folder = set(), ""
    for line in page.splitlines():
        if line.startswith("### "):
            folder = line[4:].strip()
        elif found := re.match(r"- `([^`]+)`: \S", line):
            names.add(folder + found[1])
    return names


def main():
    root = pathlib.Path(sys.argv[1])
    bad, seen = [], 0
    named = named_files((root / "docs/architecture.md").read_text())
    for top in sorted({folder.split("/")[0] for folder in ALLOWED}):
        for source in sorted(list((root / top).rglob("*.cc")) + list((root / top).rglob("*.h"))):
            name = source.relative_to(root).as_posix()
            here = folder_of(name)
            seen += 1
            if name.rsplit(".", 1)[0] not in named:
                bad.append(f"{name}: docs/architecture.md has no line for it")
            for target in INCLUDE.findall(source.read_text()):
                there = folder_of(target)
                if not there or there == here or there in ALLOWED[here] + OWN.get(here, []):
                    continue
                if any(there.startswith(allowed + "/") for allowed in ALLOWED[here]):
                    continue
                bad.append(f"{name}: includes {target}, but {here} may include only {', '.join(ALLOWED[here]) or 'itself'}")
    for line in bad:
        print(line)
    print(f"{seen} files looked at, {len(bad)} things to mend")
    return 1 if bad or seen == 0 else 0


sys.exit(main())
