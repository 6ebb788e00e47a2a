#!/usr/bin/env python3
"""Fails on an include that the table below does not allow, and where the list of files in docs/architecture.md is not what the
files say."""
import pathlib
import re
import subprocess
import sys

# A folder of sources -> the folders that its files may include, beside itself. An arrow that is not here points upward.
ALLOWED = {
    "common": [],
    "database": ["common"],
    "postgres": ["common"],

    "supervisor/core": ["common"],
    "supervisor/config": ["common", "supervisor", "supervisor/core"],
    "supervisor/both_halves": ["common"],
    "supervisor/guardian": ["common", "supervisor/both_halves"],
    "supervisor/shell/io": ["common"],
    "supervisor/shell/records": ["common", "supervisor", "supervisor/core", "supervisor/shell/io"],
    "supervisor/shell/child": ["common", "supervisor", "supervisor/core", "supervisor/both_halves", "supervisor/shell/io",
                               "supervisor/shell/records"],
    "supervisor/shell/control": ["common", "supervisor", "supervisor/core", "supervisor/both_halves", "supervisor/shell/child",
                                 "supervisor/shell/io", "supervisor/shell/records"],
    "supervisor/shell": ["common", "supervisor", "supervisor/core", "supervisor/config", "supervisor/both_halves",
                         "supervisor/guardian", "supervisor/shell/child", "supervisor/shell/control", "supervisor/shell/io",
                         "supervisor/shell/records"],
    # Plan and configuration process are below the shell, the program's main is above all.
    "supervisor": ["common", "supervisor/core", "supervisor/config", "supervisor/both_halves", "supervisor/guardian",
                   "supervisor/shell", "supervisor/shell/child"],

    "driver/io": ["common"],
    "driver/wire": ["common"],
    "driver/sql": ["common"],
    # Sessions, the server's side and notifications know each other.
    "driver/server": ["common", "driver/io", "driver/session", "driver/wire"],
    "driver/notifications": ["common", "driver/server", "driver/session", "driver/sql", "driver/wire"],
    "driver/session": ["common", "driver/client", "driver/io", "driver/notifications", "driver/server", "driver/sql", "driver/wire"],
    "driver/client": ["common", "driver/io", "driver/notifications", "driver/session", "driver/sql", "driver/wire"],
    "driver/migrations": ["common", "driver/io", "driver/server"],
    "driver": ["common", "driver/client", "driver/io", "driver/migrations", "driver/session"],

    "analysis": ["analysis/paths"],
    "analysis/grammars": [],
    "analysis/paths": [],
    "analysis/imports": ["analysis", "analysis/paths"],
    "analysis/frontends/common": ["analysis"],
    **{f"analysis/frontends/{language}": ["analysis", "analysis/frontends/common"]
       for language in ("bash", "c_family", "go", "java", "javascript", "python", "rust")},

    "workers/process": ["common", "database"],
    "workers/files": ["common"],
    "workers/watcher": ["common", "database", "analysis/paths", "workers/files", "workers/process"],
    "workers/indexer": ["common", "database", "analysis", "analysis/imports", "workers/files", "workers/process"],
    "workers/maintenance": ["common", "database", "workers/process"],

    "server/web": [],
    "server/database": ["common"],
    "server/http": ["common", "server/web"],
    "server/index": ["common", "server/database", "server/http"],
    "server/api": ["common", "server/database", "server/http", "server/index"],
    "server/tree": ["common", "server/api", "server/database", "server/http", "server/index"],
    "server/mcp": ["common", "server/database", "server/http", "server/index"],
    "server": ["common", "server/api", "server/database", "server/http", "server/index", "server/mcp", "server/tree", "server/web"],

    "cli/code-analysisctl": ["common"],
    "cli/code_mapper": ["common", "analysis", "analysis/imports", "analysis/paths"],
    "cli/projects": ["common", "database", "workers/files", "workers/indexer", "workers/maintenance", "workers/watcher"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def wrong_includes(root, source):
    name = source.relative_to(root)
    here = name.parent.as_posix()
    if here not in ALLOWED:
        yield f"{name}: tests/architecture/check_includes.py does not know the folder {here}"
        return
    for target in INCLUDE.findall(source.read_text()):
        there = pathlib.PurePath(target).parent.as_posix()
        if there in (here, ".") or there in ALLOWED[here]:
            continue
        yield f"{name}: includes {target}, but {here} may include only {', '.join(ALLOWED[here]) or 'itself'}"


def main():
    root = pathlib.Path(sys.argv[1])
    tops = sorted({folder.split("/")[0] for folder in ALLOWED})
    sources = [source for top in tops for ending in ("*.cc", "*.h") for source in sorted((root / top).rglob(ending))]
    bad = [line for source in sources for line in wrong_includes(root, source)]
    listed = subprocess.run([root / "script" / "file-list", "--check"], capture_output=True, text=True)
    bad += (listed.stdout + listed.stderr).splitlines()
    print("\n".join(bad))
    print(f"{len(sources)} files looked at, {len(bad)} things to mend")
    return 1 if bad or not sources else 0


sys.exit(main())
