"""Runs libexec/code-analysis/server the way the supervisor does, with sockets that the test has bound."""
import http.client
import json
import os
import pathlib
import select
import shutil
import socket
import socketserver
import subprocess
import tempfile
import threading

BUILD = pathlib.Path(os.environ.get("BUILD_DIR") or pathlib.Path(__file__).resolve().parents[2] / "build")
PROGRAM = BUILD.resolve() / "libexec" / "code-analysis" / "server"

# Puts the sockets where sd_listen_fds(3) wants them; LISTEN_PID is known only after the fork.
LAUNCH = 'next=3; for fd in $SOCKETS; do eval "exec $next<&$fd $fd<&-"; next=$((next + 1)); done; ' \
         'unset SOCKETS; export LISTEN_PID=$$; exec "$0"'


def process(name, tier, state="ready"):
    return {"name": name, "tier": tier, "state": state, "pid": 100, "ready": state == "ready", "uptime_ms": 1000,
            "restarts": 1, "last_exit": None, "rss_bytes": 1048576, "cpu_ms": 20, "listen": [], "status_text": None}


def tree(state="running", degraded=(), **states):
    processes = [process("driver", 1), process("indexer.0", 2), process("server", 3)]
    for entry in processes:
        entry["state"] = states.get(entry["name"].split(".")[0], entry["state"])
    return {"supervisor": {"pid": 1, "version": "0.1.0", "state": state, "uptime_ms": 5000, "config": "c.yaml",
                           "degraded": list(degraded)}, "processes": processes}


class FakeControl:
    """A control socket that answers `status` with self.status and `events` with self.events, which `happen` adds to.
    status None: no answer, the connection is closed."""

    def __init__(self, path):
        self.status = tree()
        self.events = [self.event(seq, "spawned", process="driver", tier=1, pid=90 + seq) for seq in range(1, 4)]
        self.followers = []
        control = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                for line in self.rfile:
                    request = json.loads(line)
                    if control.status is None:
                        return
                    if request["command"] == "events":
                        assert request["follow"] is True
                        control.followers.append(self)
                        self.say({"ok": True, "events": control.events})
                    else:
                        assert request["command"] == "status"
                        self.say({"ok": True, "status": control.status})

            def say(self, reply):
                self.wfile.write(json.dumps(reply).encode() + b"\n")

        class Server(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True

        self.server = Server(path, Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    @staticmethod
    def event(seq, name, **fields):
        return {"seq": seq, "mono_ns": seq * 1000, "time": "2024-05-01T12:00:%02d.000000Z" % (seq % 60), "event": name, **fields}

    def happen(self, name, **fields):
        self.events.append(self.event(self.events[-1]["seq"] + 1, name, **fields))
        for follower in self.followers:
            follower.say({"event": self.events[-1]})

    def hang_up(self):
        """Ends the connections of those who follow events."""
        for follower in self.followers:
            follower.connection.shutdown(socket.SHUT_RDWR)
        self.followers = []

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def listening(address="127.0.0.1", family=socket.AF_INET):
    bound = socket.socket(family)
    bound.bind((address, 0))
    bound.listen(64)
    return bound


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)


class RunningServer:
    def __init__(self, pg_host, sockets=None, token="", listen=None, ready=True, database="code_analysis"):
        self.folder = tempfile.mkdtemp(prefix="ca-server-")
        self.control = FakeControl(os.path.join(self.folder, "control.sock"))
        self.sockets = sockets or [listening()]
        self.errors = tempfile.TemporaryFile()
        self.start(pg_host, token, listen or ["127.0.0.1:0"], database)
        if ready:
            assert self.wait_ready(), self.log()

    def start(self, pg_host, token, listen, database):
        config = os.memfd_create("config")
        os.write(config, json.dumps({"runtime_dir": self.folder, "listen": listen, "token": token,
                                     "projects": []}).encode())
        os.lseek(config, 0, os.SEEK_SET)
        self.ready_pipe, ready = os.pipe()
        # Descriptors that the shell can move: low numbers, but none that sockets are put on.
        moved = [os.dup(fd) for fd in range(3)]  # fills gaps, so that what follows is above them
        passed = [self.above(20, fd) for fd in [s.fileno() for s in self.sockets] + [config, ready]]
        for fd in moved + [config, ready]:
            os.close(fd)
        environment = {"PATH": os.environ["PATH"], "PGHOST": pg_host, "PGPORT": "5432", "PGDATABASE": database,
                       "PGUSER": "code_analysis", "PGAPPNAME": "server", "LISTEN_FDS": str(len(self.sockets)),
                       "LISTEN_FDNAMES": ":".join(["http"] * len(self.sockets)), "CONFIG_FD": str(passed[-2]),
                       "READY_FD": str(passed[-1]), "SOCKETS": " ".join(str(fd) for fd in passed[:-2])}
        self.process = subprocess.Popen(["bash", "-c", LAUNCH, str(PROGRAM)], pass_fds=passed, env=environment, cwd="/",
                                        stdin=subprocess.DEVNULL, stdout=self.errors, stderr=self.errors)
        for fd in passed:
            os.close(fd)

    @staticmethod
    def above(least, fd):
        import fcntl
        return fcntl.fcntl(fd, fcntl.F_DUPFD, least)

    def wait_ready(self, timeout=10):
        if not select.select([self.ready_pipe], [], [], timeout)[0]:
            return False
        return os.read(self.ready_pipe, 100) == b"READY\n"

    @property
    def port(self):
        return self.sockets[0].getsockname()[1]

    def request(self, path, method="GET", headers=None, port=None, host="127.0.0.1", body=None):
        connection = http.client.HTTPConnection(host, port or self.port, timeout=10)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.request(path, headers=headers)

    def log(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def terminate(self, timeout=10):
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(timeout)

    def close(self):
        try:
            self.terminate()
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self.control.close()
            for bound in self.sockets:
                bound.close()
            os.close(self.ready_pipe)
            self.errors.close()
            shutil.rmtree(self.folder)
