"""A private PostgreSQL cluster for one test run: in a folder of its own, on a Unix socket only, owned by user postgres
where the tests run as root (PostgreSQL refuses root)."""
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

BIN = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))[-1]


class PgCluster:
    """initdb and start at construction; close() stops it and removes the folder.

    `role` owns database code_analysis and is no superuser, as in embedded mode.
    """

    def __init__(self, role="code_analysis", settings=(), hba=None):
        self.role = role
        self.account = pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ca-pg-"))
        if os.geteuid() == 0:
            os.chown(self.folder, self.account.pw_uid, self.account.pw_gid)
        os.chmod(self.folder, 0o755)
        self.socket_dir = self.folder
        self.data = self.folder / "data"
        self._run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                  "--no-sync", "--no-instructions")
        with open(self.data / "postgresql.conf", "a") as conf:
            for line in ("listen_addresses = ''", f"unix_socket_directories = '{self.socket_dir}'", "fsync = off",
                         "max_connections = 60", "shared_buffers = 32MB", "log_min_messages = error", *settings):
                conf.write(line + "\n")
        if hba is not None:
            (self.data / "pg_hba.conf").write_text(hba)
        self.start()
        if role != "postgres":
            self.sql(f"CREATE ROLE {role} LOGIN", database="postgres")
        self.sql(f"CREATE DATABASE code_analysis OWNER {role}", database="postgres")

    @property
    def conninfo(self):
        return f"host={self.socket_dir} port=5432 user={self.role} dbname=code_analysis"

    def _demote(self):
        os.setgid(self.account.pw_gid)
        os.setuid(self.account.pw_uid)

    def _run(self, program, *arguments, check=True):
        as_other = {"preexec_fn": self._demote} if os.geteuid() == 0 else {}
        done = subprocess.run([BIN / program, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              cwd=self.folder, text=True, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"}, **as_other)
        if check and done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stdout}")
        return done

    def start(self):
        self._run("pg_ctl", "-D", self.data, "-l", self.folder / "log", "-w", "-t", "60", "start")

    def stop(self, mode="fast"):
        self._run("pg_ctl", "-D", self.data, "-w", "-m", mode, "stop")

    def restart(self, mode="fast"):
        self._run("pg_ctl", "-D", self.data, "-l", self.folder / "log", "-w", "-t", "60", "-m", mode, "restart")

    def sql(self, text, database="code_analysis"):
        """Runs SQL as superuser, directly; the rows as text, one a line, columns separated by |."""
        done = subprocess.run(["psql", "-XqtA", "-v", "ON_ERROR_STOP=1", "-h", str(self.socket_dir), "-U", "postgres",
                               "-d", database, "-c", text], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def running(self):
        return self._run("pg_ctl", "-D", self.data, "status", check=False).returncode == 0

    def new_database(self):
        """A database of its own for one test, owned by `role`."""
        self.databases = getattr(self, "databases", 0) + 1
        name = f"fresh_{self.databases}"
        self.sql(f"CREATE DATABASE {name} OWNER {self.role}", database="postgres")
        return Database(self, name)

    def close(self):
        self._run("pg_ctl", "-D", self.data, "-m", "immediate", "stop", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


class Database:
    """One database of a cluster."""

    def __init__(self, cluster, name):
        self.cluster = cluster
        self.name = name
        self.conninfo = f"host={cluster.socket_dir} port=5432 user={cluster.role} dbname={name}"

    def sql(self, text):
        return self.cluster.sql(text, database=self.name)
