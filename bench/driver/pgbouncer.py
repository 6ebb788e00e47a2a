"""A PgBouncer of the bench's own: transaction pooling on a Unix socket, in a folder that is removed at the end."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

PROGRAM = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"


class PgBouncer:
    def __init__(self, cluster, connections):
        self.version = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True).stdout.splitlines()[0]
        number = tuple(map(int, re.search(r"(\d+)\.(\d+)", self.version).groups()))
        self.keeps_prepared = number >= (1, 21)  # has max_prepared_statements
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ca-pgbouncer-"))
        os.chmod(self.folder, 0o755)
        self.account = cluster.account
        (self.folder / "users").write_text(f'"{cluster.role}" ""\n')
        (self.folder / "ini").write_text(self._settings(cluster, connections))
        if os.geteuid() == 0:
            for path in (self.folder, *self.folder.iterdir()):
                os.chown(path, self.account.pw_uid, self.account.pw_gid)
        self.process = subprocess.Popen([PROGRAM, "-q", str(self.folder / "ini")], preexec_fn=self._demote,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder)
        self.pid = self.process.pid
        self._wait()

    def _settings(self, cluster, connections):
        where = f"host={cluster.socket_dir} port=5432 user={cluster.role} dbname=code_analysis"
        lines = ["[databases]", f"code_analysis = {where}", f"by_session = {where} pool_mode=session pool_size=100",
                 "[pgbouncer]", "pool_mode = transaction", f"default_pool_size = {connections}", "listen_port = 5432",
                 f"unix_socket_dir = {self.folder}", "max_client_conn = 1000", "auth_type = trust",
                 f"auth_file = {self.folder}/users", f"logfile = {self.folder}/log", "log_connections = 0",
                 "log_disconnections = 0", "ignore_startup_parameters = extra_float_digits"]
        if self.keeps_prepared:
            lines.append("max_prepared_statements = 100")
        return "\n".join(lines) + "\n"

    def _demote(self):
        if os.geteuid() == 0:
            os.setgid(self.account.pw_gid)
            os.setuid(self.account.pw_uid)

    def _wait(self):
        end = time.monotonic() + 10
        while not (self.folder / ".s.PGSQL.5432").exists():
            if time.monotonic() > end or self.process.poll() is not None:
                log = self.folder / "log"
                raise RuntimeError("pgbouncer: " + (log.read_text() if log.exists() else "no log"))
            time.sleep(0.01)

    def database_for(self, protocol):
        return "by_session" if protocol == "prepared" and not self.keeps_prepared else "code_analysis"

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)
