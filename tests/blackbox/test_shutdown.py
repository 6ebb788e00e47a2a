"""Scenarios 15 to 22: the ordered shutdown, and what children can do against it."""
import os
import signal

import pytest

from support import bounds, processes
from support.bounds import gap, wait_for
from support.puppet import Puppet


def death_of(tree, name):
    return tree.events("exited", name)[-1]["mono_ns"]


def turn_of(tree, name):
    """When it was told to stop: the supervisor's word, for lower bounds, since a puppet notes only what has reached it."""
    return tree.events("stop_requested", name)[-1]["mono_ns"]


def told(world, name, after_ns=0, kind="TERM"):
    return next(entry.ns for entry in world.all(name, "signal") if entry.detail == kind and entry.ns >= after_ns)


def test_15_a_second_term_shortens_what_is_left(world):
    deaf = Puppet(ignore=("TERM",))
    tree = world.tree(world.three_tiers(workers={"a": deaf, "b": Puppet()}, server=deaf, stop_timeout="5s"))
    tree.may_kill = {"server", "a"}
    tree.wait_ready()
    first = tree.send("TERM")
    wait_for(lambda: bounds.now_ns() - first > 400 * bounds.MS, 1000, "0.4 s of lingering")
    second = tree.send("TERM")
    tree.wait_exit(5000)
    gap("second TERM -> server killed", second, death_of(tree, "server"), 1000, 1150)
    gap("a's turn -> a killed", turn_of(tree, "a"), death_of(tree, "a"), 1000, 1150)
    gap("a killed -> driver told", death_of(tree, "a"), told(world, "driver"), 0, 100)


@pytest.mark.parametrize("before", [(), ("TERM",)], ids=["at_once", "after_term"])
def test_15_quit_kills_all_top_tier_first(world, before):
    deaf = Puppet(ignore=("TERM", "INT", "QUIT"))
    tree = world.tree(world.three_tiers(driver=deaf, workers={"a": deaf, "b": deaf}, server=deaf, stop_timeout="5s"))
    tree.may_kill = {"driver", "a", "b", "server"}
    tree.wait_ready()
    for name in before:
        tree.send(name)
        wait_for(lambda: world.first("server", "signal"), 500, "the server was told")
    at, ended = tree.stop("QUIT")
    gap("QUIT -> ended", at, ended, 0, 200)
    deaths = {name: death_of(tree, name) for name in ("driver", "a", "b", "server")}
    kills = {event["process"]: event["mono_ns"] for event in tree.events("killed")}
    assert deaths["server"] <= min(kills["a"], kills["b"]), "the server is dead before a worker is killed"
    assert max(deaths["a"], deaths["b"]) <= kills["driver"]
    assert not world.all("a", "signal") and not world.all("driver", "signal"), "SIGKILL in place of the stop signal"


def test_15_int_is_as_term(world):
    tree = world.tree(world.three_tiers())
    tree.wait_ready()
    at, ended = tree.stop("INT")
    gap("INT -> ended", at, ended, 0, 300)
    assert {entry.detail for entry in world.all("a", "signal")} <= {"TERM", "CONT"}


def test_16_one_child_a_tier_ignores_term(world):
    deaf = Puppet(ignore=("TERM",))
    tree = world.tree(world.three_tiers(driver=deaf, workers={"a": deaf, "b": Puppet()}, server=deaf))
    tree.may_kill = {"driver", "a", "server"}
    tree.wait_ready()
    at, ended = tree.stop(within_ms=6000)
    for name in ("server", "a", "driver"):
        gap(f"{name}'s turn -> killed", turn_of(tree, name), death_of(tree, name), 1000, 1150)
    assert death_of(tree, "server") <= min(told(world, "a"), told(world, "b"))
    assert death_of(tree, "a") <= told(world, "driver")
    gap("b told -> b exits", told(world, "b"), world.first("b", "exit").ns, 0, 100)
    gap("whole stop", at, ended, 3000, bounds.LIMIT_MS)


def test_17_a_stopped_child_obeys(world):
    tree = world.tree(world.three_tiers())
    tree.wait_ready()
    pid = tree.pid_of("a")
    os.kill(pid, signal.SIGSTOP)
    wait_for(lambda: processes.stat_of(pid)[0] == "T", 500, "it is stopped")
    at, ended = tree.stop()
    gap("TERM -> stopped worker exits", at, world.first("a", "exit").ns, 0, 300)
    gap("TERM -> ended", at, ended, 0, 300)


