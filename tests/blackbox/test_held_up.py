"""Many at once, or too late: strangers and lost clients on the control socket, orders that have become void, and a
supervisor that was held up over its deadlines."""
import json
import os
import signal
import socket
import subprocess

from support import bounds, processes
from support.bounds import gap, wait_for
from support.control import Control
from support.puppet import Puppet
from support.world import BUILD

AS_NOBODY = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
CROWD = ("import socket, sys\n"
         "crowd = []\n"
         "for _ in range(600):\n"
         "    one = socket.socket(socket.AF_UNIX)\n"
         "    one.settimeout(5)\n"
         "    one.connect(sys.argv[1])\n"
         "    crowd.append(one)\n"
         "print('all', flush=True)\n"
         "print(crowd[-1].makefile().readline(), end='', flush=True)\n"
         "sys.stdin.read()\n")


@processes.needs_root
def test_hundreds_of_idle_connections_of_a_stranger_keep_root_from_nothing(world):
    tree = world.tree(world.three_tiers())
    tree.wait_ready()
    tree.counts_cpu = False
    control = str(world.runtime_dir / "control.sock")
    crowd = subprocess.Popen([*AS_NOBODY, "/usr/bin/python3", "-I", "-c", CROWD, control], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)
    try:
        assert crowd.stdout.readline() == "all\n"
        assert json.loads(crowd.stdout.readline()) == {"ok": False, "error": "permission denied"}
        began = bounds.now_ns()
        assert tree.status()
        gap("status beside 600 connections", began, bounds.now_ns(), 0, 200)
        with Control(control) as first:  # one that stands while more come than there are places
            assert first.ask("status")["ok"]
            others = [Control(control) for _ in range(20)]
            assert first.ask("shutdown")["ok"]
            for other in others:
                other.close()
        tree.wait_exit()
    finally:
        crowd.communicate(timeout=5)


def test_a_client_that_has_gone_frees_its_place_while_its_request_is_pending(world):
    """`timeout 1 code-analysisctl wait --ready`, again and again, before a tree that does not become ready."""
    tree = world.tree(world.three_tiers(driver=Puppet(ready="never"), ready_timeout="60s"))
    tree.await_status()
    half = tree.supervisor_pid()
    before = len(processes.descriptors_of(half))
    for command in ("wait", "events"):
        clients = [tree.control() for _ in range(100)]
        for client in clients:
            client.send(command, follow=True)
        wait_for(lambda: len(processes.descriptors_of(half)) >= before + 100, 2000, "all are connected")
        for client in clients:
            client.close()
        wait_for(lambda: len(processes.descriptors_of(half)) <= before, 2000, "all places are free")
    tree.requests += 200
    assert tree.status()
    tree.stop()


def test_a_client_that_only_ends_its_sending_side_still_gets_its_answer(world):
    tree = world.tree(world.three_tiers(server=Puppet(ready_after=500)))
    tree.await_status()
    with tree.control() as waiting:
        waiting.send("wait")
        waiting.socket.shutdown(socket.SHUT_WR)
        assert waiting.read() == {"ok": True}
        assert waiting.file.readline() == ""
    tree.wait_ready()
    tree.stop()


def test_spawns_that_are_queued_are_void_once_the_driver_has_died(world):
    pid_file = world.root / "driver.pid"
    kill = f"[ $CODE_ANALYSIS_PROCESS = w.20 ] && [ ! -e {pid_file}.used ] && mv {pid_file} {pid_file}.used && kill -9 $(cat {pid_file}.used)"
    config = world.config(
        driver=world.process("driver", Puppet(first=f"echo $$ > {pid_file}"),
                             restart={"policy": "always", "initial_delay": "0ms", "max_delay": "0ms"}),
        workers=[{"name": "w", "command": ["/bin/sh", "-c", f"{kill}; exec sleep 1000"], "instances": 600}])
    tree = world.tree(config)
    tree.counts_cpu = False
    driver = tree.await_event("ready", "driver")["pid"]
    tree.await_event("tier_ready", within_ms=20000, count=2)  # of the driver, then of the workers
    events = tree.events()
    died = next(event["seq"] for event in events if event["event"] == "exited" and event["pid"] == driver)
    back = next(event["seq"] for event in events if event["event"] == "ready" and event["seq"] > died)
    spawned = [event for event in events if event["event"] == "spawned" and event["process"].startswith("w.")]
    assert not [event for event in spawned if died < event["seq"] < back]
    assert len([event for event in spawned if event["seq"] < died]) < 600, "the driver died too late to show anything"
    assert len(spawned) == 600 and not tree.events("spawn_failed")
    tree.stop(within_ms=20000)


