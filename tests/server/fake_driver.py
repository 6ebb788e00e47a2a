"""The database as the server sees it, played by the test: as much of PostgreSQL's protocol as libpq needs."""
import contextlib
import os
import socket
import socketserver
import struct
import threading

CANCEL, SSL, GSS = 80877102, 80877103, 80877104


def message(kind, body=b""):
    return kind + struct.pack("!I", len(body) + 4) + body


def error(sqlstate, text="made up", severity=b"ERROR"):
    return message(b"E", b"S" + severity + b"\0V" + severity + b"\0C" + sqlstate.encode() + b"\0M" + text.encode() + b"\0\0")


EMPTY = message(b"C", b"SELECT 0\0")
READY = message(b"Z", b"I")


class FakeDriver:
    """Answers each statement as `behave(sql)` says: None: no rows; "hang": nothing until it is cancelled; else a SQLSTATE.
    refuse: the SQLSTATE that each new connection gets."""

    def __init__(self, folder, behave=lambda sql: None, refuse=None):
        self.behave, self.refuse = behave, refuse
        self.lock = threading.Lock()
        self.running = {}     # key of the connection -> (sql, event that a cancel sets)
        self.most = {}        # kind of statement -> how many ran at once
        self.cancelled = []   # statements
        fake = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                with contextlib.suppress(OSError, EOFError):
                    fake.serve(self)

        class Server(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True
            request_queue_size = 256

        self.server = Server(os.path.join(folder, ".s.PGSQL.5432"), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()
        self.keys = 0

    def serve(self, client):
        key = self.start(client)
        sql = ""
        while key is not None:
            kind, body = self.read(client)
            if kind == b"X":
                return
            if kind == b"P":
                sql = body.split(b"\0")[1].decode()
            if kind == b"Q":
                self.answer(client, key, body[:-1].decode(), message(b"T", b"\0\0"))
            if kind == b"S":
                self.answer(client, key, sql, message(b"1") + message(b"2") + message(b"T", b"\0\0"))

    @staticmethod
    def exactly(client, size):
        data = client.rfile.read(size)
        if len(data) < size:
            raise EOFError
        return data

    def read(self, client):
        kind, size = self.exactly(client, 1), struct.unpack("!I", self.exactly(client, 4))[0]
        return kind, self.exactly(client, size - 4)

    def start(self, client):
        while True:
            size, code = struct.unpack("!II", self.exactly(client, 8))
            rest = self.exactly(client, size - 8)
            if code in (SSL, GSS):
                client.wfile.write(b"N")
            elif code == CANCEL:
                with self.lock:
                    sql, event = self.running.get(struct.unpack("!II", rest)[0], (None, None))
                if event:
                    event.set()
                return None
            elif self.refuse:
                client.wfile.write(error(self.refuse, severity=b"FATAL"))
                return None
            else:
                with self.lock:
                    self.keys += 1
                    key = self.keys
                client.wfile.write(message(b"R", struct.pack("!I", 0)) + message(b"K", struct.pack("!II", key, 7)) + READY)
                return key

    def answer(self, client, key, sql, described):
        outcome, cancelled = self.behave(sql), threading.Event()
        with self.lock:
            self.running[key] = (sql, cancelled)
            self.most[outcome] = max(self.most.get(outcome, 0), sum(self.behave(s) == outcome for s, _ in self.running.values()))
        try:
            if outcome == "hang":
                self.hang(client, sql, cancelled)
            reply = described + EMPTY if outcome is None else error("57014" if outcome == "hang" else outcome)
        finally:
            with self.lock:
                del self.running[key]
        client.wfile.write(reply + READY)

    def hang(self, client, sql, cancelled):
        client.connection.setblocking(False)
        try:
            while not cancelled.wait(0.01):
                with contextlib.suppress(BlockingIOError):
                    if client.connection.recv(1, socket.MSG_PEEK) == b"":
                        raise EOFError
        finally:
            client.connection.setblocking(True)
        with self.lock:
            self.cancelled.append(sql)

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
