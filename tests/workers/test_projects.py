"""Projects that come and go while the workers run, and the comparison of a tree with its index."""
import json
import os
import subprocess

import launcher
from fleet import project, wait_until
from test_indexing import start_all, write


def projects(fleet, *arguments, code=0, cwd="/"):
    """Runs libexec/code-analysis/projects as code-analysisctl does; its standard output."""
    done = subprocess.run([os.path.join(launcher.LIBEXEC, "projects"), *map(str, arguments)], env=fleet.environment, cwd=cwd,
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 or arguments[0] == "verify" else done.stderr


def verify(fleet, name="self"):
    """The mismatches as (kind, path)."""
    done = subprocess.run([os.path.join(launcher.LIBEXEC, "projects"), "verify", name, "--json"], env=fleet.environment,
                          capture_output=True, text=True, timeout=120)
    answer = json.loads(done.stdout)
    assert done.returncode == (1 if answer["mismatches"] else 0)
    return [(m["kind"], m["path"]) for m in answer["mismatches"]]


def git(tree, *arguments):
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "gc.auto=0", *arguments], cwd=tree,
                   check=True, capture_output=True)


def test_an_added_project_is_indexed_watched_and_gone_once_removed(fleet, tree, folder):
    write(tree / "a.c", "int a(void) { return 1; }\n")
    other = tree.parent / "other"
    write(other / "src" / "b.c", "int b(void) { return 2; }\n")
    write(other / "gen" / "c.c", "int c(void) { return 3; }\n")
    start_all(fleet, tree)
    fleet.start("maintenance", [project("self", tree)])
    fleet.wait_indexed()
    projects(fleet, "add", "other", "other", "--exclude", "gen/", cwd=tree.parent)
    found = "select array_agg(s.name order by s.name) from symbols s join files f on f.id = s.file_id"
    wait_until(lambda: fleet.one(found) == ["a", "b"], 10, "both projects indexed")
    write(other / "src" / "d.c", "int d(void) { return 4; }\n")
    wait_until(lambda: fleet.one(found) == ["a", "b", "d"], 2, "a new file of the added project")
    assert "2 files" in projects(fleet, "remove", "other")
    assert [row[0] for row in fleet.query("select name from projects")] == ["self"]
    write(other / "src" / "e.c", "int e(void) { return 5; }\n")
    write(tree / "f.c", "int f(void) { return 6; }\n")
    wait_until(lambda: fleet.one(found) == ["a", "f"], 5, "only the configured one goes on")
    projects(fleet, "add", "other", other)
    wait_until(lambda: fleet.one(found) == ["a", "b", "c", "d", "e", "f"], 10, "added again, without the exclusion")


def test_what_cannot_be_added_or_removed_is_refused_with_the_reason(fleet, tree):
    start_all(fleet, tree)
    fleet.wait_scanned()
    assert "configuration file" in projects(fleet, "remove", "self", code=1)
    assert "no project nope" in projects(fleet, "remove", "nope", code=1)
    assert "already" in projects(fleet, "add", "self", tree, code=1)
    assert "No such file" in projects(fleet, "add", "new", "/nowhere/at/all", code=1)
    assert "is no folder" in projects(fleet, "add", "new", "/etc/passwd", code=1)
    assert "slash" in projects(fleet, "add", "a/b", tree, code=64)
    assert "usage" in projects(fleet, "add", "new", code=64)
    projects(fleet, "add", "new", tree)
    projects(fleet, "add", "new", tree)  # the same again changes nothing
    assert fleet.one("select count(*) from projects") == 2


def test_an_added_project_stays_over_a_restart_of_the_watcher(fleet, tree):
    write(tree / "a.c", "int a(void) { return 1; }\n")
    watcher = fleet.start("watcher")
    fleet.start("indexer")
    fleet.start("maintenance")
    projects(fleet, "add", "self", tree)
    fleet.wait_indexed()
    watcher.kill()
    write(tree / "b.c", "int b(void) { return 2; }\n")
    fleet.start("watcher")
    wait_until(lambda: fleet.one("select count(*) from symbols") == 2, 10, "what changed meanwhile")


def test_verify_names_what_is_missing_extra_stale_and_pending(fleet, tree):
    for name in ("kept", "stale", "gone", "waiting"):
        write(tree / (name + ".c"), "int %s(void) { return 1; }\n" % name)
    start_all(fleet, tree)
    fleet.wait_indexed()
    assert verify(fleet) == []
    for worker in fleet.workers:
        worker.stop()
    fleet.workers.clear()
    write(tree / "new.c", "int fresh(void) { return 1; }\n")
    write(tree / "stale.c", "int stale(void) { return 2; }\n")
    (tree / "gone.c").unlink()
    fleet.connection.execute("update files set status = 'pending' where path = 'waiting.c'")
    assert verify(fleet) == [("extra", "gone.c"), ("missing", "new.c"), ("stale", "stale.c"), ("pending", "waiting.c")]
    assert "stale    stale.c" in projects(fleet, "verify", "self", code=1)


def test_a_dead_letter_is_shown_with_its_reason(fleet, tree):
    write(tree / "fine.c", "int fine(void) { return 1; }\n")
    write(tree / "huge.py", "x = 1\n" * 1_500_000)
    start_all(fleet, tree)
    fleet.wait_indexed()
    assert "1 given up on" in projects(fleet, "status")
    (letter,) = json.loads(projects(fleet, "status", "--json"))["dead_letters"]
    assert (letter["project"], letter["path"]) == ("self", "huge.py") and "limit" in letter["reason"]


def test_ten_thousand_files_changed_by_one_checkout_end_in_the_right_state(fleet, tree):
    """Half of them changed, a quarter removed, a quarter new, while two indexers work and one of them is killed."""
    git(tree, "init", "-q", "-b", "one")
    for k in range(7500):
        write(tree / ("d%02d" % (k % 50)) / ("f%d.c" % k), "int one_%d(void) { return %d; }\n" % (k, k))
    git(tree, "add", "-A")
    git(tree, "commit", "-qm", "one")
    git(tree, "checkout", "-q", "-b", "two")
    for k in range(2500, 7500):
        write(tree / ("d%02d" % (k % 50)) / ("f%d.c" % k), "int two_%d(void) { return %d; }\n" % (k, k))
    for k in range(2500):
        (tree / ("d%02d" % (k % 50)) / ("f%d.c" % k)).unlink()
        write(tree / ("e%02d" % (k % 50)) / ("g%d.c" % k), "int two_g%d(void) { return %d; }\n" % (k, k))
    git(tree, "add", "-A")
    git(tree, "commit", "-qm", "two")
    git(tree, "checkout", "-q", "one")
    start_all(fleet, tree, indexers=2)
    fleet.wait_indexed(120)
    assert fleet.one("select count(*) from symbols where name like 'one%'") == 7500
    git(tree, "checkout", "-q", "two")
    wait_until(lambda: fleet.one("select exists (select from symbols where name like 'two%')"), 20, "the indexers are at work")
    victim = next(worker for worker in fleet.workers if worker.name == "indexer.1")
    victim.kill()
    fleet.start("indexer", [project("self", tree)], name="indexer.1")
    wait_until(lambda: fleet.one("select count(*) from symbols where name like 'two%'") == 7500, 120, "the other branch's symbols")
    fleet.wait_indexed(120)
    assert fleet.one("select count(*) from symbols") == 7500
    assert fleet.one("select count(*) from files") == 7500
    assert verify(fleet) == []
