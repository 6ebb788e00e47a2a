"""Runs as a child of the supervisor: writes what it was given (descriptors, environment, signals, mask, folder) to a
file as JSON, then becomes the command that follows.   describe.py FILE COMMAND..."""
import ctypes
import json
import os
import signal
import socket
import sys


def descriptors():
    result = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            result[name] = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:
            pass  # the listing's own
    return {number: what for number, what in result.items() if what != f"/proc/{os.getpid()}/fd"}


def listeners(count):
    names = []
    for number in range(3, 3 + count):
        with socket.socket(fileno=os.dup(number)) as one:
            names.append([str(one.family), str(one.getsockname()), one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)])
    return names


def libsystemd_listen_fds():
    """What sd_listen_fds(3) returns, None where libsystemd is not installed."""
    try:
        return ctypes.CDLL("libsystemd.so.0").sd_listen_fds(0)
    except OSError:
        return None


def status_lines():
    with open("/proc/self/status") as file:
        return {line.split(":")[0]: line.split(":")[1].strip() for line in file}


def main():
    status = status_lines()
    umask = os.umask(0)
    os.umask(umask)
    result = {
        "descriptors": descriptors(), "environment": dict(os.environ), "pid": os.getpid(), "cwd": os.getcwd(),
        "blocked": int(status["SigBlk"], 16), "ignored": int(status["SigIgn"], 16), "umask": umask,
        "listeners": listeners(int(os.environ.get("LISTEN_FDS", "0"))),
        "libsystemd_listen_fds": libsystemd_listen_fds(), "sid": os.getsid(0), "stdin": os.readlink("/proc/self/fd/0"),
    }
    with open(sys.argv[1] + ".new", "w") as file:
        json.dump(result, file)
    os.rename(sys.argv[1] + ".new", sys.argv[1])
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    for number in map(int, result["descriptors"]):
        os.set_inheritable(number, True)
    os.execv(sys.argv[2], sys.argv[2:])


main()