def test_20_driver_dies_while_the_server_is_stopping(world):
    """Nobody is restarted any more, not the worker in back-off either; the order goes on, exit 0."""
    dying = Puppet(exit_after=0, exit_code=1)
    config = world.three_tiers(workers={"a": Puppet(), "b": [dying] * 10}, server=Puppet(exit_delay=400))
    config["code_analysis"]["workers"][1].update(ready="none")
    config["code_analysis"]["workers"][1]["restart"].update(initial_delay="700ms", max_delay="700ms", max_restarts=100)
    tree = world.tree(config)
    world.await_record("server", "ready")
    wait_for(lambda: tree.process("b")["state"] == "backoff", 3000, "b is in back-off")
    at = tree.send("TERM")
    world.await_record("server", "signal", at)
    tree.kill_child("driver")
    tree.wait_exit()
    for name in ("driver", "a", "b", "server"):
        late = [entry for entry in world.all(name, "start") if entry.ns > at + 50 * bounds.MS]
        assert not late, f"{name} was started during the shutdown"
    assert told(world, "a") > world.first("server", "exit").ns
    gap("TERM -> ended", at, tree.ended_ns, 400, 900)


def test_21_a_grandchild_left_behind_is_gone_before_the_supervisor(world):
    family = Puppet(grandchildren=2, extra=("--setsid", "--grandchild-ignore", "TERM"))
    tree = world.tree(world.three_tiers(workers={"a": family, "b": Puppet(grandchildren=1)}, server=family))
    tree.wait_ready()
    grandchildren = [entry.pid for name in ("a", "b", "server") for entry in world.all(name, "grandchild")]
    assert len(grandchildren) == 5 and all(processes.is_alive(pid) for pid in grandchildren)
    at, ended = tree.stop()
    left = [pid for pid in grandchildren if processes.is_alive(pid)]
    assert not left, f"{left} outlived the supervisor"
    gap("TERM -> ended", at, ended, 0, 500)


def test_22_a_stray_stays_with_its_own_service(world):
    """A double-forked descendant in a session of its own: adopted, named once, ended with its own service only."""
    seen = world.root / "seen"
    stray = Puppet(grandchildren=1, extra=("--setsid", "--double-fork", "--grandchild-ignore", "TERM"))
    look = f"for pid in $(awk '/grandchild/ {{print $2}}' {world.records_dir}/a); do kill -0 $pid && echo $pid >> {seen}; done"
    tree = world.tree(world.three_tiers(workers={"a": [stray, Puppet(first=look)], "b": Puppet()}))
    tree.wait_ready()
    pid = world.first("a", "grandchild").pid
    parent = processes.stat_of(pid)[1]
    assert parent == tree.supervisor_pid(), "the supervisor adopted it"
    tree.status()
    event = tree.await_event("stray", "a", within_ms=1000)
    assert event["pid"] == pid and "puppet" in event["command"]

    at = tree.kill_child("b")
    world.await_record("b", "start", at)
    assert processes.is_alive(pid), "a neighbour's death leaves it alone"
    at = tree.kill_child("a")
    world.await_record("a", "start", at)
    assert not processes.is_alive(pid) and not seen.exists(), "it met its service's next life"
    tree.wait_all_ready()
    assert len(tree.events("stray")) == 1
    tree.stop()


def test_22_a_stray_is_gone_at_exit(world):
    stray = Puppet(grandchildren=3, extra=("--setsid", "--double-fork", "--grandchild-ignore", "TERM"))
    tree = world.tree(world.three_tiers(workers={"a": stray, "b": stray}))
    tree.wait_ready()
    strays = [entry.pid for name in "ab" for entry in world.all(name, "grandchild")]
    assert len(strays) == 6
    tree.stop()
    assert not [pid for pid in strays if processes.is_alive(pid)]


def test_22_a_stray_that_hides_its_environment_goes_at_the_next_death(world):
    hidden = Puppet(grandchildren=1, extra=("--setsid", "--double-fork", "--hide-environment", "--grandchild-ignore", "TERM"))
    tree = world.tree(world.three_tiers(workers={"a": hidden, "b": Puppet()}))
    tree.wait_ready()
    pid = world.first("a", "grandchild").pid
    assert processes.is_alive(pid)
    at = tree.kill_child("b")
    world.await_record("b", "start", at)
    assert not processes.is_alive(pid)
    tree.wait_all_ready()
    assert len(world.all("a", "start")) == 1, "its service itself was not touched"
    tree.stop()
