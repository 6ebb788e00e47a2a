"""Runs libexec/code-analysis/postgres the way the supervisor does: CONFIG_FD, NOTIFY_SOCKET, a parent that it dies with."""
import contextlib
import json
import os
import pwd
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

BUILD = os.environ.get("BUILD_DIR") or os.path.join(os.path.dirname(__file__), "..", "..", "build")
LIBEXEC = os.path.join(os.path.abspath(BUILD), "libexec", "code-analysis")
AS_ROOT = os.geteuid() == 0
CLUSTER_USER = "postgres" if AS_ROOT else pwd.getpwuid(os.geteuid()).pw_name
DRIVER_USER = pwd.getpwuid(os.geteuid()).pw_name


def memory_file(config):
    fd = os.memfd_create("config")
    os.write(fd, json.dumps(config).encode())
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


class Launcher:
    """One start of the launcher in `folder` (state) with its own notify socket."""

    def __init__(self, folder, **changes):
        self.config = {"data_dir": os.path.join(folder, "state", "postgres"),
                       "socket_dir": os.path.join(folder, "run", "postgres"),
                       "user": CLUSTER_USER if AS_ROOT else "", "driver_os_user": DRIVER_USER, "port": 5432}
        self.config.update(changes)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.notify.bind("\0code-analysis-test-%d-%d" % (os.getpid(), time.monotonic_ns()))
        self.errors = tempfile.TemporaryFile()
        fd = memory_file(self.config)
        environment = dict(os.environ, CONFIG_FD=str(fd), NOTIFY_SOCKET="@" + self.notify.getsockname()[1:].decode())
        self.process = subprocess.Popen([os.path.join(LIBEXEC, "postgres")], pass_fds=[fd], env=environment, cwd="/",
                                        stdin=subprocess.DEVNULL, stdout=self.errors, stderr=self.errors,
                                        start_new_session=True)
        os.close(fd)

    def wait_ready(self, timeout=60):
        """Waits for READY=1 from the started process itself. Fails with the log where it exits instead."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if select.select([self.notify], [], [], 0.05)[0]:
                data, ancillary, _, _ = self.notify.recvmsg(4096, 64)
                if b"READY=1" in data:
                    sender = int.from_bytes(ancillary[0][2][:4], "little")
                    assert sender == self.process.pid
                    return self
            assert self.process.poll() is None, self.log()
        raise AssertionError("not ready: " + self.log())

    def log(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def wait_exit(self, timeout=30):
        return self.process.wait(timeout)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.notify.close()
        self.errors.close()

    def psql(self, statement, role="code_analysis", database="code_analysis"):
        """Runs one statement over the cluster's socket as the driver's OS user; its rows as text."""
        return subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", self.config["socket_dir"],
                               "-U", role, "-d", database, "-c", statement], check=True, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout.strip()


@contextlib.contextmanager
def scratch_folder():
    """A folder that the cluster's user can pass through, removed afterwards."""
    folder = tempfile.mkdtemp(prefix="code-analysis-workers-")
    os.chmod(folder, 0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def running(folder, **changes):
    launcher = Launcher(folder, **changes)
    try:
        yield launcher
    finally:
        launcher.stop()
