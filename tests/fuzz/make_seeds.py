#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets into a folder: a folder for each target, a file for each seed.

usage: make_seeds.py FOLDER

They are made from files of the tests and the documentation, or spelt out here; none is kept in the repository twice.
"""
import pathlib
import re
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LANGUAGES = [".py", ".c", ".cpp", ".java", ".go", ".rs", ".js", ".ts", ".tsx", ".sh"]  # as the target numbers them
OTHER_NAMES = {".cc": ".cpp", ".h": ".cpp", ".hpp": ".cpp", ".pyi": ".py", ".mjs": ".js", ".jsx": ".js", ".bash": ".sh"}
LONGEST_SOURCE = 16_000


def message(kind, body=b""):
    return kind.encode() + struct.pack("!i", len(body) + 4) + body


def text(value):
    return value.encode() + b"\0"


def startup(version, *pairs):
    body = struct.pack("!i", version) + b"".join(text(it) for it in pairs) + b"\0"
    return struct.pack("!i", len(body) + 4) + body


SQL = ["select 1", "BEGIN; SET LOCAL x = 1; COMMIT", "select set_config('a', $$b$$, false)", "/* a /* b */ */ listen \"X\"",
       "E'a\\'b' ; declare c cursor with hold for select 1", "deallocate all", "DEALLOCATE \"a\"\"b\"", "$tag$ ; $tag$; load 'x'"]
EXTENDED = [message("P", text("s") + text("select $1::int") + struct.pack("!hi", 1, 23)),
            message("B", text("p") + text("s") + struct.pack("!hhihh", 0, 1, 1, 0x3100, 0)),
            message("D", b"S" + text("s")), message("E", text("p") + struct.pack("!i", 0)), message("S"),
            message("C", b"S" + text("s")), message("H"), message("d", b"1\t2\n"), message("c"), message("f", text("no")),
            message("F", struct.pack("!ihhh", 2000, 0, 0, 0)), message("X")]
BACKEND = [message("R", struct.pack("!i", 0)), message("S", text("TimeZone") + text("UTC")), message("K", b"\0" * 8),
           message("Z", b"I"), message("1"), message("2"), message("3"), message("n"), message("s"), message("I"),
           message("T", struct.pack("!h", 1) + text("a") + b"\0" * 18), message("D", struct.pack("!hi", 1, 1) + b"x"),
           message("C", text("SELECT 1")), message("E", b"S" + text("ERROR") + b"V" + text("ERROR") + b"C" + text("22012") + b"\0"),
           message("G", b"\0\0\0"), message("H", b"\0\0\0"), message("d", b"1\n"), message("c"), message("A", b"\0\0\0\1" + text("c") + text("p"))]
FIRST = [startup(196608, "user", "u", "database", "d"), startup(196610, "user", "u", "_pq_.x", "1"),
         startup(196608, "user", "u", "options", "-c code_analysis.priority=bulk -c TimeZone=UTC", "client_encoding", "UTF8"),
         struct.pack("!ii", 8, 80877103), struct.pack("!ii", 8, 80877104), struct.pack("!iiii", 16, 80877102, 1, 2)]


def configuration():
    for path in [ROOT / "etc/default.yaml", *sorted((ROOT / "etc/examples").glob("*.yaml"))]:
        yield path.read_bytes()
    for page in sorted((ROOT / "docs").glob("*.md")):
        for block in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.S):
            yield block.encode()
    for body in re.findall(r'"code_analysis:((?:\\.|[^"\\])*)"', (ROOT / "tests/unit/config/errors_test.cc").read_text()):
        yield b"code_analysis:" + body.replace("\\n", "\n").replace('\\"', '"').encode()
    yield (b"code_analysis:\n  runtime_dir: /r\n  database: {driver: {type: postgres, config: {conninfo: \"host=a password=${THREE}\"}}}\n"
           b"  workers:\n  - {name: watcher, builtin: watcher}\n  - {name: m, command: [/bin/a, \"$${x}\"], env: {A: \"${EMPTY:-b}\"},"
           b" restart: {policy: on-failure, max_restarts: 3}, limits: {nofile: 1024}}\n  server: {listen: [\"127.0.0.1:0\"]}\n"
           b"  projects: [{name: self, path: .., exclude: [\"build/**\"]}]\n")


def frontend():
    for first in FIRST:
        yield b"\x07" + first
    yield b"\x07" + FIRST[0] + b"".join(EXTENDED)
    for sql in SQL:
        yield b"\x20" + FIRST[0] + message("Q", text(sql)) + message("P", text("") + text(sql) + b"\0\0")


def backend():
    yield b"\x07\0" + b"".join(BACKEND)
    yield b"\x01\x08\0\1\2\3\4\5\6\7" + b"".join(BACKEND[4:])
    yield b"\x01\x04\0\6\5\6" + BACKEND[4] + BACKEND[13] + BACKEND[3] + BACKEND[14] + BACKEND[3]


def relay():
    def says(who, data):
        return b"".join(bytes([who, len(data[at:at + 200])]) + data[at:at + 200] for at in range(0, len(data), 200))
    whole = bytes([3, 64 + 8])
    query = says(1, message("Q", text("select 1")))
    yield b"\0" + query + says(2, BACKEND[10] + BACKEND[11] + BACKEND[12] + BACKEND[3])
    yield b"\0" + says(1, EXTENDED[0] + EXTENDED[1] + EXTENDED[2] + EXTENDED[3] + EXTENDED[4]) + bytes([3, 0x4b]) + query + whole
    yield b"\0\x08" + query + says(9, message("Q", text("begin"))) + whole + bytes([3, 72]) + b"\x05\x0d\x04" + whole
    yield b"\0" + says(1, message("Q", text("copy a from stdin"))) + bytes([3, 32]) + says(1, EXTENDED[7] + EXTENDED[8]) + whole
    yield b"\0" + query + b"\x06" + query + bytes([3, 64 + 4]) + says(1, message("X"))
    yield b"\x60" + says(1, message("Q", text("SHOW POOLS")) + message("Q", text("SHOW CLIENTS")) + message("Q", text("RECONNECT")))
    for sql in SQL:
        yield b"\0" + says(1, message("Q", text(sql))) + whole + bytes([3, 0x5b]) + whole
    for first in FIRST:
        yield b"\x07" + says(1, first) + query + whole


def control():
    lines = re.findall(r"\| `(\{\"command\".*?\})` \|", (ROOT / "docs/protocol.md").read_text())
    lines = [line.replace("NAME", '"indexer"') for line in lines]
    assert len(lines) > 5
    for line in lines:
        yield line.encode() + b"\n"
    yield "\n".join(lines).encode() + b"\n\xff\xff" + lines[-1].encode() + b"\n"
    yield b'{"command":"reload"}\n' + b"\n" * 900 + b"\xff\xff"
    yield b'{"command":"wait"}\n{"command":"status"}\n\xff\xff\xff{"command":"nothing"}\n[]\n{"command":1}\n'


def notify():
    for datagram in ["READY=1", "READY=1\nSTATUS=a\nMAINPID=1", "STOPPING=1\n", "STATUS=" + "x" * 500, "WATCHDOG=1\nERRNO=2"]:
        yield b"\0" + datagram.encode()
    for lines in ["READY\n", "WAITING for a\nWAITING b\nREADY\nmore", "WAITING " + "y" * 5000 + "\n", "READ", "WAITING\n"]:
        yield b"\x05" + lines.encode()


def sources():
    files = [it for it in sorted((ROOT / "tests").rglob("*")) if it.is_file()] + sorted((ROOT / "analysis").rglob("*.cc"))[:10]
    for path in files:
        ending = OTHER_NAMES.get(path.suffix, path.suffix)
        data = path.read_bytes()
        if ending in LANGUAGES and len(data) < LONGEST_SOURCE and ("truth" in path.parts or path.parent.name == "analysis"):
            yield bytes([LANGUAGES.index(ending)]) + data
            if ending == ".js":
                yield bytes([LANGUAGES.index(".tsx")]) + data


def ignore():
    rules = [b"*.o\n!keep.o\n/build/\n", b"a/**/b\n**/c\nd/**\n", b"\\#x\n\\!y\nz \\ \n[a-c]?[!x]\n[[:alpha:]]*\n", b"# c\n\nfoo/\n"]
    paths = b"\0".join([b"a.o", b"keep.o", b"build/x", b"a/x/y/b", b"c", b"d/e", b"#x", b"bzz"])
    for rule in rules:
        yield rule + b"\0!" + rule + b"\0out/**\0" + paths
    yield (ROOT / ".gitignore").read_bytes() + b"\0\0\0" + paths


def hand_over():
    yield b"\0code-analysis outcome 1\n\0\0\0"
    yield b"\0code-analysis outcome 1\n\0\1\5error\0"
    yield b"\1"
    yield b"\1\0\3\0"
    yield b"\1\0\x40\xff\0\x41\x7f"


def http():
    yield b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    yield b"POST /mcp?a=%20b&c HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n{}"
    yield b"POST /mcp HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    yield b"GET http://localhost/x#y HTTP/1.0\r\nhost:localhost\r\n folded\r\n\r\n"
    yield b"GET /a HTTP/1.1\nHost: a\n\n"


def main():
    folder = pathlib.Path(sys.argv[1])
    for make in [configuration, frontend, backend, relay, control, notify, sources, ignore, hand_over, http]:
        target = folder / make.__name__
        target.mkdir(parents=True, exist_ok=True)
        for old in target.iterdir():
            old.unlink()
        count = 0
        for count, seed in enumerate(make(), 1):
            (target / f"{count:03}").write_bytes(seed)
        assert count > 3 or make is backend, make.__name__


main()
