"""Scenario 29: configurations that are refused, and what the person is told."""
import json
import os
import re
import subprocess

import pytest

from support import bounds
from support.bounds import gap, wait_for
from support.puppet import Puppet
from support.world import BUILD

ALIAS_BOMB = ("code_analysis:\n  a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"  {chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(12)))


def body(world, worker="", supervisor="", more=""):
    """A valid configuration of one puppet worker as text, with room for something wrong."""
    command = json.dumps(Puppet().argv(str(BUILD / "tests/puppet"), str(world.records_dir / "w")))
    return (f"code_analysis:\n  runtime_dir: {world.runtime_dir}\n  state_dir: {world.root}/state\n{supervisor}"
            f"  workers:\n    - name: w\n      command: {command}\n      ready: pipe\n{worker}{more}")


# name -> (text of the file, pattern of the place, words that a person needs)
WRONG = {
    "invalid_yaml": (lambda w: body(w, more="  server: [unclosed\n"), r"\d+:\d+", ()),
    "unknown_key": (lambda w: body(w, worker="      stop_timout: 3s\n"), r"8:7", ("stop_timout", "stop_timeout")),
    "unknown_root": (lambda w: "code_analisys:\n  workers: []\n", r"1:1", ("code_analisys", "code_analysis")),
    "duplicate_key": (lambda w: body(w, worker="      ready: none\n"), r"8:7", ("ready",)),
    "wrong_unit": (lambda w: body(w, worker="      stop_timeout: 3 parsecs\n"), r"8:21", ("3 parsecs",)),
    "no_unit": (lambda w: body(w, worker="      stop_timeout: 3\n"), r"8:21", ()),
    "zero_without_unit": (lambda w: body(w, worker="      stop_timeout: 0\n"), r"8:21", ()),
    "wrong_type": (lambda w: body(w, worker="      env: [a, b]\n"), r"8:12", ("env",)),
    "out_of_range": (lambda w: body(w, worker="      restart: {jitter: 7}\n"), r"8:25", ("jitter",)),
    "duplicate_name": (lambda w: body(w, more="    - {name: w, command: [/bin/true]}\n"), r"8:14", ("w",)),
    "unset_variable": (lambda w: body(w, worker="      working_dir: ${NO_SUCH_NAME}\n"), r"8:20", ("NO_SUCH_NAME",)),
    "runtime_dir_too_long": (lambda w: body(w).replace(str(w.runtime_dir), f"{w.root}/{'x' * 100}"), r"2:16", ("107",)),
    "empty_file": (lambda w: "", r"", ("code_analysis",)),
    "alias_bomb": (lambda w: ALIAS_BOMB, r"", ()),
    "ten_mebibytes": (lambda w: body(w) + "#" * (10 << 20) + "\n", r"", ("4",)),
}


@pytest.mark.parametrize("kind", WRONG)
def test_29_a_wrong_configuration_is_refused(world, kind):
    text, place, words = WRONG[kind]
    tree = world.tree(text(world))
    tree.expected_exit = 78
    tree.wait_exit(3000)
    gap("start -> exit 78", tree.started_ns, tree.ended_ns, 0, 1000)
    told = re.search(re.escape(str(world.config_file)) + (":" + place if place else ""), tree.log())
    assert told, f"no {world.config_file}:{place} in:\n{tree.log()[:2000]}"
    assert all(word in tree.log() for word in words), tree.log()[:2000]
    assert len(tree.log()) < 100_000, "a person reads this"
    assert not world.names(), "no configured process was started"
    assert not world.runtime_dir.exists() or not list(world.runtime_dir.iterdir())


def run_check(world, text, *arguments, env=None):
    world.write(text)
    return subprocess.run([BUILD / "code-analysisd", "--config", world.config_file, *arguments], env=env or world.environment(),
                          capture_output=True, text=True, timeout=10)


def test_29_check_names_every_error_at_once_and_starts_nothing(world):
    done = run_check(world, body(world, worker="      stop_timout: 3s\n      ready_timeout: soon\n      umask: 9\n"), "--check")
    assert done.returncode == 78
    text = done.stdout + done.stderr
    for place in ("8:7", "9:22", "10:14"):
        assert f"{world.config_file}:{place}: " in text, text
    assert "did you mean" in text and "stop_timeout" in text
    assert not world.names() and not world.runtime_dir.exists()


def test_29_check_says_ok_and_starts_nothing(world):
    done = run_check(world, body(world), "--check")
    assert (done.returncode, done.stdout.strip()) == (0, f"{world.config_file}: ok")
    assert not world.names() and not world.runtime_dir.exists()


