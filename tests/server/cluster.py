"""A private PostgreSQL on a Unix socket in a folder of its own, with the shipped schema in database code_analysis."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import psycopg2

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1]


def as_database_user(command):
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--"] + command if os.geteuid() == 0 else command


class Cluster:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="ca-server-pg-")
        os.chmod(self.folder, 0o755)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self.data = os.path.join(self.folder, "data")
        subprocess.run(as_database_user([str(BIN / "initdb"), "-D", self.data, "-U", "code_analysis", "-A", "trust",
                                         "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]),
                       check=True, stdout=subprocess.DEVNULL, cwd="/")
        self.log = open(os.path.join(self.folder, "log"), "w")
        self.process = subprocess.Popen(
            as_database_user([str(BIN / "postgres"), "-D", self.data, "-k", self.folder, "-c", "listen_addresses=",
                              "-c", "fsync=off"]), stdout=self.log, stderr=self.log, cwd="/")
        self.wait_until_it_accepts()
        self.make_database("code_analysis")

    def connect(self, name="code_analysis"):
        connection = psycopg2.connect(host=self.folder, port=5432, user="code_analysis", dbname=name)
        connection.autocommit = True
        return connection

    def run(self, statement, parameters=None, name="code_analysis"):
        connection = self.connect(name)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def wait_until_it_accepts(self):
        deadline = time.monotonic() + 30
        while True:
            try:
                self.connect("postgres").close()
                return
            except psycopg2.OperationalError:
                assert self.process.poll() is None and time.monotonic() < deadline
                time.sleep(0.05)

    def make_database(self, name):
        self.run("CREATE DATABASE " + name, name="postgres")
        for migration in sorted((ROOT / "driver" / "migrations").glob("*.sql")):
            self.run(migration.read_text(), name=name)

    def stop(self):
        # runuser passes the signal on; SIGINT is PostgreSQL's fast shutdown
        with open(os.path.join(self.data, "postmaster.pid")) as file:
            os.kill(int(file.readline()), signal.SIGINT)
        self.process.wait(30)
        self.log.close()
        shutil.rmtree(self.folder)
