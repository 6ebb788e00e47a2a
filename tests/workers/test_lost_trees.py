"""Trees that cannot be seen: what the watcher and the indexer could not look at is never taken for not there."""
import contextlib
import json
import os
import shutil
import subprocess

import pytest

import launcher
from fleet import project, wait_until

IS_ROOT = os.geteuid() == 0
WITHOUT_OVERRIDE = ["setpriv", "--inh-caps=-dac_override,-dac_read_search", "--bounding-set=-dac_override,-dac_read_search"]
can_mount = IS_ROOT and subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode == 0


def write(path, text="x = 1\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def paths(fleet):
    return [row[0] for row in fleet.query("select path from files order by path collate \"C\"")]


def trouble(fleet):
    return fleet.one("select coalesce(max(trouble), '') from projects")


def end(fleet, worker):
    worker.stop()
    fleet.workers.remove(worker)


def scanned_once(fleet, tree):
    """The table holds the tree, and no watcher runs."""
    end(fleet, scanned(fleet, tree))


def scanned(fleet, tree, **options):
    fleet.query("update projects set scanned_at = null returning 1")
    watcher = fleet.start("watcher", [project("self", tree)], **options)
    fleet.wait_scanned()
    return watcher


def grow(tree, folders=24, files=250):
    for k in range(folders):
        for i in range(files):
            write(tree / ("d%02d" % k) / ("f%03d.py" % i), "")


def touch_all(tree):
    for path in tree.rglob("*.py"):
        os.utime(path, (1, 1))


class HeldScan:
    """A scan that is held up after its first thousand files, with many folders to come."""

    def __init__(self, fleet, tree):
        grow(tree)
        scanned_once(fleet, tree)
        self.count = fleet.one("select count(*) from files")
        touch_all(tree)
        self.fleet = fleet
        self.blocker = fleet.connect()
        self.blocker.execute("lock table index_queue in share mode")
        fleet.query("update projects set scanned_at = null returning 1")
        self.watcher = fleet.start("watcher", [project("self", tree)])
        wait_until(lambda: fleet.one("select count(*) from pg_locks where not granted and relation = 'index_queue'::regclass"))

    def go_on(self):
        self.blocker.close()


def test_a_root_renamed_away_during_a_scan_costs_no_row(fleet, tree):
    held = HeldScan(fleet, tree)
    os.rename(tree, tree.parent / "away")
    held.go_on()
    wait_until(lambda: "root" in held.watcher.log() or fleet.one("select count(*) from files") < held.count, what="the report")
    assert fleet.one("select count(*) from files") == held.count
    wait_until(lambda: "root is not there" in trouble(fleet), what="the reason in the table")
    (tree.parent / "away" / "d00" / "f000.py").unlink()
    os.rename(tree.parent / "away", tree)
    fleet.wait_scanned()
    wait_until(lambda: trouble(fleet) == "", what="the end of the trouble")
    assert fleet.one("select count(*) from files") == held.count - 1


def test_a_root_replaced_during_a_scan_is_scanned_anew(fleet, tree):
    held = HeldScan(fleet, tree)
    os.rename(tree, tree.parent / "away")
    write(tree / "only.py")
    held.go_on()
    wait_until(lambda: paths(fleet) == ["only.py"], what="the new tree")
    write(tree / "later.py")
    wait_until(lambda: paths(fleet) == ["later.py", "only.py"], what="a change of the new tree")
    assert trouble(fleet) == ""


def test_a_folder_deleted_for_real_during_a_scan_loses_its_rows(fleet, tree):
    held = HeldScan(fleet, tree)
    for k in range(3):
        shutil.rmtree(tree / ("d%02d" % k))
    held.go_on()
    wait_until(lambda: fleet.one("select count(*) from files") == held.count - 750, what="their rows gone")
    fleet.wait_scanned()
    assert fleet.one("select count(*) from files where path < 'd03'") == 0
    assert trouble(fleet) == ""


def test_a_root_that_comes_back_keeps_its_rows(fleet, tree):
    write(tree / "a.py")
    write(tree / "sub" / "b.py")
    scanned(fleet, tree)
    before = fleet.query("select id, path from files order by 1")
    os.rename(tree, tree.parent / "away")
    wait_until(lambda: "root is not there" in trouble(fleet), what="the report")
    assert fleet.query("select id, path from files order by 1") == before
    write(tree.parent / "away" / "c.py")
    os.rename(tree.parent / "away", tree)
    wait_until(lambda: paths(fleet) == ["a.py", "c.py", "sub/b.py"], what="what changed while it was away")
    assert fleet.query("select id, path from files where path <> 'c.py' order by 1") == before
    wait_until(lambda: trouble(fleet) == "", what="the end of the trouble")


def test_a_root_that_is_removed_and_made_anew_is_seen_again(fleet, tree):
    write(tree / "a.py")
    scanned(fleet, tree)
    (tree / "a.py").unlink()
    wait_until(lambda: paths(fleet) == [], what="the file that went")
    tree.rmdir()
    wait_until(lambda: "root is not there" in trouble(fleet), what="the report")
    write(tree / "b.py")
    wait_until(lambda: paths(fleet) == ["b.py"], what="the new root")


def test_a_root_whose_parent_was_renamed_costs_no_row(fleet, tree):
    root = tree / "inner"
    write(root / "a.py")
    write(root / "b.py")
    scanned(fleet, root)
    os.rename(tree, tree.parent / "away")
    (tree.parent / "away" / "inner" / "a.py").unlink()
    wait_until(lambda: "root is not there" in trouble(fleet), what="the report")
    assert paths(fleet) == ["a.py", "b.py"]
    os.rename(tree.parent / "away", tree)
    wait_until(lambda: paths(fleet) == ["b.py"], what="what changed while it was away")


@contextlib.contextmanager
def reachable_by_all(fleet):
    """The cluster's socket, whose folder is for its account alone."""
    folder = fleet.cluster.config["socket_dir"]
    places = [(path, os.stat(path).st_mode & 0o7777) for path in (folder, folder + "/.s.PGSQL.5432")]
    for path, _ in places:
        os.chmod(path, 0o777)
    try:
        yield
    finally:
        for path, mode in places:
            os.chmod(path, mode)


@pytest.mark.skipif(not IS_ROOT, reason="needs root, to give up one of its rights")
def test_a_folder_that_may_not_be_looked_into_keeps_its_rows_and_hides_no_others(fleet, tree):
    for name in ("a.py", "closed/b.py", "closed/deep/c.py", "d.py"):
        write(tree / name)
    scanned_once(fleet, tree)
    (tree / "closed").chmod(0)
    (tree / "a.py").unlink()
    with reachable_by_all(fleet):
        watcher = scanned(fleet, tree, wrapper=WITHOUT_OVERRIDE)
        assert paths(fleet) == ["closed/b.py", "closed/deep/c.py", "d.py"]
        wait_until(lambda: trouble(fleet) == "1 of its folders cannot be looked into; the first is closed", what="the report")
        (tree / "d.py").unlink()
        (tree / "closed").chmod(0o444)  # to be listed, and none of it to be looked at
        wait_until(lambda: paths(fleet) == ["closed/b.py", "closed/deep/c.py"], what="the row of the file that went")
        end(fleet, watcher)
        scanned(fleet, tree, wrapper=WITHOUT_OVERRIDE)
        assert paths(fleet) == ["closed/b.py", "closed/deep/c.py"]
        wait_until(lambda: "closed" in trouble(fleet), what="the report")
        (tree / "closed").chmod(0o755)
    (tree / "closed" / "b.py").unlink()
    wait_until(lambda: paths(fleet) == ["closed/deep/c.py"], what="the folder seen again")
    wait_until(lambda: trouble(fleet) == "", what="the end of the trouble")


@pytest.mark.skipif(not IS_ROOT, reason="needs root, to give up one of its rights")
def test_a_file_in_a_closed_folder_is_not_given_up_on(fleet, tree):
    """Its stamp will be the same once the folder is open again, so that nobody would queue it again."""
    write(tree / "closed" / "a.py", "def f(): pass\n")
    scanned_once(fleet, tree)
    (tree / "closed").chmod(0)
    with reachable_by_all(fleet):
        fleet.start("indexer", [project("self", tree)], wrapper=WITHOUT_OVERRIDE)
        wait_until(lambda: fleet.one("select count(*) from files where error like '%%cannot be looked into%%'"), what="the reason")
        (tree / "closed").chmod(0o755)
        assert fleet.query("select status, failures from files join index_queue on file_id = id") == [("pending", 0)]
        fleet.query("update index_queue set available_at = now() returning pg_notify('index_queue', '')")
        fleet.wait_indexed()
    assert fleet.query("select status from files") == [("indexed",)]


def test_an_added_project_is_watched_as_soon_as_there_are_descriptors_for_it(fleet, tree):
    watcher = scanned(fleet, tree)
    pid = watcher.process.pid
    other = tree.parent / "other"
    write(other / "a.py")
    taken = {int(number) for number in os.listdir("/proc/%d/fd" % pid)}
    lowest_free = next(number for number in range(1024) if number not in taken)
    subprocess.run(["prlimit", "--pid", str(pid), "--nofile=%d:1024" % lowest_free], check=True)
    fleet.query("insert into projects (name, path, origin) values ('other', %s, 'added') returning pg_notify('projects', '')", str(other))
    wait_until(lambda: "project other is not watched for now" in watcher.log(), what="the report")
    subprocess.run(["prlimit", "--pid", str(pid), "--nofile=1024:1024"], check=True)
    wait_until(lambda: paths(fleet) == ["a.py"], what="the added project")


def test_a_watcher_without_descriptors_deletes_nothing(fleet, tree):
    for name in ("a.py", "b.py", "sub/c.py"):
        write(tree / name)
    watcher = scanned(fleet, tree)
    pid = watcher.process.pid
    open_ones = len(os.listdir("/proc/%d/fd" % pid))

    def allow(count):
        subprocess.run(["prlimit", "--pid", str(pid), "--nofile=%d:1024" % count], check=True)

    for spare in range(3):  # none; the root's; the root's and one below it
        allow(open_ones + spare)
        before = watcher.log().count("Too many open files")
        write(tree / "b.py", "changed = %d\n" % spare)
        write(tree / "sub" / "c.py", "changed = %d\n" % spare)
        if spare < 2:
            wait_until(lambda: watcher.log().count("Too many open files") > before, what="the report")
        assert paths(fleet) == ["a.py", "b.py", "sub/c.py"]
    (tree / "a.py").unlink()
    allow(1024)
    wait_until(lambda: paths(fleet) == ["b.py", "sub/c.py"] and trouble(fleet) == "", what="the tree seen again")


@pytest.mark.skipif(not can_mount, reason="needs root, and mount namespaces")
def test_an_empty_file_system_over_the_root_is_not_taken_for_an_empty_tree(fleet, tree):
    write(tree / "a.py")
    scanned_once(fleet, tree)
    covered = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none "$0" && exec "$@"', str(tree)]
    watcher = fleet.start("watcher", [project("self", tree)], wrapper=covered)
    wait_until(lambda: "root is empty" in trouble(fleet), what="the report")
    assert paths(fleet) == ["a.py"]
    subprocess.run(["nsenter", "-t", str(watcher.process.pid), "-m", "umount", str(tree)], check=True)
    wait_until(lambda: trouble(fleet) == "", what="the mount point seen again")
    assert paths(fleet) == ["a.py"]
    (tree / "a.py").unlink()
    wait_until(lambda: paths(fleet) == [], what="an empty tree on the same file system is one")


def test_an_indexer_that_cannot_open_the_root_keeps_the_rows_for_later(fleet, tree):
    for name in ("a.py", "moved/b.py"):
        write(tree / name, "def f(): pass\n")
    scanned_once(fleet, tree)
    os.rename(tree, tree.parent / "away")
    indexer = fleet.start("indexer", [project("self", tree)])
    wait_until(lambda: fleet.one("select count(*) from files where error like '%%root cannot be opened%%'") == 2, what="the reason")
    assert fleet.query("select status, attempts, failures, token from files join index_queue on file_id = id") == [
        ("pending", 0, 0, None)] * 2
    # It is there again, but for a folder that somebody moved away for a moment.
    os.rename(tree.parent / "away", tree)
    os.rename(tree / "moved", tree.parent / "elsewhere")
    now = "update index_queue set available_at = now() returning pg_notify('index_queue', '')"
    fleet.query(now)
    wait_until(lambda: fleet.query("select path from files where status = 'indexed'") == [("a.py",)], what="what is there")
    wait_until(lambda: fleet.one("select count(*) from files where error like '%%No such file%%'") == 1, what="the other reason")
    os.rename(tree.parent / "elsewhere", tree / "moved")
    watcher = scanned(fleet, tree)
    fleet.query(now)
    fleet.wait_indexed()
    assert fleet.query("select path, status, error from files order by 1") == [
        ("a.py", "indexed", None), ("moved/b.py", "indexed", None)]
    assert indexer.process.poll() is None and watcher.process.poll() is None


def test_an_indexer_without_descriptors_gives_no_file_up(fleet, tree):
    write(tree / "a.py", "def f(): pass\n")
    scanned_once(fleet, tree)
    indexer = fleet.start("indexer", [project("self", tree)])
    fleet.wait_indexed()
    pid = indexer.process.pid
    subprocess.run(["prlimit", "--pid", str(pid), "--nofile=%d:1024" % len(os.listdir("/proc/%d/fd" % pid))], check=True)
    fleet.start("watcher", [project("self", tree)])
    write(tree / "a.py", "def g(): pass\n")
    wait_until(lambda: fleet.one("select count(*) from files where error like '%%Too many open files%%'") == 1, what="the reason")
    assert fleet.query("select status, failures from files join index_queue on file_id = id") == [("pending", 0)]
    assert fleet.one("select count(*) from symbols where name = 'f'") == 1
    subprocess.run(["prlimit", "--pid", str(pid), "--nofile=1024:1024"], check=True)
    fleet.query("update index_queue set available_at = now() returning pg_notify('index_queue', '')")
    fleet.wait_indexed()
    assert fleet.one("select count(*) from symbols where name = 'g'") == 1


def verified(fleet, wrapper):
    return subprocess.run([*wrapper, os.path.join(launcher.LIBEXEC, "projects"), "verify", "self", "--json"], env=fleet.environment,
                          cwd="/", capture_output=True, text=True, timeout=120)


@pytest.mark.skipif(not IS_ROOT, reason="needs root, to give up one of its rights")
def test_verify_says_nothing_of_what_it_may_not_look_into(fleet, tree):
    for name in ("a.py", "closed/b.py", "gone.py", "secretive.py"):
        write(tree / name)
    fleet.start("indexer", [project("self", tree)])
    scanned_once(fleet, tree)
    fleet.wait_indexed()
    (tree / "gone.py").unlink()
    (tree / "secretive.py").chmod(0)
    (tree / "closed").chmod(0)
    with reachable_by_all(fleet):
        done = verified(fleet, WITHOUT_OVERRIDE)
    (tree / "closed").chmod(0o755)
    found = json.loads(done.stdout)["mismatches"]
    assert done.returncode == 1
    assert [(m["kind"], m["path"]) for m in found] == [("unseen", "closed"), ("extra", "gone.py"), ("unseen", "secretive.py")]


@pytest.mark.skipif(not can_mount, reason="needs root, and mount namespaces")
def test_verify_of_a_tree_that_is_not_mounted_is_refused(fleet, tree):
    write(tree / "a.py")
    scanned_once(fleet, tree)
    done = verified(fleet, ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none "$0" && exec "$@"', str(tree)])
    assert done.returncode == 1 and "its root is empty" in done.stderr and done.stdout == ""


def test_verify_without_descriptors_is_refused(fleet, tree):
    for name in ("a.py", "sub/b.py"):
        write(tree / name)
    scanned_once(fleet, tree)
    answers = set()
    for count in range(5, 12):  # from too few for the connection to enough for all
        done = verified(fleet, ["prlimit", "--nofile=%d" % count])
        if done.stdout:
            assert {m["kind"] for m in json.loads(done.stdout)["mismatches"]} == {"pending"}, done.stdout
        answers.add("cannot be looked at" in done.stderr or "root cannot be opened" in done.stderr)
    assert answers == {False, True}
