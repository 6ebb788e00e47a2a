"""A private cluster with the schema, and the workers run against it as the supervisor would run them."""
import contextlib
import glob
import os
import pathlib
import select
import signal
import subprocess
import tempfile
import time

import psycopg

import launcher

MIGRATIONS = os.path.join(os.path.dirname(__file__), "..", "..", "driver", "migrations")


def wait_until(condition, timeout=20, what="condition"):
    """Polls until the condition is true; its last value is returned."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, "%s not reached" % what
        time.sleep(0.01)


class Worker:
    """One worker process; `ready` is true once it wrote READY."""

    def __init__(self, program, environment, config, user=None, wrapper=()):
        reader, writer = os.pipe()
        config_fd = launcher.memory_file(config)
        self.name = config["process_name"]
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [*wrapper, os.path.join(launcher.LIBEXEC, program)], pass_fds=[writer, config_fd], cwd="/",
            env=dict(environment, READY_FD=str(writer), CONFIG_FD=str(config_fd), PGAPPNAME=self.name),
            stdin=subprocess.DEVNULL, stdout=self.errors, stderr=self.errors, user=user)
        os.close(writer)
        os.close(config_fd)
        self.reader = reader

    def wait_ready(self, timeout=20):
        lines = b""
        deadline = time.monotonic() + timeout
        while b"READY\n" not in lines:
            assert select.select([self.reader], [], [], max(0, deadline - time.monotonic()))[0], self.log()
            chunk = os.read(self.reader, 4096)
            assert chunk, "exited before it was ready: " + self.log()
            lines += chunk
        return self

    def log(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, within=1.0):
        """TERM; it must end by itself in time, with 0."""
        if self.process.poll() is None:
            started = time.monotonic()
            self.process.send_signal(signal.SIGTERM)
            code = self.process.wait(10)
            assert code == 0, self.log()
            assert time.monotonic() - started < within, "stopped too late"
        os.close(self.reader)
        self.errors.close()


class Fleet:
    def __init__(self, cluster):
        self.cluster = cluster
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        self.environment.update(PGHOST=cluster.config["socket_dir"], PGPORT="5432", PGUSER="code_analysis",
                                PGDATABASE="code_analysis")
        self.workers = []
        self.connection = self.connect(autocommit=True)
        for path in sorted(glob.glob(MIGRATIONS + "/*.sql")):
            self.connection.execute(pathlib.Path(path).read_text())

    def connect(self, **options):
        """One more connection, for who holds locks."""
        return psycopg.connect(host=self.cluster.config["socket_dir"], user="code_analysis", dbname="code_analysis", **options)

    def start(self, program, projects=(), name=None, wrapper=()):
        config = {"process_name": name or program, "projects": [project(*p) if isinstance(p, tuple) else p for p in projects]}
        worker = Worker(program, self.environment, config, wrapper=wrapper)
        self.workers.append(worker)
        return worker.wait_ready()

    def query(self, statement, *parameters):
        return self.connection.execute(statement, parameters or None).fetchall()

    def one(self, statement, *parameters):
        return self.query(statement, *parameters)[0][0]

    def wait_scanned(self, timeout=60):
        wait_until(lambda: self.one("select count(*) = count(scanned_at) and count(*) > 0 from projects"), timeout, "scan")

    def wait_indexed(self, timeout=60):
        """All that the watcher found is indexed, skipped or dead, the queue is empty, and where imports lead is known."""
        self.wait_scanned(timeout)
        wait_until(lambda: self.one("select (select count(*) from index_queue) = 0 and "
                                    "(select count(*) from files where status = 'pending') = 0 and "
                                    "(select count(*) from import_resolution_due) = 0"), timeout, "empty queue")

    def stop(self):
        self.connection.close()
        for worker in self.workers:
            worker.stop()


def project(name, path, exclude=(), index_secrets=False):
    return {"name": name, "path": str(path), "exclude": list(exclude), "index_secrets": index_secrets}


@contextlib.contextmanager
def running(cluster):
    fleet = Fleet(cluster)
    try:
        yield fleet
    finally:
        fleet.stop()


def snapshot(fleet):
    """Everything that was found, without the numbers that differ from one indexing to the next."""
    files = "select p.name, f.path, f.language, f.size, f.status, f.error, f.content_hash, f.analyser_version, f.line_count " \
            "from files f join projects p on p.id = f.project_id order by 1, 2"
    symbols = "select p.name, f.path, s.id - f.id * 4194304, s.parent_id - f.id * 4194304, s.kind, s.name, s.qualified_name, " \
              "s.is_definition, s.start_line, s.end_line, s.start_column, s.end_column, s.signature, s.docstring " \
              "from symbols s join files f on f.id = s.file_id join projects p on p.id = s.project_id order by 1, 2, 3"
    imports = "select p.name, f.path, i.target, i.name, i.alias, i.line, i.relative_level, i.is_system, i.at_top_level, " \
              "i.resolution, i.resolved_path, t.path " \
              "from imports i join files f on f.id = i.file_id join projects p on p.id = i.project_id " \
              "left join files t on t.id = i.resolved_file_id order by 1, 2, 6, 3, 4"
    issues = "select p.name, f.path, i.rule, i.severity, i.message, i.start_line, i.end_line, i.start_column, i.end_column " \
             "from issues i join files f on f.id = i.file_id join projects p on p.id = i.project_id order by 1, 2, 6, 8, 3, 5"
    references = "select p.name, f.path, r.name, r.kind, r.line, r.enclosing_symbol_id - f.id * 4194304 " \
                 "from symbol_references r join files f on f.id = r.file_id join projects p on p.id = r.project_id " \
                 "order by 1, 2, 3, 4, 5, 6"
    return {name: fleet.query(text) for name, text in
            dict(files=files, symbols=symbols, imports=imports, issues=issues, references=references).items()}
