"""The control socket, code-analysisctl, --daemonize, and folders that are refused with exit 73."""
import json
import os
import shutil
import signal
import socket
import subprocess

import pytest

from support import bounds, processes
from support.bounds import gap, wait_for
from support.puppet import Puppet
from support.world import BUILD


def ctl(world, *words, timeout=10):
    return subprocess.run([BUILD / "code-analysisctl", "--runtime-dir", world.runtime_dir, *words],
                          capture_output=True, text=True, timeout=timeout, env=world.environment())


def test_ctl_stop_start_restart_touch_one_process_only(world):
    tree = world.tree(world.three_tiers())
    tree.wait_ready()
    others = {name: pid for name, pid in tree.pids().items() if name != "server"}

    done = ctl(world, "stop", "server")
    assert done.returncode == 0, done.stderr
    assert tree.process("server")["state"] == "stopped" and tree.process("server")["pid"] is None
    assert tree.status()["supervisor"]["degraded"] == ["server"] and tree.status()["supervisor"]["state"] == "running"
    assert tree.events("exited", "server")[0]["expected"] is True

    done = ctl(world, "start", "server")
    assert done.returncode == 0, done.stderr
    assert tree.process("server")["state"] == "ready"

    before = tree.pid_of("server")
    done = ctl(world, "restart", "server")
    assert done.returncode == 0, done.stderr
    assert tree.process("server")["state"] == "ready" and tree.pid_of("server") != before
    assert {name: tree.pid_of(name) for name in others} == others
    assert tree.process("server")["restarts"] == 0 or not tree.events("backoff", "server")
    tree.wait_all_ready()
    tree.stop()


@pytest.mark.parametrize("name", ["driver", "a", "server"])
def test_stop_by_hand_never_ends_the_tree(world, name):
    tree = world.tree(world.three_tiers())
    tree.wait_ready()
    others = {one: pid for one, pid in tree.pids().items() if one != name}
    assert tree.ask("stop", process=name)["ok"]
    stopped = bounds.now_ns()
    wait_for(lambda: bounds.now_ns() - stopped > 300 * bounds.MS, 1000, "0.3 s in which nothing may happen")
    assert tree.process(name)["state"] == "stopped"
    assert {one: tree.pid_of(one) for one in others} == others
    assert tree.ask("start", process=name)["ok"]
    tree.wait_all_ready()
    tree.stop()


def test_a_stop_that_a_start_overtakes_is_answered(world):
    """Else its client waits for ever, and its connection stays open in the supervisor."""
    tree = world.tree(world.three_tiers(workers={"a": Puppet(exit_delay=300), "b": Puppet()}))
    tree.wait_ready()
    with tree.control() as stopping, tree.control() as starting:
        stopping.send("stop", process="a")
        wait_for(lambda: tree.process("a")["state"] == "stopping", 1000, "the stop is under way")
        starting.send("start", process="a")
        answer = stopping.read()
        assert answer["ok"] is False and "started meanwhile" in answer["error"]
        assert starting.read()["ok"]
    tree.wait_all_ready()
    tree.stop()


def test_start_by_hand_revives_what_has_failed(world):
    dying = Puppet(exit_after=0, exit_code=78)
    config = world.three_tiers(workers={"a": [dying, Puppet()], "b": Puppet()})
    config["code_analysis"]["workers"][0]["ready"] = "none"
    tree = world.tree(config)
    tree.await_event("failed", "a")
    wait_for(lambda: tree.process("server")["state"] == "ready", 3000, "the rest serves")
    assert tree.ask("start", process="a")["ok"]
    tree.wait_all_ready()
    assert tree.status()["supervisor"]["degraded"] == []
    tree.stop()


def test_ctl_status_json_has_every_field(world):
    config = world.three_tiers()
    config["code_analysis"]["workers"][0]["instances"] = 2
    tree = world.tree(config)
    tree.wait_ready()
    status = json.loads(ctl(world, "status", "--json").stdout)
    supervisor = status["supervisor"]
    assert set(supervisor) >= {"pid", "version", "state", "uptime_ms", "config", "degraded"}
    assert supervisor["config"] == str(world.config_file) and supervisor["state"] == "running"
    assert [process["name"] for process in status["processes"]] == ["driver", "a.0", "a.1", "b", "server"]
    for process in status["processes"]:
        assert set(process) >= {"name", "tier", "state", "pid", "ready", "uptime_ms", "restarts", "last_exit", "rss_bytes",
                                "cpu_ms", "listen", "status_text"}
        assert process["state"] == "ready" and process["ready"] is True and process["rss_bytes"] > 100_000
        assert process["pid"] == tree.pid_of(process["name"]) and process["last_exit"] is None
    assert status["processes"][0]["listen"] == [str(world.runtime_dir / ".s.PGSQL.5432")]
    text = ctl(world, "status")
    assert text.returncode == 0 and "a.1" in text.stdout
    tree.stop()


def test_ctl_exit_codes(world):
    assert ctl(world, "status").returncode == 3, "nobody runs"
    tree = world.tree(world.three_tiers())
    tree.wait_ready()
    assert ctl(world, "no-such-command").returncode == 64
    assert ctl(world, "start").returncode == 64
    refused = ctl(world, "stop", "nobody")
    assert refused.returncode == 1 and "nobody" in refused.stderr
    assert ctl(world, "wait", "--ready", "--timeout", "2s").returncode == 0
    assert ctl(world, "signal", "a", "USR1").returncode == 0
    assert wait_for(lambda: world.all("a", "signal"), 1000, "the signal comes")[0].detail == "USR1"
    done = ctl(world, "events")
    assert done.returncode == 0 and "supervisor_started" in done.stdout
    assert ctl(world, "shutdown").returncode == 0
    tree.wait_exit()
    assert ctl(world, "status").returncode == 3


