"""A PostgreSQL of the scenario's own, outside the tree: in the world's folder, on a Unix socket only, as user postgres where
the harness is root. It runs in the foreground as a child of the harness, so that nobody but the harness reaps it; SIGINT and
SIGQUIT are what `pg_ctl -m fast` and `-m immediate` send."""
import os
import pathlib
import pwd
import signal
import socket
import struct
import subprocess
import threading

from support import bounds

BIN = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))[-1]
MODES = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class Postgres:
    def __init__(self, root, settings=(), hba=None):
        self.account = pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self.folder = root / "pg"
        self.folder.mkdir()
        if os.geteuid() == 0:
            os.chown(self.folder, self.account.pw_uid, self.account.pw_gid)
        self.data, self.log_file, self.popen = self.folder / "data", root / "postgresql.log", None
        subprocess.run([BIN / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                        "--no-sync", "--no-instructions"], check=True, capture_output=True, **self._as_account())
        with open(self.data / "postgresql.conf", "a") as conf:
            for line in ("listen_addresses = ''", f"unix_socket_directories = '{self.folder}'", "fsync = off",
                         "max_connections = 60", "shared_buffers = 32MB", *settings):
                conf.write(line + "\n")
        self.start()
        self.sql("create role code_analysis login", "postgres")
        self.sql("create database code_analysis owner code_analysis", "postgres")
        if hba is not None:
            (self.data / "pg_hba.conf").write_text(hba)
            self.sql("select pg_reload_conf()", "postgres")

    @property
    def conninfo(self):
        return f"host={self.folder} port=5432 user=code_analysis dbname=code_analysis"

    def _as_account(self):
        if os.geteuid() != 0:
            return {"cwd": self.folder}

        def demote():
            os.setgid(self.account.pw_gid)
            os.setuid(self.account.pw_uid)
        return {"preexec_fn": demote, "cwd": self.folder}

    def start(self):
        """Returns the instant at which it was first seen to accept."""
        with open(self.log_file, "ab") as log:
            self.popen = subprocess.Popen([BIN / "postgres", "-D", self.data], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                          env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"}, **self._as_account())
        bounds.wait_for(self.accepts, 30000, "PostgreSQL accepts", every_ms=5)
        return bounds.now_ns()

    def accepts(self):
        return subprocess.run([BIN / "pg_isready", "-q", "-h", self.folder]).returncode == 0

    def stop(self, mode="fast"):
        if self.popen.poll() is None:
            self.popen.send_signal(MODES[mode])
        self.popen.wait(30)

    def restart(self, mode):
        self.stop(mode)
        return self.start()

    def sql(self, text, database="code_analysis"):
        """As superuser, directly: rows a line, columns separated by |."""
        done = subprocess.run(["psql", "-XqtA", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-U", "postgres", "-d", database,
                               "-c", text], capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"})
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def close(self):
        if self.popen is not None:
            self.stop("immediate")


class StartingUp:
    """Stands where PostgreSQL will listen and answers each start of a session by 57P03, noting when it came."""

    def __init__(self, folder):
        self.folder, self.attempts = folder, []
        self.path = folder / ".s.PGSQL.5432"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.path.chmod(0o777)
        self.listener.listen(16)
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self):
        fields = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0"
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client:
                client.settimeout(2)
                if client.recv(8) == b"":
                    return
                self.attempts.append(bounds.now_ns())
                client.recv(4096)
                client.sendall(b"E" + struct.pack("!I", len(fields) + 4) + fields)

    def close(self):
        with socket.socket(socket.AF_UNIX) as last:  # wakes accept()
            last.connect(str(self.path))
        self.thread.join(5)
        self.listener.close()
        self.path.unlink()
