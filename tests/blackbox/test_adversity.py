"""What nobody does on purpose: signals of every kind, floods, escapes, vanished folders, a supervisor in a supervisor."""
import json
import os
import shutil
import signal
import socket
import subprocess

import pytest

from support import bounds, processes
from support.bounds import gap, in_bounds, wait_for
from support.puppet import Puppet
from support.world import BUILD, World

NO_LIMIT = {"initial_delay": "0ms", "max_delay": "0ms", "multiplier": 1, "jitter": 0, "reset_after": "0ms",
            "max_restarts": 2147483647, "window": "10s"}
DEADLY = {signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP,
          signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT, signal.SIGTRAP, signal.SIGSYS}


@pytest.mark.parametrize("half", ["guardian", "supervisor"])
def test_no_other_signal_is_fatal_to_a_half(world, half):
    """TERM to the supervisor half is no stop either: signals go to the process that was started."""
    tree = world.tree(world.three_tiers())
    tree.wait_ready()
    pid = {"guardian": tree.pid, "supervisor": tree.supervisor_pid()}[half]
    for number in signal.valid_signals() - DEADLY:
        os.kill(pid, number)
    if half == "supervisor":
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(pid, number)
    os.kill(pid, signal.SIGCONT)  # after TSTP, which may stop it
    wait_for(lambda: processes.stat_of(pid)[0] != "T", 500, "it goes on")
    tree.wait_all_ready()
    assert all(len(world.all(name, "start")) == 1 for name in world.names())
    tree.counts_cpu = False  # a line of log a signal
    at, ended = tree.stop()
    gap("TERM -> ended", at, ended, 0, 300)


def test_a_flood_of_hup_does_not_lose_the_term_after_it(world):
    tree = world.tree(world.three_tiers())
    tree.wait_ready()
    tree.counts_cpu = False
    for _ in range(20000):
        os.kill(tree.pid, signal.SIGHUP)
    at, ended = tree.stop()
    gap("TERM -> ended", at, ended, 0, 500)
    assert all(len(world.all(name, "start")) == 1 for name in world.names())


def test_46_hundreds_of_restarts_leak_nothing(world):
    """A worker that dies at once, with no delay and no limit."""
    config = world.three_tiers(workers={"a": Puppet(exit_after=0, exit_code=1), "b": Puppet()})
    config["code_analysis"]["workers"][0].update(ready="none", restart=NO_LIMIT)
    tree = world.tree(config)
    tree.await_event("ready", "server")
    half = tree.supervisor_pid()
    wait_for(lambda: len(world.all("a", "start")) > 100, 20000, "100 restarts", 50)
    memory, started = processes.anonymous_memory(half), len(world.all("a", "start"))
    wait_for(lambda: len(world.all("a", "start")) > started + 400, 30000, "400 more restarts", 50)
    assert tree.ask("stop", process="a")["ok"]
    bounds.memory_growth("memory growth in 400 restarts", processes.anonymous_memory(half) - memory, 1 << 20)
    assert len(processes.children_of(half)) == 3, "driver, b and server"
    assert len(os.listdir(f"/proc/{half}/task")) == 1, "one thread"
    count = len(processes.descriptors_of(half))
    assert count < 40, processes.descriptors_of(half)
    tree.stop()


@processes.needs_real_time
def test_an_exit_that_is_seen_before_its_spawn_was_noted_counts(world):
    """On one processor with the supervisor, and before it in the queue: the child is gone when the spawn returns."""
    config = world.three_tiers(workers={"a": Puppet(exit_after=0, exit_code=1), "b": Puppet()})
    worker = config["code_analysis"]["workers"][0]
    worker.update(ready="none", restart=NO_LIMIT, command=["/usr/bin/chrt", "-r", "50", *worker["command"]])
    tree = world.tree(config)
    tree.await_event("ready", "server")
    half = tree.supervisor_pid()
    os.sched_setscheduler(half, os.SCHED_OTHER, os.sched_param(0))
    os.sched_setaffinity(half, {min(os.sched_getaffinity(half))})
    started = len(world.all("a", "start"))
    wait_for(lambda: len(world.all("a", "start")) > started + 200, 20000, "200 restarts", 50)
    tree.stop()


