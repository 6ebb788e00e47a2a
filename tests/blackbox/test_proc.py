"""A host whose /proc does not show the tree its children: the start is refused, because leftovers would be missed."""
import os
import resource

import pytest

from support import bounds, processes
from support.bounds import gap, wait_for
from support.puppet import Puppet
from support.world import BUILD

pytestmark = processes.needs_root

# What happens to /proc before the supervisor starts in a mount namespace of its own -> what the message says
SPOILED = {
    "not_mounted": ("umount -l /proc", "no proc file system is mounted"),
    "another_file_system": ("mount -t tmpfs none /proc", "no proc file system is mounted"),
    "no_list_of_children": ("mount -t tmpfs none /proc/$$/task", "CONFIG_PROC_CHILDREN"),
    "an_empty_list": ("mount --bind /dev/null /proc/$$/task/$$/children", "does not list our children"),
}


def launcher(world, line):
    path = world.root / "launcher"
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
    return path


# A sanitizer needs /proc itself.
sanitized = bounds.SCALE != 1


@pytest.mark.parametrize("how", SPOILED)
@pytest.mark.skipif(sanitized, reason="a sanitizer cannot run without /proc")
def test_a_proc_without_our_children_is_refused(world, how):
    spoil, reason = SPOILED[how]
    world.write(world.three_tiers())
    line = f"exec unshare --mount sh -c '{spoil}; exec {BUILD}/code-analysisd \"$@\"' sh \"$@\""
    tree = world.tree(program=launcher(world, line))
    tree.expected_exit = 73
    tree.wait_exit()
    assert "/proc" in tree.log() and reason in tree.log(), tree.log()
    assert not world.names() and not world.runtime_dir.exists(), "nothing was started or made"


def test_the_proc_of_another_pid_namespace_is_refused(world):
    """Its numbers are those of other processes."""
    world.write(world.three_tiers())
    tree = world.tree(program=launcher(world, f"exec unshare --pid --fork {BUILD}/code-analysisd \"$@\""))
    tree.expected_exit = 73
    tree.wait_exit()
    assert "another PID namespace" in tree.log(), tree.log()


@pytest.mark.skipif(sanitized, reason="a sanitizer cannot run without /proc")
def test_a_proc_that_is_refused_is_told_to_who_daemonizes(world):
    world.write(world.three_tiers())
    line = f"exec unshare --mount sh -c 'umount -l /proc; exec {BUILD}/code-analysisd \"$@\"' sh \"$@\""
    tree = world.tree(program=launcher(world, line), arguments=["--daemonize"])
    tree.expected_exit = 73
    tree.wait_exit()
    assert "no proc file system is mounted" in tree.log()


def test_a_proc_that_hides_other_users_does_no_harm(world):
    """hidepid=2, as a user without privileges: its own processes are still seen."""
    os.chown(world.root, 65534, 65534)
    os.chown(world.records_dir, 65534, 65534)
    stray = Puppet(grandchildren=1, extra=("--setsid", "--double-fork", "--grandchild-ignore", "TERM"))
    world.write(world.three_tiers(workers={"a": [stray, Puppet()], "b": Puppet()}))
    line = (f"exec unshare --mount sh -c 'mount -t proc -o hidepid=2 proc /proc && exec /usr/bin/setpriv --reuid=65534 "
            f"--regid=65534 --clear-groups {BUILD}/code-analysisd \"$@\"' sh \"$@\"")
    tree = world.tree(program=launcher(world, line))
    tree.watch.judging = False
    tree.wait_ready()
    tree.status()
    pid = world.first("a", "grandchild").pid
    assert tree.await_event("stray", "a")["pid"] == pid
    at = tree.kill_child("a")
    world.await_record("a", "start", at)
    assert not processes.is_alive(pid)
    tree.wait_all_ready()
    tree.stop()


def test_out_of_descriptors_a_leftover_is_not_missed(world):
    """The list of children stays open, so that it can be read when nothing can be opened."""
    family = Puppet(grandchildren=3, extra=("--setsid", "--grandchild-ignore", "TERM"))
    config = world.three_tiers(workers={"a": [family, Puppet()], "b": Puppet()})
    config["code_analysis"]["workers"][0]["restart"].update(max_restarts=1000)
    tree = world.tree(config)
    tree.wait_ready()
    left = [entry.pid for entry in world.all("a", "grandchild")]
    half = tree.supervisor_pid()
    before = resource.prlimit(half, resource.RLIMIT_NOFILE)
    resource.prlimit(half, resource.RLIMIT_NOFILE, (3, before[1]))
    at = tree.kill_child("a")
    wait_for(lambda: not [pid for pid in left if processes.is_alive(pid)], 15000, "its leftovers are gone", 10)
    bounds.note("a killed -> leftovers gone", f"{(bounds.now_ns() - at) / bounds.MS:.0f} ms")
    assert not world.first("a", "start", at), "it was not started beside them"
    resource.prlimit(half, resource.RLIMIT_NOFILE, before)
    world.await_record("a", "ready", at)
    tree.wait_all_ready()
    tree.stop()


@pytest.mark.parametrize("missing", ["-sys_ptrace,-perfmon", "-sys_ptrace"])
def test_what_may_not_be_looked_at_belongs_to_the_service_of_its_account(world, missing):
    """Root without CAP_SYS_PTRACE, as in a container: PostgreSQL's processes show no environment, or not all of it."""
    world.records_dir.chmod(0o777)
    stray = Puppet(grandchildren=2, extra=("--setsid", "--double-fork", "--grandchild-ignore", "TERM"))
    config = world.three_tiers()
    config["code_analysis"]["database"]["driver"]["config"] = {
        "embedded": {"user": "nobody", **world.process("postgres", [stray, Puppet()])}}
    world.root.chmod(0o777)  # for the count of its starts
    world.write(config)
    line = f"exec /usr/bin/setpriv --bounding-set={missing} {BUILD}/code-analysisd \"$@\""
    tree = world.tree(program=launcher(world, line))
    tree.wait_ready()
    left = [entry.pid for entry in world.all("postgres", "grandchild")]
    tree.status()
    assert {event["pid"] for event in tree.events("stray", "postgres")} == set(left)
    at = tree.kill_child("b")
    world.await_record("b", "start", at)
    assert all(processes.is_alive(pid) for pid in left), "a neighbour's death leaves them alone"
    at = tree.kill_child("postgres")
    gap("killed -> started", at, world.await_record("postgres", "start", at).ns, 0, 100)
    assert not [pid for pid in left if processes.is_alive(pid)]
    tree.wait_all_ready()
    tree.stop()
