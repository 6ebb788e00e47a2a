"""What /proc says about processes, and the harness as a child subreaper: whatever outlives a tree becomes the
harness's own child, so that it is seen, and nothing stays a zombie because somebody else does not reap."""
import ctypes
import os
import signal

import pytest

PR_SET_CHILD_SUBREAPER = 36
MARKER = "BLACKBOX_RUN"  # environment variable that every process of a scenario inherits


def become_subreaper():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def real_time_is_permitted():
    """Root in a control group without real-time bandwidth may not either."""
    child = os.fork()
    if child == 0:
        try:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
            os._exit(0)
        except OSError:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can do this")
needs_real_time = pytest.mark.skipif(not real_time_is_permitted(), reason="real-time scheduling is not permitted here")


def come_first(priority):
    """The time bounds are those of an idle machine: where it is allowed, whatever else runs here, a compiler say, has
    to wait for the harness and, before it, for its trees. (A nice value does not do: every session is a scheduling
    group of its own.) Inherited by children."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(priority))
    except PermissionError:
        pass


def _read(path, mode="r"):
    try:
        with open(path, mode) as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None


def stat_of(pid):
    """(state letter, parent) or None where there is no such process."""
    text = _read(f"/proc/{pid}/stat")
    if not text:
        return None
    fields = text.rpartition(")")[2].split()
    return fields[0], int(fields[1])


def is_alive(pid):
    """True while it runs; a zombie does not."""
    stat = stat_of(pid)
    return stat is not None and stat[0] not in "ZX"


def command_of(pid):
    return (_read(f"/proc/{pid}/cmdline") or "").replace("\0", " ").strip()


def children_of(pid):
    """Children by the kernel's word, zombies too, of all threads."""
    result = []
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except FileNotFoundError:
        return result
    for thread in threads:
        result += [int(word) for word in (_read(f"/proc/{pid}/task/{thread}/children") or "").split()]
    return result


def descendants_of(pid):
    result, queue = [], [pid]
    while queue:
        for child in children_of(queue.pop()):
            result.append(child)
            queue.append(child)
    return result


def all_pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def marked(value):
    """Live processes that carry MARKER=value in their environment."""
    wanted = f"{MARKER}={value}".encode()
    result = []
    for pid in all_pids():
        environ = _read(f"/proc/{pid}/environ", "rb")
        if environ and wanted in environ.split(b"\0"):
            result.append(pid)
    return result


def descriptors_of(pid):
    """{number: what it is}, empty where the process is gone."""
    result = {}
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            try:
                result[int(name)] = os.readlink(f"/proc/{pid}/fd/{name}")
            except FileNotFoundError:
                pass
    except (FileNotFoundError, ProcessLookupError):
        pass
    return result


def cpu_ns(pid):
    text = _read(f"/proc/{pid}/schedstat")
    return int(text.split()[0]) if text else None


def anonymous_memory(pid):
    """RssAnon in bytes."""
    for line in (_read(f"/proc/{pid}/status") or "").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    return None


def lock_holders(path):
    """Pids that hold a lock on the file, from /proc/locks: looking does not touch the lock."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return []
    key = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    return [int(line.split()[4]) for line in (_read("/proc/locks") or "").splitlines()
            if "->" not in line and line.split()[5] == key]


def reap_adopted(known):
    """Reaps children of the harness that are no longer alive and not in `known`; returns {pid: wait status}."""
    result = {}
    for pid in children_of(os.getpid()):
        if pid in known:
            continue
        try:
            done, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            continue
        if done:
            result[pid] = status
    return result


def kill_quietly(pid, number=signal.SIGKILL):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
