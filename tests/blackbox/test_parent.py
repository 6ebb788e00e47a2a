"""What the tree's own parent can do wrong: it does not read what it asked for."""
import os
import signal
import socket

import pytest

from support import bounds, processes
from support.bounds import gap, wait_for
from support.puppet import Puppet


class DeafParent:
    """A NOTIFY_SOCKET whose queue is full, and in which nobody reads until read_all()."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.path = path
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filler:
            filler.setblocking(False)
            filler.connect(str(path))
            self.fillings = 0
            try:
                while True:
                    filler.send(b"X_FILLING=1")
                    self.fillings += 1
            except BlockingIOError:
                pass

    def environment(self, world):
        return {**world.environment(), "NOTIFY_SOCKET": str(self.path), "WATCHDOG_USEC": "100000"}

    def read_all(self):
        """What waits now, without the fillings."""
        messages = []
        self.socket.setblocking(False)
        try:
            while True:
                messages.append(self.socket.recv(8192).decode())
        except BlockingIOError:
            return [message for message in messages if message != "X_FILLING=1"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


@pytest.fixture
def parent(world):
    with DeafParent(world.root / "notify") as one:
        yield one


def some_watchdog_periods(tree):
    began = bounds.now_ns()
    wait_for(lambda: bounds.now_ns() - began > 1000 * bounds.MS, 2000, "a second with 20 watchdog messages", 50)


def test_a_parent_that_does_not_read_holds_up_no_signal(world, parent):
    tree = world.tree(world.three_tiers(), env=parent.environment(world))
    tree.wait_ready()
    some_watchdog_periods(tree)
    at, ended = tree.stop()
    gap("TERM -> ended", at, ended, 0, 300)


@pytest.mark.parametrize("which", ["guardian", "supervisor"])
def test_a_parent_that_does_not_read_holds_up_no_end_of_all(world, parent, which):
    tree = world.tree(world.three_tiers(), env=parent.environment(world))
    tree.wait_ready()
    some_watchdog_periods(tree)
    members = [tree.pid, *processes.descendants_of(tree.pid)]
    tree.watch.judging, tree.may_leave_zombies = False, True
    tree.expected_exit = 70 if which == "supervisor" else -signal.SIGKILL
    at = bounds.now_ns()
    os.kill(tree.supervisor_pid() if which == "supervisor" else tree.pid, signal.SIGKILL)
    wait_for(lambda: not [pid for pid in members if processes.is_alive(pid)], 5000, "all are gone", 1)
    gap("SIGKILL -> all gone", at, bounds.now_ns(), 0, 500)
    tree.wait_exit()


def test_a_parent_that_reads_late_gets_the_state_and_the_last_status(world, parent):
    """Nothing that counts is lost, in order, and nothing is repeated once for each time it could not be sent."""
    tree = world.tree(world.three_tiers(), env=parent.environment(world))
    tree.wait_ready()
    some_watchdog_periods(tree)
    began = bounds.now_ns()
    messages = []

    def arrived(line):
        messages.extend(parent.read_all())
        return [index for index, text in enumerate(messages) if line in text.split("\n")]
    ready = wait_for(lambda: arrived("READY=1"), 1000, "READY=1 arrives once there is room")[0]
    gap("room -> READY=1", began, bounds.now_ns(), 0, 200)
    assert f"MAINPID={tree.pid}" in messages[ready].split("\n")
    wait_for(lambda: arrived("WATCHDOG=1"), 1000, "WATCHDOG=1 goes on")
    assert sum("STATUS=" in text for text in messages[:20]) == 1, messages
    assert len([text for text in messages if text.startswith("READY=1")]) == 1, messages
    DeafParent.__exit__(parent)
    tree.stop()


def test_a_stopping_that_finds_no_room_arrives_when_there_is_some(world, parent):
    tree = world.tree(world.three_tiers(server=Puppet(exit_delay=700)), env=parent.environment(world))
    tree.wait_ready()
    at = tree.send("TERM")
    world.await_record("server", "signal", at)
    messages = []

    def arrived():
        messages.extend(parent.read_all())
        return any(text.startswith("STOPPING=1") for text in messages)
    wait_for(arrived, 500, "STOPPING=1 arrives", 1)
    states = [text.split("\n")[0] for text in messages if text.split("=")[0] in ("READY", "STOPPING")]
    assert states == ["READY=1", "STOPPING=1"], messages
    tree.wait_exit()


def test_a_guardian_that_is_stopped_gets_every_state_later(world, parent):
    """The link between the halves fills up meanwhile: what waits there is merged, and the stop is still in order."""
    parent.read_all()
    tree = world.tree(world.three_tiers(), env=parent.environment(world))
    tree.wait_ready()
    parent.read_all()
    tree.counts_cpu = False
    os.kill(tree.pid, signal.SIGSTOP)
    for _ in range(400):  # each is two messages
        wait_for(lambda: tree.ask("reload").get("ok") is not None, 1000, "a reload")
    half = tree.supervisor_pid()
    assert processes.is_alive(half)
    os.kill(tree.pid, signal.SIGCONT)
    messages = []

    def last_state():
        messages.extend(text.split("\n")[0] for text in parent.read_all())
        states = [text for text in messages if text in ("READY=1", "RELOADING=1")]
        return states and states[-1]
    wait_for(lambda: last_state() == "READY=1", 2000, "the last state is READY=1", 20)
    at, ended = tree.stop()
    gap("TERM -> ended", at, ended, 0, 300)
