"""The JSON API over a small index."""
import json
import threading
import time

import pytest


def names(answer):
    assert answer.status == 200, answer.body
    return [(hit["type"], hit["match"], hit["name"]) for hit in answer.json["results"]]


def test_search_ranks_exact_names_before_prefixes_before_substrings(server):
    assert names(server.get("/api/v1/search?q=parse")) == [
        ("symbol", "exact", "parse"), ("symbol", "exact", "parse"), ("symbol", "exact", "PARSE"),
        ("symbol", "prefix", "Parser"), ("symbol", "prefix", "parse_config"),
        ("file", "prefix", "parse.py"), ("file", "prefix", "parse_config.py"),
        ("symbol", "substring", "reparse"), ("file", "substring", "reparse.c")]


def test_search_prefers_the_case_as_typed(server):
    assert names(server.get("/api/v1/search?q=PARSE"))[0] == ("symbol", "exact", "PARSE")


def test_a_hit_says_where_it_is(server):
    hit = server.get("/api/v1/search?q=Parser&kind=class").json["results"][0]
    assert hit == {"match": "exact", "type": "symbol", "id": 2, "name": "Parser", "qualified_name": "lib.parse.Parser",
                   "kind": "class", "is_definition": True, "language": "python", "project": "alpha",
                   "path": "lib/parse.py", "start_line": 11, "end_line": 30, "signature": "class Parser"}


def test_search_takes_qualified_names_and_paths(server):
    assert names(server.get("/api/v1/search?q=lib.parse.Parser.parse")) == [("symbol", "exact", "parse")]
    assert names(server.get("/api/v1/search?q=Parser.parse")) == [("symbol", "substring", "parse")]
    assert names(server.get("/api/v1/search?q=lib/parse.py")) == [("file", "exact", "parse.py")]
    assert names(server.get("/api/v1/search?q=src/")) == [
        ("file", "substring", "new.c"), ("file", "substring", "reparse.c"), ("file", "substring", "100%_sure.c")]


def test_search_filters_by_project_kind_and_type(server):
    assert names(server.get("/api/v1/search?q=parse&project=beta&type=symbol")) == [
        ("symbol", "exact", "PARSE"), ("symbol", "substring", "reparse")]
    assert names(server.get("/api/v1/search?q=parse&kind=method")) == [("symbol", "exact", "parse")]
    assert {type for type, _, _ in names(server.get("/api/v1/search?q=parse&type=file"))} == {"file"}


def test_search_takes_no_character_for_a_pattern(server):
    assert names(server.get("/api/v1/search?q=per%25cent_sign")) == [("symbol", "exact", "per%cent_sign")]
    assert names(server.get("/api/v1/search?q=%25_sure")) == [("file", "substring", "100%_sure.c")]
    assert names(server.get("/api/v1/search?q=%27%3B+drop+table+symbols%3B--")) == []
    assert names(server.get("/api/v1/search?q=%5C")) == []


def test_pages_of_a_search_join_without_gap_or_repetition(server):
    whole = names(server.get("/api/v1/search?q=parse"))
    joined, offset = [], 0
    while offset is not None:
        answer = server.get("/api/v1/search?q=parse&limit=2&offset=%d" % offset)
        joined += names(answer)
        assert answer.json["limit"] == 2 and answer.json["offset"] == offset
        offset = answer.json["next_offset"]
    assert joined == whole


def test_symbols_of_a_name(server):
    results = server.get("/api/v1/symbols?name=parse").json["results"]
    assert [(s["id"], s["qualified_name"], s["parent_id"]) for s in results] == [
        (1, "lib.parse.parse", None), (3, "lib.parse.Parser.parse", 2)]
    assert results[0]["docstring"] == "Parses." and results[0]["path"] == "lib/parse.py"
    assert [s["id"] for s in server.get("/api/v1/symbols?name=lib.parse.Parser").json["results"]] == [2]
    assert server.get("/api/v1/symbols?name=nope").json["results"] == []


