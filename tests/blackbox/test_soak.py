"""A few seconds of everything at once, by a seed: then the tree is left alone and has to be whole again."""
import os
import signal

import pytest

from support import bounds, processes
from support.bounds import wait_for
from support.puppet import Puppet
from support.world import World

TIRELESS = {"initial_delay": "0ms", "max_delay": "20ms", "multiplier": 2, "jitter": 0.5, "reset_after": "0ms",
            "max_restarts": 2147483647, "window": "10s"}
NAMES = ["driver", "a", "b", "c.0", "c.1", "server"]


def torment(tree, rng):
    """One random thing to one random process."""
    name = rng.choice(NAMES)
    pid = tree.pid_of(name)
    action = rng.choice(["KILL", "KILL", "TERM", "SEGV", "STOP", "restart", "stop", "start", "hup", "nothing"])
    if action in ("KILL", "TERM", "SEGV", "STOP") and pid and processes.stat_of(pid):
        processes.kill_quietly(pid, getattr(signal, "SIG" + action))
    elif action in ("restart", "stop", "start"):
        with tree.control() as control:
            control.send(action, process=name)  # nobody waits for the reply
    elif action == "hup":
        tree.send("HUP")
    return name, action


def heal(tree):
    """Wakes whoever was stopped, starts whoever was stopped by hand."""
    for name in NAMES:
        pid = tree.pid_of(name)
        if pid:
            processes.kill_quietly(pid, signal.SIGCONT)
        tree.ask("start", process=name)


@pytest.mark.parametrize("on_restart", ["keep", "restart"])
def test_soak_then_everything_is_ready_again(rng, on_restart):
    for _ in range(int(os.environ.get("CODE_ANALYSIS_SOAKS", "2"))):
        with World() as world:
            family = Puppet(ready_after=rng.randrange(10), exit_delay=rng.randrange(10), grandchildren=1,
                            extra=("--double-fork", "--grandchild-ignore", "TERM"))
            config = world.three_tiers(driver=family, workers={"a": family, "b": Puppet(), "c": Puppet()}, server=family,
                                       restart=TIRELESS)
            config["code_analysis"]["workers"][2]["instances"] = 2
            config["code_analysis"]["database"]["driver"]["on_restart"] = on_restart
            tree = world.tree(config)
            tree.counts_cpu, tree.may_kill = False, set(NAMES)
            tree.wait_ready()
            done = []
            began = bounds.now_ns()
            while bounds.now_ns() - began < 3000 * bounds.MS:
                done.append(torment(tree, rng))
                pause_until = bounds.now_ns() + rng.randrange(20) * bounds.MS
                wait_for(lambda: bounds.now_ns() >= pause_until, 1000, "a moment", 1)
            heal(tree)
            tree.wait_all_ready(8000)
            bounds.note("torments", len(done))
            for name in NAMES:
                pid = tree.pid_of(name)
                assert processes.is_alive(pid) and tree.process(name)["pid"] == pid
            half = tree.supervisor_pid()
            strays = 3  # of driver, a and server; what came between is about to go, or still to be handed to the supervisor
            wait_for(lambda: len([pid for pid in processes.children_of(half) if processes.is_alive(pid)]) == len(NAMES) + strays,
                     1000, "its processes and their strays are all that it has")
            tree.stop()
