"""The whole tree on real input, from outside: what a newcomer would try by hand."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import pytest

from tree import Tree, alive, descendants, wait_for

SOURCES = {
    "pkg/__init__.py": '"""A package."""\n',
    "pkg/shapes.py": '"""Shapes."""\n\n\nclass Square:\n    """A square."""\n\n    def area(self):\n        """Its area."""\n        return 4\n',
    "src/ring.c": "/* A ring. */\nstruct ring { int head; };\n\nint ring_push(struct ring* ring, int value) { return ring->head = value; }\n",
    "ignored/skip.py": "def never_seen():\n    pass\n",
    ".gitignore": "ignored/\n",
    ".env": "PASSWORD=hidden\n",
}


@pytest.fixture()
def tree():
    folder = tempfile.mkdtemp(prefix="ca-")
    os.chmod(folder, 0o755)  # PostgreSQL's account must reach its data below it
    it = Tree(folder)
    for name, text in SOURCES.items():
        path = it.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    try:
        it.start()
        yield it
    finally:
        it.destroy()
        shutil.rmtree(folder)


def settled(tree, *wanted):
    wait_for(lambda: tree.symbols() >= set(wanted), 15, f"symbols {wanted}")


def test_psql_answers_with_what_stands_in_the_files_and_secrets_are_left_out(tree):
    settled(tree, "pkg.shapes.Square.area", "ring_push")
    wait_for(lambda: tree.sql("select count(*) from files where status = 'pending'") == "0", 15, "no file is pending")
    files = set(tree.sql("select path from files").split("\n"))
    assert {"pkg/__init__.py", "pkg/shapes.py", "src/ring.c"} <= files
    assert not files & {"ignored/skip.py", ".env"}
    assert tree.sql("select count(*) from symbols where name = 'area' and kind = 'method' and start_line = 7") == "1"
    assert "ring_push" in tree.http("/api/v1/search?q=ring_pu")
    assert not tree.processes()["postgres"]["status_text"], "what it said while it started is over"
    assert tree.http("/healthz")
    assert tree.http("/readyz")
    tree.end()


def test_a_changed_file_changes_the_answer_within_two_seconds(tree):
    settled(tree, "ring_push")
    (tree.project / "src/ring.c").write_text("int ring_pop(void) { return 0; }\n")
    wait_for(lambda: "ring_pop" in tree.symbols() and "ring_push" not in tree.symbols(), 2, "the new answer")
    (tree.project / "src/ring.c").unlink()
    wait_for(lambda: "ring_pop" not in tree.symbols(), 2, "the answer without the file")
    tree.end(signal.SIGINT)


@pytest.mark.parametrize("name", ["postgres", "driver", "watcher", "indexer.0", "maintenance", "server"])
def test_kill_9_of_any_process_leaves_a_healed_tree(tree, name):
    settled(tree, "ring_push")
    before = tree.processes()
    os.kill(before[name]["pid"], signal.SIGKILL)
    after = wait_for(lambda: (now := tree.all_ready()) and now[name]["pid"] != before[name]["pid"] and now, 20, "all ready again")
    assert {other: it["pid"] for other, it in after.items() if other != name} == {
        other: it["pid"] for other, it in before.items() if other != name}
    (tree.project / "later.py").write_text("def after_the_crash():\n    return 1\n")
    wait_for(lambda: "later.after_the_crash" in tree.symbols(), 10, "the tree works again")
    tree.end()


@pytest.mark.parametrize("half", ["guardian", "supervisor"])
def test_kill_9_of_either_half_leaves_nothing_and_the_next_start_recovers(tree, half):
    settled(tree, "ring_push")
    family = descendants(tree.process.pid)
    os.kill(tree.process.pid if half == "guardian" else tree.supervisor_pid(), signal.SIGKILL)
    code = tree.process.wait(timeout=5)
    assert code == (-signal.SIGKILL if half == "guardian" else 70)
    wait_for(lambda: not alive(family), 5, "nothing is left")
    wait_for(lambda: not [path for path in tree.runtime.rglob("*") if path.is_socket()], 1, "no socket is left, PostgreSQL's neither")
    tree.start()
    assert "ring_push" in tree.symbols()
    tree.end()


def test_a_second_start_finds_its_data_again_and_indexes_nothing_twice(tree):
    settled(tree, "pkg.shapes.Square.area", "ring_push")
    wait_for(lambda: tree.sql("select count(*) from files where status = 'pending'") == "0", 15, "no file is pending")
    before = tree.sql("select path, indexed_at from files order by 1")
    tree.end()
    tree.start()
    (tree.project / "marker.py").write_text("def marker():\n    return 1\n")
    settled(tree, "marker.marker")
    assert tree.sql("select path, indexed_at from files where path <> 'marker.py' order by 1") == before
    tree.end()


def test_a_client_in_another_language_needs_nothing_but_the_environment(tree):
    script = pathlib.Path(tree.folder, "client.py")
    script.write_text("import psycopg2\nc = psycopg2.connect('')\nk = c.cursor()\nk.execute('select count(*) from projects')\nprint(k.fetchone()[0])\n")
    environment = {"PGHOST": str(tree.runtime), "PGUSER": "code_analysis", "PGDATABASE": "code_analysis", "PATH": os.environ["PATH"]}
    done = subprocess.run(["/usr/bin/python3", script], env=environment, capture_output=True, text=True, timeout=30)
    assert done.stdout.strip() == "1", done.stderr
    tree.end()
