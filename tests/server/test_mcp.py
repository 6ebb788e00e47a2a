"""MCP over HTTP and over stdio, against real files."""
import json
import os
import subprocess
import time

import pytest

from cluster import ROOT
from running_server import BUILD, RunningServer

SOURCE = "import os\n\ndef greet(name):\n    return os.path.join('Hello', name)\n\ndef main():\n    greet('x')\n    greet('y')\n"

ROWS = """
INSERT INTO projects (name, path) VALUES ('demo', '%(root)s'), ('other', '%(root)s/none');
INSERT INTO files (project_id, path, language, size, mtime, stamp, status, line_count) VALUES
  (1, 'app/hello.py', 'python', 100, now(), '1', 'indexed', 8), (2, 'app/hello.py', 'python', 1, now(), '2', 'pending', NULL),
  (1, 'gone.py', 'python', 1, now(), '3', 'indexed', 1), (1, 'notes.txt', NULL, 20, now(), '4', 'skipped', NULL),
  (1, 'link.py', 'python', 1, now(), '5', 'indexed', 1);
INSERT INTO symbols (id, project_id, file_id, kind, name, qualified_name, is_definition, start_line, end_line, start_column,
                     end_column, signature, docstring) VALUES
  (4194304, 1, 1, 'function', 'greet', 'app.hello.greet', true, 3, 4, 0, 0, 'def greet(name)', 'Greets.'),
  (4194305, 1, 1, 'function', 'main', 'app.hello.main', true, 6, 8, 0, 0, 'def main()', '');
INSERT INTO packed_references (file_id, name, kind, lines, enclosing) VALUES
  (1, 'greet', 'call', '{7,8}', '{1,1}'), (1, 'join', 'call', '{4}', '{0}'), (1, 'os', 'name', '{4}', '{0}');
INSERT INTO imports (project_id, file_id, target, name, line, relative_level, is_system, at_top_level, resolution, resolved_path,
                     resolved_file_id) VALUES
  (1, 1, 'os', NULL, 1, 0, false, true, 'foreign', NULL, NULL),
  (1, 3, 'hello', 'greet', 1, 2, false, true, 'file', 'app/hello.py', 1), (1, 3, 'lost', NULL, 2, 1, false, true, 'missing', NULL, NULL);
INSERT INTO issues (project_id, file_id, rule, severity, message, start_line, end_line, start_column, end_column)
  VALUES (1, 1, 'no-docstring', 'info', 'main has no docstring', 6, 6, 0, 0);
DELETE FROM import_resolution_due;
"""

SHAPES = """
INSERT INTO projects (name, path) VALUES ('shapes', '/nowhere');
INSERT INTO files (project_id, path, language, size, mtime, stamp, status) VALUES
  (3, 'shape.h', 'cpp', 1, now(), '6', 'indexed'), (3, 'shape.cc', 'cpp', 1, now(), '7', 'indexed');
INSERT INTO symbols (id, project_id, file_id, kind, name, qualified_name, is_definition, start_line, end_line, start_column,
                     end_column, signature, docstring) VALUES
  (1, 3, 6, 'class', 'Shape', 'geo::Shape', true, 1, 2, 0, 0, '', ''),
  (2, 3, 6, 'constructor', 'Shape', 'geo::Shape::Shape', true, 1, 2, 0, 0, '', ''),
  (3, 3, 6, 'method', 'area', 'geo::Shape::area', false, 1, 2, 0, 0, '', ''),
  (4, 3, 7, 'method', 'area', 'geo::Shape::area', true, 1, 2, 0, 0, '', ''),
  (5, 3, 6, 'function', 'twice', 'a::twice', true, 1, 2, 0, 0, '', ''),
  (6, 3, 7, 'function', 'twice', 'b::twice', true, 1, 2, 0, 0, '', '');
"""


@pytest.fixture(scope="module")
def server(cluster, tmp_path_factory):
    base = tmp_path_factory.mktemp("mcp")
    root = base / "root"
    (root / "app").mkdir(parents=True)
    (root / "app" / "hello.py").write_text(SOURCE)
    (root / "notes.txt").write_text("Say hello to greet\n")
    (root / ".env").write_text("TOKEN=greet\n")
    (base / "outside").write_text("greet from outside\n")
    (root / "link.py").symlink_to(base / "outside")
    cluster.make_database("mcp")
    cluster.run(ROWS % {"root": root}, name="mcp")
    running = RunningServer(cluster.folder, database="mcp")
    yield running
    running.close()


def post(server, message, **headers):
    sent = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", **headers}
    return server.request("/mcp", "POST", headers=sent, body=json.dumps(message))


def call(server, tool, **arguments):
    answer = post(server, {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                           "params": {"name": tool, "arguments": arguments}})
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/json"
    return answer.json["result"]