def test_46_an_idle_tree_is_not_woken(world):
    tree = world.tree(world.three_tiers())
    tree.wait_ready()
    halves = tree.watch.halves()

    def switches():
        result = 0
        for half in halves:
            for line in open(f"/proc/{half}/status"):
                if line.startswith("voluntary_ctxt_switches"):
                    result += int(line.split()[1])
        return result
    began, before = bounds.now_ns(), switches()
    wait_for(lambda: bounds.now_ns() - began > 3000 * bounds.MS, 5000, "three idle seconds", 100)
    bounds.note("wake-ups in 3 s", switches() - before)
    assert switches() - before <= 2
    tree.stop()


def test_21_descendants_that_keep_forking_do_not_escape(world):
    """Ever new orphans in new sessions, which ignore TERM and have no environment: none is met by the next life."""
    met = world.root / "met"
    breed = ("(trap '' TERM HUP INT; setsid env -i sh -c 'n=0; while [ $n -lt 400 ]; do "
             "setsid sleep 7.25 & n=$((n + 1)); done' ) &")
    look = f"grep -la '7[.]25' /proc/[0-9]*/cmdline > {met} 2>/dev/null"
    tree = world.tree(world.three_tiers(workers={"a": [Puppet(first=breed), Puppet(first=look)], "b": Puppet()}))
    tree.counts_cpu = False  # to end hundreds is work that no event stands for
    tree.wait_ready()
    at = tree.kill_child("a")
    world.await_record("a", "start", at)
    assert met.read_text() == "", f"the next life met {met.read_text().split()}"
    tree.wait_all_ready()
    tree.stop()


def test_a_child_that_closes_its_output_costs_nothing(world):
    tree = world.tree(world.three_tiers(workers={"a": Puppet(first="exec >&- 2>&-"), "b": Puppet()}))
    tree.wait_ready()
    began = bounds.now_ns()
    wait_for(lambda: bounds.now_ns() - began > 1000 * bounds.MS, 2000, "a second, in which G5 would see a spinning loop", 50)
    tree.stop()


def test_output_of_any_bytes_becomes_whole_lines(world):
    noise = r"head -c 300000 /dev/zero | tr '\0' x; printf '\n\377\0\033[31mraw\nlast words'"
    tree = world.tree(world.three_tiers(workers={"a": Puppet(first=noise), "b": Puppet()}))
    tree.wait_ready()
    tree.counts_cpu = False
    wait_for(lambda: "raw" in tree.log(), 2000, "the line behind the long one")
    assert max(map(len, tree.log().splitlines())) < 100_000, "a line is cut, not collected without bound"
    tree.stop()
    assert "last words" in tree.log(), "what was said before the end is not lost"


def test_26_of_two_that_start_at_once_one_serves(world):
    world.write(world.three_tiers())
    pair = [world.tree(), world.tree()]
    loser = wait_for(lambda: [tree for tree in pair if tree._has_ended()], 5000, "one of them ends")[0]
    winner = pair[1 - pair.index(loser)]
    loser.expected_exit = 73
    loser.wait_exit()
    winner.wait_ready()
    assert all(len(world.all(name, "start")) == 1 for name in world.names())
    winner.stop()


def test_a_runtime_dir_that_vanishes_does_not_keep_the_tree_from_stopping(world):
    tree = world.tree(world.three_tiers())
    tree.wait_ready()
    shutil.rmtree(world.runtime_dir)
    at = bounds.now_ns()
    os.kill(world.first("a", "start").pid, signal.SIGKILL)
    world.await_record("a", "start", at)
    at, ended = tree.stop()
    gap("TERM -> ended", at, ended, 0, 300)


