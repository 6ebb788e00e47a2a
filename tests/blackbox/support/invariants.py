"""What must hold after every scenario, G1 to G7, whatever the scenario was about."""
import fcntl
import json
import os
import re
import stat
import time

from support import bounds, processes

ALARMS = re.compile(r"check failed|Sanitizer|runtime error:|terminate called|Assertion .* failed|stack smashing|"
                    r"double free|Segmentation fault|pure virtual")


def check(world):
    """Text of every violation, one a line."""
    running = [tree for tree in world.trees if tree.exit_code is None]
    if running:
        return ["the scenario left its tree running"]
    problems = no_process_left(world)
    problems += nothing_on_disk(world)
    problems += event_log_is_whole(world)
    for index, tree in enumerate(world.trees):
        problems += [f"tree {index}: {line}" for line in of_tree(tree)]
    return problems


def of_tree(tree):
    problems = list(tree.descriptor_problems)                                         # G6
    if not tree.may_leave_zombies:
        problems += tree.watch.old_zombies()                                           # G1
    if tree.expected_exit is not None and tree.exit_code != tree.expected_exit:       # G3
        problems.append(f"exit code {tree.exit_code}, expected {tree.expected_exit}")
    alarm = ALARMS.search(tree.log())                                                 # G4
    if alarm:
        problems.append(f"its log says '{alarm.group()}'")
    killed = {event.get("process") for event in tree.events("killed")}                # G7
    if not killed <= tree.may_kill:
        problems.append(f"SIGKILL went to {sorted(killed - tree.may_kill)}, which the scenario does not name")
    return problems + cpu_is_small(tree)


def cpu_is_small(tree):
    """G5: less than 1 % of the wall time and 1 ms an event; a request of the harness is an event too. The start has
    30 ms more: linking, reading the plan, fork."""
    used, events = tree.watch.cpu_ms(), len(tree.events()) + tree.requests
    allowed = (0.01 * tree.watch.wall_ms() + events + 30) * bounds.SCALE
    bounds.note("processor time", f"{used:.0f} ms, {allowed:.0f} ms are allowed")
    if used > allowed and bounds.JUDGES_USE and tree.counts_cpu and tree.events():
        return [f"used {used:.0f} ms of processor time in {tree.watch.wall_ms():.0f} ms with {events} events, "
                f"{allowed:.0f} ms are allowed"]
    return []


def no_process_left(world):
    """G1: nothing of the run lives 500 ms after the end."""
    ended = max((tree.ended_ns for tree in world.trees if tree.ended_ns), default=bounds.now_ns())
    deadline = max(ended + int(500 * bounds.SCALE * bounds.MS), bounds.now_ns())
    while True:
        left = left_overs(world)
        if not left:
            return []
        if bounds.now_ns() > deadline:
            return [f"left over: {pid} {processes.command_of(pid)}" for pid in left]
        time.sleep(0.005)


def left_overs(world):
    """Live processes of the run: by their marker, or because they became the harness's own children."""
    known = {tree.pid for tree in world.trees if tree.exit_code is None}
    processes.reap_adopted(known)
    alive = set(processes.marked(world.run)) | set(processes.children_of(os.getpid()))
    return sorted(pid for pid in alive if pid not in known and processes.is_alive(pid))


def nothing_on_disk(world):
    """G2: no socket, no pid file, nobody holds a lock. The lock file itself and the event log stay."""
    problems = []
    if not world.runtime_dir.is_dir():
        return problems
    for path in world.runtime_dir.rglob("*"):
        mode = path.lstat().st_mode
        if stat.S_ISSOCK(mode):
            problems.append(f"socket {path.name} is left")
        elif path.name.endswith(".pid"):
            problems.append(f"pid file {path.name} is left")
        elif stat.S_ISREG(mode) and not is_lockable(path):
            problems.append(f"somebody still holds the lock on {path.name}")
    return problems


def is_lockable(path):
    with open(path, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def event_log_is_whole(world):
    """G4: every line parses, seq has no gap, time does not run backwards within a run."""
    path = world.runtime_dir / "events.jsonl"
    if not path.exists():
        return []
    problems, last = [], None
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if not line:
            continue
        try:
            event = json.loads(line)
        except ValueError:
            problems.append(f"events.jsonl:{number} does not parse: {line[:80]!r}")
            continue
        missing = {"seq", "mono_ns", "time", "event"} - set(event)
        if missing:
            problems.append(f"events.jsonl:{number} lacks {sorted(missing)}")
            continue
        if last and event["seq"] != last["seq"] + 1:
            problems.append(f"events.jsonl:{number}: seq {event['seq']} after {last['seq']}")
        if last and event["mono_ns"] < last["mono_ns"]:
            problems.append(f"events.jsonl:{number}: mono_ns goes back")
        last = event
    return problems


def sweep(world):
    """Ends what a failed scenario left, so that the next one starts clean."""
    for _ in range(100):
        left = left_overs(world)
        if not left:
            return
        for pid in left:
            processes.kill_quietly(pid)
        time.sleep(0.01)