def content(server, tool, **arguments):
    result = call(server, tool, **arguments)
    assert result["isError"] is False, result
    assert result["content"][0]["type"] == "text" and result["content"][0]["text"]
    return result["structuredContent"]


def reason(server, tool, **arguments):
    result = call(server, tool, **arguments)
    assert result["isError"] is True, result
    return result["content"][0]["text"]


def test_a_session_as_a_client_has_it(server):
    begun = post(server, {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}})
    version = begun.json["result"]["protocolVersion"]
    assert version == "2025-11-25"
    said = post(server, {"jsonrpc": "2.0", "method": "notifications/initialized"}, **{"MCP-Protocol-Version": version})
    assert said.status == 202 and said.body == b""
    listed = post(server, {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, **{"MCP-Protocol-Version": version})
    assert len(listed.json["result"]["tools"]) == 12


def test_a_page_of_a_stranger_cannot_use_it(server):
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    assert post(server, ping, Origin="http://evil.example").status == 403
    assert post(server, ping, Host="evil.example").status == 403
    assert post(server, ping, **{"Content-Type": "text/plain"}).status == 415
    assert post(server, ping, Origin="http://localhost:1234").status == 200


def test_find_symbol_and_symbol_info(server):
    found = content(server, "find_symbol", name="gre")["results"]
    assert [(s["id"], s["match"]) for s in found] == [(4194304, "prefix")]
    about = content(server, "symbol_info", id=4194304)
    assert about["source"] == "def greet(name):\n    return os.path.join('Hello', name)\n"
    assert about["docstring"] == "Greets." and about["members"] == [] and "root" not in about
    assert "no symbol" in reason(server, "symbol_info", id=99)


@pytest.mark.parametrize("name", ["greet", "hello.greet", "app.hello.greet"])
def test_symbol_info_takes_a_name_with_any_of_its_scope(server, name):
    assert content(server, "symbol_info", name=name)["id"] == 4194304


def test_the_index_is_not_current_while_imports_are_due(cluster, server):
    cluster.run("INSERT INTO import_resolution_due (project_id) VALUES (1)", name="mcp")
    status = call(server, "index_status")
    assert status["structuredContent"]["current"] is False and status["structuredContent"]["imports_due"] == 1
    assert status["content"][0]["text"].startswith("All files are indexed; where imports lead is being found out")
    cluster.run("DELETE FROM import_resolution_due", name="mcp")
    assert content(server, "index_status")["current"] is True


def test_the_index_is_not_current_while_a_tree_cannot_be_seen(cluster, server):
    def status_is(current):
        # The projects are read once for all who ask within a second.
        deadline = time.monotonic() + 10
        while (status := call(server, "index_status"))["structuredContent"]["current"] is not current:
            assert time.monotonic() < deadline, status
            time.sleep(0.05)
        return status["content"][0]["text"]

    cluster.run("UPDATE projects SET trouble = 'its root is not there' WHERE name = 'demo'", name="mcp")
    text = status_is(False)
    assert text.startswith("All files that can be seen are indexed") and "not all of it can be seen: its root is not there" in text
    cluster.run("UPDATE projects SET trouble = NULL", name="mcp")
    assert status_is(True).startswith("The index is current.")


@pytest.fixture
def shapes(cluster, server):
    cluster.run(SHAPES, name="mcp")
    yield server
    cluster.run("DELETE FROM projects WHERE name = 'shapes'; DELETE FROM import_resolution_due", name="mcp")


def test_symbol_info_takes_the_definition_and_asks_where_that_leaves_a_choice(shapes):
    assert content(shapes, "symbol_info", name="geo::Shape")["kind"] == "class"  # not its constructor
    assert content(shapes, "symbol_info", name="Shape")["kind"] == "class"
    assert content(shapes, "symbol_info", name="Shape::area")["is_definition"] is True
    assert content(shapes, "symbol_info", name="b::twice")["id"] == 6
    several = reason(shapes, "symbol_info", name="twice")
    assert "shapes/shape.h:1 function a::twice  [id 5]" in several and "[id 6]" in several and "[id 4]" not in several


def test_symbol_info_says_what_is_wrong_with_a_name(server):
    assert "no symbol 'greeting'" in reason(server, "symbol_info", name="greeting")
    assert "no symbol 'ello.greet'" in reason(server, "symbol_info", name="ello.greet")
    assert "no symbol" in reason(server, "symbol_info", name="greet", project="other")
    assert "name or its id" in reason(server, "symbol_info")


def test_outline_references_and_callers(server):
    assert [s["name"] for s in content(server, "list_symbols", path="app/hello.py")["results"]] == ["greet", "main"]
    uses = content(server, "find_references", name="greet")["results"]
    assert [(u["line"], u["kind"], u["enclosing"]) for u in uses] == [(7, "call", "app.hello.main"), (8, "call", "app.hello.main")]
    callers = content(server, "callers_of", name="greet")["results"]
    assert [(c["qualified_name"], c["call_lines"]) for c in callers] == [("app.hello.main", "7,8")]
    assert content(server, "callers_of", name="os")["results"] == []


def test_file_imports_says_what_a_file_imports_and_what_imports_it(server):
    gone = content(server, "file_imports", path="gone.py")
    assert gone["imports"] == [{"line": 1, "target": "..hello", "name": "greet", "resolution": "file", "path": "app/hello.py"},
                               {"line": 2, "target": ".lost", "name": None, "resolution": "missing", "path": None}]
    assert (gone["project"], gone["path"], gone["imported_by"], gone["imports_total"], gone["imported_by_total"]) == ("demo", "gone.py", [], 2, 0)
    hello = call(server, "file_imports", path="app/hello.py", project="demo")
    assert hello["structuredContent"]["imported_by"] == [{"path": "gone.py", "line": 1}]
    assert hello["content"][0]["text"] == ("demo/app/hello.py imports: 1\nline 1: os\n"
                                           "demo/app/hello.py is imported by: 1\ndemo/gone.py:1\n")
    assert "several projects" in reason(server, "file_imports", path="app/hello.py")
    assert "not in the index" in reason(server, "file_imports", path="nope.py")


def test_read_file_gives_the_lines_asked_for(server):
    whole = call(server, "read_file", path="app/hello.py", project="demo")
    assert whole["content"][0]["text"] == SOURCE and whole["structuredContent"]["line_count"] == 8
    part = content(server, "read_file", path="app/hello.py", project="demo", start_line=3, end_line=3)
    assert part["text"] == "def greet(name):\n" and (part["start_line"], part["end_line"]) == (3, 3)
    assert "several projects" in reason(server, "read_file", path="app/hello.py")
    assert "has 8 lines" in reason(server, "read_file", path="app/hello.py", project="demo", start_line=9)


@pytest.mark.parametrize("path", [".env", "../outside", "/etc/passwd", "link.py", "gone.py", "app", "app/../.env", "."])
def test_read_file_gives_nothing_that_is_not_an_indexed_file(server, path):
    assert "greet" not in reason(server, "read_file", path=path)


def test_search_code_finds_lines_in_indexed_files_only(server):
    found = content(server, "search_code", query="GREET")
    assert [(m["path"], m["line"]) for m in found["results"]] == [
        ("app/hello.py", 3), ("app/hello.py", 7), ("app/hello.py", 8), ("notes.txt", 1)]
    assert found["complete"] is False  # the root of the other project is not there
    assert content(server, "search_code", query="GREET", project="demo")["complete"] is True
    assert content(server, "search_code", query="GREET", case_sensitive=True)["results"] == []
    first = content(server, "search_code", query="greet", limit=2, path="app/")
    assert len(first["results"]) == 2 and first["complete"] is False
    assert content(server, "search_code", query="Hello", language="python")["results"][0]["text"].strip().startswith("return")


def test_overview_files_issues_and_status(server):
    demo, other = content(server, "project_overview")["projects"]
    assert demo["kinds"] == {"function": 2} and other["pending"] == 1
    assert demo["languages"][0] == {"language": "python", "files": 3, "lines": 10}
    assert "no project 'nope'" in reason(server, "project_overview", project="nope")
    assert [f["path"] for f in content(server, "list_files", project="demo", path="app/")["results"]] == ["app/hello.py"]
    assert content(server, "list_issues")["results"][0]["rule"] == "no-docstring"
    assert content(server, "index_status")["waiting"] == 0


SDK = ROOT / "build" / "deps" / "mcp-client"  # by script/setup --tests; the same for every build folder


def sdk_client(server, transport):
    """Runs the checks of mcp_client/client.mjs, which drives the server by the official SDK."""
    assert (SDK / ".installed").exists(), "script/setup --tests fetches the client"
    server.control.status["processes"][-1]["listen"] = ["127.0.0.1:%d" % server.port]
    environment = {"PATH": os.environ["PATH"], "SDK": str(SDK), "TRANSPORT": transport,
                   "URL": "http://127.0.0.1:%d/mcp" % server.port, "CTL": str(BUILD / "code-analysisctl"), "RUNTIME_DIR": server.folder}
    ended = subprocess.run(["node", str(ROOT / "tests" / "server" / "mcp_client" / "client.mjs")], env=environment, timeout=60,
                           capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.splitlines()[-1] == "all checks passed"


@pytest.mark.parametrize("transport", ["http", "stdio"])
def test_the_official_client_calls_every_tool(server, transport):
    sdk_client(server, transport)


def test_sessions_and_streams_are_not_offered_and_not_wanted(server):
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    begun = post(server, {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}})
    assert begun.headers["Mcp-Session-Id"] is None
    assert post(server, ping, **{"Mcp-Session-Id": "left over from another server"}).status == 200
    for method in ["GET", "DELETE"]:  # no stream of the server's own, no session to end: 405 says so, as the revision asks for
        answer = server.request("/mcp", method, headers={"Accept": "text/event-stream", "Mcp-Session-Id": "x"})
        assert answer.status == 405 and answer.headers["Allow"] == "POST"


def test_the_revision_in_the_header_must_be_known(server):
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    for version in ["2025-11-25", "2025-06-18", "2025-03-26"]:
        assert post(server, ping, **{"MCP-Protocol-Version": version}).status == 200
    for version in ["2024-01-01", "latest", ""]:
        answer = post(server, ping, **{"MCP-Protocol-Version": version})
        assert answer.status == 400 and "MCP-Protocol-Version" in answer.json["detail"]


def test_a_cancellation_is_accepted_and_ends_nothing_else(server):
    cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 77, "reason": "no longer wanted"}}
    assert post(server, cancelled).status == 202
    assert content(server, "index_status")["waiting"] == 0


