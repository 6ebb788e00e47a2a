"""Read, then write: whoever decides by rows that it has read must not lose what others commit in between.

A gate stops a statement of one program after its snapshot was taken and before it locks or changes a row: a row-level
policy that waits for an advisory lock. In that moment another one commits."""
import os
import random
import threading
import time

import pytest

from fleet import project, snapshot, wait_until
from test_indexing import change, grow, names, start_all, write
from test_projects import projects, verify

GATE = """
create table gates (program text, statement text);
create function passes() returns boolean language plpgsql volatile as $$ begin
  if exists (select from gates where current_setting('application_name') like program and current_query() like statement) then
    perform pg_advisory_xact_lock_shared(7);
  end if;
  return true;
end $$;
create function dawdles() returns boolean language plpgsql volatile as $$ begin
  if random() < 0.01 then perform pg_sleep(random() * 0.03); end if;
  return true;
end $$;
"""
POLICY = "alter table {0} enable row level security; alter table {0} force row level security; " \
         "create policy gate on {0} using ({1}()) with check (true)"

CLAIM = "%WITH ticket AS%"
LOCK = "SELECT f.id FROM files f JOIN index_queue q%"
DEQUEUE = "DELETE FROM index_queue%"
UPDATE = "%UPDATE files f%indexed_at%"
PUT_BACK = "%UPDATE index_queue q%failures%"


class Gate:
    """Shut until open() is called."""

    def __init__(self, fleet, program, statement, tables=("files", "index_queue")):
        fleet.connection.execute(GATE)
        fleet.query("insert into gates values (%s, %s) returning 1", program, statement)
        self.fleet = fleet
        self.keeper = fleet.connect(autocommit=True)
        self.keeper.execute("select pg_advisory_lock(7)")
        for table in tables:
            fleet.connection.execute(POLICY.format(table, "passes"))

    def wait_for_somebody(self):
        wait_until(lambda: self.fleet.one("select count(*) from pg_locks where locktype = 'advisory' and not granted"),
                   what="somebody at the gate")

    def open(self):
        self.keeper.close()


def committed_or_waiting(fleet, condition):
    """The watcher has done what is expected of it, or it waits for whoever stands at the gate."""
    waits = "select count(*) from pg_stat_activity where application_name = 'watcher' and wait_event_type = 'Lock'"
    wait_until(lambda: fleet.one(condition) or fleet.one(waits), what="the watcher's change")


def settled(fleet):
    fleet.wait_indexed()
    assert verify(fleet) == []


@pytest.mark.parametrize("statement", [CLAIM, LOCK, DEQUEUE, UPDATE], ids=["claim", "lock", "dequeue", "update"])
@pytest.mark.parametrize("what", ["changes", "goes", "goes_and_comes"])
def test_a_file_that_changes_in_the_middle_of_a_statement_of_its_indexer_is_indexed_again(fleet, tree, statement, what):
    write(tree / "other" / "b.py", "def b(): pass\n")
    start_all(fleet, tree)
    fleet.wait_indexed()
    gate = Gate(fleet, "indexer%", statement)
    write(tree / "d" / "a.py", "def before(): pass\n")
    gate.wait_for_somebody()
    old = fleet.one("select stamp from files where path = 'd/a.py'")
    if what == "changes":
        write(tree / "d" / "a.py", "def after(): pass\n")
        committed_or_waiting(fleet, "select stamp <> '%s' from files where path = 'd/a.py'" % old)
    else:
        os.rename(tree / "d", tree.parent / "away")
        committed_or_waiting(fleet, "select count(*) = 0 from files where path = 'd/a.py'")
    if what == "goes_and_comes":
        os.rename(tree.parent / "away", tree / "d")
    gate.open()
    if what != "goes":
        wait_until(lambda: fleet.one("select count(*) from files where path = 'd/a.py'"))
    settled(fleet)
    expected = {"changes": ["after", "b"], "goes": ["b"], "goes_and_comes": ["b", "before"]}
    wait_until(lambda: names(fleet, "s.kind = 'function'") == expected[what], what="the truth")
    assert fleet.one("select count(*) from files f where status = 'pending' or exists "
                     "(select from index_queue q where q.file_id = f.id)") == 0


def test_a_file_that_changes_while_it_is_put_back_is_indexed_at_once(fleet, tree):
    """It could not be looked at, and the delay is for the file as it was."""
    write(tree / "d" / "a.py", "def before(): pass\n")
    fleet.start("watcher", [project("self", tree)])
    fleet.wait_scanned()
    fleet.workers.pop().stop()
    os.rename(tree, tree.parent / "away")
    gate = Gate(fleet, "indexer%", PUT_BACK)
    fleet.start("indexer", [project("self", tree)])
    gate.wait_for_somebody()
    os.rename(tree.parent / "away", tree)
    write(tree / "d" / "a.py", "def after(): pass\n")
    fleet.start("watcher", [project("self", tree)])
    committed_or_waiting(fleet, "select count(*) from files where path = 'd/a.py' and stamp like '%/18/%'")
    gate.open()
    wait_until(lambda: names(fleet, "s.kind = 'function'") == ["after"], 10, "the file as it is now")


