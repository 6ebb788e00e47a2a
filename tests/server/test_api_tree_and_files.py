"""The JSON API over the process tree and over the files themselves."""
import time

import pytest

from running_server import RunningServer, tree

SOURCE = "import os\n\ndef greet(name):\n    return os.path.join('Hello', name)\n"

# A file that was indexed in the future stays among those of the last seconds, however long the tests take.
ROWS = """
INSERT INTO projects (name, path) VALUES ('demo', '%(root)s'), ('other', '%(root)s/none');
INSERT INTO files (project_id, path, language, size, mtime, stamp, status, error, line_count, indexed_at) VALUES
  (1, 'app/hello.py', 'python', 80, now(), '1', 'indexed', NULL, 4, now() + interval '1 hour'),
  (1, 'both.py', 'python', 1, now(), '2', 'indexed', NULL, 1, now() - interval '1 hour'),
  (2, 'both.py', 'python', 1, now(), '3', 'pending', NULL, NULL, NULL),
  (1, 'data.bin', NULL, 4, now(), '4', 'skipped', 'binary', NULL, NULL),
  (1, 'gone.py', 'python', 1, now(), '5', 'dead', 'the analyser did not survive it', NULL, NULL),
  (1, 'latin.py', 'python', 1, now(), '6', 'indexed', NULL, 1, now() - interval '1 hour');
INSERT INTO symbols (id, project_id, file_id, kind, name, qualified_name, is_definition, start_line, end_line, start_column,
                     end_column, signature, docstring) VALUES
  (4194304, 1, 1, 'function', 'greet', 'app.hello.greet', true, 3, 4, 0, 0, 'def greet(name)', 'Greets.');
INSERT INTO packed_references (file_id, name, kind, lines, enclosing) VALUES
  (1, 'join', 'call', '{4}', '{0}'), (1, 'os', 'name', '{4}', '{0}');
INSERT INTO imports (project_id, file_id, target, name, line, relative_level, is_system, at_top_level, resolution, resolved_path,
                     resolved_file_id) VALUES
  (1, 1, 'os', NULL, 1, 0, false, true, 'foreign', NULL, NULL),
  (1, 6, 'app.hello', 'greet', 2, 0, false, true, 'file', 'app/hello.py', 1), (1, 6, 'app.hello', NULL, 5, 0, false, true, 'file', 'app/hello.py', 1),
  (1, 6, '', 'gone', 7, 1, false, true, NULL, NULL, NULL);
INSERT INTO issues (project_id, file_id, rule, severity, message, start_line, end_line, start_column, end_column) VALUES
  (1, 1, 'no-docstring', 'info', 'no docstring', 3, 3, 0, 0), (1, 1, 'no-docstring', 'info', 'no docstring', 1, 1, 0, 0),
  (1, 2, 'parse-error', 'error', 'does not parse', 1, 1, 0, 0);
"""


@pytest.fixture(scope="module")
def server(cluster, tmp_path_factory):
    root = tmp_path_factory.mktemp("api") / "root"
    (root / "app").mkdir(parents=True)
    (root / "app" / "hello.py").write_text(SOURCE)
    (root / "both.py").write_text("x = 1\n")
    (root / "latin.py").write_bytes(b"name = 'J\xf6rg'\n")
    (root / "data.bin").write_bytes(b"a\0b\n")
    cluster.make_database("api")
    cluster.run(ROWS % {"root": root}, name="api")
    running = RunningServer(cluster.folder, database="api")
    yield running
    running.close()


def results(server, path):
    answer = server.get(path)
    assert answer.status == 200, answer.body
    return answer.json["results"]


