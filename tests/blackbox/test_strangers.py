"""Users of the same host who may do nothing: what they can open, lock, replace or fill of the files that a tree makes."""
import os
import stat
import subprocess

import pytest

from support import bounds, processes
from support.bounds import gap, wait_for

STRANGER = 65534
AS_STRANGER = ["/usr/bin/setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups"]

# path below runtime_dir -> mode
FILES = {"supervisor.lock": 0o600, "driver.lock": 0o600, "supervisor.pid": 0o644, "events.jsonl": 0o644,
         "control.sock": 0o666, ".s.PGSQL.5432": 0o777}


def away(world):
    """The built-in driver, which makes a lock file of its own, below no PostgreSQL: it waits."""
    driver = {"type": "postgres", "config": {"conninfo": f"host={world.root}/nowhere connect_timeout=1"}, "stop_timeout": "3s"}
    return world.config(driver=driver)


def modes_of(folder):
    return {path.name: stat.S_IMODE(path.lstat().st_mode) for path in folder.rglob("*")}


def can_open(path, how="r"):
    program = "import sys; open(sys.argv[1], sys.argv[2])"
    return subprocess.run([*AS_STRANGER, "/usr/bin/python3", "-I", "-S", "-c", program, str(path), how],
                          capture_output=True).returncode == 0


@pytest.mark.parametrize("umask", [0, 0o077])
def test_every_file_has_its_mode_whatever_the_umask(world, umask):
    tree = world.tree(away(world), preexec=lambda: os.umask(umask))
    tree.await_status()
    assert modes_of(world.runtime_dir) == FILES
    assert all(path.lstat().st_uid == os.geteuid() for path in world.runtime_dir.rglob("*"))
    tree.stop()


@processes.needs_root
def test_a_stranger_can_neither_lock_nor_write_a_file_of_the_tree(world):
    """Also if an earlier version has left lock files that everybody may open."""
    world.runtime_dir.mkdir(0o755)
    for name in ("supervisor.lock", "driver.lock"):
        (world.runtime_dir / name).touch()
        (world.runtime_dir / name).chmod(0o644)
        assert can_open(world.runtime_dir / name)
    tree = world.tree(away(world))
    tree.await_status()
    for name in ("supervisor.lock", "driver.lock"):
        assert not can_open(world.runtime_dir / name), f"who can open {name} can lock it"
    for path in world.runtime_dir.rglob("*"):
        assert stat.S_ISSOCK(path.lstat().st_mode) or not can_open(path, "a"), f"{path.name} can be filled"
    assert not can_open(world.runtime_dir / "new", "w")
    tree.stop()
    assert not can_open(world.runtime_dir / "supervisor.lock"), "it stays, so it stays closed"


@processes.needs_root
def test_a_driver_lock_that_was_given_to_another_account_is_taken_back(world):
    world.runtime_dir.mkdir(0o755)
    (world.runtime_dir / "driver.lock").touch()
    os.chown(world.runtime_dir / "driver.lock", STRANGER, STRANGER)
    tree = world.tree(away(world))
    tree.await_status()
    assert (world.runtime_dir / "driver.lock").stat().st_uid == 0
    tree.stop()


@processes.needs_root
def test_a_lock_that_a_stranger_holds_is_refused_with_its_holders_name(world):
    """Through a descriptor from the time when the file was open to all: nothing can free it, so the message must help."""
    world.runtime_dir.mkdir(0o755)
    lock = world.runtime_dir / "supervisor.lock"
    lock.touch()
    lock.chmod(0o644)
    thief = subprocess.Popen([*AS_STRANGER, "/usr/bin/flock", str(lock), "/bin/sleep", "60"])
    wait_for(lambda: processes.lock_holders(lock), 2000, "the stranger holds the lock")
    tree = world.tree(world.three_tiers())
    tree.expected_exit = 73
    try:
        tree.wait_exit(15000)
    finally:
        for pid in [thief.pid, *processes.descendants_of(thief.pid)]:
            processes.kill_quietly(pid)
        thief.wait()
    gap("start -> exit 73", tree.started_ns, tree.ended_ns, 10000, 11500)
    assert f"pid {thief.pid}" in tree.log() and "sleep 60" in tree.log() and f"uid {STRANGER}" in tree.log(), tree.log()
    assert str(lock) in tree.log() and "another supervisor" not in tree.log()
    assert not can_open(lock), "the next holder cannot be a stranger"
    bounds.note("exit 73 says", tree.log().strip()[-200:])
