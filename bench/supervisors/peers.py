"""How each supervisor is told to run `child NUMBER FIFO` N times: its configuration, its command line, how it is stopped.

Each is set to the fastest restart that its documentation allows, and to restart for ever.
"""
import os
import pathlib
import shutil
import signal
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Peer:
    stop_signal = signal.SIGTERM

    def __init__(self, folder, child, fifo, count):
        self.folder, self.child, self.fifo, self.count = pathlib.Path(folder), str(child), str(fifo), count
        self.configure()

    @classmethod
    def is_there(cls):
        return shutil.which(cls.program) is not None

    def stop(self, pid):
        os.kill(pid, self.stop_signal)


class CodeAnalysis(Peer):
    name = "code-analysis"
    program = os.environ.get("CODE_ANALYSISD", str(ROOT / "build" / "code-analysisd"))

    def configure(self):
        restart = "restart: {initial_delay: 0ms, max_delay: 0ms, max_restarts: 1000000}"
        workers = "\n".join(f"    - {{name: c{k}, {restart}, command: ['{self.child}', '{k}', '{self.fifo}']}}"
                            for k in range(self.count))
        (self.folder / "c.yaml").write_text(
            f"code_analysis:\n  runtime_dir: {self.folder}/run\n  state_dir: {self.folder}/state\n  workers:\n{workers}\n")

    def argv(self):
        return [self.program, "--config", str(self.folder / "c.yaml")]


class ServiceFolders(Peer):
    """The daemontools family: a folder a service, with an executable `run` in it."""

    def configure(self):
        for k in range(self.count):
            service = self.folder / "services" / f"c{k}"
            service.mkdir(parents=True)
            run = service / "run"
            run.write_text(f"#!/bin/sh\nexec {self.child} {k} {self.fifo}{self.more}\n")
            run.chmod(0o755)
            if self.more:  # s6 restarts at once only what told that it is ready
                (service / "notification-fd").write_text("3\n")
        os.utime(self.folder / "services", (1e9, 1e9))  # runsvdir waits a second for a folder that changed just now

    def argv(self):
        return [self.program, *self.options, str(self.folder / "services")]

    options = ()
    more = ""  # a further argument of the child


class S6(ServiceFolders):
    name, program, options = "s6", "s6-svscan", ("-c", "4000")  # as in the s6 of Debian 12
    more = " 3"


class Runit(ServiceFolders):
    name, program, stop_signal = "runit", "runsvdir", signal.SIGHUP  # TERM would leave every runsv behind


class Daemontools(ServiceFolders):
    name, program = "daemontools", "svscan"

    def stop(self, pid):  # no orderly stop of its own: the documented way is to end svscan, then svc -dx each
        super().stop(pid)
        services = [str(self.folder / "services" / f"c{k}") for k in range(self.count)]
        subprocess.run(["svc", "-dx", *services], check=False)


class Supervisord(Peer):
    name, program = "supervisord", "supervisord"

    def configure(self):
        programs = "".join(f"[program:c{k}]\ncommand={self.child} {k} {self.fifo}\nautorestart=true\nstartsecs=0\n"
                           "stdout_logfile=NONE\nstderr_logfile=NONE\n" for k in range(self.count))
        (self.folder / "s.conf").write_text(
            f"[supervisord]\nnodaemon=true\nlogfile={self.folder}/s.log\npidfile={self.folder}/s.pid\n"
            f"childlogdir={self.folder}\nminfds=10000\n{programs}")

    def argv(self):
        return [self.program, "-n", "-c", str(self.folder / "s.conf")]


PEERS = [CodeAnalysis, S6, Runit, Daemontools, Supervisord]
DEBIAN_PACKAGES = ["s6", "runit", "daemontools", "supervisor"]