def test_projects_count_their_files_and_symbols(server):
    alpha, beta = server.get("/api/v1/projects").json["results"]
    assert alpha == {"id": 1, "name": "alpha", "path": "/src/alpha", "scanned_at": "2024-05-01T12:00:00.000Z", "files": 3,
                     "indexed": 2, "pending": 0, "skipped": 1, "dead": 0, "files_per_second": alpha["files_per_second"],
                     "seconds_left": None, "trouble": None, "symbols": 4, "errors": 0, "warnings": 1, "infos": 1}
    assert (beta["files"], beta["pending"], beta["dead"], beta["symbols"], beta["scanned_at"]) == (3, 1, 1, 4, None)


def test_files_by_project_path_language_and_status(server):
    def paths(query):
        return [f["path"] for f in server.get("/api/v1/files" + query).json["results"]]
    assert paths("?project=alpha") == ["README.md", "lib/parse.py", "lib/parse_config.py"]
    assert paths("?path=src/100%25_") == ["src/100%_sure.c"]
    assert paths("?language=python&path=lib/") == ["lib/parse.py", "lib/parse_config.py"]
    assert paths("?status=dead") == ["src/100%_sure.c"]
    first = server.get("/api/v1/files?path=lib/parse.py").json["results"][0]
    assert first["indexed_at"] == "2024-05-01T12:00:01.000Z" and first["size"] == 100


def test_issues_come_worst_first(server):
    results = server.get("/api/v1/issues").json["results"]
    assert [i["severity"] for i in results] == ["error", "warning", "info"]
    assert results[0]["rule"] == "parse-error" and results[0]["path"] == "src/reparse.c"
    assert [i["rule"] for i in server.get("/api/v1/issues?severity=info").json["results"]] == ["todo"]
    assert [i["rule"] for i in server.get("/api/v1/issues?project=alpha&limit=1").json["results"]] == ["function-too-long"]


@pytest.mark.parametrize("path", [
    "/api/v1/search", "/api/v1/search?q=", "/api/v1/symbols", "/api/v1/search?q=a&limit=0", "/api/v1/search?q=a&limit=501",
    "/api/v1/search?q=a&offset=-1", "/api/v1/search?q=a&limit=x", "/api/v1/search?q=%ff", "/api/v1/search?q=a%00b",
    "/api/v1/search?q=a&type=nope", "/api/v1/search?q=a&limt=5", "/api/v1/search?q=a&q=b", "/api/v1/search/text",
    "/api/v1/search/text?q=a&case=upper", "/api/v1/symbols?name=a&file=b", "/api/v1/references", "/api/v1/references?name=a&kind=use",
    "/api/v1/file", "/api/v1/file?path=a&start_line=0", "/api/v1/file?path=a&start_line=9&end_line=8", "/api/v1/issues?severity=bad",
    "/api/v1/issues?id=x", "/api/v1/files?status=broken", "/api/v1/events?after=-1", "/api/v1/processes?tier=4",
    "/api/v1/processes?state=up", "/api/v1/projects?project=alpha", "/api/v1/files?project=%c3", "/api/v1/files?limit=", "/api/v1/projects?limit=1000"])
def test_a_wrong_parameter_is_400_with_the_reason(server, path):
    answer = server.get(path)
    assert answer.status == 400 and answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["detail"]


def test_broken_connections_are_made_again_unseen(server, cluster):
    assert server.get("/api/v1/search?q=parse").status == 200
    ended = cluster.run("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'server'")
    assert ended and all(row == (True,) for row in ended)
    assert server.get("/api/v1/search?q=parse").status == 200


def test_connections_are_few_and_keep_no_state(server, cluster):
    threads = [threading.Thread(target=server.get, args=("/api/v1/search?q=parse",)) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = cluster.run("SELECT state FROM pg_stat_activity WHERE application_name = 'server' AND datname = 'code_analysis'")
    assert 1 <= len(rows) <= 8 and set(rows) == {("idle",)}


def test_a_statement_that_takes_too_long_is_504(start, cluster):
    server = start()
    blocker = cluster.connect()
    with blocker.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE issues IN ACCESS EXCLUSIVE MODE")
    try:
        began = time.monotonic()
        answer = server.get("/api/v1/issues")
        assert answer.status == 504 and 4 < time.monotonic() - began < 9
        assert server.get("/api/v1/files").status == 200
    finally:
        blocker.close()
    assert server.get("/api/v1/issues").status == 200


def test_answers_are_json_that_says_so(server):
    answer = server.get("/api/v1/search?q=parse")
    assert answer.headers["Content-Type"] == "application/json"
    json.loads(answer.body)
