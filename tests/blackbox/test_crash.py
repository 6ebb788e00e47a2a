"""Scenarios 10 to 12: crashes and restarts while the tree serves."""

import pytest

from support import bounds, clients
from support.bounds import gap, wait_for
from support.puppet import Puppet

NO_LIMIT = {"initial_delay": "100ms", "max_delay": "800ms", "multiplier": 2, "jitter": 0, "reset_after": "50ms",
            "max_restarts": 1000, "window": "10s"}


@pytest.mark.parametrize("essential", [False, True], ids=["not_essential", "essential"])
def test_10_a_worker_that_dies_at_once_for_ever(world, essential):
    """Ready, and 10 ms later its exit 1: the ladder is 0, 100, 200 ms, the fourth death is the last."""
    config = world.three_tiers(workers={"a": Puppet(exit_after=10, exit_code=1), "b": Puppet()})
    config["code_analysis"]["workers"][0].update(essential=essential, ready="none")
    config["code_analysis"]["supervisor"] = {"start_timeout": "5s"}
    tree = world.tree(config)
    failed = tree.await_event("failed", "a")
    ends = [event["mono_ns"] for event in tree.events("exited", "a")]
    starts = world.all("a", "start")
    assert len(starts) == len(ends) == 4
    for index, delay in enumerate((0, 100, 200)):
        gap(f"restart {index}", ends[index], starts[index + 1].ns, delay, delay + 50)
    gap("fourth death -> failed", ends[3], failed["mono_ns"], 0, 50)
    assert all(event["code"] == 1 and event["expected"] is False for event in tree.events("exited", "a"))
    if essential:
        tree.wait_exit(3000)
        tree.expected_exit = 1 if tree.events("tier_ready") and tree_was_ready(tree) else 2
        assert world.first("driver", "exit").ns > world.first("b", "exit").ns
        return
    status = tree.await_status()
    assert "a" in status["supervisor"]["degraded"]
    assert tree.process("a")["state"] == "failed" and tree.process("a")["last_exit"]["code"] == 1
    wait_for(lambda: tree.process("server")["state"] == "ready", 2000, "the rest serves on")
    for name in ("driver", "b", "server"):
        assert len(world.all(name, "start")) == 1
    tree.stop()


def tree_was_ready(tree):
    return any(event["tier"] == 3 for event in tree.events("tier_ready"))


def test_11_every_way_to_die_is_counted_and_named(world):
    """Exit 1, exit 0 unasked, a signal, in turn: all are counted, siblings stay as they are."""
    ways = [Puppet(exit_after=250, exit_code=1), Puppet(exit_after=250), Puppet(ready_after=250, die="SEGV"), Puppet()]
    config = world.three_tiers(workers={"a": ways, "b": Puppet()})
    config["code_analysis"]["workers"][0]["restart"] = NO_LIMIT
    tree = world.tree(config)
    wait_for(lambda: len(world.all("a", "start")) == 4, 5000, "three deaths and four starts")
    tree.wait_all_ready()
    ends = tree.events("exited", "a")
    assert [event.get("code", event.get("signal")) for event in ends] == [1, 0, "SIGSEGV"]
    assert not any(event["expected"] for event in ends)
    assert tree.process("a")["restarts"] == 3
    assert tree.process("a")["last_exit"]["signal"] == "SIGSEGV"
    for name in ("driver", "b", "server"):
        assert len(world.all(name, "start")) == 1, f"{name} was touched"
    tree.stop()


