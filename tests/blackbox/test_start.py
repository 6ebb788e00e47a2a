"""Scenarios 1 to 9: the start of the tree, and what a driver can do wrong on its way to readiness."""
import os
import signal
import time

import pytest

from support import bounds, processes
from support.bounds import gap, in_bounds, wait_for
from support.puppet import Puppet

LONG = {"initial_delay": "100ms", "max_delay": "800ms", "multiplier": 2, "jitter": 0, "reset_after": "50ms",
        "max_restarts": 1000, "window": "10s"}


def nothing_above(world, names=("a", "b", "server"), since_ns=0):
    """No worker and no server has started."""
    started = [name for name in names if world.first(name, "start", since_ns)]
    assert not started, f"{started} started although the driver was not ready"


def all_up_and_down(world, tree):
    """The tree heals to all ready, and stops."""
    tree.wait_ready()
    tree.stop()


def test_01_tiers_start_upward_and_stop_downward(world):
    tree = world.tree(world.three_tiers(
        driver=Puppet(ready_after=100, exit_delay=50),
        workers={"a": Puppet(ready_after=50, exit_delay=150), "b": Puppet(ready_after=150, exit_delay=50)},
        server=Puppet(ready_after=50, exit_delay=100)))
    tree.wait_ready()
    driver_ready = world.first("driver", "ready").ns
    for name in "ab":
        gap(f"driver ready -> {name} starts", driver_ready, world.first(name, "start").ns, 0, 100)
    last_worker = max(world.first(name, "ready").ns for name in "ab")
    gap("last worker ready -> server starts", last_worker, world.first("server", "start").ns, 0, 100)
    order = [event["tier"] for event in tree.events("tier_ready")]
    assert [tier for tier in order if tier != 0] == [1, 2, 3], order

    term, ended = tree.stop()
    gap("TERM -> server told", term, world.first("server", "signal").ns, 0, 50)
    for name in "ab":
        gap(f"server exits -> {name} told", world.first("server", "exit").ns, world.first(name, "signal").ns, 0, 100)
    last_exit = max(world.first(name, "exit").ns for name in "ab")
    gap("last worker exits -> driver told", last_exit, world.first("driver", "signal").ns, 0, 100)
    gap("whole stop", term, ended, 100 + 150 + 50, 100 + 150 + 50 + 300)
    assert {entry.detail for name in world.names() for entry in world.all(name, "signal")} <= {"TERM", "CONT"}


def test_02_driver_killed_before_ready_starts_nothing_above(world):
    tree = world.tree(world.three_tiers(driver=[Puppet(ready="never"), Puppet(ready="never"), Puppet(ready_after=50)]))
    killed = []
    for _ in range(2):
        start = world.await_record("driver", "start", killed[-1] if killed else 0)
        killed.append(bounds.now_ns())
        os.kill(start.pid, signal.SIGKILL)
    third = world.await_record("driver", "start", killed[1])
    second = world.first("driver", "start", killed[0])
    gap("first restart", killed[0], second.ns, 0, 50)
    gap("second restart", killed[1], third.ns, 100, 150)
    tree.wait_ready()
    nothing_above_before(world, world.first("driver", "ready").ns)
    assert tree.process("driver")["restarts"] == 2
    assert tree.process("driver")["last_exit"]["signal"] == "SIGKILL"
    tree.stop()


def nothing_above_before(world, ready_ns):
    for name in ("a", "b", "server"):
        assert all(entry.ns > ready_ns for entry in world.all(name, "start")), f"{name} started before the driver was ready"
        assert len(world.all(name, "start")) == 1


@pytest.mark.parametrize("obeys", [True, False], ids=["obeys", "ignores"])
def test_03_readiness_pipe_closed_unwritten(world, obeys):
    bad = Puppet(ready="close", ready_after=30, ignore=() if obeys else ("TERM",))
    tree = world.tree(world.three_tiers(driver=[bad, Puppet()]))
    if not obeys:
        tree.may_kill = {"driver"}
    start = world.await_record("driver", "start")
    told = world.await_record("driver", "signal")
    gap("pipe closed -> told to stop", start.ns + 30 * bounds.MS, told.ns, 0, 200)
    again = world.await_record("driver", "start", told.ns)
    dead = tree.events("exited", "driver")[0]["mono_ns"]
    gap("pipe closed -> dead", start.ns + 30 * bounds.MS, dead, 0, 1200)
    gap("told to stop -> dead", asked(tree), dead, 0 if obeys else 1000, 1150)
    gap("dead -> first restart", dead, again.ns, 0, 50)
    tree.wait_ready()
    nothing_above_before(world, world.first("driver", "ready").ns)
    assert len(tree.events("spawned", "driver")) == 2 and tree.process("driver")["restarts"] == 1
    tree.stop()


