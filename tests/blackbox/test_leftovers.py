"""Adopted processes: whose they are, although their environment cannot be read at every moment, and what SIGKILL means."""
import os
import pathlib

import pytest

from support import bounds, processes
from support.bounds import gap, wait_for
from support.puppet import Puppet

NO_LIMIT = {"initial_delay": "0ms", "max_delay": "0ms", "multiplier": 1, "jitter": 0, "reset_after": "0ms",
            "max_restarts": 2147483647, "window": "10s"}


def lines_of(path):
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_jobs_of_a_living_service_survive_the_crashes_of_its_neighbour(world):
    """Each job runs through a chain of programs. In each of their starts its environment is empty for a moment."""
    count, done = 150, world.root / "done"
    job = f"setsid nohup nice env ONE=1 nice env TWO=2 nice sh -c 'sleep 0.7; echo done >> {done}' >/dev/null 2>&1 &"
    jobs = f"(i=0; while [ $i -lt {count} ]; do ({job}); i=$((i + 1)); sleep 0.01; done) &"
    crashing = Puppet(ready="none", exit_after=0, exit_code=1)
    config = world.three_tiers(workers={"a": Puppet(first=jobs), "b": crashing})
    config["code_analysis"]["workers"][1].update(ready="none", restart=NO_LIMIT)
    tree = world.tree(config)
    tree.counts_cpu = False
    wait_for(lambda: world.first("a", "ready"), 5000, "a is ready")
    wait_for(lambda: lines_of(done) == count or tree.events("leftover_killed"), 30000, "every job ends by itself", 50)
    assert not tree.events("leftover_killed"), "a living service's job was killed"
    assert len(world.all("b", "start")) > 100, "the neighbour crashed all the time"
    assert lines_of(done) == count
    assert len(world.all("a", "start")) == 1
    tree.stop()


def test_an_owner_that_was_read_once_is_remembered(world):
    """What a job does to its environment after it was seen does not make it ownerless."""
    job = "(setsid sh -c 'while ! [ -e {go} ]; do sleep 0.01; done; exec env -i sleep 61.5' &)".format(go=world.root / "go")
    tree = world.tree(world.three_tiers(workers={"a": Puppet(first=job), "b": Puppet()}))
    tree.wait_ready()
    tree.status()
    stray = tree.await_event("stray", "a")
    (world.root / "go").touch()
    wait_for(lambda: "61.5" in processes.command_of(stray["pid"]), 2000, "it runs without an environment")
    at = tree.kill_child("b")
    world.await_record("b", "start", at)
    assert processes.is_alive(stray["pid"]), "a neighbour's death leaves it alone"
    at = tree.kill_child("a")
    world.await_record("a", "start", at)
    assert not processes.is_alive(stray["pid"])
    tree.wait_all_ready()
    tree.stop()


def test_a_leftover_that_is_killed_is_named_in_events_and_log(world):
    family = Puppet(grandchildren=1, extra=("--setsid", "--double-fork", "--grandchild-ignore", "TERM"))
    tree = world.tree(world.three_tiers(workers={"a": [family, Puppet()], "b": Puppet()}))
    tree.wait_ready()
    pid = world.first("a", "grandchild").pid
    at = tree.kill_child("a")
    world.await_record("a", "start", at)
    killed = tree.events("leftover_killed")
    assert [(event["pid"], event["owner"]) for event in killed] == [(pid, "a")] and "puppet" in killed[0]["command"]
    assert f"pid {pid}, left behind by tier 2 a, is killed" in tree.log()
    tree.wait_all_ready()
    tree.stop()


def test_an_ownerless_process_without_an_environment_goes_at_once(world):
    """An environment that is empty for good is told from one that is empty during execve."""
    tree = world.tree(world.three_tiers(workers={"a": Puppet(first="(env -i setsid sleep 62.5 &)"), "b": Puppet()}))
    tree.wait_ready()

    def bare():
        return [pid for pid in processes.children_of(tree.supervisor_pid()) if "62.5" in processes.command_of(pid)]
    pid = wait_for(bare, 2000, "the supervisor adopted it")[0]
    at = tree.kill_child("b")
    gap("b killed -> started", at, world.await_record("b", "start", at).ns, 0, 100)
    assert not processes.is_alive(pid)
    event = tree.events("leftover_killed")[0]
    assert event["pid"] == pid and "owner" not in event
    tree.wait_all_ready()
    tree.stop()