def test_12_driver_killed_20_times_while_the_rest_is_kept(world):
    config = world.three_tiers(driver=Puppet(ready_after=30, listen=True))
    config["code_analysis"]["database"]["driver"].update(restart=NO_LIMIT, on_restart="keep")
    tree = world.tree(config)
    tree.wait_ready()
    others = {name: pid for name, pid in tree.pids().items() if name != "driver"}
    callers = clients.Callers(world.runtime_dir / ".s.PGSQL.5432")
    try:
        for round_ in range(20):
            served_for_long_enough(world)
            at = tree.kill_child("driver")
            start = world.await_record("driver", "start", at)
            ready = world.await_record("driver", "ready", at)
            gap(f"kill {round_}: ready again beyond its own start-up", at, ready.ns - 30 * bounds.MS, 0, 100)
            assert start.ns > at
            tree.await_event("ready", "driver", count=round_ + 2)
        tree.wait_all_ready()
    finally:
        callers.stop()
    bounds.note("clients connected", callers.connected)
    assert callers.refused == [] and callers.connected > 100
    assert {name: tree.pid_of(name) for name in others} == others
    assert all(len(world.all(name, "start")) == 1 for name in others)
    assert tree.process("driver")["restarts"] == 20
    assert int(clients.ask_once(world.runtime_dir / ".s.PGSQL.5432")) == tree.pid_of("driver")
    tree.stop()


def served_for_long_enough(world, ms=60):
    ready = world.last("driver", "ready").ns
    wait_for(lambda: bounds.now_ns() - ready > ms * bounds.MS, 1000, "the driver serves longer than reset_after")


def test_12_driver_killed_and_the_rest_restarted_in_order(world):
    config = world.three_tiers(driver=Puppet(ready_after=30), workers={"a": Puppet(exit_delay=40), "b": Puppet()},
                               server=Puppet(exit_delay=40))
    config["code_analysis"]["database"]["driver"].update(restart=NO_LIMIT, on_restart="restart")
    tree = world.tree(config)
    tree.wait_ready()
    for round_ in range(5):
        served_for_long_enough(world)
        at = tree.kill_child("driver")
        up = world.await_record("server", "ready", at)
        def after(name, event): return world.first(name, event, at).ns
        gap(f"kill {round_}: all up again", at, up.ns, 0, 1000)
        assert after("server", "signal") < after("server", "exit") < min(after("a", "signal"), after("b", "signal"))
        assert max(after("a", "exit"), after("b", "exit")) < after("driver", "start") < after("driver", "ready")
        assert after("driver", "ready") < min(after("a", "start"), after("b", "start"))
        assert max(after("a", "ready"), after("b", "ready")) < after("server", "start")
        tree.wait_all_ready()
    assert all(len(world.all(name, "start")) == 6 for name in ("driver", "a", "b", "server"))
    tree.stop()


def test_12_killed_workers_and_server_come_back_alone(world):
    tree = world.tree(world.three_tiers())
    tree.wait_ready()
    for name in ("a", "server"):
        before = {one: pid for one, pid in tree.pids().items() if one != name}
        at = tree.kill_child(name)
        gap(f"{name} killed -> started", at, world.await_record(name, "start", at).ns, 0, 50)
        tree.wait_all_ready()
        assert {one: tree.pid_of(one) for one in before} == before
    tree.stop()


def test_give_up_on_an_exit_code_that_no_restart_can_help(world):
    config = world.three_tiers(driver=Puppet(ready="never", exit_after=30, exit_code=78))
    tree = world.tree(config)
    tree.expected_exit = 2
    tree.wait_exit(3000)
    assert len(world.all("driver", "start")) == 1 and len(tree.events("failed", "driver")) == 1
    assert not world.first("a", "start")


def test_slow_goes_on_at_the_longest_delay_after_the_limit(world):
    config = world.three_tiers(workers={"a": Puppet(exit_after=0, exit_code=1), "b": Puppet()})
    config["code_analysis"]["workers"][0]["restart"].update(max_restarts=1, on_limit="slow", max_delay="300ms")
    config["code_analysis"]["workers"][0]["ready"] = "none"
    tree = world.tree(config)
    wait_for(lambda: len(world.all("a", "start")) == 5, 5000, "it goes on")
    starts, ends = world.all("a", "start"), tree.events("exited", "a")
    for index in (3, 4):
        gap(f"exit {index - 1} -> start {index}", ends[index - 1]["mono_ns"], starts[index].ns, 300, 350)
    assert not tree.events("failed")
    tree.stop()