@pytest.mark.parametrize("how", ["garbage", "partial", "huge"])
def test_04_readiness_that_is_no_readiness(world, how):
    """The first restart warms the supervisor's heap, the second is the measured one."""
    good = Puppet()
    config = world.three_tiers(driver=[good, Puppet(ready=how), good, Puppet(ready=how), good])
    config["code_analysis"]["database"]["driver"]["restart"] = LONG
    tree = world.tree(config)
    tree.wait_ready()
    memory = []
    for round_ in range(2):
        served_longer_than_reset_after(world)
        at = tree.kill_child("driver")
        bad = world.await_record("driver", "start", at)
        gone = wait_for(lambda: [e for e in tree.events("exited", "driver") if e["pid"] == bad.pid], 2000, "the bad driver ends")
        gap(f"{how}, round {round_}: start -> gone", bad.ns, gone[0]["mono_ns"], 0, 200)
        wait_for(lambda: len(world.all("driver", "ready")) == round_ + 2, 3000, "the next driver is ready")
        tree.wait_all_ready()
        memory.append(processes.anonymous_memory(tree.supervisor_pid()))
    assert not [event for event in tree.events("ready", "driver") if event["pid"] == bad.pid]
    bounds.memory_growth("memory growth", memory[1] - memory[0], 64 * 1024)
    assert tree.process("driver")["restarts"] == 4
    tree.stop()


def asked(tree, index=0, kind="stop_requested"):
    """When the driver was told to stop (or spawned) the index-th time: the supervisor's word, for lower bounds, since a
    puppet can only note what has reached it."""
    return tree.events(kind, "driver")[index]["mono_ns"]


def served_longer_than_reset_after(world):
    """So that the driver's next restart is immediate."""
    ready = world.last("driver", "ready").ns
    wait_for(lambda: bounds.now_ns() - ready > 60 * bounds.MS, 1000, "the driver serves for a while")


def test_04_readiness_prefix_that_goes_no_further(world):
    tree = world.tree(world.three_tiers(driver=[Puppet(ready="prefix"), Puppet()]))
    told = world.await_record("driver", "signal")
    gap("spawned -> told to stop", asked(tree, 0, "spawned"), told.ns, 2000, 2150)
    assert tree.events("ready_timeout", "driver")
    tree.wait_ready()
    nothing_above_before(world, world.first("driver", "ready", told.ns).ns)
    tree.stop()


@pytest.mark.parametrize("how", ["bytewise", "extra"])
def test_04_readiness_in_pieces_or_with_more_behind_counts_once(world, how):
    tree = world.tree(world.three_tiers(driver=Puppet(ready=how)))
    tree.wait_ready()
    assert len(tree.events("ready", "driver")) == 1
    assert len(tree.events("spawned", "driver")) == 1
    tree.stop()


def test_06_readiness_never_comes(world):
    """Two drivers that ignore TERM, then two that obey: limit + 1 attempts, and no worker ever."""
    deaf, polite = Puppet(ready="never", ignore=("TERM",)), Puppet(ready="never")
    config = world.three_tiers(driver=[deaf, deaf, polite, polite])
    config["code_analysis"]["database"]["driver"]["restart"].update(max_restarts=3, window="30s")
    tree = world.tree(config)
    tree.expected_exit, tree.may_kill = 2, {"driver"}
    tree.wait_exit(20000)
    starts, told = world.all("driver", "start"), world.all("driver", "signal")
    told = [entry for entry in told if entry.detail == "TERM"]
    assert len(starts) == 4, "attempts are the limit and one"
    for index in range(4):
        gap(f"attempt {index}: spawned -> told to stop", asked(tree, index, "spawned"), told[index].ns, 2000, 2150)
    ends = [event["mono_ns"] for event in tree.events("exited", "driver")]
    for index in range(2):
        gap(f"attempt {index}: told to stop -> killed", asked(tree, index), ends[index], 1000, 1150)
    for index, delay in enumerate((0, 100, 200)):
        gap(f"restart {index}", ends[index], starts[index + 1].ns, delay, delay + 50)
    nothing_above(world)
    assert len(tree.events("failed", "driver")) == 1