def test_37_no_standard_descriptors_and_no_working_directory(world):
    gone = world.root / "gone"
    gone.mkdir()

    def spoil():
        os.chdir(gone)
        gone.rmdir()
        os.closerange(0, 3)
    tree = world.tree(world.three_tiers(), preexec=spoil)
    tree.wait_ready()
    for pid in tree.pids().values():
        assert {0, 1, 2} <= set(processes.descriptors_of(pid))
    tree.stop()


def test_a_follower_that_does_not_read_holds_nothing_up(world):
    config = world.three_tiers(workers={"a": Puppet(exit_after=0, exit_code=1), "b": Puppet()})
    config["code_analysis"]["workers"][0].update(ready="none", restart=NO_LIMIT)
    tree = world.tree(config)
    tree.counts_cpu = False
    tree.await_status()
    lazy = [tree.control() for _ in range(20)]
    for one in lazy:
        one.send("events", follow=True)
        for _ in range(200):
            one.file.write('{"command":"status"}\n')
        one.file.flush()
    wait_for(lambda: len(world.all("a", "start")) > 200, 20000, "restarts go on", 50)
    began = bounds.now_ns()
    assert tree.status()
    gap("status beside lazy clients", began, bounds.now_ns(), 0, 200)
    at, ended = tree.stop()
    gap("TERM -> ended", at, ended, 0, 500)
    for one in lazy:
        one.socket.close()


def test_descriptors_that_come_with_a_notification_are_closed_at_once(world):
    """BARRIER=1 of systemd-notify: it waits until its descriptor is closed on the other side."""
    config = world.three_tiers(workers={"a": Puppet(ready="notify"), "b": Puppet()})
    config["code_analysis"]["workers"][0]["ready"] = "notify"
    result = world.root / "barrier"
    program = ("import array, os, socket, time, select; a = os.environ['NOTIFY_SOCKET'];"
               "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect('\\0' + a[1:]); r, w = os.pipe();"
               "began = time.monotonic(); f = array.array('i', [w]);"
               "s.sendmsg([b'BARRIER=1'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, f)]); os.close(w);"
               f"ok = select.select([r], [], [], 3)[0]; open('{result}', 'w').write(str(time.monotonic() - began) if ok else 'never')")
    config["code_analysis"]["workers"][0]["command"] = world.command(
        "a", Puppet(ready="notify", first=f'/usr/bin/python3 -I -S -c "{program}"'))
    tree = world.tree(config)
    tree.wait_ready()
    assert result.read_text() != "never"
    in_bounds("barrier", float(result.read_text()) * 1000, 0, 100)
    tree.stop()


@pytest.mark.parametrize("policy, code, again", [("always", 0, True), ("on-failure", 0, False), ("on-failure", 3, True),
                                                 ("never", 0, False)])
def test_restart_policies(world, policy, code, again):
    config = world.three_tiers(workers={"a": [Puppet(exit_after=100, exit_code=code), Puppet()], "b": Puppet()})
    config["code_analysis"]["workers"][0]["restart"]["policy"] = policy
    tree = world.tree(config)
    tree.await_event("exited", "a")
    if again:
        wait_for(lambda: len(world.all("a", "start")) == 2, 1000, "it is started again")
        tree.wait_all_ready()
    else:
        wait_for(lambda: tree.process("a")["state"] == "stopped", 1000, "its work is done", 25)
        assert len(world.all("a", "start")) == 1 and not tree.events("failed", "a")
        wait_for(lambda: tree.process("server")["state"] == "ready", 1000, "the rest serves", 25)
    tree.stop()


def test_shutdown_timeout_bounds_the_whole_stop(world):
    deaf = Puppet(ignore=("TERM",))
    config = world.three_tiers(driver=deaf, workers={"a": deaf, "b": Puppet()}, server=deaf, stop_timeout="60s")
    config["code_analysis"]["supervisor"] = {"shutdown_timeout": "1s"}
    tree = world.tree(config)
    tree.may_kill = {"driver", "a", "server", "b"}
    tree.wait_ready()
    at, ended = tree.stop()
    gap("TERM -> ended", at, ended, 1000, 1300)


