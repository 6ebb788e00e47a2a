"""Connections: silent ones, very many, half-sent requests, those that must be refused, and those at a restart."""
import contextlib
import http.client
import os
import resource
import socket
import threading
import time

import pytest

from running_server import listening

PROBES = ["/healthz", "/readyz", "/metrics"]
SLOWER = float(os.environ.get("CODE_ANALYSIS_TIME_SCALE", 1))  # of a sanitizer's build


@pytest.fixture(autouse=True)
def descriptors():
    """Room for the clients of a test in this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextlib.contextmanager
def silent_clients(port, count, sends=b""):
    with contextlib.ExitStack() as stack:
        clients = []
        for _ in range(count):
            clients.append(stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10)))
            clients[-1].sendall(sends)
        yield clients


def raw(server, data, end=True):
    """What the server sends until it closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(data)
        if end:
            client.shutdown(socket.SHUT_WR)
        received = b""
        while chunk := client.recv(65536):
            received += chunk
        return received


@pytest.mark.parametrize("count, sends", [(300, b""), (300, b"GET /healthz HTTP/1.1\r\nHost: local"), (1500, b"")])
def test_silent_clients_keep_nobody_out(start, count, sends):
    server = start(sockets=[deep()])
    with silent_clients(server.port, count, sends):
        for path in PROBES + ["/api/v1/files"]:
            began = time.monotonic()
            assert server.get(path).status == 200
            assert time.monotonic() - began < 4 * SLOWER
        assert server.request("/mcp", "POST", {"Content-Type": "application/json"},
                              body='{"jsonrpc":"2.0","id":1,"method":"ping"}').status == 200


def deep():
    bound = listening()
    bound.listen(4096)
    return bound


def test_clients_beyond_the_places_wait_and_are_answered(start):
    """Each sends its request only after all have connected: none may be refused or reset before. 256 requests are answered at
    once, and 128 may wait, however slow the machine is."""
    server = start(sockets=[deep()])
    with silent_clients(server.port, 380) as clients:
        for client in clients:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        for client in clients:
            assert client.recv(12) == b"HTTP/1.1 200"


def test_probes_have_places_of_their_own_while_all_others_wait_for_the_supervisor(start):
    """Requests that are slow take every common place; those beyond are told to come back."""
    server = start(sockets=[deep()])
    silence = threading.Event()
    server.control.server.RequestHandlerClass.handle = lambda handler: silence.wait(20)
    ask = b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    try:
        with silent_clients(server.port, 450, ask) as clients:
            began = time.monotonic()
            assert server.get("/healthz").status == 200
            assert time.monotonic() - began < 2 * SLOWER
            statuses = [client.recv(12) for client in clients]
    finally:
        silence.set()
    assert set(statuses) <= {b"HTTP/1.1 503"}