def test_29_a_host_that_lacks_a_user_is_a_warning_in_a_check_and_an_error_at_a_start(world):
    text = world.config(workers=[{"name": "w", "command": ["/bin/true"], "user": "no-such-user-here"}])
    done = run_check(world, text, "--check")
    if "not supported yet" in done.stdout + done.stderr:
        pytest.skip("user is not supported yet")
    assert done.returncode == 0 and "no-such-user-here" in done.stdout + done.stderr
    tree = world.tree()
    tree.expected_exit = 78
    tree.wait_exit(2000)
    assert "no-such-user-here" in tree.log()


def test_29_a_file_that_cannot_be_read(world):
    for path in (world.root / "nowhere.yaml", world.root):
        tree = world.tree(config_file=path)
        tree.expected_exit = 78
        tree.wait_exit(2000)
        assert str(path) in tree.log()


@pytest.mark.parametrize("arguments", [("--no-such-option",), ("--config",), ()], ids=["unknown", "no_value", "nothing"])
def test_usage_errors_exit_64(arguments):
    done = subprocess.run([BUILD / "code-analysisd", *arguments], capture_output=True, text=True, timeout=5)
    assert done.returncode == 64 and done.stderr


def test_version_and_help(world):
    for option in ("--version", "--help"):
        done = subprocess.run([BUILD / "code-analysisd", option], capture_output=True, text=True, timeout=5)
        assert done.returncode == 0 and done.stdout and not done.stderr


def test_print_config_shows_effective_values_and_masks_passwords(world):
    text = world.three_tiers()
    text["code_analysis"]["workers"][0]["env"] = {"SHOWN": "${PLACE:-here}"}
    text["code_analysis"]["database"]["driver"].update(
        type="postgres", config={"conninfo": "host=/nowhere password=hush-hush dbname=x"})
    done = run_check(world, text, "--print-config")
    assert done.returncode == 0, done.stderr
    assert "here" in done.stdout and "hush-hush" not in done.stdout + done.stderr
    assert "start_timeout" in done.stdout, "defaults are shown too"
    assert not world.names()


def test_29_hup_with_an_unchanged_file_changes_nothing(world):
    tree = world.tree(world.three_tiers())
    tree.wait_ready()
    pids = tree.pids()
    tree.send("HUP")
    applied = tree.await_event("reload_applied", within_ms=2000)
    assert not applied["added"] and not applied["removed"] and not applied["changed"]
    tree.wait_all_ready()
    assert tree.pids() == pids and all(len(world.all(name, "start")) == 1 for name in world.names())
    assert not world.all("a", "signal")
    tree.stop()


@pytest.mark.parametrize("kind", ["invalid_yaml", "unknown_key", "duplicate_name", "alias_bomb", "ten_mebibytes"])
def test_30_hup_with_a_wrong_file_keeps_everything(world, kind):
    tree = world.tree(body(world))
    tree.wait_ready()
    pids, good = tree.pids(), world.config_file.read_text()
    world.write(WRONG[kind][0](world))
    tree.send("HUP")
    rejected = tree.await_event("reload_rejected", within_ms=3000)
    assert rejected["errors"]
    world.write(good)
    tree.send("HUP")
    tree.await_event("reload_applied", within_ms=3000)
    tree.wait_all_ready()
    assert tree.pids() == pids and len(tree.events("reload_rejected")) == 1
    tree.stop()


def test_a_reload_that_is_asked_for_during_a_reload_reads_the_file_once_more(world):
    """The first one has read the file and stands still in a pipe that it names; then the file changes."""
    config, variables = world.three_tiers(), world.root / "variables"
    variables.write_text("A=1\n")
    config["code_analysis"]["workers"][0]["env_file"] = str(variables)
    tree = world.tree(config)
    tree.wait_ready()
    pids = tree.pids()
    variables.unlink()
    os.mkfifo(variables)
    tree.send("HUP")
    pipe = wait_for(lambda: opened_for_writing(variables), 2000, "the first reload reads")
    fresh = world.root / "fresh.yaml"
    fresh.write_text("nonsense")
    os.rename(fresh, world.config_file)
    with tree.control() as client:
        tree.send("HUP")
        tree.send("HUP")
        client.send("reload")
        assert tree.status()["supervisor"]["state"] == "reloading"
        os.write(pipe, b"A=1\n")
        os.close(pipe)
        variables.unlink()
        answer = client.read()
    assert answer["ok"] is False and str(world.config_file) in answer["error"], answer
    kinds = [event["event"] for event in tree.events() if event["event"].startswith("reload_")]
    assert kinds[:4] == ["reload_started", "reload_applied", "reload_started", "reload_rejected"], kinds
    assert tree.pids() == pids
    tree.stop()


def opened_for_writing(fifo):
    """Its writing end, or None where nobody reads it yet."""
    try:
        return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None
