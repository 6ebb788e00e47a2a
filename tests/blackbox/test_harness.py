"""The harness itself: a supervisor that breaks one of G1 to G7 is found out, one that breaks none is not."""
import re

import pytest

from support import bounds
from support import world as worlds
from support.world import World

EVENT = '{{"seq": {seq}, "mono_ns": {seq}, "time": "-", "event": "{event}", "process": "w"}}'
GOOD = "mkdir -p $RUN; printf '%s\\n' '" + EVENT.format(seq=1, event="spawned") + "' '" + EVENT.format(
    seq=2, event="exited") + "' > $RUN/events.jsonl\n"

# what the false supervisor does -> what the harness says about it
FAULTS = {
    "leaves_a_process": (GOOD + "sleep 60 &\n", r"left over: \d+ sleep 60"),
    "leaves_a_session": (GOOD + "setsid sh -c 'sleep 60 & exec sleep 61' &\n", r"left over: \d+ sleep 61"),
    "leaves_an_orphan_without_its_environment": (GOOD + "setsid env -i /bin/sleep 60 &\n", r"left over: \d+ /bin/sleep 60"),
    "keeps_a_zombie": (GOOD + "sleep 0 & exec sleep 0.5\n", r"was a zombie for \d\d\d ms"),
    "leaves_a_socket": (GOOD + "/usr/bin/python3 -c \"import socket; socket.socket(socket.AF_UNIX).bind('$RUN/s')\"\n",
                        r"socket s is left"),
    "leaves_its_pid_file": (GOOD + "echo 1 > $RUN/supervisor.pid\n", r"pid file supervisor.pid is left"),
    "leaves_a_lock_held": (GOOD + "touch $RUN/lock; setsid flock $RUN/lock sleep 60 & sleep 0.1\n", r"lock on lock"),
    "ends_with_another_code": (GOOD + "exit 3\n", r"exit code 3, expected 0"),
    "breaks_a_line_of_its_log": (GOOD + "echo '{\"seq\": 3' >> $RUN/events.jsonl\n", r"events.jsonl:3 does not parse"),
    "loses_an_event": (GOOD + "echo '" + EVENT.format(seq=4, event="ready") + "' >> $RUN/events.jsonl\n", r"seq 4 after 2"),
    "fails_a_check": (GOOD + "echo 'lifecycle.cc:7: check failed: pid > 0' >&2\n", r"its log says 'check failed'"),
    "kills_a_stranger": (GOOD + "echo '" + EVENT.format(seq=3, event="killed") + "' >> $RUN/events.jsonl\n",
                         r"SIGKILL went to \['w'\]"),
    "burns_the_processor": (GOOD + "exec sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done'\n", r"of processor time"),
}


def run_false_supervisor(world, text):
    program = world.root / "false-supervisor"
    program.write_text(f"#!/bin/sh\nRUN={world.runtime_dir}\n{text}")
    program.chmod(0o755)
    world.tree("", program=program).wait_exit()


def test_harness_finds_nothing_where_nothing_is_wrong():
    with World() as world:
        run_false_supervisor(world, GOOD)


@pytest.mark.parametrize("fault", FAULTS)
def test_harness_finds(fault):
    if fault == "burns_the_processor" and not bounds.JUDGES_USE:
        pytest.skip("processor time is not judged in a slow build")
    text, message = FAULTS[fault]
    with pytest.raises(AssertionError) as caught:
        with World() as world:
            run_false_supervisor(world, text)
    worlds.STORIES.clear()
    found = str(caught.value).split("\n")[1:]
    assert any(re.search(message, line) for line in found), found
    assert not world.root.exists()