def test_what_came_before_a_deadline_counts_however_late_the_supervisor_sees_it(world):
    config = world.three_tiers(workers={"a": Puppet(ready_after=100), "b": Puppet(ready="notify", ready_after=100)},
                               ready_timeout="1500ms")
    config["code_analysis"]["workers"][1]["ready"] = "notify"
    tree = world.tree(config)
    world.await_record("a", "start")
    world.await_record("b", "start")
    with tree.control() as client:
        client.send("wait", timeout_ms=1500)
        half = tree.supervisor_pid()
        os.kill(half, signal.SIGSTOP)
        stopped = bounds.now_ns()
        tree.watch.judging = False
        world.await_record("a", "ready")
        world.await_record("b", "ready")
        wait_for(lambda: bounds.now_ns() - stopped > 2500 * bounds.MS, 5000, "2.5 s in which the supervisor is stopped")
        os.kill(half, signal.SIGCONT)
        client.read()  # whichever: the server may be later than the timeout
    tree.wait_ready()
    assert not tree.events("ready_timeout") and not tree.events("stop_requested")
    assert all(process["restarts"] == 0 for process in tree.status()["processes"])
    tree.stop()


FLOOD = """
import os, socket, sys, time
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
    s.connect("\\0" + os.environ["NOTIFY_SOCKET"][1:])
    end, n = time.monotonic() + float(sys.argv[1]), 0
    while time.monotonic() < end:
        n += 1
        try:
            s.send(b"STATUS=step %d" % n, socket.MSG_DONTWAIT)
        except BlockingIOError:
            time.sleep(0.00005)
    s.send(b"READY=1")
    s.send(b"STATUS=the last one")
    sys.stdin.read()
    time.sleep(1000)
"""


def test_a_flood_of_status_lines_costs_little_and_the_last_one_is_shown(world):
    config = world.config(workers=[
        {"name": name, **world.process(name, ["/usr/bin/python3", "-I", "-S", "-c", FLOOD, seconds], ready_timeout="20s"),
         "ready": "notify"} for name, seconds in (("a", "2"), ("b", "1000"))])
    tree = world.tree(config)
    tree.counts_cpu = False
    tree.await_event("spawned", "b")
    half = tree.supervisor_pid()
    began, cpu = bounds.now_ns(), processes.cpu_ns(half)
    tree.await_event("ready", "a")
    used = (processes.cpu_ns(half) - cpu) * 100 / (bounds.now_ns() - began)
    bounds.note("processor time of the supervisor", f"{used:.1f} %")
    assert used < 15 or not bounds.JUDGES_USE
    wait_for(lambda: tree.process("a")["status_text"] == "the last one", 1000, "the last status is shown")
    assert 1 <= tree.log().count(" a says: ") <= 12, tree.log()
    at, ended = tree.stop()
    gap("TERM beside a flood -> ended", at, ended, 0, 300)


def test_a_ready_behind_a_flood_counts_before_the_deadline_is_judged(world):
    config = world.config(workers=[
        {"name": "a", **world.process("a", ["/usr/bin/python3", "-I", "-S", "-c", FLOOD, "0.9"], ready_timeout="1500ms"),
         "ready": "notify"}])
    tree = world.tree(config)
    tree.counts_cpu = False
    tree.wait_ready()
    assert not tree.events("ready_timeout")
    tree.stop()


STEERING = b"\x1b[2J \xc2\x9b31m \x9b \x7f \xe2\x80\xae \xe2\x81\xa6 gr\xc3\xbc\xc3\x9f\ttab"


def test_nothing_that_a_child_writes_or_says_steers_a_terminal(world):
    """In the log, in the event log, in what code-analysisctl prints, and in what is said of a wrong configuration."""
    speech = world.root / "speech"
    speech.write_bytes(STEERING + b"\n")
    program = ("import os, socket, sys, time; text = open(sys.argv[1], 'rb').read(); os.write(1, text);"
               "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect('\\0' + os.environ['NOTIFY_SOCKET'][1:]);"
               "s.send(b'READY=1\\nSTATUS=' + text.strip()); time.sleep(1000)")
    tree = world.tree(world.config(workers=[
        {"name": "a", **world.process("a", ["/usr/bin/python3", "-I", "-S", "-c", program, str(speech)]), "ready": "notify"}]))
    tree.wait_ready()
    wait_for(lambda: tree.log().count("grüß\ttab") == 2, 2000, "both lines are in the log")
    run = [BUILD / "code-analysisctl", "--runtime-dir", world.runtime_dir]
    shown = tree.log_file.read_bytes() + tree.event_log().read_bytes()
    for words in (["status"], ["status", "--json"], ["events"], ["stop", "no\x1b[2Jbody"], ["\x1b[2J\x9b"]):
        done = subprocess.run([*run, *words], capture_output=True, env=world.environment())
        shown += done.stdout + done.stderr
    world.write("code_analysis: {\"\\e[2J\\x9b\": 1}\n")
    done = subprocess.run([BUILD / "code-analysisd", "--check", "--config", world.config_file], capture_output=True)
    assert done.returncode == 78
    shown += done.stdout + done.stderr
    text = shown.decode()  # it is UTF-8, too
    steers = [c for c in text if (ord(c) < 32 and c not in "\n\t") or 127 <= ord(c) < 160 or c in "\u202e\u2066"]
    assert not steers, [text[max(0, text.index(c) - 100):text.index(c) + 20] for c in steers[:3]]
    assert "\\x1b[2J \\u009b31m \\x9b \\x7f \\u202e \\u2066 grüß\ttab" in text
    tree.stop()