def test_a_file_that_goes_while_maintenance_queues_it_does_not_end_maintenance(fleet, tree):
    write(tree / "a.py", "def a(): pass\n")
    write(tree / "b.py", "def b(): pass\n")
    start_all(fleet, tree)
    fleet.wait_indexed()
    for worker in fleet.workers[1:]:  # so that nobody else touches the queue
        worker.stop()
    del fleet.workers[1:]
    fleet.query("update files set status = 'pending' returning 1")
    gate = Gate(fleet, "maintenance", "%INSERT INTO index_queue%", tables=("files",))
    maintenance = fleet.start("maintenance", [project("self", tree)])
    gate.wait_for_somebody()
    (tree / "a.py").unlink()
    wait_until(lambda: fleet.one("select count(*) from files") == 1, what="the watcher's change")
    gate.open()
    wait_until(lambda: fleet.query("select path from files join index_queue on file_id = id") == [("b.py",)], what="the other one queued")
    assert maintenance.process.poll() is None, maintenance.log()


def test_a_file_that_is_finished_while_maintenance_looks_at_it_stays_finished(fleet, tree):
    write(tree / "a.py", "def a(): pass\n")
    start_all(fleet, tree)
    fleet.wait_indexed()
    # What should not be: it is queued, and not pending. Then its indexer is done before maintenance is.
    gate = Gate(fleet, "maintenance", "%UPDATE files f SET status = 'pending'%")
    holder = fleet.connect()
    holder.execute("insert into index_queue (file_id, available_at) select id, 'infinity' from files")
    holder.commit()
    fleet.start("maintenance", [project("self", tree)])
    gate.wait_for_somebody()
    holder.execute("update files set indexed_at = now()")
    holder.execute("delete from index_queue")
    holder.commit()
    gate.open()
    wait_until(lambda: fleet.one("select count(*) from pg_stat_activity where application_name = 'maintenance' and state = 'idle' "
                                 "and query like '%%project_progress%%'"), what="the end of the chores")
    assert fleet.query("select status from files") == [("indexed",)]
    holder.close()


def test_a_project_removed_and_added_again_during_a_scan_is_scanned_anew(fleet, tree):
    for name in ("a.py", "b.py"):
        write(tree / name, "def f(): pass\n")
    projects(fleet, "add", "self", tree)
    fleet.start("watcher")
    wait_until(lambda: fleet.one("select count(*) from files") == 2, what="the first scan")
    first = fleet.one("select id from projects where name = 'self'")
    # The watcher is held up while both happen.
    blocker = fleet.connect()
    blocker.execute("select from projects where name = 'self' for update")
    write(tree / "c.py", "def f(): pass\n")
    wait_until(lambda: fleet.one("select count(*) from pg_stat_activity where application_name = 'watcher' and wait_event_type = 'Lock'"))
    blocker.execute("update projects set origin = 'removed', name = removed_name(id, name) where name = 'self'")
    blocker.execute("insert into projects (name, path, origin) select 'self', path, 'added' from projects where id = %s", (first,))
    blocker.execute("delete from projects where id = %s", (first,))
    blocker.execute("select pg_notify('projects', '')")
    blocker.commit()
    second = "select count(*) from files f join projects p on p.id = f.project_id where p.name = 'self' and p.id <> %s"
    wait_until(lambda: fleet.one(second, first) == 3, what="the rows of the new project")
    blocker.close()


@pytest.mark.parametrize("origin", ["configured", "added"])
def test_the_last_change_of_a_dead_watcher_does_not_land_on_the_scan_of_its_successor(fleet, tree, origin):
    """The file was away when the dead one looked, and its folder came back: its stamp is that in the table."""
    write(tree / "d" / "a.py", "def f(): pass\n")
    configured = [project("self", tree)] if origin == "configured" else []
    if origin == "added":
        projects(fleet, "add", "self", tree)
    watcher = fleet.start("watcher", configured)
    fleet.wait_scanned()
    fleet.workers.remove(watcher)
    watcher.stop()
    dead = fleet.connect()
    dead.execute("select from projects for no key update")
    dead.execute("delete from files")
    watcher = fleet.start("watcher", configured)
    wait_until(lambda: "folders watched" in watcher.log() or fleet.one(
        "select count(*) from pg_stat_activity where application_name = 'watcher' and wait_event_type = 'Lock'"), what="the watcher's turn")
    dead.commit()
    dead.close()
    wait_until(lambda: "folders watched" in watcher.log(), what="the scan")
    assert fleet.query("select path from files") == [("d/a.py",)]