def test_a_supervisor_under_a_supervisor(world):
    """The inner tree is a worker: TERM stops it in order, and the outer halves' death takes it along."""
    with World() as inner:
        inner.write(inner.three_tiers())
        command = [str(BUILD / "code-analysisd"), "--config", str(inner.config_file)]
        config = world.three_tiers(workers={"a": command, "b": Puppet()})
        config["code_analysis"]["workers"][0].update(ready="notify", stop_timeout="5s")
        tree = world.tree(config)
        tree.wait_ready()
        assert inner.first("server", "ready").ns < world.first("server", "start").ns
        at, ended = tree.stop()
        gap("TERM -> ended", at, ended, 0, 400)
        exits = [inner.first(name, "exit").ns for name in ("server", "a", "driver")]
        assert exits == sorted(exits) and not (inner.runtime_dir / "supervisor.pid").exists()

        tree = world.tree()
        tree.wait_ready()
        tree.watch.judging, tree.expected_exit = False, 70
        members = processes.descendants_of(tree.pid)
        at = bounds.now_ns()
        os.kill(tree.supervisor_pid(), signal.SIGKILL)
        wait_for(lambda: not [pid for pid in members if processes.is_alive(pid)], 2000, "both trees are gone")
        gap("SIGKILL -> both trees gone", at, bounds.now_ns(), 0, 500)
        tree.wait_exit()
        shutil.rmtree(inner.runtime_dir)


def test_a_port_of_the_servers_choice_is_told_and_kept_over_its_restarts(world):
    config = world.three_tiers(server=Puppet(listen=True, ready_after=200))
    config["code_analysis"]["server"]["listen"] = ["127.0.0.1:0"]
    tree = world.tree(config)
    tree.wait_ready()
    address = tree.process("server")["listen"][0]
    host, port = address.rsplit(":", 1)
    assert host == "127.0.0.1" and int(port) > 0

    def ask():
        with socket.create_connection((host, int(port)), timeout=5) as client:
            return int(client.makefile("rb").read())
    assert ask() == tree.pid_of("server")
    before = tree.pid_of("server")
    tree.kill_child("server")
    assert ask() not in (before, 0)
    tree.wait_all_ready()
    assert tree.process("server")["listen"] == [address]
    tree.stop()


def test_30_no_prefix_of_a_configuration_crashes_the_reader(world, rng):
    text = json.dumps(world.three_tiers(), indent=1)
    for _ in range(40):
        path = world.write(text[:rng.randrange(len(text))])
        done = subprocess.run([BUILD / "code-analysisd", "--config", path, "--check"], capture_output=True, text=True, timeout=5)
        assert done.returncode == 78 and done.stderr.startswith(str(path)), (done, path.read_text())


def test_pid_file_by_option(world):
    path = world.root / "elsewhere.pid"
    tree = world.tree(world.three_tiers(), arguments=["--pid-file", str(path)])
    tree.wait_ready()
    assert int(path.read_text()) == tree.pid and not (world.runtime_dir / "supervisor.pid").exists()
    tree.stop()
    assert not path.exists()


@processes.needs_root
def test_control_is_for_root_and_the_supervisors_user(world):
    """Another user's request is refused, a reading one too where it is the user of no configured process."""
    tree = world.tree(world.three_tiers())
    tree.wait_ready()
    ask = ("import socket, sys; s = socket.socket(socket.AF_UNIX); s.settimeout(2); s.connect(sys.argv[1]);"
           "s.sendall(b'{\"command\":\"' + sys.argv[2].encode() + b'\"}\\n'); sys.stdout.write(s.makefile().readline())")
    for command in ("status", "shutdown"):
        done = subprocess.run(["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-I",
                               "-c", ask, str(world.runtime_dir / "control.sock"), command], capture_output=True, text=True)
        assert not done.stdout or json.loads(done.stdout)["ok"] is False, (done.stdout, done.stderr)
    tree.wait_all_ready()
    tree.stop()
