"""Tools of others, as they are: node-postgres, pg_dump and pg_restore; and COPY of much data with flat memory."""
import os
import pathlib
import subprocess
import threading

import psycopg
import pytest

from driver_process import until
from pg_cluster import BIN

HERE = pathlib.Path(__file__).resolve().parent
NODE_POSTGRES = HERE.parent.parent / "build" / "deps" / "node-postgres"  # script/setup --tests fetches it
COPIED_MIB = int(os.environ.get("CODE_ANALYSIS_COPY_MIB", "256"))        # 1024 in the long form


# ---- node-postgres ----

def names_of_checks():
    text = (HERE / "node" / "client.js").read_text()
    return [line.split()[1].split("(")[0] for line in text.splitlines() if line.startswith("  async ")]


@pytest.mark.parametrize("check", names_of_checks())
def test_node_postgres(driver, check):
    assert (NODE_POSTGRES / "node_modules" / "pg").is_dir(), f"{NODE_POSTGRES} is missing: run script/setup --tests"
    environment = {"PATH": os.environ["PATH"], "NODE_PATH": str(NODE_POSTGRES / "node_modules"), "PGHOST": str(driver.folder),
                   "PGPORT": str(driver.port), "PGUSER": "code_analysis", "PGDATABASE": "code_analysis",
                   "PGOPTIONS": "-c code_analysis.priority=bulk"}
    done = subprocess.run(["node", HERE / "node" / "client.js", check], env=environment, capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr + driver.log()
    until(lambda: all(row["lease"] == "" for row in driver.show("SERVERS")), what="all leases returned")


# ---- pg_dump ----

CONTENT = """
create type mood as enum ('sad', 'happy');
create table authors (id int generated always as identity primary key, name text not null unique, mood mood default 'sad');
create table books (id int primary key, author int references authors, title text, pages int check (pages > 0), cover bytea);
create index books_by_title on books (lower(title));
create view long_books as select title from books where pages > 500;
create function doubled(a int) returns int language sql immutable as 'select 2 * a';
create sequence numbers start 17;
insert into authors (name, mood) select 'author ' || g, (array['sad', 'happy'])[g % 2 + 1]::mood from generate_series(1, 500) g;
insert into books select g, g % 500 + 1, E'title \\t\\\\ \\' ' || g, g % 900 + 1, decode(md5(g::text), 'hex') from generate_series(1, 20000) g;
select lo_from_bytea(0, 'a large object');
select nextval('numbers');
"""


def contents(database):
    """What the restored database must share with the dumped one, asked directly."""
    tables = ("select md5(string_agg(t::text, '|' order by id)) from authors t",
              "select md5(string_agg(t::text, '|' order by id)) from books t",
              "select count(*), min(title) from long_books", "select doubled(21), last_value from numbers",
              "select count(*) from pg_largeobject_metadata",
              "select string_agg(indexdef, ';' order by indexname) from pg_indexes where schemaname = 'public'",
              "select string_agg(pg_get_constraintdef(oid), ';' order by conname) from pg_constraint where "
              "connamespace = 'public'::regnamespace")
    return [database.sql(query) for query in tables]


@pytest.mark.parametrize("form", ["plain", "custom"])
def test_a_dump_through_the_driver_restored_through_a_driver_is_the_same_database(start, cluster, tmp_path, form):
    source, target = cluster.new_database(), cluster.new_database()
    one, other = start(source.conninfo), start(target.conninfo)
    subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", one.folder, "-U", "u", "code_analysis"], input=CONTENT,
                   text=True, check=True, capture_output=True)
    dump = tmp_path / "dump"
    done = subprocess.run([BIN / "pg_dump", "-h", one.folder, "-U", "u", "--no-owner", "-F", form, "-f", dump,
                           "code_analysis"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    where = ["-h", other.folder, "-U", "u", "-d", "code_analysis"]
    restore = (["psql", "-Xq", "-v", "ON_ERROR_STOP=1", *where, "-f", dump] if form == "plain"
               else [BIN / "pg_restore", "--no-owner", "-j", "2", *where, dump])
    done = subprocess.run(restore, capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    expected = contents(source)
    assert expected == contents(target) and all(expected)
    for driver in (one, other):
        until(lambda: all(row["lease"] == "" for row in driver.show("SERVERS")), what="all leases returned")


# ---- COPY of much data ----

def memory_kib(driver, key):
    for line in open(f"/proc/{driver.process.pid}/status"):
        if line.startswith(key):
            return int(line.split()[1])
    raise AssertionError(key)


def test_copy_of_much_data_in_and_out_keeps_the_drivers_memory_flat(start, cluster):
    """VmHWM is the highest that resident memory ever was, so no sample can miss a peak."""
    driver = start(cluster.conninfo)
    size = COPIED_MIB << 20
    line = b"x" * 1023 + b"\n"
    chunk = line * 1024
    with psycopg.connect(driver.conninfo(), autocommit=True) as connection, \
            psycopg.connect(driver.conninfo(), autocommit=True) as other:
        connection.execute("create unlogged table much (line text)")
        before = memory_kib(driver, "VmRSS")
        with connection.cursor().copy("copy much from stdin") as copy:
            for _ in range(size // len(chunk)):
                copy.write(chunk)
        assert other.execute("select count(*) from much").fetchone() == (size // 1024,)
        received = 0
        with connection.cursor().copy("copy much to stdout") as copy:
            for data in copy:
                received += len(data)
        assert received == size
        grown = memory_kib(driver, "VmHWM") - before
        connection.execute("drop table much")
    assert grown < 4096, f"{grown} KiB more than before a COPY of {COPIED_MIB} MiB in and out"


def test_a_large_message_for_a_server_that_is_held_up_keeps_memory_flat(start, cluster):
    driver = start(cluster.conninfo)
    with psycopg.connect(driver.conninfo(), autocommit=True) as connection, psycopg.connect(cluster.conninfo) as direct:
        connection.execute("create unlogged table stalled (line text)")
        before = memory_kib(driver, "VmRSS")
        direct.execute("lock table stalled in access exclusive mode")
        sent = []

        def send():
            sender = psycopg.connect(driver.conninfo(), autocommit=True)
            sender.execute("insert into stalled values (%s)", ("y" * (64 << 20),))  # one message of 64 MiB
            sent.append(True)
            sender.close()

        thread = threading.Thread(target=send)
        thread.start()
        waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
        until(lambda: cluster.sql(waiting) == "1", seconds=30, what="the insert's wait")
        direct.rollback()
        thread.join(30)
        assert sent == [True]
        assert memory_kib(driver, "VmHWM") - before < 8192
        connection.execute("drop table stalled")
