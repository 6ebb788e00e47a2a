"""A database that is slow, full, away or not for us: what clients are told, and how soon."""
import concurrent.futures
import contextlib
import os
import socket
import time

import pytest

from fake_driver import FakeDriver

BUSY_RUNS = 2  # large statements at once
SLOWER = float(os.environ.get("CODE_ANALYSIS_TIME_SCALE", 1))  # of a sanitizer's build


@pytest.fixture
def play(start, tmp_path):
    """play(behave, ...) runs a server whose database does as told."""
    with contextlib.ExitStack() as stack:
        def run(*behaviour, **options):
            fake = FakeDriver(str(tmp_path), *behaviour, **options)
            stack.callback(fake.close)
            return start(pg_host=str(tmp_path)), fake
        yield run


def is_search(sql):
    return "hits" in sql


def slow_searches(sql):
    return "hang" if is_search(sql) else None


def eventually(condition, timeout=5):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def at_once(function, arguments):
    with concurrent.futures.ThreadPoolExecutor(len(arguments)) as pool:
        return list(pool.map(function, arguments))


def call(server, tool, **arguments):
    return server.request("/mcp", "POST", {"Content-Type": "application/json"}, body=(
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"%s","arguments":%s}}'
        % (tool, str(arguments).replace("'", '"')))).json["result"]


def test_a_database_that_answers_nobody_fails_all_queries_within_two_seconds_and_those_that_follow_at_once(play):
    server, _ = play(lambda sql: "hang")
    began = time.monotonic()
    answers = [server.get("/api/v1/projects") for _ in range(10)]
    assert time.monotonic() - began < 2 * SLOWER
    for answer in answers:
        assert answer.status == 503 and "cannot be reached" in answer.json["detail"]
        assert answer.headers["Retry-After"] == "1"


def test_one_failure_is_shared_by_all_queries_that_wait_and_health_answers_meanwhile(play):
    server, _ = play(lambda sql: "hang")
    paths = ["/api/v1/projects", "/api/v1/files", "/api/v1/issues", "/api/v1/symbols?name=a", "/api/v1/search?q=a"] * 20
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(len(paths)) as pool:
        waiting = [pool.submit(server.get, path) for path in paths]
        for _ in range(10):
            asked = time.monotonic()
            assert server.get("/healthz").status == 200
            assert time.monotonic() - asked < 2 * SLOWER
        answers = [one.result() for one in waiting]
    assert time.monotonic() - began < 4 * SLOWER
    assert {answer.status for answer in answers} == {503}
    assert all(answer.headers["Retry-After"] == "1" for answer in answers)


def test_a_database_that_comes_back_is_used_again(play):
    state = {"now": "hang"}
    server, _ = play(lambda sql: state["now"])
    assert server.get("/api/v1/files").status == 503
    state["now"] = None
    eventually(lambda: server.get("/api/v1/files").status == 200, 3)


def test_a_statement_that_is_too_slow_is_cancelled(play):
    server, fake = play(slow_searches)
    answer = server.get("/api/v1/search?q=a")
    assert answer.status == 504 and "cancelled" in answer.json["detail"]
    eventually(lambda: [is_search(sql) for sql in fake.cancelled] == [True] and not fake.running)
    assert server.get("/api/v1/files").status == 200


def test_the_statement_of_a_client_that_has_gone_is_cancelled(play):
    server, fake = play(slow_searches)
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
        client.sendall(b"GET /api/v1/search?q=a HTTP/1.1\r\nHost: localhost\r\n\r\n")
        eventually(lambda: fake.running)
    gone = time.monotonic()
    eventually(lambda: fake.cancelled and not fake.running)
    assert time.monotonic() - gone < 3


def test_slow_searches_run_two_at_a_time_and_hold_up_nobody_else(play):
    server, fake = play(slow_searches)
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        searches = [pool.submit(server.get, "/api/v1/search?q=a") for _ in range(12)]
        eventually(lambda: len(fake.running) == BUSY_RUNS)
        for _ in range(5):
            asked = time.monotonic()
            assert server.get("/api/v1/files").status == 200
            assert time.monotonic() - asked < 2 * SLOWER
        answers = [one.result() for one in searches]
    assert fake.most["hang"] == BUSY_RUNS
    refused = [answer for answer in answers if answer.status == 503]
    assert len(refused) == 10 and {answer.status for answer in answers} == {503, 504}
    for answer in refused:
        assert answer.headers["Retry-After"] == "1" and "as many searches as it may" in answer.json["detail"]


def test_very_many_searches_at_once_are_answered_or_told_to_come_back(server):
    answers = at_once(lambda _: server.get("/api/v1/search?q=parse"), range(200))
    assert {answer.status for answer in answers} <= {200, 503}
    assert sum(answer.status == 200 for answer in answers) >= 10
    for answer in answers:
        if answer.status == 503:
            assert answer.headers["Retry-After"] == "1" and "as many searches as it may" in answer.json["detail"]


@pytest.mark.parametrize("sqlstate, status, detail, advice", [
    ("53300", 503, "the database is busy", "wait a few seconds"),
    ("57014", 504, "did not answer in time", "ask for less"),
    ("08001", 503, "cannot be reached", "try again in a few seconds"),
    ("57P03", 503, "cannot be reached", "try again in a few seconds"),
    ("42501", 500, "does not admit this server", "tell the operator"),
    ("42P01", 500, "reported an error", "reported an error")])
def test_each_kind_of_failure_is_told_as_what_it_is(play, sqlstate, status, detail, advice):
    server, _ = play(lambda sql: None if sql == "SELECT 1" else sqlstate)
    answer = server.get("/api/v1/files")
    assert answer.status == status and detail in answer.json["detail"]
    assert answer.headers["Retry-After"] == ("1" if status == 503 else None)
    told = call(server, "list_files")
    assert told["isError"] and advice in told["content"][0]["text"]


@pytest.mark.parametrize("sqlstate, status, detail", [("53300", 503, "the database is busy"),
                                                      ("28000", 500, "does not admit this server"),
                                                      ("57P03", 503, "cannot be reached")])
def test_a_refused_connection_is_told_as_what_it_is(play, sqlstate, status, detail):
    server, _ = play(refuse=sqlstate)
    answer = server.get("/api/v1/files")
    assert answer.status == status and detail in answer.json["detail"]


def test_a_client_that_closes_only_its_sending_side_gets_its_answer(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(b"GET /api/v1/search?q=parse HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        assert client.recv(12) == b"HTTP/1.1 200"