REFUSED = {
    "two Content-Length": b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "Content-Length with Transfer-Encoding": b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
                                             b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "NUL in Host": b"GET /healthz HTTP/1.1\r\nHost: localhost\0.evil\r\n\r\n",
    "an unknown transfer coding": b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a folded header": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n",
    "a bare line feed": b"GET /healthz HTTP/1.1\nHost: localhost\n\n",
    "a space before the colon": b"GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n",
    "no Host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
    "a target with another host": b"GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
}
CHUNKED = b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
REFUSED_CHUNKS = {
    "a long extension": b"2;" + b"x" * 1000 + b"\r\n{}\r\n0\r\n\r\n",
    "an extension without an end": b"2;" + b"x" * 100000,
    "a size that is none": b"0x2\r\n{}\r\n0\r\n\r\n",
    "a negative size": b"-2\r\n{}\r\n0\r\n\r\n",
    "a space before the size": b" 2\r\n{}\r\n0\r\n\r\n",
    "a bare line feed": b"2\n{}\n0\n\n",
    "a chunk that is longer than its size": b"2\r\n{}}\r\n0\r\n\r\n",
    "a trailer without an end": b"0\r\n" + b"X: y\r\n" * 1000,
}
SECOND = b"GET /api/v1/files?path=second HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize("what", REFUSED)
def test_a_request_that_two_readers_could_read_differently_is_400_and_ends_the_connection(server, what):
    """As the first request of a connection, and behind one that is good."""
    for before, answers in [(b"", 1), (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", 2)]:
        received = raw(server, before + REFUSED[what] + SECOND, end=False)
        assert received.count(b"HTTP/1.1 ") == answers
        last = received[received.rindex(b"HTTP/1.1 "):]
        assert last.startswith(b"HTTP/1.1 400 ") and b"\r\nConnection: close\r\n" in last


@pytest.mark.parametrize("what", REFUSED_CHUNKS)
def test_a_chunked_body_that_is_not_as_it_should_be_is_400_and_ends_the_connection(server, what):
    received = raw(server, CHUNKED + REFUSED_CHUNKS[what] + SECOND, end=False)
    assert received.count(b"HTTP/1.1 ") == 1 and received.startswith(b"HTTP/1.1 400 ")


def test_a_chunked_body_with_a_short_extension_and_a_trailer_is_taken(server):
    ping = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
    body = b"%x;a=b\r\n%s\r\n0;c\r\nX: y\r\n\r\n" % (len(ping), ping)
    received = raw(server, CHUNKED + body + SECOND.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), end=False)
    assert received.count(b"HTTP/1.1 200 ") == 2 and b'"result":{}' in received


def test_a_client_that_expects_it_is_told_to_go_on_and_one_that_will_be_refused_is_not(server):
    ask = "POST /mcp HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall((ask % "localhost").encode())
        assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"{}")
        assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert raw(server, (ask % "evil.example").encode(), end=False).startswith(b"HTTP/1.1 403 ")


class Asking:
    """A client that asks for as long as the test runs, on new connections or on kept ones."""

    def __init__(self, port, keeps):
        self.port, self.keeps, self.answered, self.failures, self.ending = port, keeps, 0, [], False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        connection = None
        while not self.ending:
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
                connection.request("GET", "/healthz", headers={} if self.keeps else {"Connection": "close"})
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200
                self.answered += 1
                if answer.will_close:
                    connection.close()
                    connection = None
            except Exception as error:
                self.failures.append(repr(error))
                connection = None
        if connection:
            connection.close()

    def end(self):
        self.ending = True
        self.thread.join()


def more_answers(clients, timeout=20):
    before = [client.answered for client in clients]
    deadline = time.monotonic() + timeout
    while any(client.answered < count + 20 for client, count in zip(clients, before)):
        assert time.monotonic() < deadline, [client.failures for client in clients]
        time.sleep(0.01)


def test_a_restart_under_load_fails_no_request(start):
    with deep() as kept:  # the supervisor's descriptor
        server = start(sockets=[kept.dup()])
        clients = [Asking(server.port, keeps=number % 2 == 0) for number in range(8)]
        try:
            for _ in range(3):
                more_answers(clients)
                assert server.terminate() == 0
                server = start(sockets=[kept.dup()])
            more_answers(clients)
        finally:
            for client in clients:
                client.end()
        assert [failure for client in clients for failure in client.failures] == []


def test_a_request_on_its_way_at_the_stop_is_answered_and_the_connection_closed(start):
    server = start()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as used, \
            socket.create_connection(("127.0.0.1", server.port), timeout=10) as fresh:
        ask = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        used.sendall(ask)
        assert used.recv(65536).startswith(b"HTTP/1.1 200 ")
        server.process.terminate()
        while listens(server):
            time.sleep(0.01)
        for client in (used, fresh):
            client.sendall(ask)
            received = b""
            while chunk := client.recv(65536):
                received += chunk
            assert received.startswith(b"HTTP/1.1 200 ") and b"\r\nConnection: close\r\n" in received
    assert server.process.wait(5) == 0


def listens(server):
    """The process still has the listening socket."""
    inode = os.fstat(server.sockets[0].fileno()).st_ino
    folder = "/proc/%d/fd" % server.process.pid
    with contextlib.suppress(FileNotFoundError):
        return any(os.stat(os.path.join(folder, fd)).st_ino == inode for fd in os.listdir(folder))
    return True