def test_what_is_wrong_says_what_would_be_right(server):
    assert reason(server, "list_files", project="dmeo") == "there is no project 'dmeo'; there are: demo, other"
    assert reason(server, "list_files", status="broken") == "status must be one of: pending, indexed, skipped, dead"
    assert "list_files" in reason(server, "list_symbols", path="app/helo.py")
    assert reason(server, "find_symbol", nam="greet") == "there is no argument 'nam'; known are: name, project, kind, limit, offset"


def test_a_scope_before_a_name_does_not_hide_its_uses(server):
    for name in ["app.hello.greet", "hello::greet", "greet"]:
        assert [u["line"] for u in content(server, "find_references", name=name)["results"]] == [7, 8], name
        assert len(content(server, "callers_of", name=name)["results"]) == 1


def test_the_text_of_an_answer_is_short_and_names_the_next_step(server):
    text = call(server, "find_symbol", name="greet")["content"][0]["text"]
    assert text == ("demo/app/hello.py:3 function app.hello.greet  def greet(name)  [id 4194304]\n"
                    "symbol_info with an id gives source text and members.\n")
    text = call(server, "list_files", project="demo", limit=1)["content"][0]["text"]
    assert text == "demo/app/hello.py  python, 8 lines, indexed\nThere are more: ask again with offset=1.\n"
    assert call(server, "index_status")["content"][0]["text"].startswith("The index is current.\ndemo (")
    assert "No symbol" in call(server, "find_symbol", name="nothing_like_it")["content"][0]["text"]


