#!/usr/bin/env python3
"""code_mapper's SARIF is what the specification (OASIS SARIF 2.1.0) asks for: shape, references between its parts, regions, addresses.

    check_sarif.py CODE_MAPPER
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.parse

import jsonschema

PROGRAM = sys.argv[1]
MESSAGE = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}, "additionalProperties": False}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
COUNT = {"type": "integer", "minimum": 1}
INDEX = {"type": "integer", "minimum": 0}
# The part of the format that code_mapper uses, from sections 3.13 to 3.58 of the specification. Nothing else may be there, so that a
# property that is new or misspelt is looked up before it is allowed.
REGION = {"type": "object", "additionalProperties": False, "required": ["startLine"],
          "properties": {"startLine": COUNT, "endLine": COUNT, "startColumn": COUNT, "endColumn": COUNT}}
LOCATION = {"type": "object", "additionalProperties": False, "required": ["physicalLocation"], "properties": {
    "physicalLocation": {"type": "object", "additionalProperties": False, "required": ["artifactLocation"], "properties": {
        "artifactLocation": {"type": "object", "additionalProperties": False, "required": ["uri"], "properties": {
            "uri": {"type": "string", "format": "uri-reference"}, "uriBaseId": {"type": "string"}}},
        "region": REGION}}}}
RULE = {"type": "object", "additionalProperties": False, "required": ["id"], "properties": {
    "id": {"type": "string", "minLength": 1}, "shortDescription": MESSAGE,
    "defaultConfiguration": {"type": "object", "additionalProperties": False, "properties": {"level": LEVEL}}}}
RESULT = {"type": "object", "additionalProperties": False, "required": ["message"], "properties": {
    "ruleId": {"type": "string"}, "ruleIndex": INDEX, "level": LEVEL, "message": MESSAGE,
    "locations": {"type": "array", "items": LOCATION},
    "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}}}}
NOTIFICATION = {"type": "object", "additionalProperties": False, "required": ["message"], "properties": {"level": LEVEL, "message": MESSAGE}}
INVOCATION = {"type": "object", "additionalProperties": False, "required": ["executionSuccessful"], "properties": {
    "executionSuccessful": {"type": "boolean"}, "toolExecutionNotifications": {"type": "array", "items": NOTIFICATION}}}
RUN = {"type": "object", "additionalProperties": False, "required": ["tool"], "properties": {
    "tool": {"type": "object", "additionalProperties": False, "required": ["driver"], "properties": {
        "driver": {"type": "object", "additionalProperties": False, "required": ["name"], "properties": {
            "name": {"type": "string", "minLength": 1}, "version": {"type": "string"},
            "rules": {"type": "array", "uniqueItems": True, "items": RULE}}}}},
    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    "invocations": {"type": "array", "items": INVOCATION}, "results": {"type": "array", "items": RESULT}}}
LOG = {"type": "object", "additionalProperties": False, "required": ["version", "runs"], "properties": {
    "$schema": {"type": "string", "format": "uri"}, "version": {"const": "2.1.0"}, "runs": {"type": "array", "items": RUN}}}
UNESCAPED = re.compile(r"^(?:[A-Za-z0-9._~!$&'()*+,;=@/-]|%[0-9A-Fa-f]{2})*$")  # a relative path without a colon: no scheme

NAMES = ["plain.py", "with space.py", "a%20b.py", "per#cent?.py", "c:d.py", "ümlaut.py", "deep/er/x.py", "quote'\".py", "new\nline.py", "中.py"]


def run(*args):
    return subprocess.run([PROGRAM, *map(str, args)], capture_output=True, text=True, timeout=120)


def check_log(log, tree):
    jsonschema.Draft7Validator(LOG).validate(log)
    (one_run,) = log["runs"]
    rules = one_run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules), "a rule twice"
    fingerprints = set()
    for result in one_run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"], result
        place = result["locations"][0]["physicalLocation"]
        uri = place["artifactLocation"]["uri"]
        assert UNESCAPED.match(uri) and not uri.startswith("/"), uri
        file = pathlib.Path(tree, os.fsdecode(urllib.parse.unquote_to_bytes(uri)))
        lines = file.read_bytes().count(b"\n") + 1
        region = place["region"]
        assert 1 <= region["startLine"] <= region.get("endLine", region["startLine"]) <= lines, (region, lines)
        if "startColumn" in region and region.get("endLine") == region["startLine"] and "endColumn" in region:
            assert region["startColumn"] <= region["endColumn"], region
        (fingerprint,) = result["partialFingerprints"].values()
        assert fingerprint not in fingerprints, result
        fingerprints.add(fingerprint)
    return one_run, fingerprints


def main():
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder, "tree")
        for name in NAMES:
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_text("'''Doc.'''\n\n\ndef f(a: Any):\n    '''Doc.'''\n    return a\n\n\ndef g(:\n")
        pathlib.Path(os.fsdecode(os.fsencode(tree) + b"/n\xff.py")).write_bytes(b"def f(:\n\xff\0\n")
        (tree / "empty.py").write_text("")
        (tree / "one_line.py").write_text("def f(: pass")
        done = run("-r", tree, "-o", folder + "/out", "--format", "sarif")
        assert done.returncode == 1, done.stderr
        one_run, before = check_log(json.loads(done.stdout), tree)
        assert one_run["invocations"][0]["executionSuccessful"] is True
        uris = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in one_run["results"]}
        assert {urllib.parse.unquote(uri) for uri in uris} >= set(NAMES), uris
        assert "n%FF.py" in uris and "a%2520b.py" in uris and "c%3Ad.py" in uris, uris
        assert {result["level"] for result in one_run["results"]} == {"note", "warning", "error"}

        # Columns are those of an editor: é is one, a character beyond U+FFFF two.
        wide = pathlib.Path(folder, "wide")
        wide.mkdir()
        (wide / "w.py").write_text("'''Doc.'''\nx = 'é😀'; y: Any = 1\n")
        one_run, _ = check_log(json.loads(run("-r", wide, "-o", folder + "/out", "--format", "sarif").stdout), wide)
        line = (wide / "w.py").read_text().split("\n")[1].encode("utf-16-le")
        regions = {result["ruleId"]: result["locations"][0]["physicalLocation"]["region"] for result in one_run["results"]}
        region = regions["any-type"]
        assert line[2 * (region["startColumn"] - 1):2 * (region["endColumn"] - 1)].decode("utf-16-le") == "Any", region
        assert one_run["columnKind"] == "utf16CodeUnits"

        # A fingerprint stays with its issue when the lines above it change.
        (tree / "plain.py").write_text("'''Doc.'''\n\nx = 1\n\n\n" + (tree / "plain.py").read_text().split("\n", 1)[1])
        done = run("-r", tree, "-o", folder + "/out", "--format", "sarif")
        assert check_log(json.loads(done.stdout), tree)[1] == before

        # A tree without issues is a valid log too; the severity that the configuration gives is the level.
        clean = pathlib.Path(folder, "clean")
        clean.mkdir()
        (clean / "a.py").write_text("'''Doc.'''\n")
        check_log(json.loads(run("-r", clean, "-o", folder + "/out", "--format", "sarif").stdout), clean)
        (clean / "a.py").write_text("x = 1\n")
        (clean / ".code_mapper.yaml").write_text("severity: {missing-docstring: error}\n")
        one_run, _ = check_log(json.loads(run("-r", clean, "-o", folder + "/out", "--format", "sarif").stdout), clean)
        assert [result["level"] for result in one_run["results"]] == ["error"]
    print("SARIF: as the specification asks")


main()
