#!/usr/bin/env python3
"""Writes the man page code-analysis.yaml(5) from docs/configuration.md, so that there is one text to keep true.

    configuration_page.py docs/configuration.md > code-analysis.yaml.5

Reads the Markdown that that page uses: headings, paragraphs, lists, tables and blocks of code.
"""
import re
import sys


def inline(text: str) -> str:
    """Markdown inside a line as roff: code is bold, links keep their text."""
    text = text.replace("\\|", "|").replace("\\", "\\e")
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"\*\*([^*]+)\*\*", r"\\fB\1\\fR", text)
    text = re.sub(r"\*([^*]+)\*", r"\\fI\1\\fR", text)
    text = re.sub(r"``? ?([^`]+?) ?``?", r"\\fB\1\\fR", text)
    text = text.replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def table(lines: list[str]) -> list[str]:
    """A row becomes a tagged paragraph: the key, then type and default, then the meaning."""
    out = []
    for line in lines[2:]:
        key, kind, default, meaning = (cells(line) + ["", "", ""])[:4]
        out += [".TP", inline(key), inline(kind) + (f" (default: {inline(default)})" if default else "")]
        if meaning:
            out += [".br", inline(meaning)]
    return out


def plain_table(lines: list[str]) -> list[str]:
    out = []
    for line in lines[2:]:
        first, *rest = cells(line)
        out += [".TP", inline(first), inline("; ".join(rest))]
    return out


def take_while(lines: list[str], condition) -> list[str]:
    taken = []
    while lines and condition(lines[0]):
        taken.append(lines.pop(0))
    return taken


def is_text(line: str) -> bool:
    return bool(line.strip()) and not re.match(r"#|\||```|- ", line)


def block(lines: list[str]) -> list[str]:
    """Takes one block off the front of `lines` and gives its roff."""
    line = lines[0]
    if not line.strip():
        lines.pop(0)
        return []
    if line.startswith("```"):
        lines.pop(0)
        code = take_while(lines, lambda text: not text.startswith("```"))
        lines.pop(0)
        return preformatted(code)
    if line.startswith("    "):
        return preformatted([text[4:] for text in take_while(lines, lambda text: text.startswith("    "))])
    if heading := re.match(r"(#+) (.*)", lines[0]):
        lines.pop(0)
        return [(".SH " + inline(heading[2]).upper()) if len(heading[1]) < 3 else ".SS " + inline(heading[2])]
    if line.startswith("|"):
        rows = take_while(lines, lambda text: text.startswith("|"))
        return table(rows) if cells(rows[0])[0] == "key" else plain_table(rows)
    if line.startswith("- "):
        item = [lines.pop(0)[2:]] + take_while(lines, lambda text: text.startswith("  "))
        return [".IP \\(bu 2", inline(" ".join(text.strip() for text in item))]
    return [".PP", inline(" ".join(text.strip() for text in take_while(lines, is_text)))]


def preformatted(code: list[str]) -> list[str]:
    escaped = [text.replace("\\", "\\e").replace("-", "\\-") for text in code]
    return [".PP", ".nf", ".RS"] + [("\\&" + text) if text[:1] in (".", "'") else text for text in escaped] + [".RE", ".fi"]


def page(markdown: str) -> str:
    lines = markdown.splitlines()
    lines.pop(0)  # the title
    out = ['.TH CODE-ANALYSIS.YAML 5 "" "code-analysis" "File formats"', ".SH NAME",
           "code\\-analysis.yaml \\- the configuration of code\\-analysisd", ".SH DESCRIPTION"]
    while lines:
        out += block(lines)
    out += [".SH SEE ALSO", ".BR code\\-analysisd (8),", ".BR code\\-analysisctl (1)"]
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: configuration_page.py docs/configuration.md")
    sys.stdout.write(page(open(sys.argv[1], encoding="utf-8").read()))
