"""Scenarios 23 and 26: a half of the supervisor dies, and a second instance."""
import os
import signal
import time

import pytest

from support import bounds, invariants, processes
from support.bounds import gap, in_bounds, wait_for
from support.puppet import Puppet
from support.world import World


def thirty_processes(world):
    """One ignores TERM, one is stopped, one has grandchildren in sessions of their own that ignore TERM."""
    family = Puppet(grandchildren=24, extra=("--setsid", "--grandchild-ignore", "TERM", "--grandchild-ignore", "HUP"))
    tree = world.tree(world.three_tiers(workers={"deaf": Puppet(ignore=("TERM",)), "still": Puppet(), "family": family}))
    tree.wait_ready()
    still = tree.pid_of("still")
    os.kill(still, signal.SIGSTOP)
    wait_for(lambda: processes.stat_of(still)[0] == "T", 500, "one worker is stopped")
    return tree


def kill_halves(tree, which):
    """SIGKILL for the named halves at once; returns (instant, pids of all that has to go, pid of the supervisor)."""
    supervisor = tree.supervisor_pid()
    members = processes.descendants_of(tree.pid)
    tree.watch.judging = False
    tree.may_leave_zombies = True
    at = bounds.now_ns()
    for pid in {"guardian": [tree.pid], "supervisor": [supervisor], "both": [supervisor, tree.pid]}[which]:
        os.kill(pid, signal.SIGKILL)
    return at, members, supervisor


def await_gone(pids, at, what, within_ms):
    wait_for(lambda: not [pid for pid in pids if processes.is_alive(pid)], within_ms + 3000, what, every_ms=1)
    gap(what, at, bounds.now_ns(), 0, within_ms)


@pytest.mark.parametrize("which", ["guardian", "supervisor"])
def test_23_one_half_is_killed(world, which):
    tree = thirty_processes(world)
    tree.expected_exit = -signal.SIGKILL if which == "guardian" else 70
    at, members, supervisor = kill_halves(tree, which)
    assert len(members) >= 29
    await_gone(members, at, "SIGKILL -> all gone", 500)
    tree.wait_exit(1000)
    if which == "guardian":
        status = wait_for(lambda: processes.reap_adopted(set()).get(supervisor), 1000, "the supervisor is reaped")
        assert os.waitstatus_to_exitcode(status) == 70
    assert not invariants.nothing_on_disk(world), "sockets, pid file and lock are free at once"


def test_23_a_guardian_that_is_killed_after_the_supervisor_has_ended_leaves_no_pid_file(world):
    tree = world.tree(world.three_tiers())
    tree.wait_ready()
    supervisor = tree.supervisor_pid()
    tree.watch.judging, tree.may_leave_zombies, tree.expected_exit = False, True, -signal.SIGKILL
    os.kill(tree.pid, signal.SIGSTOP)
    assert tree.ask("shutdown")["ok"]
    wait_for(lambda: not processes.is_alive(supervisor), 3000, "the supervisor half has ended")
    os.kill(tree.pid, signal.SIGKILL)
    tree.wait_exit(1000)
    assert not invariants.nothing_on_disk(world), "sockets, pid file and lock are free"


@pytest.mark.parametrize("which", ["guardian", "supervisor"])
def test_23_a_next_start_at_the_same_instant_works(world, which):
    tree = thirty_processes(world)
    tree.expected_exit = -signal.SIGKILL if which == "guardian" else 70
    at, members, _ = kill_halves(tree, which)
    following = world.tree()
    await_gone(members, at, "SIGKILL -> all gone", 500)
    tree.wait_exit(1000)
    following.wait_ready()
    following.may_kill = {"deaf"}
    gap("SIGKILL -> next tree ready", at, bounds.now_ns(), 0, 2000)
    following.stop()