def eventually(condition, timeout=5):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_file_comes_with_what_the_index_knows_and_its_text(server):
    answer = server.get("/api/v1/file?path=app/hello.py").json
    assert answer.pop("indexed_at").endswith("Z")
    assert answer == {"project": "demo", "path": "app/hello.py", "language": "python", "size": 80, "status": "indexed",
                      "error": None, "line_count": 4, "start_line": 1, "end_line": 4, "text": SOURCE, "unreadable": None,
                      "imports": [{"line": 1, "target": "os", "name": None, "resolution": "foreign", "path": None}], "imports_total": 1,
                      "imported_by": [{"path": "latin.py", "line": 2}], "imported_by_total": 1}
    part = server.get("/api/v1/file?path=app/hello.py&start_line=3&end_line=3").json
    assert (part["text"], part["start_line"], part["end_line"], part["line_count"]) == ("def greet(name):\n", 3, 3, 4)
    beyond = server.get("/api/v1/file?path=app/hello.py&start_line=9").json
    assert beyond["text"] == "" and beyond["end_line"] == 0 and beyond["line_count"] == 4


def test_a_files_imports_say_where_they_lead_or_that_nobody_looked_yet(server):
    answer = server.get("/api/v1/file?path=latin.py").json
    assert [(i["line"], i["target"], i["name"], i["resolution"], i["path"]) for i in answer["imports"]] == [
        (2, "app.hello", "greet", "file", "app/hello.py"), (5, "app.hello", None, "file", "app/hello.py"), (7, ".", "gone", None, None)]
    assert answer["imported_by"] == [] and answer["imported_by_total"] == 0


def test_who_imports_a_go_package_imports_its_files_and_long_lists_are_cut(server, cluster):
    cluster.make_database("imports")
    cluster.run("""
INSERT INTO projects (name, path) VALUES ('go', '/nowhere');
INSERT INTO files (project_id, path, language, size, mtime, stamp, status)
  SELECT 1, path, 'go', 1, now(), '1', 'indexed' FROM unnest('{inner/a.go,inner/b.go,main.go,root.go}'::text[]) AS path;
INSERT INTO files (project_id, path, language, size, mtime, stamp, status)
  SELECT 1, 'many/' || n || '.go', 'go', 1, now(), '1', 'indexed' FROM generate_series(1001, 1600) AS n;
INSERT INTO imports (project_id, file_id, target, line, relative_level, is_system, at_top_level, resolution, resolved_path)
  SELECT 1, id, 'm', 3, 0, false, true, 'folder', CASE path WHEN 'main.go' THEN 'inner' ELSE '' END FROM files
  WHERE path = 'main.go' OR path LIKE 'many/%';
""", name="imports")
    running = RunningServer(cluster.folder, database="imports")
    try:
        assert running.get("/api/v1/file?path=inner/b.go").json["imported_by"] == [{"path": "main.go", "line": 3}]
        assert running.get("/api/v1/file?path=main.go").json["imports"][0]["path"] == "inner"
        root = running.get("/api/v1/file?path=root.go").json
        assert (len(root["imported_by"]), root["imported_by_total"]) == (500, 600)
        assert root["imported_by"][0]["path"] == "many/1001.go"
    finally:
        running.close()


def test_a_file_that_cannot_be_shown_says_why(server):
    binary = server.get("/api/v1/file?path=data.bin").json
    assert binary["text"] is None and "NUL" in binary["unreadable"] and binary["error"] == "binary"
    gone = server.get("/api/v1/file?path=gone.py").json
    assert gone["text"] is None and "gone.py" in gone["unreadable"] and gone["status"] == "dead"
    assert server.get("/api/v1/file?path=latin.py").json["text"] == "name = 'J\ufffdrg'\n"


def test_a_path_that_is_in_no_project_is_404_and_one_in_several_409(server):
    for path in ["nope.py", "../root/app/hello.py", "/etc/passwd", "app"]:
        assert server.get("/api/v1/file?path=" + path).status == 404, path
    assert server.get("/api/v1/file?path=both.py").status == 409
    assert server.get("/api/v1/file?path=both.py&project=demo").json["text"] == "x = 1\n"


def test_symbols_issues_and_references_of_a_file(server):
    assert [s["name"] for s in results(server, "/api/v1/symbols?file=app/hello.py&project=demo")] == ["greet"]
    assert [i["start_line"] for i in results(server, "/api/v1/issues?file=app/hello.py")] == [1, 3]
    assert results(server, "/api/v1/issues?file=app/hello") == []
    assert results(server, "/api/v1/references?name=join") == [
        {"name": "join", "kind": "call", "project": "demo", "path": "app/hello.py", "line": 4, "enclosing_symbol_id": 4194304,
         "enclosing": "app.hello.greet"}]
    assert results(server, "/api/v1/references?name=os&kind=call") == []


