"""What every path has in common: methods, errors, who may ask, headers."""
import pathlib
import socket
import time

import pytest

from running_server import listening

PAGE = ["/", "/base.css", "/views.css", "/theme.js", "/app.js", "/file.js", "/favicon.svg"]
PATHS = PAGE + ["/healthz", "/readyz", "/metrics", "/api/v1/status", "/api/v1/processes", "/api/v1/events",
                "/api/v1/search?q=parse", "/api/v1/search/text?q=parse", "/api/v1/symbols?name=parse",
                "/api/v1/symbols?file=lib/parse.py", "/api/v1/references?name=parse", "/api/v1/projects", "/api/v1/files",
                "/api/v1/file?path=lib/parse.py", "/api/v1/issues", "/api/v1/issues/rules"]


def is_problem(answer, status):
    return (answer.status == status and answer.headers["Content-Type"] == "application/problem+json"
            and answer.json["status"] == status and answer.json["title"] and answer.json["detail"])


@pytest.mark.parametrize("path", PATHS)
def test_each_path_answers_get_and_head_alike(server, path):
    got, head = server.get(path), server.request(path, "HEAD")
    assert got.status == head.status == 200
    assert got.body and not head.body
    assert head.headers["Content-Type"] == got.headers["Content-Type"]
    assert int(head.headers["Content-Length"]) > 0


@pytest.mark.parametrize("path", PATHS)
def test_another_method_is_405_with_the_methods_that_are_taken(server, path):
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "FROB"]:
        answer = server.request(path, method)
        assert is_problem(answer, 405), method
        assert answer.headers["Allow"] == "GET, HEAD"


def test_mcp_takes_post_only(server):
    for method in ["GET", "HEAD", "DELETE"]:
        answer = server.request("/mcp", method)
        assert answer.status == 405 and answer.headers["Allow"] == "POST"


def test_an_unknown_path_is_404(server):
    for path in ["/nope", "/api/v1", "/api/v1/search/", "//", "/healthz/x", "/%00", "/..%2fetc/passwd"]:
        assert is_problem(server.get(path), 404), path


@pytest.mark.parametrize("path", PATHS + ["/nope", "/mcp"])
def test_a_foreign_host_or_origin_is_403_on_every_path(server, path):
    own = "127.0.0.1:%d" % server.port
    for headers in [{"Host": "evil.example"}, {"Host": "evil.example:%d" % server.port}, {"Host": "127.0.0.1.evil.example"},
                    {"Host": own, "Origin": "http://evil.example"}, {"Host": own, "Origin": "null"}]:
        assert is_problem(server.request(path, headers=headers), 403), headers


def test_own_names_pass_as_host_and_origin(server):
    for host in ["localhost", "127.0.0.1:1", "[::1]:%d" % server.port, "LOCALHOST:%d" % server.port]:
        assert server.get("/healthz", Host=host, Origin="http://" + host).status == 200, host


def test_every_answer_carries_the_security_headers(server):
    for path in ["/", "/app.js", "/healthz", "/nope"]:
        headers = server.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "require-trusted-types-for 'script'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == ("no-cache" if path in PAGE else "no-store")
        assert "Access-Control-Allow-Origin" not in headers


def test_the_page_loads_nothing_from_elsewhere_and_is_not_sent_twice(server):
    page = server.get("/")
    assert b"<title>code-analysis</title>" in page.body
    files = {path.name for path in (pathlib.Path(__file__).resolve().parents[2] / "server" / "web").iterdir()
             if path.suffix in [".css", ".js", ".svg"]}
    assert len(files) > 10
    for body in [page.body] + [server.get("/" + name).body for name in files]:
        assert b"https://" not in body and b"http://" not in body.replace(b"http://www.w3.org/2000/svg", b"")
    again = server.request("/", headers={"If-None-Match": page.headers["ETag"]})
    assert again.status == 304 and not again.body


def test_a_request_that_is_too_large_is_refused(server):
    assert server.get("/healthz", X="a" * 60000).status in (413, 431)
    assert server.get("/api/v1/search?q=" + "a" * 60000).status in (413, 414, 431)
    assert server.get("/api/v1/search?q=" + "a" * 1001).status == 400
    assert is_problem(server.request("/healthz", headers={"Content-Length": str(2 << 20)}), 413)


def test_json_that_nests_very_deep_is_400_and_the_server_lives(server):
    for depth in [65, 20_000, 150_000]:
        for body in ["[" * depth, '{"a":' * depth, "[" * depth + "]" * depth,
                     '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"arguments":' + "[" * depth]:
            answer = server.request("/mcp", "POST", {"Content-Type": "application/json"}, body=body)
            assert answer.status == 400 and answer.json["error"]["code"] == -32700
    assert server.process.poll() is None and server.get("/healthz").status == 200


def test_many_requests_on_one_connection(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)
        received = b""
        while received.count(b'{"status":"ok"}') < 20:
            chunk = client.recv(65536)
            assert chunk, received
            received += chunk


def test_all_the_sockets_that_were_passed_are_served(start):
    server = start(sockets=[listening(), listening(), listening("::1", socket.AF_INET6)])
    ports = [bound.getsockname()[1] for bound in server.sockets]
    assert server.request("/healthz", port=ports[0]).status == 200
    assert server.request("/healthz", port=ports[1]).status == 200
    assert server.request("/healthz", port=ports[2], host="::1").status == 200


def test_a_public_address_without_a_token_is_refused_at_start(start):
    server = start(sockets=[listening("0.0.0.0")], listen=["0.0.0.0:0"], ready=False)
    assert server.process.wait(10) == 78
    assert "bearer token" in server.log()


def test_a_token_is_wanted_on_every_path_but_healthz_and_the_page(start):
    server = start(sockets=[listening("0.0.0.0")], listen=["0.0.0.0:0"], token="a-secret")
    assert server.get("/healthz").status == 200
    for path in PAGE:  # they hold no data; the page asks for the token itself
        assert server.get(path).status == 200
    for path in set(PATHS) - set(PAGE) - {"/healthz"} | {"/nope"}:
        answer = server.get(path)
        assert is_problem(answer, 401) and answer.headers["WWW-Authenticate"].startswith("Bearer"), path
        assert server.get(path, Authorization="Bearer a-secreT").status == 401
        assert server.get(path, Authorization="Bearer a-secret").status == (404 if path == "/nope" else 200)
    assert server.get("/healthz", Host="evil.example").status == 403
    assert "a-secret" not in server.log()


def test_a_thousand_idle_clients_do_not_keep_others_out(start):
    """Each has asked once and keeps its connection, as a page that looks every few seconds does."""
    server = start()
    ask = b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n"
    idle = []
    try:
        for _ in range(1000):
            client = socket.create_connection(("127.0.0.1", server.port), timeout=10)
            idle.append(client)
            client.sendall(ask)
            assert client.recv(12) == b"HTTP/1.1 200"
        began = time.monotonic()
        assert server.get("/healthz").status == 200
        assert time.monotonic() - began < 1
    finally:
        for client in idle:
            client.close()
