"""Scenarios 14, 19, 25 and 32 to 40: many processes, and hosts on which something is short, stale or missing."""
import os
import resource
import signal
import socket
import subprocess

import pytest

from support import bounds, processes
from support.bounds import gap, in_bounds, wait_for
from support.puppet import Puppet
from support.world import BUILD


def many(world, count):
    worker = world.process("w", Puppet(), ready_timeout="30s", stop_timeout="10s")
    return world.config(workers=[{"name": "w", "instances": count, **worker}])


def test_14_many_workers_are_started_and_stopped_in_proportion(world):
    """300 take less than 4.5 times as long as 100: nothing is quadratic. Descriptors and memory stay small."""
    spans = {}
    for count in (100, 300):
        tree = world.tree(many(world, count))
        tree.wait_ready(20000)
        spans[count] = (tree.events("tier_ready")[0]["mono_ns"] - tree.events("spawned")[0]["mono_ns"]) / bounds.MS
        half = tree.supervisor_pid()
        assert len(processes.descriptors_of(half)) <= 2 * count + 64
        assert processes.anonymous_memory(half) < (64 << 20) * bounds.SCALE
        at, ended = tree.stop(within_ms=20000)
        bounds.note(f"{count} workers", f"up in {spans[count]:.0f} ms, down in {(ended - at) / bounds.MS:.0f} ms")
        assert len(tree.events("exited")) == count
    assert spans[300] < 4.5 * spans[100] * bounds.SCALE


def test_19_hup_during_the_shutdown_is_ignored_once(world):
    tree = world.tree(world.three_tiers(server=Puppet(exit_delay=300)))
    tree.wait_ready()
    at = tree.send("TERM")
    world.await_record("server", "signal", at)
    for _ in range(3):
        tree.send("HUP")
    tree.wait_exit()
    assert len(tree.events("reload_ignored")) == 1 and not tree.events("reload_applied")
    assert all(len(world.all(name, "start")) == 1 for name in world.names())
    gap("TERM -> ended", at, tree.ended_ns, 300, 600)


STALE = {
    "dead": lambda w: str(dead_pid()), "foreign": lambda w: str(os.getppid()), "empty": lambda w: "",
    "garbage": lambda w: "\0garbage\n", "init": lambda w: "1\n",
}


def dead_pid():
    child = subprocess.Popen(["/bin/true"])
    child.wait()
    return child.pid


@pytest.mark.parametrize("kind", STALE)
def test_25_a_stale_pid_file_and_stale_sockets_keep_nobody_from_starting(world, kind):
    world.runtime_dir.mkdir(0o755)
    (world.runtime_dir / "supervisor.pid").write_text(STALE[kind](world))
    for name in ("control.sock", ".s.PGSQL.5432"):
        with socket.socket(socket.AF_UNIX) as stale:
            stale.bind(str(world.runtime_dir / name))
    tree = world.tree(world.three_tiers())
    tree.wait_ready()
    assert int((world.runtime_dir / "supervisor.pid").read_text()) == tree.pid
    tree.stop()


def test_25_a_half_written_event_log_goes_on_behind_a_whole_line(world):
    world.runtime_dir.mkdir(0o755)
    whole = '{"seq":41,"mono_ns":1,"time":"2020-01-01T00:00:00Z","event":"supervisor_stopped","exit_code":0}\n'
    (world.runtime_dir / "events.jsonl").write_text(whole + '{"seq":42,"mono')
    tree = world.tree(world.three_tiers())
    tree.wait_ready()
    tree.stop()
    text = (world.runtime_dir / "events.jsonl").read_text()
    assert text.startswith(whole)
    first = tree.events("supervisor_started")
    assert (first or [{"seq": 42}])[0]["seq"] in (42, 43), "seq goes on"
    # The torn line itself is no event: it is cut off or stands alone; G4 looks at all the others.
    (world.runtime_dir / "events.jsonl").write_text(text.replace('{"seq":42,"mono\n', ""))


