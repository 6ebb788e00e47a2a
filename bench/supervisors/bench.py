#!/usr/bin/env python3
"""Measures code-analysisd beside s6, runit, daemontools and supervisord, all running one trivial child N times.

    bench/supervisors/bench.py [--count N] [--rounds K] [--kills M] [PEER...]

A round runs every peer once; rounds alternate, so that what else the machine does strikes all alike. Printed are medians over
the rounds, and how many times ours each peer's figure is. Peers that are missing are installed where apt-get can be run.
  up       from the supervisor's start to the first instruction of the last child
  restart  from SIGKILL of a child to the first instruction of its replacement (median of M)
  down     from the stop signal until nothing is left
  memory   PSS of the supervision (all its processes, the children apart) once all are up
  left     children alive a second after a SIGKILL of the supervisor
"""
import argparse
import contextlib
import ctypes
import json
import os
import pathlib
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

from peers import DEBIAN_PACKAGES, PEERS

HERE = pathlib.Path(__file__).resolve().parent
RECORD = struct.Struct("<qii")
PR_SET_CHILD_SUBREAPER = 36
PATIENCE = 120  # seconds for any one step


def children_of():
    """pid -> its children, of all processes."""
    tree = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            fields = pathlib.Path("/proc", entry, "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if fields[0] not in "ZX":
            tree.setdefault(int(fields[1]), []).append(int(entry))
    return tree


def descendants(pid):
    tree, found, todo = children_of(), [], [pid]
    while todo:
        below = tree.get(todo.pop(), [])
        found += below
        todo += below
    return found


def reap():
    with contextlib.suppress(ChildProcessError):  # no child is left
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def wait_until(condition, what):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        reap()
        time.sleep(0.001)


def end_all():
    """Ends what is left of a run; supervisors first, since they would replace their children."""
    def left():
        for pid in descendants(os.getpid()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        reap()
        return not descendants(os.getpid())
    wait_until(left, "the end of all processes")


def pss_kib(pid):
    with contextlib.suppress(OSError):  # it ended meanwhile
        for line in pathlib.Path("/proc", str(pid), "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


class Run:
    """One supervisor with its children, from start to stop."""

    def __init__(self, peer_class, folder, child, count):
        self.count = count
        fifo = pathlib.Path(folder, "fifo")
        os.mkfifo(fifo)
        self.fifo = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
        self.peer = peer_class(folder, child, fifo, count)
        self.child = str(child)
        self.buffer = b""
        self.log = tempfile.TemporaryFile()
        self.started_ns = time.monotonic_ns()
        self.process = subprocess.Popen(self.peer.argv(), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, cwd=folder)

    def next_record(self):
        deadline = time.monotonic() + PATIENCE
        while len(self.buffer) < RECORD.size:
            if not select.select([self.fifo], [], [], max(0, deadline - time.monotonic()))[0]:
                self.log.seek(0)
                raise TimeoutError(f"{self.peer.name}: a child did not start\n{self.log.read()[-2000:].decode(errors='replace')}")
            self.buffer += os.read(self.fifo, 4096 // RECORD.size * RECORD.size)
        record, self.buffer = RECORD.unpack(self.buffer[:RECORD.size]), self.buffer[RECORD.size:]
        return record

    def up_ms(self):
        records = [self.next_record() for _ in range(self.count)]
        self.pids = {number: pid for _, pid, number in records}
        assert len(self.pids) == self.count
        return (max(now for now, _, _ in records) - self.started_ns) / 1e6

    def restart_ms(self, number):
        before = time.monotonic_ns()
        os.kill(self.pids[number], signal.SIGKILL)
        now, pid, which = self.next_record()
        assert which == number
        self.pids[number] = pid
        return (now - before) / 1e6

    def supervision(self):
        """The supervisor's own processes."""
        return [self.process.pid] + [pid for pid in descendants(self.process.pid) if not self.is_child(pid)]

    def is_child(self, pid):
        try:
            return os.readlink(f"/proc/{pid}/exe") == self.child
        except OSError:
            return False

    def down_ms(self):
        before = time.monotonic_ns()
        self.peer.stop(self.process.pid)
        # The supervisor's own waiting status is its Popen object's to collect.
        wait_until(lambda: self.process.poll() is not None and not descendants(os.getpid()), f"{self.peer.name}: the end")
        return (time.monotonic_ns() - before) / 1e6

    def left_after_kill(self):
        self.process.kill()
        self.process.wait()
        time.sleep(1)  # the span that is measured
        return sum(self.is_child(pid) for pid in descendants(os.getpid()))


def measure(peer_class, child, count, kills):
    result = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        run = Run(peer_class, folder, child, count)
        try:
            result["up ms"] = run.up_ms()
            time.sleep(1.5)  # s6 and runit restart at once only what has run for a second
            result["memory KiB"] = float(sum(pss_kib(pid) for pid in run.supervision()))
            result["restart ms"] = statistics.median(run.restart_ms(k * 7 % count) for k in range(kills))
            result["down ms"] = run.down_ms()
        finally:
            end_all()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        run = Run(peer_class, folder, child, count)
        try:
            run.up_ms()
            result["left"] = float(run.left_after_kill())
        finally:
            end_all()
    return result


def prepare(build):
    missing = [peer.name for peer in PEERS[1:] if not peer.is_there()]
    if missing and os.geteuid() == 0:
        print("installing the peers that are missing:", ", ".join(missing), file=sys.stderr)
        policy = pathlib.Path("/usr/sbin/policy-rc.d")
        hold = not policy.exists()  # Debian would start some of them as services
        if hold:
            policy.write_text("#!/bin/sh\nexit 101\n")
            policy.chmod(0o755)
        try:
            subprocess.run(["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120", "install", "-y", "--no-install-recommends", *DEBIAN_PACKAGES], check=False,
                           stdout=subprocess.DEVNULL, env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"))
        finally:
            if hold:
                policy.unlink()
    child = pathlib.Path(build, "child")
    subprocess.run(["cc", "-O2", "-static", "-o", child, HERE / "child.c"], check=True)
    return child


def show(results, rounds, count):
    keys = list(next(iter(results.values()))[0])
    print(f"{count} children, medians of {rounds} rounds (in brackets: times ours)\n")
    print(f"{'':<16}" + "".join(f"{key:>22}" for key in keys))
    medians = {name: {key: statistics.median(r[key] for r in runs) for key in keys} for name, runs in results.items()}
    ours = medians.get("code-analysis")
    for name, values in medians.items():
        cells = [f"{value:.2f} ({value / ours[key]:.2f})" if ours and ours[key] else f"{value:.2f}" for key, value in values.items()]
        print(f"{name:<16}" + "".join(f"{cell:>22}" for cell in cells))
    print("\n" + json.dumps({"count": count, "rounds": rounds, "medians": medians}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("peers", nargs="*")
    options = parser.parse_args()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory(prefix="bench-child-") as build:
        os.chmod(build, 0o755)
        child = prepare(build)
        chosen = [peer for peer in PEERS if (not options.peers or peer.name in options.peers) and peer.is_there()]
        results = {peer.name: [] for peer in chosen}
        for number in range(options.rounds):
            for peer in chosen:
                print(f"round {number + 1}: {peer.name}", file=sys.stderr)
                results[peer.name].append(measure(peer, child, options.count, options.kills))
    show(results, options.rounds, options.count)


if __name__ == "__main__":
    main()
