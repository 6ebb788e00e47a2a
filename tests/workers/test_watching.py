"""The limits of inotify: events that the kernel drops, and trees with more folders than it will watch."""
import os
import pathlib
import signal
import subprocess
import sys

import pytest

from fleet import project, wait_until

QUEUE_LIMIT = pathlib.Path("/proc/sys/fs/inotify/max_queued_events")


def paths(fleet):
    return [row[0] for row in fleet.query("select path from files where status = 'indexed' order by 1")]


def test_events_that_the_kernel_dropped_lead_to_another_scan(fleet, tree):
    for name in ("a.py", "b.py"):
        (tree / name).write_text("before = 1\n")
    watcher = fleet.start("watcher", [project("self", tree)])
    fleet.start("indexer", [project("self", tree)])
    fleet.wait_indexed()
    watcher.process.send_signal(signal.SIGSTOP)
    # One event is merged only with an equal one just before it: two files in turn fill the queue.
    for _ in range(int(QUEUE_LIMIT.read_text()) // 4 + 100):
        (tree / "a.py").write_text("after = 1\n")
        (tree / "b.py").write_text("after = 2\n")
    (tree / "b.py").unlink()
    (tree / "new.py").write_text("def unheard_of(): pass\n")
    watcher.process.send_signal(signal.SIGCONT)
    wait_until(lambda: paths(fleet) == ["a.py", "new.py"], what="the scan")
    wait_until(lambda: [row[0] for row in fleet.query("select name from symbols order by 1")] == ["after", "unheard_of"],
               what="the new content")
    assert "the kernel dropped events" in watcher.log()


FEW_WATCHES = [sys.executable, os.path.join(os.path.dirname(__file__), "few_watches.py"), "8"]
can_limit = os.geteuid() == 0 and subprocess.run([*FEW_WATCHES, "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(not can_limit, reason="needs root, and user namespaces")
def test_a_tree_with_more_folders_than_watches_is_scanned_by_the_clock(fleet, tree):
    for k in range(30):
        (tree / f"folder{k:02}").mkdir()
        (tree / f"folder{k:02}" / "a.py").write_text("a = 1\n")
    watcher = fleet.start("watcher", [project("self", tree)], wrapper=FEW_WATCHES)
    fleet.start("indexer", [project("self", tree)])
    fleet.wait_indexed()
    assert len(paths(fleet)) == 30
    for k in range(30):
        (tree / f"folder{k:02}" / "later.py").write_text(f"later = {k}\n")
    wait_until(lambda: len(paths(fleet)) == 60, what="the next scan by the clock")
    (tree / "folder29" / "a.py").unlink()
    wait_until(lambda: len(paths(fleet)) == 59, what="the scan after it")
    assert watcher.log().count("max_user_watches is reached") == 1
