"""What stands between the supervisor and a child: descriptors, environment, signals, readiness by notification."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys

from support import clients
from support.bounds import gap, wait_for
from support.puppet import Puppet
from support.world import PUPPET

HERE = pathlib.Path(__file__).parent


def describing(world, name, puppet=None):
    """An argv that writes what it was given to a file and then is a puppet."""
    log = str(world.records_dir / name)
    return ["/usr/bin/python3", "-I", "-S", str(HERE / "support/describe.py"), str(world.root / f"{name}.json"),
            *(puppet or Puppet()).argv(PUPPET, log)]


def description(world, name):
    return json.loads((world.root / f"{name}.json").read_text())


def described_tree(world, **options):
    config = world.three_tiers(driver=describing(world, "driver"), workers={"a": describing(world, "a"), "b": Puppet()},
                               server=describing(world, "server"))
    config["code_analysis"]["server"]["listen"] = ["127.0.0.1:0"]
    tree = world.tree(config, **options)
    tree.wait_ready()
    return tree


def check_descriptors(world):
    for name, sockets in (("driver", 1), ("a", 0), ("server", 1)):
        seen = description(world, name)
        environment = seen["environment"]
        ready = environment["READY_FD"]
        wanted = {"0", "1", "2", ready, *map(str, range(3, 3 + sockets))}
        assert set(seen["descriptors"]) == wanted, f"{name}: {seen['descriptors']}"
        assert seen["descriptors"][ready].startswith("pipe:")
        assert seen["blocked"] == 0 and seen["sid"] == seen["pid"]
        # Python itself ignores SIGPIPE and SIGXFSZ.
        assert seen["ignored"] & ~(1 << signal.SIGPIPE - 1) & ~(1 << signal.SIGXFSZ - 1) == 0
        assert seen["umask"] == 0o022 and seen["cwd"] == "/"
        if sockets:
            assert environment["LISTEN_FDS"] == "1" and int(environment["LISTEN_PID"]) == seen["pid"]
            assert environment["LISTEN_FDNAMES"] == {"driver": "postgresql", "server": "http"}[name]
            assert seen["listeners"][0][2] == 1
        else:
            assert not {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"} & set(environment)
        assert environment["CODE_ANALYSIS_PROCESS"] == name and environment["CODE_ANALYSIS_TREE"]
        assert "CONFIG_FD" not in environment and "NOTIFY_SOCKET" not in environment


def test_38_a_child_has_exactly_the_descriptors_of_the_contract(world):
    """Launched with 50 open inheritable descriptors."""
    def open_fifty():
        for _ in range(50):
            os.set_inheritable(os.open("/dev/null", os.O_RDONLY), True)
    tree = described_tree(world, preexec=open_fifty)
    check_descriptors(world)
    tree.stop()


def test_37_hostile_inheritance(world):
    """SIGCHLD and SIGPIPE ignored, all signals blocked, umask 077, 64 KiB of environment, no descriptor 0 to 2."""
    def spoil():
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        os.umask(0o077)
    env = {**world.environment(), "LC_ALL": "tr_TR", "BALLAST": "x" * 65536}
    tree = described_tree(world, preexec=spoil, env=env)
    check_descriptors(world)
    at = tree.kill_child("b")
    world.await_record("b", "start", at)
    tree.wait_all_ready()
    at, ended = tree.stop()
    gap("TERM -> ended", at, ended, 0, 300)


def test_numbers_for_children_are_plain_decimals(world):
    """Without leading zeros: libraries read them with strtoul(..., 0), to which a leading zero means octal."""
    tree = described_tree(world)
    for name in ("driver", "server"):
        seen = description(world, name)
        assert seen["environment"]["LISTEN_PID"] == str(seen["pid"])
        numbers = {key: seen["environment"][key] for key in ("LISTEN_PID", "LISTEN_FDS", "READY_FD")}
        assert all(text == str(int(text)) for text in numbers.values()), numbers
        assert seen["libsystemd_listen_fds"] in (1, None), "libsystemd finds the sockets, where it is installed"
    tree.stop()


def test_database_variables_of_the_children(world):
    env = {**world.environment(), "PGHOST": "elsewhere", "PGHOSTADDR": "192.0.2.1", "PGPASSFILE": "/nowhere",
           "NOTIFY_SOCKET": "", "WATCHDOG_USEC": "7", "LISTEN_FDS": "3", "READY_FD": "1"}
    tree = described_tree(world, env=env)
    worker, server, driver = (description(world, name)["environment"] for name in ("a", "server", "driver"))
    for name, environment in (("a", worker), ("server", server)):
        assert environment["PGHOST"] == str(world.runtime_dir) and environment["PGPORT"] == "5432"
        assert environment["PGDATABASE"] == environment["PGUSER"] == "code_analysis"
        assert environment["PGAPPNAME"] == name
        assert "PGHOSTADDR" not in environment and "PGPASSFILE" not in environment
        assert "code_analysis.priority" in environment["PGOPTIONS"]
    assert driver["PGHOST"] == "elsewhere" and driver["PGPASSFILE"] == "/nowhere" and "PGAPPNAME" not in driver
    for environment in (worker, server, driver):
        assert "WATCHDOG_USEC" not in environment
        assert environment["CODE_ANALYSIS_TREE"] == driver["CODE_ANALYSIS_TREE"]
    assert "interactive" in server["PGOPTIONS"] and "normal" in worker["PGOPTIONS"]
    tree.stop()


def test_clients_wait_in_the_backlog_while_the_driver_restarts(world):
    config = world.three_tiers(driver=Puppet(ready_after=300, listen=True))
    tree = world.tree(config)
    tree.wait_ready()
    path = world.runtime_dir / ".s.PGSQL.5432"
    assert int(clients.ask_once(path)) == tree.pid_of("driver")
    before = tree.pid_of("driver")
    tree.kill_child("driver")
    answered = int(clients.ask_once(path))
    assert answered != before and answered == tree.pid_of("driver")
    tree.wait_all_ready()
    tree.stop()


def test_notify_readiness(world):
    tree = world.tree(with_notify(world, Puppet(ready="notify", ready_after=100)))
    tree.wait_ready()
    gap("notified -> believed", world.first("a", "ready").ns, tree.events("ready", "a")[0]["mono_ns"], 0, 50)
    assert tree.process("a")["status_text"] == "puppet serves"
    tree.stop()


def with_notify(world, worker):
    config = world.three_tiers(workers={"a": worker, "b": Puppet()})
    config["code_analysis"]["workers"][0]["ready"] = "notify"
    return config


def test_notify_readiness_from_a_grandchild(world):
    send = ("import os, socket; a = os.environ['NOTIFY_SOCKET']; assert a[0] == '@';"
            "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect('\\0' + a[1:]); s.send(b'READY=1');"
            "import time; time.sleep(60)")
    worker = Puppet(ready="never", first=f'/usr/bin/python3 -I -S -c "{send}" &')
    tree = world.tree(with_notify(world, worker))
    tree.wait_ready()
    tree.stop()


def test_notify_from_a_stranger_does_not_count(world):
    """The harness itself, which is no descendant of the child, says READY=1 for it."""
    tree = world.tree(with_notify(world, Puppet(ready="never")))
    world.await_record("a", "start")
    environ = open(f"/proc/{tree.pid_of('a')}/environ").read().split("\0")
    address = next(line.partition("=")[2] for line in environ if line.startswith("NOTIFY_SOCKET="))
    send = ("import socket, sys, time; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM);"
            f"s.connect('\\0' + '{address[1:]}'); s.send(b'READY=1'); time.sleep(0.3)")
    assert subprocess.run([sys.executable, "-c", send], timeout=5).returncode == 0
    assert tree.process("a")["state"] == "starting" and not tree.events("ready", "a")
    tree.send("TERM")
    tree.wait_exit()


def test_waiting_lines_start_the_ready_timeout_afresh(world):
    driver = Puppet(ready_after=900, extra=("--waiting-every", "150"))
    tree = world.tree(world.three_tiers(driver=driver, ready_timeout="400ms"))
    text = wait_for(lambda: tree.await_status() and tree.process("driver")["status_text"], 1000, "a status text", 25)
    assert text.isdigit()
    tree.wait_ready()
    assert not tree.events("ready_timeout") and len(world.all("driver", "start")) == 1
    tree.stop()


def test_start_timeout_holds_whatever_a_child_says(world):
    config = world.three_tiers(driver=Puppet(ready_after=9000, extra=("--waiting-every", "100")), ready_timeout="400ms")
    config["code_analysis"]["supervisor"] = {"start_timeout": "1s"}
    tree = world.tree(config)
    tree.expected_exit = 2
    tree.wait_exit()
    gap("started -> told to stop", tree.events("supervisor_started")[0]["mono_ns"], world.first("driver", "signal").ns, 1000, 1150)
    assert not world.first("a", "start")


def test_output_of_children_reaches_the_log_with_their_name(world):
    words = Puppet(first="echo hello from the worker; echo and from stderr >&2")
    tree = world.tree(world.three_tiers(workers={"a": words, "b": Puppet()}))
    tree.wait_ready()
    for text in ("hello from the worker", "and from stderr"):
        line = wait_for(lambda: [line for line in tree.log().splitlines() if text in line], 1000, f"'{text}' in the log")[0]
        assert "a" in line.split(text)[0], line
    tree.stop()


def test_33_a_child_that_spews_ten_mebibytes_holds_nothing_up(world):
    tree = world.tree(world.three_tiers(workers={"a": Puppet(extra=("--spew", str(10 << 20))), "b": Puppet()}))
    tree.wait_ready()
    at, ended = tree.stop()
    gap("TERM -> ended", at, ended, 0, 300)
    tree.counts_cpu = False  # writing the lines is work that no event stands for


def test_notify_socket_of_the_parent_hears_of_readiness_and_stopping(world):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(world.root / "notify"))
        heard.settimeout(3)
        tree = world.tree(world.three_tiers(), env={**world.environment(), "NOTIFY_SOCKET": str(world.root / "notify")})
        seen = ""
        while "READY=1" not in seen:
            seen += heard.recv(4096).decode() + "\n"
        assert world.first("server", "ready"), "not before the whole tree is ready"
        tree.wait_all_ready()
        tree.send("TERM")
        while "STOPPING=1" not in seen:
            seen += heard.recv(4096).decode() + "\n"
        tree.wait_exit()
