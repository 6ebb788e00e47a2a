"""Where imports lead: found out by an indexer once the facts are stored, and true again after every change of the tree."""
import os
import time

from fleet import project, wait_until

WAKE = "select pg_notify('index_queue', '')"


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def start_all(fleet, tree, indexers=1):
    fleet.start("watcher", [project("self", tree)])
    for k in range(indexers):
        fleet.start("indexer", [project("self", tree)], name="indexer.%d" % k)


def led(fleet, importer):
    """(target, name, resolution, path, path of the file with resolved_file_id) of each import, in order."""
    return fleet.query("select i.target, i.name, i.resolution, i.resolved_path, t.path from imports i join files f on f.id = i.file_id "
                       "left join files t on t.id = i.resolved_file_id where f.path = %s order by i.line, i.id", importer)


def where(fleet, importer, target):
    """What the one import of that target has become: its resolution and its path."""
    found = fleet.query("select i.resolution, i.resolved_path from imports i join files f on f.id = i.file_id "
                        "where f.path = %s and i.target = %s", importer, target)
    return found[0] if len(found) == 1 else None


def settled(fleet, importer, target, expected, what):
    wait_until(lambda: where(fleet, importer, target) == expected, 20, what)


def hold_lease(fleet, worker="someone else"):
    """As if another indexer were at it."""
    wait_until(lambda: fleet.one("select count(*) from projects"))
    fleet.query("insert into import_rounds select id, 0, %s, 'infinity' from projects returning 1", worker)


def give_lease_back(fleet):
    fleet.query("update import_rounds set until = now() returning 1")
    fleet.query(WAKE)


def wait_idle(fleet):
    """The indexer has asked what is due, found nothing that it may take, and sleeps."""
    wait_until(lambda: fleet.one("select count(*) from pg_stat_activity where application_name = 'indexer' and state = 'idle' "
                                 "and query ilike '%%from import_resolution_due%%'") == 1, 20, "an idle indexer")


def test_imports_of_each_language_lead_to_files_folders_or_nowhere(fleet, tree):
    write(tree / "pkg/__init__.py", "")
    write(tree / "pkg/a.py", "import os\nfrom . import b\nfrom pkg.b import f\nimport pkg.gone\n")
    write(tree / "pkg/b.py", "def f(): pass\n")
    write(tree / "src/a.c", '#include <stdio.h>\n#include "a.h"\n#include "../include/deep/b.h"\n#include "./gone.h"\n')
    write(tree / "src/a.h", "")
    write(tree / "include/deep/b.h", "")
    write(tree / "web/app.js", "import x from './part';\nimport y from './gone.js';\nimport z from 'react';\n")
    write(tree / "web/part.ts", "export default 1;\n")
    write(tree / "go/go.mod", "module example.org/tool\n")
    write(tree / "go/main.go", 'package main\nimport (\n"fmt"\n"example.org/tool/inner"\n"example.org/tool/gone"\n)\n')
    write(tree / "go/inner/inner.go", "package inner\n")
    start_all(fleet, tree)
    fleet.wait_indexed()
    assert led(fleet, "pkg/a.py") == [
        ("os", None, "foreign", None, None), ("", "b", "file", "pkg/b.py", "pkg/b.py"),
        ("pkg.b", "f", "file", "pkg/b.py", "pkg/b.py"), ("pkg.gone", None, "missing", None, None)]
    assert led(fleet, "src/a.c") == [
        ("stdio.h", None, "foreign", None, None), ("a.h", None, "file", "src/a.h", "src/a.h"),
        ("../include/deep/b.h", None, "file", "include/deep/b.h", "include/deep/b.h"), ("./gone.h", None, "missing", None, None)]
    assert [row[2:4] for row in led(fleet, "web/app.js")] == [("file", "web/part.ts"), ("missing", None), ("foreign", None)]
    assert [row[2:] for row in led(fleet, "go/main.go")] == [
        ("foreign", None, None), ("folder", "go/inner", None), ("missing", None, None)]


def test_what_git_ignores_is_not_missing(fleet, tree):
    write(tree / ".gitignore", "generated.*\n/made/\n")
    write(tree / "a.js", "import './generated';\nimport './made/x.js';\nimport './linked.js';\nimport './gone.js';\n")
    write(tree / "generated.js", "")
    write(tree / "made/x.js", "")
    os.symlink("generated.js", tree / "linked.js")
    start_all(fleet, tree)
    fleet.wait_indexed()
    assert [row[2] for row in led(fleet, "a.js")] == ["foreign", "foreign", "foreign", "missing"]