def test_07_grandchild_holds_the_pipe_of_a_killed_driver(world):
    """The grandchild writes READY on the old pipe as soon as its parent is dead; the next driver, slow to be ready,
    must not be believed ready for it, and must not meet the grandchild."""
    pid_file, met = world.root / "grandchild", world.root / "met"
    holder = (f"(trap '' TERM HUP INT; parent=$PPID; read _ _ _ parent _ < /proc/self/stat; exec 9>/proc/self/fd/$READY_FD;"
              f" while kill -0 $parent 2>/dev/null; do sleep 0.002; done; echo READY >&9; sleep 60) & echo $! > {pid_file}")
    look = f"kill -0 $(cat {pid_file}) 2>/dev/null && echo yes > {met}"
    tree = world.tree(world.three_tiers(driver=[Puppet(ready="never", first=holder), Puppet(ready_after=400, first=look)]))
    start = world.await_record("driver", "start")
    wait_for(pid_file.exists, 1000, "the grandchild's pid")
    grandchild = int(pid_file.read_text())
    assert processes.is_alive(grandchild)
    at = bounds.now_ns()
    os.kill(start.pid, signal.SIGKILL)
    second = world.await_record("driver", "start", at)
    gap("killed -> next driver starts", at, second.ns, 0, 200)
    assert not met.exists(), "the grandchild was alive when the next driver started"
    tree.wait_ready()
    assert [event["pid"] for event in tree.events("ready", "driver")] == [second.pid]
    gap("next driver's start -> believed ready", second.ns, tree.events("ready", "driver")[0]["mono_ns"], 400, 500)
    tree.stop()


@pytest.mark.parametrize("kind", ["missing", "not_executable", "bad_interpreter", "a_folder"])
def test_08_exec_fails(world, kind):
    path = world.root / f"{kind}.bin"
    if kind == "a_folder":
        path.mkdir()
    elif kind != "missing":
        path.write_text("#!/no/such/interpreter\n")
        path.chmod(0o755 if kind == "bad_interpreter" else 0o644)
    config = world.three_tiers(driver=[path])
    config["code_analysis"]["database"]["driver"]["restart"].update(max_restarts=1)
    tree = world.tree(config)
    tree.expected_exit = 2
    tree.wait_exit(3000)
    failures = tree.events("spawn_failed", "driver")
    assert len(failures) == 2, "one attempt and max_restarts more"
    wanted = {"missing": ("ENOENT", "No such file"), "bad_interpreter": ("ENOENT", "No such file")}
    for failure in failures:
        assert failure["path"] == str(path) and "exec" in failure["stage"], failure
        names = wanted.get(kind, ("EACCES", "Permission denied"))
        assert any(name in str(failure["errno"]) for name in names), failure
    assert not tree.events("exited"), "no process had been there"
    assert str(path) in tree.log(), "the log names the program"
    nothing_above(world)


def test_09_term_at_random_instants_of_the_start(rng, request):
    from support.world import World
    rounds = int(os.environ.get("CODE_ANALYSIS_ROUNDS", "200"))
    slowest = latest = 0
    for _ in range(rounds):
        with World() as world:
            quick = dict(ready_after=rng.randrange(40))
            tree = world.tree(world.three_tiers(driver=Puppet(**quick), workers={"a": Puppet(**quick), "b": Puppet(**quick)},
                                                server=Puppet(**quick)))
            locks = world.runtime_dir
            wait_for(lambda: any(processes.lock_holders(path) for path in lock_files(locks)), 1000, "the lock is held", 0.5)
            time.sleep(rng.random() * 0.3)
            at = tree.send("TERM")
            tree.wait_exit(bounds.LIMIT_MS)
            slowest = max(slowest, tree.ended_ns - at)
            for name in world.names():
                for entry in world.all(name, "start"):
                    latest = max(latest, entry.ns - at)
    in_bounds(f"slowest of {rounds} ends", slowest / bounds.MS, 0, 1000)
    in_bounds("latest start after TERM", latest / bounds.MS, 0, 50)


def lock_files(folder):
    try:
        return [path for path in folder.iterdir() if path.is_file()]
    except FileNotFoundError:
        return []
