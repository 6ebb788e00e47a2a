#!/usr/bin/env python3
"""Every man page is free of groff's warnings and has the sections that a reader looks for.

    check_manual.py PAGE...
"""
import subprocess
import sys

WANTED = {"1": {"NAME", "SYNOPSIS", "DESCRIPTION", "SEE ALSO"}, "5": {"NAME", "DESCRIPTION", "SEE ALSO"},
          "8": {"NAME", "SYNOPSIS", "DESCRIPTION", "SIGNALS", "SEE ALSO"}}


def problems(page: str) -> list[str]:
    found = subprocess.run(["groff", "-man", "-ww", "-z", "-Tutf8", page], capture_output=True, text=True).stderr.splitlines()
    text = open(page, encoding="utf-8").read()
    headings = {line[4:].strip('"') for line in text.splitlines() if line.startswith(".SH ")}
    return found + [f"{page}: no section {name}" for name in sorted(WANTED[page[-1]] - headings)]


def main() -> int:
    pages = sys.argv[1:]
    found = [problem for page in pages for problem in problems(page)]
    print("\n".join(found) if found else f"{len(pages)} pages: no warning")
    return 1 if found or not pages else 0


if __name__ == "__main__":
    sys.exit(main())