def test_rules_are_counted_worst_first(server):
    assert results(server, "/api/v1/issues/rules") == [
        {"rule": "parse-error", "severity": "error", "issues": 1}, {"rule": "no-docstring", "severity": "info", "issues": 2}]
    assert [r["rule"] for r in results(server, "/api/v1/issues/rules?path=app/")] == ["no-docstring"]


def test_text_is_found_by_line(server):
    answer = server.get("/api/v1/search/text?q=HELLO").json
    assert answer["results"] == [{"project": "demo", "path": "app/hello.py", "line": 4, "text": "    return os.path.join('Hello', name)"}]
    # The root of the other project is not there: nobody knows what its files hold.
    assert answer["complete"] is False and answer["files_searched"] == 4
    answer = server.get("/api/v1/search/text?q=HELLO&project=demo").json
    assert answer["complete"] is True and answer["files_searched"] == 4
    assert results(server, "/api/v1/search/text?q=HELLO&case=sensitive") == []
    assert len(results(server, "/api/v1/search/text?q=name&limit=2")) == 2
    assert server.get("/api/v1/search/text?q=name&limit=2").json["complete"] is False


def test_progress_counts_what_was_indexed_in_the_last_seconds(server):
    demo, other = results(server, "/api/v1/projects")
    assert (demo["files"], demo["indexed"], demo["pending"], demo["skipped"], demo["dead"]) == (5, 3, 0, 1, 1)
    assert demo["files_per_second"] == 0.1 and demo["seconds_left"] is None and (demo["errors"], demo["infos"]) == (1, 2)
    assert other["pending"] == 1
    page = server.get("/api/v1/projects?limit=1").json
    assert [p["name"] for p in page["results"]] == ["demo"] and page["next_offset"] == 1


def test_processes_by_tier_and_state(server):
    assert [p["name"] for p in results(server, "/api/v1/processes")] == ["driver", "indexer.0", "server"]
    assert [p["name"] for p in results(server, "/api/v1/processes?tier=2")] == ["indexer.0"]
    assert results(server, "/api/v1/processes?state=failed") == []
    assert [p["name"] for p in results(server, "/api/v1/processes?limit=1&offset=1")] == ["indexer.0"]


def test_events_come_as_they_happen_over_one_connection(start):
    server = start()
    first = server.get("/api/v1/events").json
    assert [event["seq"] for event in first["results"]] == [1, 2, 3] and first["last_seq"] == 3
    server.control.happen("exited", process="driver", tier=1, pid=91, signal="SIGKILL", expected=False)
    eventually(lambda: results(server, "/api/v1/events?after=3") != [])
    [event] = results(server, "/api/v1/events?after=3")
    assert event["event"] == "exited" and event["signal"] == "SIGKILL"
    assert [e["seq"] for e in results(server, "/api/v1/events?after=1&limit=2")] == [2, 3]
    assert [e["seq"] for e in results(server, "/api/v1/events?limit=2")] == [3, 4]
    assert results(server, "/api/v1/events?after=4") == []
    assert len(server.control.followers) == 1


def test_events_go_on_after_the_supervisor_was_away(start):
    server = start()
    assert results(server, "/api/v1/events?after=2")[0]["seq"] == 3
    server.control.status = None
    server.control.hang_up()
    eventually(lambda: server.get("/api/v1/events").status == 503)
    server.control.status = tree()
    server.control.happen("ready", process="driver", tier=1, pid=92)
    eventually(lambda: server.get("/api/v1/events").status == 200)
    assert [e["seq"] for e in results(server, "/api/v1/events?after=2")] == [3, 4]


def test_numbers_that_begin_anew_are_another_supervisors(start):
    server = start()
    assert server.get("/api/v1/events").json["last_seq"] == 3
    server.control.events = [server.control.event(1, "supervisor_started", pid=5)]
    server.control.hang_up()
    eventually(lambda: server.get("/api/v1/events").json.get("last_seq") == 1)
    assert results(server, "/api/v1/events")[0]["event"] == "supervisor_started"