def test_an_import_follows_its_target_as_it_comes_moves_and_goes(fleet, tree):
    write(tree / "a.c", '#include "./b.h"\n')
    write(tree / "other.c", '#include "./b.h"\n')
    start_all(fleet, tree)
    fleet.wait_indexed()
    assert where(fleet, "a.c", "./b.h") == ("missing", None)
    write(tree / "b.h", "int b(void);\n")
    settled(fleet, "a.c", "./b.h", ("file", "b.h"), "the file that came")
    settled(fleet, "other.c", "./b.h", ("file", "b.h"), "the file that came, for the other one")
    os.rename(tree / "b.h", tree / "c.h")
    settled(fleet, "a.c", "./b.h", ("missing", None), "the file that moved away")
    os.rename(tree / "c.h", tree / "b.h")
    settled(fleet, "a.c", "./b.h", ("file", "b.h"), "the file that came back")
    # Nothing is indexed after this, yet an indexer has to notice.
    (tree / "b.h").unlink()
    settled(fleet, "a.c", "./b.h", ("missing", None), "the file that went")
    assert fleet.one("select count(*) from imports where resolved_file_id is not null") == 0


def test_the_importer_may_move_and_change_too(fleet, tree):
    write(tree / "x/a.js", "import './b.js';\n")
    write(tree / "x/b.js", "")
    write(tree / "y/b.js", "")
    start_all(fleet, tree)
    fleet.wait_indexed()
    os.rename(tree / "x/a.js", tree / "y/a.js")
    settled(fleet, "y/a.js", "./b.js", ("file", "y/b.js"), "the other neighbour")
    write(tree / "y/a.js", "import '../x/b.js';\n")
    settled(fleet, "y/a.js", "../x/b.js", ("file", "x/b.js"), "another import")


def test_a_module_that_is_renamed_in_its_go_mod_is_imported_by_its_new_name(fleet, tree):
    write(tree / "go.mod", "module example.org/old\n")
    write(tree / "main.go", 'package main\nimport "example.org/new/inner"\n')
    write(tree / "inner/inner.go", "package inner\n")
    start_all(fleet, tree)
    fleet.wait_indexed()
    assert where(fleet, "main.go", "example.org/new/inner") == ("foreign", None)
    write(tree / "go.mod", "module example.org/new\n")
    settled(fleet, "main.go", "example.org/new/inner", ("folder", "inner"), "the new name")


def test_a_second_round_writes_nothing_where_nothing_differs(fleet, tree):
    for k in range(30):
        write(tree / ("m%d.py" % k), "import os\nimport m%d\n" % ((k + 1) % 30))
    start_all(fleet, tree)
    fleet.wait_indexed()
    before = fleet.query("select xmin::text, id, resolution from imports order by id")
    write(tree / "words.txt", "no source\n")
    wait_until(lambda: fleet.one("select count(*) from files where path = 'words.txt' and status = 'indexed'"))
    fleet.wait_indexed()
    assert fleet.query("select xmin::text, id, resolution from imports order by id") == before
    assert {row[2] for row in before} == {"file", "foreign"}


def chain(tree, count):
    """More files than one portion holds."""
    for k in range(count):
        write(tree / ("m%d.py" % k), "import m%d\n" % ((k + 1) % count))


def test_an_indexer_killed_between_two_portions_leaves_the_round_to_the_next_one(fleet, tree):
    chain(tree, 450)
    fleet.start("watcher", [project("self", tree)])
    hold_lease(fleet)
    indexer = fleet.start("indexer", [project("self", tree)])
    fleet.wait_scanned()
    wait_until(lambda: fleet.one("select count(*) from imports") == 450, 30, "all facts")
    wait_until(lambda: fleet.one("select count(*) from index_queue") == 0, 30, "an empty queue")
    with fleet.connect() as blocker:
        # The last portion's transaction wants to delete there.
        blocker.execute("lock table import_resolution_due in share mode")
        give_lease_back(fleet)
        wait_until(lambda: fleet.one("select count(*) from pg_locks where not granted and relation = 'import_resolution_due'::regclass"))
        assert fleet.one("select count(*) from imports where resolution is not null") == 400
        indexer.kill()
    fleet.workers.remove(indexer)
    os.close(indexer.reader)
    indexer.errors.close()
    assert fleet.one("select count(*) from import_resolution_due") > 0
    fleet.start("indexer", [project("self", tree)])
    fleet.wait_indexed()
    assert fleet.query("select resolution, count(*) from imports group by 1") == [("file", 450)]


def test_an_indexer_that_was_held_up_writes_nothing_over_its_successors_answers(fleet, tree):
    write(tree / "a.py", "import b\n")
    write(tree / "b.py", "")
    fleet.start("watcher", [project("self", tree)])
    hold_lease(fleet)
    fleet.start("indexer", [project("self", tree)])
    wait_until(lambda: fleet.one("select count(*) from imports") == 1)
    wait_until(lambda: fleet.one("select count(*) from index_queue") == 0)
    with fleet.connect() as blocker:
        blocker.execute("lock table imports in access exclusive mode")
        give_lease_back(fleet)
        wait_until(lambda: fleet.one("select count(*) from pg_locks where not granted and relation = 'imports'::regclass"))
        # Its lease has run out meanwhile, and another one was quicker.
        blocker.execute("update import_rounds set token = -1, worker = 'successor', until = 'infinity'")
        blocker.execute("update imports set resolution = 'missing'")
    wait_idle(fleet)
    assert where(fleet, "a.py", "b") == ("missing", None)
    assert fleet.one("select count(*) from import_resolution_due") > 0
    give_lease_back(fleet)
    settled(fleet, "a.py", "b", ("file", "b.py"), "the right answer")