def test_32_an_event_log_that_cannot_be_written_holds_nothing_up(world):
    config = world.three_tiers()
    config["code_analysis"]["supervisor"] = {"event_log": "/dev/full"}
    tree = world.tree(config)
    tree.counts_cpu = False  # by its events
    tree.wait_ready()
    first = world.first("a", "start").pid
    at = bounds.now_ns()
    os.kill(first, signal.SIGKILL)
    gap("a killed -> started", at, world.await_record("a", "start", at).ns, 0, 50)
    tree.wait_all_ready()
    at, ended = tree.stop()
    gap("TERM -> ended", at, ended, 0, 300)


def test_32_an_event_log_that_is_off(world):
    config = world.three_tiers()
    config["code_analysis"]["supervisor"] = {"event_log": ""}
    tree = world.tree(config)
    tree.counts_cpu = False  # by its events
    tree.wait_ready()
    tree.stop()
    assert not (world.runtime_dir / "events.jsonl").exists()


def test_33_nobody_reads_the_supervisors_log(world):
    """Its stderr is a pipe that is full; a worker spews a mebibyte into it."""
    read_end, write_end = os.pipe()
    config = world.three_tiers(workers={"a": Puppet(extra=("--spew", str(1 << 20))), "b": Puppet()})
    tree = world.tree(config, preexec=lambda: (os.dup2(write_end, 1), os.dup2(write_end, 2)))
    tree.counts_cpu = False
    os.close(write_end)
    tree.wait_ready()
    assert os.get_blocking(read_end), "O_NONBLOCK on an inherited descriptor would be the launcher's too"
    at, ended = tree.stop()
    gap("TERM -> ended", at, ended, 0, 300)
    os.close(read_end)


def test_34_a_descriptor_limit_that_is_lowered_under_use(world):
    """The next spawn fails with EMFILE and backs off; with the limit lifted it is up again."""
    config = world.three_tiers()
    config["code_analysis"]["workers"][0]["restart"].update(max_restarts=1000)
    tree = world.tree(config)
    tree.wait_ready()
    half = tree.supervisor_pid()
    before = resource.prlimit(half, resource.RLIMIT_NOFILE)
    resource.prlimit(half, resource.RLIMIT_NOFILE, (len(processes.descriptors_of(half)) - 4, before[1]))
    tree.kill_child("a")
    failure = tree.await_event("spawn_failed", "a", count=2)
    assert "EMFILE" in str(failure["errno"]) or "Too many open files" in str(failure["errno"]), failure
    resource.prlimit(half, resource.RLIMIT_NOFILE, before)
    at = bounds.now_ns()
    gap("limit lifted -> up", at, world.await_record("a", "ready", at).ns, 0, 1000)
    tree.wait_all_ready()
    tree.stop()


@processes.needs_root
def test_39_as_pid_1_of_a_pid_namespace(world):
    """Orphans that it adopts are reaped, and TERM is obeyed although the kernel shields a PID 1."""
    orphans = Puppet(first="i=0; while [ $i -lt 100 ]; do (sleep 0.1 &); i=$((i + 1)); done")
    world.write(world.three_tiers(workers={"a": orphans, "b": Puppet()}))
    launcher = world.root / "launcher"
    launcher.write_text(f"#!/bin/sh\nexec unshare --pid --fork --mount-proc --kill-child {BUILD}/code-analysisd \"$@\"\n")
    launcher.chmod(0o755)
    tree = world.tree(program=launcher)
    tree.watch.judging = False
    tree.wait_ready()
    first = processes.children_of(tree.pid)[0]
    assert tree.status()["supervisor"]["pid"] == 1
    wait_for(lambda: not [pid for pid in processes.descendants_of(first) if not processes.is_alive(pid)
                          or "sleep" in processes.command_of(pid)], 2000, "a hundred orphans are reaped")
    at = bounds.now_ns()
    os.kill(first, signal.SIGTERM)
    tree.wait_exit()
    gap("TERM -> ended", at, tree.ended_ns, 0, 300)


@processes.needs_root
def test_40_unprivileged(world):
    """As a user without privileges, in folders of its own."""
    os.chown(world.root, 65534, 65534)
    os.chown(world.records_dir, 65534, 65534)

    def become_nobody():
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
    tree = world.tree(world.three_tiers(), preexec=become_nobody)
    tree.wait_ready()
    at, ended = tree.stop()
    gap("TERM -> ended", at, ended, 0, 300)


