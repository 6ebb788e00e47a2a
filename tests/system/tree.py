"""Starts the whole tree (embedded PostgreSQL, driver, workers, server) on a project of the test's own and looks at it."""
import json
import os
import pathlib
import select
import signal
import subprocess
import time
import urllib.request

BUILD = pathlib.Path(os.environ["CODE_ANALYSIS_BUILD"])


def wait_for(condition, bound_s, what):
    """Polls until condition() is truthy and returns its value; fails after bound_s."""
    end = time.monotonic() + bound_s
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"not within {bound_s} s: {what}"
        select.select([], [], [], 0.02)  # until the next look


def parents():
    """pid -> (parent, start time) of every process."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                text = pathlib.Path("/proc", entry, "stat").read_text()
            except OSError:
                continue
            fields = text[text.rindex(")") + 2:].split()
            if fields[0] != "Z":
                found[int(entry)] = (int(fields[1]), fields[19])
    return found


def descendants(root):
    """(pid, start time) of root and all below it."""
    table = parents()
    family, grown = {root}, True
    while grown:
        grown = False
        for pid, (parent, _) in table.items():
            if parent in family and pid not in family:
                family.add(pid)
                grown = True
    return {(pid, table[pid][1]) for pid in family if pid in table}


def alive(family):
    table = parents()
    return {pid for pid, start in family if pid in table and table[pid][1] == start}


class Tree:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.runtime = self.folder / "rt"
        self.project = self.folder / "project"
        self.project.mkdir()
        self.config = self.folder / "config.yaml"
        self.log = self.folder / "log"
        self.process = None
        self.config.write_text(json.dumps({"code_analysis": {
            "runtime_dir": str(self.runtime),
            "state_dir": str(self.folder / "state"),
            "database": {"driver": {"type": "postgres", "config": {"conninfo": ""}}},
            "workers": [
                {"name": "watcher", "builtin": "watcher"},
                {"name": "indexer", "builtin": "indexer", "instances": 2, "scalable": True, "priority": "bulk"},
                {"name": "maintenance", "builtin": "maintenance"},
            ],
            "server": {"listen": ["127.0.0.1:0"]},
            "projects": [{"name": "trial", "path": str(self.project)}],
        }}))

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([BUILD / "code-analysisd", "--config", self.config], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, start_new_session=True, cwd="/")
        done = self.control("wait", "--ready", "--timeout", "90s")
        assert done.returncode == 0, done.stderr + self.log.read_text()[-4000:]

    def control(self, *arguments):
        return subprocess.run([BUILD / "code-analysisctl", "--runtime-dir", self.runtime, *arguments],
                              capture_output=True, text=True, timeout=120)

    def processes(self):
        return {it["name"]: it for it in json.loads(self.control("status", "--json").stdout)["processes"]}

    def all_ready(self):
        found = self.processes()
        return found if all(it["state"] == "ready" for it in found.values()) else None

    def supervisor_pid(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        assert len(children) == 1, f"the guardian has children {children}"
        return int(children[0])

    def sql(self, statement):
        done = subprocess.run(["psql", "-X", "-h", self.runtime, "-U", "code_analysis", "-d", "code_analysis", "-Atc", statement],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{statement}: {done.stderr}"
        return done.stdout.strip()

    def http(self, path):
        address = self.processes()["server"]["listen"][0]
        with urllib.request.urlopen(f"http://{address}{path}", timeout=10) as answer:
            return answer.read().decode()

    def symbols(self):
        return set(self.sql("select qualified_name from symbols").split("\n")) - {""}

    def end(self, number=signal.SIGTERM, code=0, bound_s=30):
        family = descendants(self.process.pid)
        self.process.send_signal(number)
        assert self.process.wait(timeout=bound_s) == code, self.log.read_text()[-4000:]
        wait_for(lambda: not alive(family), 0.5, "no process of the tree lives after the supervisor")
        assert not (self.runtime / "supervisor.pid").exists()
        assert not list(self.runtime.rglob("*.sock")) and not list(self.runtime.glob(".s.PGSQL.*"))

    def destroy(self):
        if self.process and self.process.poll() is None:
            family = descendants(self.process.pid)
            self.process.kill()
            self.process.wait()
            wait_for(lambda: not alive(family), 10, "nothing is left after SIGKILL")