def test_rows_that_someone_is_just_deleting_are_not_waited_for(fleet, tree):
    write(tree / "a.py", "import c\n")
    write(tree / "b.py", "import c\n")
    write(tree / "c.py", "")
    fleet.start("watcher", [project("self", tree)])
    hold_lease(fleet)
    fleet.start("indexer", [project("self", tree)])
    wait_until(lambda: fleet.one("select count(*) from imports") == 2)
    wait_until(lambda: fleet.one("select count(*) from index_queue") == 0)
    with fleet.connect() as deleter:
        deleter.execute("delete from files where path = 'a.py'")
        give_lease_back(fleet)
        settled(fleet, "b.py", "c", ("file", "c.py"), "the row that is free")
        assert where(fleet, "a.py", "c") == (None, None)
        deleter.rollback()
    settled(fleet, "a.py", "c", ("file", "c.py"), "the row that is free again")
    fleet.wait_indexed()


def test_two_indexers_and_a_tree_that_changes_all_the_time_end_with_the_truth(fleet, tree):
    chain(tree, 230)
    start_all(fleet, tree, indexers=2)
    for k in range(0, 200, 4):
        os.rename(tree / ("m%d.py" % k), tree / ("n%d.py" % k))
        write(tree / ("m%d.py" % (k + 1)), "import n%d\n" % k)
    fleet.wait_scanned()
    wait_until(lambda: fleet.one("select count(*) from files where path like 'n%%'") == 50)
    fleet.wait_indexed()
    rows = fleet.query("select i.target, i.resolution, t.path from imports i left join files t on t.id = i.resolved_file_id")
    names = {row[0] for row in fleet.query("select path from files")}
    assert len(rows) == 230 and any(row[1] == "foreign" for row in rows)
    for target, resolution, path in rows:
        file = target + ".py"
        assert (resolution, path) == (("file", file) if file in names else ("foreign", None)), target


def test_imports_are_looked_at_while_files_wait_all_the_time(fleet, tree):
    write(tree / "a.py", "import b\n")
    write(tree / "b.py", "")
    fleet.start("watcher", [project("self", tree)])
    hold_lease(fleet)
    fleet.start("indexer", [project("self", tree)])
    fleet.wait_scanned()
    wait_until(lambda: fleet.one("select count(*) from imports") == 1)
    wait_until(lambda: fleet.one("select count(*) from index_queue") == 0)
    wait_idle(fleet)
    started = time.monotonic()
    # There is always something in the queue from here on; every answer to "is there none" would be no.
    fleet.connection.execute(
        "update import_resolution_due set since = now(); create function never_empty() returns trigger language plpgsql as $$ begin "
        "insert into index_queue (file_id) select f.id from gone join files f on f.id = gone.file_id; return null; end $$; "
        "create trigger never_empty after delete on index_queue referencing old table as gone for each statement "
        "execute function never_empty(); "
        "insert into index_queue (file_id) select id from files where path = 'b.py' on conflict do nothing")
    give_lease_back(fleet)
    settled(fleet, "a.py", "b", ("file", "b.py"), "an answer within some ten seconds")
    assert time.monotonic() - started > 5, "answered in an idle moment"


def test_answers_stay_while_the_tree_is_not_the_one_that_the_rows_are_from(fleet, tree):
    write(tree / "go.mod", "module example.org/tool\n")
    write(tree / "main.go", 'package main\nimport "example.org/tool/inner"\n')
    write(tree / "inner/inner.go", "package inner\n")
    watcher = fleet.start("watcher", [project("self", tree)])
    indexer = fleet.start("indexer", [project("self", tree)])
    fleet.wait_indexed()
    assert where(fleet, "main.go", "example.org/tool/inner") == ("folder", "inner")
    watcher.stop()
    fleet.workers.remove(watcher)
    os.rename(tree, tree.parent / "away")
    tree.mkdir()  # as the mount point of a file system that is not mounted
    fleet.query("insert into import_resolution_due (project_id) select id from projects returning 1")
    fleet.query(WAKE)
    wait_until(lambda: "are not looked at for now" in indexer.log(), what="the report")
    assert where(fleet, "main.go", "example.org/tool/inner") == ("folder", "inner")
    assert fleet.one("select count(*) from import_resolution_due") == 1