def test_a_process_that_cannot_be_looked_at_is_ended_within_a_bound(world):
    """Its first thread has ended and the others run on: the kernel shows no environment."""
    program = ("import ctypes, threading, time; threading.Thread(target=time.sleep, args=(63.5,)).start();"
               "ctypes.CDLL(None).pthread_exit(None)")
    hide = f"(setsid /usr/bin/python3 -I -S -c '{program}' 63.5 &)"
    tree = world.tree(world.three_tiers(workers={"a": Puppet(first=hide), "b": Puppet()}))
    tree.counts_cpu, tree.may_leave_zombies = False, True
    tree.await_event("ready", "server")

    def leaders():
        return [pid for pid in processes.children_of(tree.supervisor_pid())
                if processes.stat_of(pid)[0] == "Z" and len(os.listdir(f"/proc/{pid}/task")) > 1]
    pid = wait_for(leaders, 5000, "the supervisor adopted it")[0]
    at = tree.kill_child("b")
    gap("b killed -> started", at, world.await_record("b", "start", at).ns, 1000, 1500)
    assert pid not in processes.children_of(tree.supervisor_pid())
    assert [event["pid"] for event in tree.events("leftover_killed")] == [pid]
    tree.wait_all_ready()
    tree.stop()


class Freezer:
    """A cgroup of the first version, in which SIGKILL waits for the thaw."""

    def __init__(self, name):
        self.path = pathlib.Path("/sys/fs/cgroup/freezer") / name
        self.path.mkdir()

    def freeze(self, pid):
        (self.path / "cgroup.procs").write_text(str(pid))
        (self.path / "freezer.state").write_text("FROZEN")
        wait_for(lambda: (self.path / "freezer.state").read_text() == "FROZEN\n", 2000, "it is frozen")

    def thaw(self):
        (self.path / "freezer.state").write_text("THAWED")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.thaw()
        wait_for(lambda: not (self.path / "cgroup.procs").read_text(), 2000, "nothing is left in the freezer")
        self.path.rmdir()


def freezer_can_be_used():
    try:
        with Freezer(f"ca-probe-{os.getpid()}"):
            return True
    except OSError:
        return False


needs_freezer = pytest.mark.skipif(not freezer_can_be_used(), reason="no freezer of cgroup v1 can be used here")
DEAF = Puppet(grandchildren=1, extra=("--setsid", "--grandchild-ignore", "TERM"))


def frozen_leftover(world, freezer):
    """`a` has died and left a process that SIGKILL does not end."""
    tree = world.tree(world.three_tiers(workers={"a": [DEAF, Puppet()], "b": Puppet()}))
    tree.counts_cpu, tree.may_leave_zombies = False, True
    tree.wait_ready()
    pid = world.first("a", "grandchild").pid
    freezer.freeze(pid)
    tree.kill_child("a")
    tree.await_event("leftover_killed")
    return tree, pid


@needs_freezer
def test_a_leftover_that_does_not_end_holds_up_its_own_service_only(world):
    with Freezer(world.root.name) as freezer:
        tree, pid = frozen_leftover(world, freezer)
        at = tree.kill_child("b")
        gap("b killed -> started", at, world.await_record("b", "start", at).ns, 0, 50)
        event = tree.await_event("leftover_stuck", within_ms=8000)
        assert (event["pid"], event["owner"]) == (pid, "a")
        a = tree.process("a")
        assert a["state"] == "stopping" and f"pid {pid}" in a["status_text"]
        assert f"pid {pid}, left behind by tier 2 a, does not end on SIGKILL" in tree.log()
        assert len(world.all("a", "start")) == 1, "nothing is started beside what is left of its former life"
        before = [processes.cpu_ns(half) for half in tree.watch.halves()]
        began = bounds.now_ns()
        wait_for(lambda: bounds.now_ns() - began > 1000 * bounds.MS, 2000, "a second of waiting", 50)
        used = sum(processes.cpu_ns(half) - ns for half, ns in zip(tree.watch.halves(), before))
        assert used < 10 * bounds.MS, f"{used / bounds.MS} ms of processor time in a second in which nothing happens"
        freezer.thaw()
        at = bounds.now_ns()
        gap("thawed -> a started", at, world.await_record("a", "start", at).ns, 0, 200)
        tree.wait_all_ready()
        tree.stop()


@needs_freezer
@pytest.mark.parametrize("name", ["TERM", "QUIT"])
def test_a_leftover_that_does_not_end_does_not_keep_the_tree_from_ending(world, name):
    with Freezer(world.root.name) as freezer:
        tree, pid = frozen_leftover(world, freezer)
        tree.may_kill = {"a", "b", "driver", "server"} if name == "QUIT" else set()
        at, ended = tree.stop(name, within_ms=20000)
        gap(f"{name} -> ended", at, ended, 0, 12000)
        assert str(pid) in tree.log().splitlines()[-1] + tree.log().splitlines()[-2], "the end says what it left"
        assert tree.events("leftover_stuck")[-1]["pid"] == pid
        assert processes.is_alive(pid)