def test_23_both_halves_are_killed_at_once(world):
    """Weaker, as documented: the direct children go. What the next start finds does not keep it from starting."""
    tree = thirty_processes(world)
    tree.expected_exit = -signal.SIGKILL
    direct = list(tree.pids().values())
    assert len(direct) == 5
    at, _, _ = kill_halves(tree, "both")
    await_gone(direct, at, "SIGKILL of both -> direct children gone", 500)
    tree.wait_exit(1000)
    invariants.sweep(world)
    following = world.tree()
    following.wait_ready()
    following.may_kill = {"deaf"}
    following.stop()


@pytest.mark.parametrize("which", ["guardian", "supervisor"])
def test_23_one_half_of_a_thousand_is_killed(world, which):
    family = Puppet(grandchildren=98, extra=("--setsid", "--grandchild-ignore", "TERM"))
    tree = world.tree(world.config(workers=[
        {"name": "many", "instances": 10, **world.process("many", family, ready_timeout="10s")}]))
    tree.wait_ready(10000)
    tree.expected_exit = -signal.SIGKILL if which == "guardian" else 70
    at, members, _ = kill_halves(tree, which)
    assert len(members) > 980
    await_gone(members, at, f"SIGKILL -> {len(members)} processes gone", 2000)
    tree.wait_exit(1000)


def test_26_a_second_instance_is_refused(world):
    tree = world.tree(world.three_tiers())
    tree.wait_ready()
    pids = tree.pids()
    second = world.tree()
    second.expected_exit = 73
    second.wait_exit(2000)
    gap("second instance: start -> exit 73", second.started_ns, second.ended_ns, 0, 500)
    assert str(tree.pid) in second.log() and str(world.runtime_dir) in second.log(), second.log()
    assert tree.pids() == pids and all(processes.is_alive(pid) for pid in pids.values())
    assert all(len(world.all(name, "start")) == 1 for name in world.names())
    tree.wait_all_ready()
    tree.stop()


def test_26_pid_file_and_status_name_the_started_process(world):
    tree = world.tree(world.three_tiers())
    tree.wait_ready()
    assert int((world.runtime_dir / "supervisor.pid").read_text()) == tree.pid
    assert tree.status()["supervisor"]["pid"] == tree.pid
    assert tree.events("supervisor_started")[0]["pid"] == tree.pid
    tree.stop()
    assert tree.events("supervisor_stopped")[0]["exit_code"] == 0


def test_sessions_keep_a_terminals_ctrl_c_from_the_children(world):
    """Supervisor and every child lead a session of their own."""
    tree = world.tree(world.three_tiers())
    tree.wait_ready()
    members = [tree.supervisor_pid(), *tree.pids().values()]
    assert all(os.getsid(pid) == pid for pid in members)
    tree.stop()


@pytest.mark.parametrize("phase", ["start", "stop"])
def test_23_a_half_is_killed_at_random_instants(rng, phase):
    """In the first 150 ms after the lock is held, or of the shutdown: nothing stays behind, whatever was half done."""
    slowest = 0
    for _ in range(int(os.environ.get("CODE_ANALYSIS_ROUNDS", "40"))):
        with World() as world:
            family = Puppet(ready_after=rng.randrange(20), exit_delay=rng.randrange(40), grandchildren=2,
                            extra=("--setsid", "--grandchild-ignore", "TERM"))
            tree = world.tree(world.three_tiers(driver=family, workers={"a": family, "b": family}, server=family))
            supervisor = tree.supervisor_after_lock()
            if phase == "stop":
                tree.wait_ready()
                tree.send("TERM")
            time.sleep(rng.random() * 0.15)
            which = rng.choice([tree.pid, supervisor])
            members = processes.descendants_of(tree.pid)
            tree.watch.judging, tree.may_leave_zombies, tree.expected_exit = False, True, None
            at = bounds.now_ns()
            processes.kill_quietly(which)
            wait_for(lambda: not [pid for pid in members if processes.is_alive(pid)], 3000, "all are gone", 1)
            slowest = max(slowest, bounds.now_ns() - at)
            assert tree.wait_exit() in ((-signal.SIGKILL, 0) if which == tree.pid else (70, 0))
    in_bounds("slowest end of all", slowest / bounds.MS, 0, 500)