def test_a_project_removed_and_added_again_unnoticed_is_scanned_anew(fleet, tree):
    write(tree / "a.py", "def f(): pass\n")
    start_all(fleet, tree.parent)
    fleet.wait_scanned()
    projects(fleet, "add", "other", tree)
    rows = "select count(*) from files f join projects p on p.id = f.project_id where p.name = 'other'"
    wait_until(lambda: fleet.one(rows) == 1, what="the first scan")
    watcher = fleet.workers[0].process
    os.kill(watcher.pid, 19)  # SIGSTOP: it hears of both at once
    projects(fleet, "remove", "other")
    projects(fleet, "add", "other", tree)
    os.kill(watcher.pid, 18)
    wait_until(lambda: fleet.one(rows) == 1, what="the scan of the new one")
    settled(fleet)


def test_a_configured_project_that_an_older_maintenance_removes_is_taken_in_again(fleet, tree):
    write(tree / "a.py", "def f(): pass\n")
    start_all(fleet, tree)
    fleet.wait_indexed()
    old = fleet.one("select id from projects")
    maintenance = fleet.start("maintenance", [project("another", tree)])
    wait_until(lambda: fleet.one("select count(*) from projects where id = %s", old) == 0, what="the removal")
    fleet.workers.remove(maintenance)
    maintenance.stop()
    wait_until(lambda: fleet.one("select count(*) from files f join projects p on p.id = f.project_id where p.name = 'self'") == 1,
               what="the rows again")
    settled(fleet)


def test_two_that_remove_a_project_at_once_both_wait_for_its_end(fleet, tree):
    start_all(fleet, tree)
    fleet.wait_scanned()
    fleet.query("insert into projects (name, path, origin) values ('big', '/nonexistent', 'added') returning 1")
    fleet.query("insert into files (project_id, path, size, mtime, stamp) select p.id, n::text, 1, now(), '' "
                "from projects p, generate_series(1, 3000) n where p.name = 'big' returning 1")
    # Another one is at the first portion, and ends early.
    blocker = fleet.connect()
    blocker.execute("delete from files where id in (select id from files where stamp = '' order by id limit 500)")
    fleet.start("maintenance", [project("self", tree)])
    answer = []
    thread = threading.Thread(target=lambda: answer.append(projects(fleet, "remove", "big")))
    thread.start()
    wait_until(lambda: fleet.one("select count(*) from pg_stat_activity where wait_event_type = 'Lock'") >= 1, what="the wait")
    blocker.commit()
    thread.join(30)
    assert "3000 files" in answer[0] or "2500 files" in answer[0]
    assert fleet.one("select count(*) from files where stamp = ''") == 0
    assert fleet.one("select count(*) from projects where path = '/nonexistent'") == 0
    blocker.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_is_committed_between_two_steps_of_the_others_the_tables_equal_a_fresh_index(fleet, tree, seed):
    """Every statement dawdles at random between its snapshot and its locks."""
    chance = random.Random(seed)
    grow(tree, seed, 80)
    fleet.connection.execute(GATE)
    for table in ("files", "index_queue", "projects"):
        fleet.connection.execute(POLICY.format(table, "dawdles"))
    start_all(fleet, tree, indexers=2)
    fleet.start("maintenance", [project("self", tree)])
    fleet.wait_indexed(90)
    end_at = time.monotonic() + 8
    while time.monotonic() < end_at:
        change(tree, chance)
        write(tree / "fresh" / ("m%d.py" % chance.randrange(60)), "import m%d\ndef f(): pass\n" % chance.randrange(60))
        wait_until(lambda at=time.monotonic() + chance.random() * 0.03: time.monotonic() > at)
    for table in ("files", "index_queue", "projects"):
        fleet.connection.execute("alter table %s no force row level security; alter table %s disable row level security" % (table, table))
    wait_until(lambda: verify_settles(fleet), 60, "the tables that follow the tree")
    fleet.wait_indexed(90)
    healed = snapshot(fleet)
    for worker in fleet.workers:
        assert worker.process.poll() is None, worker.log()
        worker.stop()
    fleet.workers.clear()
    fleet.query("delete from projects returning 1")
    start_all(fleet, tree)
    fleet.wait_indexed(90)
    fresh = snapshot(fleet)
    for table in fresh:
        assert healed[table] == fresh[table], table


def verify_settles(fleet):
    """Returns true if tree and table agree; false while there is work to do. What is stale with an empty queue stays so."""
    if verify(fleet) == []:
        return True
    busy = fleet.one("select count(*) from index_queue")
    assert busy or verify(fleet) == [], verify(fleet)
    return False
