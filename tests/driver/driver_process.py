"""The built-in driver, run by itself as the supervisor would run it."""
import fcntl
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time


def until(condition, seconds=10, what="condition"):
    """Polls for a condition with a bound."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"{what} did not come within {seconds} s")


class DriverProcess:
    def __init__(self, program, conninfo, wait=True, pass_socket=True, folder=None, **settings):
        self.program = program
        self.own_folder = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="ca-driver-"))
        os.chmod(self.folder, 0o755)
        self.port = 5432
        self.config = {
            "runtime_dir": str(self.folder), "conninfo": conninfo, "embedded": False,
            "lock_path": str(self.folder / "driver.lock"), "allow_uids": [], "port": self.port,
            "shared_connections": 2, "exclusive_connections": 4, "max_clients": 100, "queue_limit": 1000,
            "connect_timeout_ms": 5000, "server_wait_timeout_ms": 10000, "statement_timeout_ms": 0, "query_wait_timeout_ms": 120000,
            "server_idle_timeout_ms": 600000, "server_lifetime_ms": 3600000, "harmless_functions": [], "reset_after_write": False, "migrations": "",
        }
        self.config.update(settings)
        self.path = self.folder / f".s.PGSQL.{self.port}"
        self.listener = None
        if pass_socket:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(str(self.path))
            os.chmod(self.path, 0o777)
            self.listener.listen(512)
        self.log_path = self.folder / "driver.log"
        self.ready_text = b""
        self.start()
        if wait:
            self.wait_ready()

    def start(self):
        ready_read, ready_write = os.pipe()
        config = os.memfd_create("config")
        os.write(config, json.dumps(self.config).encode())
        os.lseek(config, 0, os.SEEK_SET)
        # High numbers, so that descriptor 3 is free for the socket.
        passed = [fcntl.fcntl(fd, fcntl.F_DUPFD, 100) for fd in (ready_write, config)]
        environment = {"PATH": "/usr/bin:/bin", "READY_FD": str(passed[0]), "CONFIG_FD": str(passed[1])}
        command = [str(self.program)]
        if self.listener is not None:
            # As sd_listen_fds(3): the shell makes the socket descriptor 3 and keeps its pid over exec.
            passed.append(fcntl.fcntl(self.listener.fileno(), fcntl.F_DUPFD, 100))
            environment.update(LISTEN_FDS="1", LISTEN_FDNAMES="postgresql")
            command = ["/bin/bash", "-c", f"LISTEN_PID=$$ exec \"$0\" 3<&{passed[2]} {passed[2]}<&-", str(self.program)]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command, pass_fds=passed, env=environment, stdout=log, stderr=log)
        for fd in (ready_write, config, *passed):
            os.close(fd)
        os.set_blocking(ready_read, False)
        self.ready_pipe = ready_read
        self.ready_text = b""

    def read_ready(self):
        """What the readiness pipe has said so far."""
        try:
            while chunk := os.read(self.ready_pipe, 65536):
                self.ready_text += chunk
        except BlockingIOError:
            pass
        return self.ready_text

    def wait_ready(self, seconds=20):
        until(lambda: b"READY\n" in self.read_ready() or self.process.poll() is not None, seconds, "READY")
        assert b"READY\n" in self.ready_text, self.log()

    def log(self):
        return self.log_path.read_text(errors="replace")

    def conninfo(self, database="code_analysis", **more):
        text = f"host={self.folder} port={self.port} user=code_analysis dbname={database}"
        return text + "".join(f" {key}={value}" for key, value in more.items())

    def psql(self, sql, database="code_analysis", check=True, **environment):
        done = subprocess.run(["psql", "-XqtA", "-v", "ON_ERROR_STOP=1", "-h", str(self.folder), "-p", str(self.port),
                               "-U", "code_analysis", "-d", database, "-c", sql], capture_output=True, text=True,
                              env={"PATH": "/usr/bin:/bin", **environment})
        if check:
            assert done.returncode == 0, done.stderr + self.log()
        return done

    def show(self, what):
        """The rows of SHOW as dicts."""
        lines = subprocess.run(["psql", "-XqA", "-h", str(self.folder), "-p", str(self.port), "-d", "driver",
                                "-U", "console", "-P", "footer=off", "-c", f"SHOW {what}"],
                               capture_output=True, text=True, check=True).stdout.splitlines()
        names = lines[0].split("|")
        return [dict(zip(names, line.split("|"))) for line in lines[1:]]

    def raw(self):
        """A plain connection to the socket."""
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(10)
        client.connect(str(self.path))
        return client

    def stop(self, signal_number=signal.SIGTERM, seconds=5):
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
        return self.process.wait(seconds)

    def close(self):
        try:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait(5)
        finally:
            os.close(self.ready_pipe)
            if self.listener is not None:
                self.listener.close()
            if self.own_folder:
                shutil.rmtree(self.folder, ignore_errors=True)
        log = self.log() if self.log_path.exists() else ""
        assert "check failed" not in log and "Sanitizer" not in log, log