def test_wait_times_out_where_the_tree_does_not_become_ready(world):
    tree = world.tree(world.three_tiers(driver=Puppet(ready="never"), ready_timeout="20s"))
    tree.await_status()
    began = bounds.now_ns()
    assert ctl(world, "wait", "--ready", "--timeout", "300ms").returncode == 1
    gap("wait --timeout 300ms", began, bounds.now_ns(), 300, 700)
    tree.stop()


def test_events_follow_shows_each_as_it_happens(world):
    tree = world.tree(world.three_tiers())
    tree.wait_ready()
    with tree.control() as control:
        control.send("events", follow=True)
        assert control.read()["events"][0]["event"] == "supervisor_started"
        tree.kill_child("a")
        seen = []
        while "ready" not in seen:
            event = control.read()["event"]
            assert event["process"] == "a"
            seen.append(event["event"])
    assert seen == ["exited", "spawned", "ready"] or set(seen) == {"exited", "backoff", "spawned", "ready"}
    tree.wait_all_ready()
    tree.stop()


def test_nonsense_on_the_control_socket_is_answered_and_harmless(world):
    tree = world.tree(world.three_tiers())
    tree.wait_ready()
    for line in (b"\n", b"{}\n", b"[1]\n", b"nonsense\n", b'{"command":7}\n', b'{"command":"stop"}\n', b"\0\xff\n"):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(str(world.runtime_dir / "control.sock"))
            client.sendall(line)
            reply = client.makefile("rb").readline()
            assert json.loads(reply)["ok"] is False, (line, reply)
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        client.connect(str(world.runtime_dir / "control.sock"))
        try:
            client.sendall(b"x" * (1 << 20))
            client.recv(65536)
        except (BrokenPipeError, ConnectionResetError):
            pass
    tree.wait_all_ready()
    tree.stop()


@pytest.mark.parametrize("name", ["USR1", "HUP"])
def test_sockets_that_a_cleaner_removed_are_made_again(world, name):
    tree = world.tree(world.three_tiers())
    tree.wait_ready()
    before, driver_socket = tree.pids(), world.runtime_dir / ".s.PGSQL.5432"
    (world.runtime_dir / "control.sock").unlink()
    driver_socket.unlink()
    assert ctl(world, "status").returncode == 3
    tree.send(name)
    wait_for(lambda: ctl(world, "status").returncode == 0, 2000, "the control socket is there again")
    assert tree.pids() == before and driver_socket.is_socket()
    assert "control.sock was gone and is made again" in tree.log()
    # The driver's: clients wait in its backlog until the driver is restarted, which is then handed the new one.
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(driver_socket))
    client.close()
    tree.stop()


def test_daemonize_returns_once_the_whole_tree_is_ready(world):
    tree = world.tree(world.three_tiers(server=Puppet(ready_after=200)), arguments=["--daemonize"])
    tree.watch.judging = False
    assert tree.wait_exit() == 0
    assert world.first("server", "ready").ns < tree.ended_ns
    guardian = int((world.runtime_dir / "supervisor.pid").read_text())
    assert tree.status()["supervisor"]["pid"] == guardian and processes.is_alive(guardian)
    assert os.getsid(guardian) != os.getsid(0)
    term = bounds.now_ns()
    os.kill(guardian, signal.SIGTERM)
    reaped = wait_for(lambda: (seen := processes.reap_adopted(set())) and guardian in seen and seen, 3000, "the daemon ends")
    assert os.waitstatus_to_exitcode(reaped[guardian]) == 0
    gap("TERM -> daemon ended", term, bounds.now_ns(), 0, 300)


def test_daemonize_tells_why_the_tree_does_not_become_ready(world):
    config = world.three_tiers(driver=["/no/such/driver"])
    config["code_analysis"]["database"]["driver"]["restart"]["max_restarts"] = 0
    tree = world.tree(config, arguments=["--daemonize"])
    tree.watch.judging = False
    tree.expected_exit = None
    assert tree.wait_exit() not in (0, None)
    assert "/no/such/driver" in tree.log() or "driver" in tree.log()


def other_user(path):
    path.mkdir()
    os.chown(path, 65534, 65534)


def writable_by_all(path):
    path.mkdir()
    path.chmod(0o777)


def link(path):
    target = path.with_name(path.name + ".target")
    target.mkdir()
    path.symlink_to(target)


def regular_file(path):
    path.write_text("")


@pytest.mark.parametrize("which", ["runtime_dir", "state_dir"])
@pytest.mark.parametrize("make", [other_user, writable_by_all, link, regular_file])
def test_exit_73_for_a_folder_that_cannot_be_trusted(world, make, which):
    path = {"runtime_dir": world.runtime_dir, "state_dir": world.root / "state"}[which]
    if make is other_user and os.getuid() != 0:
        pytest.skip("only root can give a folder away")
    make(path)
    tree = world.tree(world.three_tiers())
    tree.expected_exit = 73
    tree.wait_exit(3000)
    assert str(path) in tree.log()
    assert not world.names()
    path.unlink() if path.is_symlink() or path.is_file() else shutil.rmtree(path)


def test_exit_73_for_an_address_that_is_taken(world):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        config = world.three_tiers()
        config["code_analysis"]["server"]["listen"] = [address]
        tree = world.tree(config)
        tree.expected_exit = 73
        tree.wait_exit(3000)
        assert address in tree.log() and "in use" in tree.log()
        assert not world.names()