def test_mcp_over_stdio_is_the_same(server):
    """code-analysisctl finds the server by the supervisor's status and passes messages on, one a line."""
    status = server.control.status
    status["processes"][-1]["listen"] = ["127.0.0.1:%d" % server.port]
    messages = [{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-11-25"}},
                {"jsonrpc": "2.0", "method": "notifications/initialized"},
                {"jsonrpc": "2.0", "id": 2, "method": "tools/call",
                 "params": {"name": "find_symbol", "arguments": {"name": "greet"}}}]
    text = "".join(json.dumps(message) + "\n" for message in messages) + "garbage\n"
    ended = subprocess.run([str(BUILD / "code-analysisctl"), "--runtime-dir", server.folder, "mcp"], input=text, text=True,
                           capture_output=True, timeout=20, env={"PATH": os.environ["PATH"]})
    assert ended.returncode == 0, ended.stderr
    answers = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [answer.get("id") for answer in answers] == [1, 2, None]
    assert answers[1]["result"]["structuredContent"]["results"][0]["name"] == "greet"
    assert answers[2]["error"]["code"] == -32700


def test_mcp_over_stdio_brings_the_token(start):
    server = start(token="a-secret")
    server.control.status["processes"][-1]["listen"] = ["127.0.0.1:%d" % server.port]
    command = [str(BUILD / "code-analysisctl"), "--runtime-dir", server.folder, "mcp"]
    for token, answered in [("a-secret", True), ("wrong", False)]:
        ended = subprocess.run(command, input='{"jsonrpc":"2.0","id":5,"method":"ping"}\n', text=True, capture_output=True,
                               timeout=20, env={"PATH": os.environ["PATH"], "CODE_ANALYSIS_TOKEN": token})
        answer = json.loads(ended.stdout)
        assert answer["id"] == 5 and ("result" in answer) == answered and ("error" in answer) != answered
        assert token not in ended.stderr