def test_40_a_runtime_dir_that_cannot_be_made(world):
    config = world.three_tiers()
    config["code_analysis"]["runtime_dir"] = "/proc/nowhere/run"
    tree = world.tree(config)
    tree.expected_exit = 73
    tree.wait_exit()
    assert "/proc/nowhere" in tree.log()
    in_bounds("start -> exit 73", (tree.ended_ns - tree.started_ns) / bounds.MS, 0, 1000)


@pytest.mark.parametrize("arguments", [[], ["--daemonize"]])
def test_34_few_descriptors_at_the_start_are_a_reason_for_exit_73(world, arguments):
    """From none to plenty: it serves, or it says why not, and leaves nothing behind (which the harness looks at)."""
    world.write(world.config(workers=[{"name": "w", "command": ["/bin/sleep", "1000"], "restart": {"policy": "never"}}]))
    codes = {}
    for limit in range(3, 31):
        tree = world.tree(arguments=arguments, preexec=lambda n=limit: resource.setrlimit(resource.RLIMIT_NOFILE, (n, n)))
        tree.expected_exit, tree.counts_cpu, tree.watch.judging = None, False, False
        pid_file = world.runtime_dir / "supervisor.pid"
        wait_for(lambda: tree._has_ended() or tree.events("tier_ready") or tree.events("failed"), 5000, f"an outcome with {limit}")
        if arguments:
            tree.wait_exit()
            if pid_file.exists() and processes.is_alive(int(pid_file.read_text())):
                os.kill(int(pid_file.read_text()), signal.SIGTERM)
            wait_for(lambda: processes.reap_adopted(set()) is not None and not pid_file.exists(), 3000, f"the daemon with {limit} has ended")
        elif not tree._has_ended():
            tree.send("TERM")
        tree.wait_exit()
        codes[limit] = tree.exit_code
        if tree.exit_code == 127:
            assert "error while loading shared libraries" in tree.log()
        elif tree.exit_code == 73:
            assert "Too many open files" in tree.log() or "descriptors" in tree.log(), (limit, tree.log())
        else:
            assert tree.exit_code == 0 or (tree.events("spawn_failed") and tree.exit_code == 2), (limit, tree.exit_code, tree.log())
    bounds.note("exit codes", codes)
    assert codes[8] == 73 and codes[30] == 0


@pytest.mark.skipif(not bounds.JUDGES_USE, reason="a preloaded library and a sanitizer do not go together")
def test_34_where_nothing_more_can_be_watched_the_tree_goes_on(world):
    """fs.epoll.max_user_watches is for all programs of a user: others may have used it up."""
    limit = world.root / "limit"
    env = {**world.environment(), "LD_PRELOAD": str(BUILD / "tests/libfailing_epoll.so"), "FAILING_EPOLL": str(limit)}
    config = world.three_tiers()
    config["code_analysis"]["workers"][0]["restart"].update(max_restarts=1000)
    tree = world.tree(config, env=env)
    tree.wait_ready()
    others = {name: pid for name, pid in tree.pids().items() if name != "a"}
    limit.touch()
    tree.kill_child("a")
    failure = tree.await_event("spawn_failed", "a", count=2)
    assert failure["stage"] == "epoll_ctl" and ("ENOSPC" in str(failure["errno"]) or "No space" in str(failure["errno"])), failure
    with tree.control() as refused:
        assert "cannot watch" in refused.read()["error"]
    tree.send("HUP")
    assert "cannot watch" in str(tree.await_event("reload_rejected")["errors"])
    limit.unlink()
    tree.wait_all_ready()
    assert {name: tree.pid_of(name) for name in others} == others
    assert len(world.all("a", "start")) == 2, "what could not be watched was not started"
    tree.stop()


@pytest.mark.skipif(not bounds.JUDGES_USE, reason="a preloaded library and a sanitizer do not go together")
def test_34_where_nothing_can_be_watched_from_the_start_it_is_refused(world):
    limit = world.root / "limit"
    limit.touch()
    env = {**world.environment(), "LD_PRELOAD": str(BUILD / "tests/libfailing_epoll.so"), "FAILING_EPOLL": str(limit)}
    tree = world.tree(world.three_tiers(), env=env)
    tree.expected_exit = 73
    tree.wait_exit(3000)
    assert "cannot watch a descriptor: No space left" in tree.log()
    assert not world.names()
