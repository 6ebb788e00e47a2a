"""Nothing that a client leaves behind reaches the next one, however it was done: what is not known to be harmless is reset."""
import subprocess
from random import Random

import psycopg
import pytest

from driver_process import until

SETUP = """
create extension if not exists pg_trgm;
create or replace function public.sets() returns text language plpgsql as
  $$ begin return set_config('work_mem', '7777kB', false); end $$;
create or replace function public.locks() returns void language plpgsql as $$ begin perform pg_advisory_lock(77); end $$;
create or replace function public.sets_its_own() returns text language sql as $$ select set_config('app.who', 'me', false) $$;
create or replace function public.nothing(a int) returns int language plpgsql as $$ begin return a; end $$;
create or replace function public."Sets Too"() returns text language sql as $$ select set_config('work_mem', '7777kB', false) $$;
create or replace function public.of_trigger() returns trigger language plpgsql as
  $$ begin perform set_config('work_mem', '7777kB', false); return null; end $$;
create table if not exists public.watched (a int);
create or replace trigger watching after insert or update or delete on public.watched
  for each statement execute function public.of_trigger();
create table if not exists public.plain (a int unique);
grant all on public.watched, public.plain to code_analysis;
"""
SET = "set_config('work_mem', '7777kB', false)"

WAYS = [
    "update pg_settings set setting = 7777 where name = 'work_mem'",
    "update pg_catalog.pg_settings set setting = 7777 where name = 'work_mem'",
    "update \"pg_settings\" set setting = 7777 where name = 'work_mem'",
    "with u as (update pg_settings set setting = 7777 where name = 'work_mem' returning 1) select 1",
    "merge into pg_settings s using (select 1) x on s.name = 'work_mem' when matched then update set setting = 7777",
    "explain analyze update pg_settings set setting = 7777 where name = 'work_mem'",
    "explain analyze create temp table left_behind as select 1",
    "select 1 as a into temp left_behind",
    "select set_limit(0.77)",
    "select E'a'\n'b\\''; set work_mem = 7777; -- '",
    "select E'a' -- c\n 'b\\''; set work_mem = 7777; -- '",
    "select /* a /* b */ ' */ 1; set work_mem = 7777; --'",
    "select $a$ $a ' $a$; set work_mem = 7777; --'",
    f"select query_to_xml($$select {SET}$$, true, true, '')",
    f"select * from ts_stat($$select to_tsvector({SET})$$)",
    "select sets()", "select \"sets\"()", "select public . sets ()", "select * from sets()", "select \"Sets Too\"()",
    "begin; select sets(); commit", "begin; select locks(); commit", "select locks()",
    "values (sets())", "insert into plain select 1 where sets() is null", "select 1 from plain right join sets() on true",
    "insert into plain values (length(sets()) + (random() * 1e9)::int) on conflict do nothing returning sets()",
    "copy (select sets()) to stdout", "explain analyze select sets()", "do 'begin perform sets(); end'",
    "prepare p as select sets(); execute p; deallocate p",
    f"copy (select {SET}) to stdout", "select treat(77::bigint as pg_advisory_lock)", "select (77::bigint).pg_advisory_lock",
    "select U&\"\\0073\\0065\\0074_config\"('work_mem', '7777kB', false)", f"select pg_catalog.\"set_config\"('work_mem', '7777kB', false)",
    "begin; set local standard_conforming_strings = off; select 'a\\'' || '; set work_mem = 7777; select '; commit",
    "begin; declare c cursor for select sets(); fetch 1 from c; commit",
]

LOOK = ("select current_setting('work_mem'), coalesce(current_setting('pg_trgm.similarity_threshold', true), '0.3'), "
        "(select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()), "
        "pg_my_temp_schema() <> 0 and exists (select from pg_class where relnamespace = pg_my_temp_schema()), "
        "(select count(*) from pg_prepared_statements where from_sql)")


@pytest.fixture(scope="module")
def prepared(cluster):
    cluster.sql(SETUP)
    return cluster


def connect(driver, **more):
    return psycopg.connect(driver.conninfo(**more), autocommit=True)


def leases(driver):
    return [row["lease"] for row in driver.show("SERVERS") if row["lease"]]


def states(driver):
    return [row["session_state"] for row in driver.show("CLIENTS") if row["session_state"]]


def look(driver):
    """What the next client sees."""
    seen = set()
    for own in (False, True, True):
        with connect(driver) as client:
            if own:
                client.execute("begin")
            seen.add(client.execute(LOOK).fetchone())
    return seen


@pytest.fixture(scope="module")
def one_of_each(program, prepared):
    """A driver of few connections: what the one client leaves, the next one gets."""
    from driver_process import DriverProcess
    driver = DriverProcess(program, prepared.conninfo, shared_connections=1, exclusive_connections=2)
    clean = look(driver)
    assert len(clean) == 1 and "7777kB" not in str(clean)
    yield driver, clean
    driver.close()


@pytest.mark.parametrize("sql", WAYS)
def test_what_a_query_leaves_in_its_session_reaches_nobody(one_of_each, sql):
    driver, clean = one_of_each
    with connect(driver) as client:
        client.pgconn.exec_(sql.encode())
        if client.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:  # COPY
            while client.pgconn.get_copy_data(0)[0] >= 0:
                pass
            while client.pgconn.get_result():
                pass
        assert look(driver) == clean  # while the one that did it is there
    until(lambda: leases(driver) == [], what="the connection's return")
    assert look(driver) == clean


@pytest.mark.parametrize("sql", ["select sets()", "select locks()", "select treat(77::bigint as pg_advisory_lock)"])
def test_what_a_prepared_statement_leaves_in_its_session_reaches_nobody(one_of_each, sql):
    driver, clean = one_of_each
    with connect(driver) as client:
        for _ in range(3):
            client.execute(sql, prepare=True)
        with client.transaction():
            client.execute(sql, prepare=True)
        with client.pipeline():
            client.execute("select 1")
            client.execute(sql)
            client.execute("select 2")
        assert look(driver) == clean
    until(lambda: leases(driver) == [], what="the connection's return")
    assert look(driver) == clean


def test_what_is_sent_behind_a_discard_all_in_the_same_packet_reaches_nobody(one_of_each):
    driver, clean = one_of_each
    with connect(driver) as client:
        client.pgconn.enter_pipeline_mode()
        for sql in (b"discard all", b"select sets()", b"select 1"):
            client.pgconn.send_query_params(sql, None)
            client.pgconn.pipeline_sync()
        client.pgconn.flush()
        until(lambda: "unproven" in str(states(driver)), what="the pin")
        assert look(driver) == clean
    until(lambda: leases(driver) == [], what="the connection's return")
    assert look(driver) == clean


def test_a_transaction_of_harmless_statements_is_not_reset_and_another_one_is(start, prepared):
    driver = start(prepared.conninfo, shared_connections=1, exclusive_connections=1)

    def prepared_statements(extra):
        """How many are there on the connection of a transaction behind it: a reset drops them."""
        with connect(driver) as client, connect(driver) as other:
            client.execute("begin")
            client.execute("select 17", prepare=True)
            client.execute(extra)
            client.execute("commit")
            until(lambda: leases(driver) == [], what="the connection's return")
            with other.transaction():
                return other.execute("select count(*) from pg_prepared_statements").fetchone()[0]

    assert prepared_statements("select upper('a')") > 0
    assert prepared_statements("create table if not exists plain (a int)") == 0


def test_clients_that_called_an_unknown_function_give_way_where_it_left_nothing(start, prepared):
    driver = start(prepared.conninfo, shared_connections=1, exclusive_connections=2)
    clients = [connect(driver) for _ in range(8)]
    for turn in range(3):
        for number, client in enumerate(clients):
            assert client.execute("select nothing(%s)", (number,)).fetchone() == (number,)
    assert leases(driver) == ["exclusive"] * len(leases(driver)) and len(leases(driver)) <= 3
    with clients[0].transaction():
        assert clients[0].execute("select 1").fetchone() == (1,)
    for client in clients:
        client.close()


def test_twenty_clients_that_created_a_table_share_the_default_connections(start, prepared):
    driver = start(prepared.conninfo, shared_connections=4, exclusive_connections=16)
    clients = [connect(driver) for _ in range(20)]
    for number, client in enumerate(clients):
        client.execute(f"create table created_{number} (a int default nothing(1))")
    assert leases(driver) == [] and states(driver) == []
    for client in clients:
        client.execute("select nothing(1)")
        client.execute("do 'begin end'")
    for client in clients:
        assert client.execute("select 1").fetchone() == (1,)
        client.close()


def test_what_an_unknown_function_left_stays_with_its_client_while_others_wait(start, prepared):
    driver = start(prepared.conninfo, shared_connections=1, exclusive_connections=2)
    with connect(driver) as keeper, connect(driver) as other, connect(driver) as third:
        keeper.execute("select sets()")
        for _ in range(3):
            for client in (other, third):
                client.execute("select nothing(1)")
            assert keeper.execute("show work_mem").fetchone() == ("7777kB",)
        assert "unproven,found" in states(driver)


def test_a_setting_of_the_startup_that_a_function_changed_is_found(start, prepared):
    driver = start(prepared.conninfo, shared_connections=1, exclusive_connections=2)
    with connect(driver, options="'-c work_mem=8MB -c search_path=public,pg_catalog'") as keeper:
        keeper.execute("select nothing(1)")
        assert states(driver) == ["unproven,startup"]
        with connect(driver) as other, connect(driver) as third:
            other.execute("begin")
            third.execute("begin")
        until(lambda: len(leases(driver)) <= 1, what="the other's return")
        assert keeper.execute("show work_mem").fetchone() == ("8MB",)
        keeper.execute("select sets()")
        with connect(driver) as other, connect(driver) as third:
            for _ in range(3):
                other.execute("select nothing(1)")
                third.execute("select nothing(1)")
        assert keeper.execute("show work_mem").fetchone() == ("7777kB",)


def test_functions_that_the_operator_vouches_for_share_connections(start, prepared):
    driver = start(prepared.conninfo, harmless_functions=["nothing", "public.sets"])
    with connect(driver) as client:
        client.execute("select nothing(1), public.nothing(2)")
        assert leases(driver) == [] and states(driver) == []
        client.execute("select sets()")  # listed with its schema only
        assert states(driver) == ["unproven"]


def test_a_write_is_followed_by_a_reset_where_the_operator_wants_it(start, prepared):
    driver = start(prepared.conninfo, shared_connections=1, exclusive_connections=1, reset_after_write=True)
    clean = look(driver)
    for sql in ("insert into watched values (1)", "update watched set a = 2", "delete from watched",
                "with a as (insert into watched values (1)) select 1", "begin; insert into watched values (1); commit"):
        with connect(driver) as client:
            client.execute(sql)
            assert look(driver) == clean, sql
    assert leases(driver) == []


def test_lastval_is_refused_in_a_transaction_that_has_drawn_nothing(start, prepared):
    driver = start(prepared.conninfo, shared_connections=1, exclusive_connections=1)
    with connect(driver) as client, connect(driver) as other:
        client.execute("create sequence if not exists drawn")
        other.execute("select nextval('drawn')")
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            with client.transaction():
                client.execute("select lastval()")
        with client.transaction():
            number = client.execute("select nextval('drawn')").fetchone()
            assert client.execute("select lastval()").fetchone() == number


def test_the_list_of_built_in_functions_does_not_contradict_this_server(cluster):
    import pathlib
    script = pathlib.Path(__file__).resolve().parents[2] / "script/harmless-functions"
    done = subprocess.run([script, "--check", "-h", cluster.socket_dir, "-U", "postgres", "-d", "postgres"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


PIECES = ["'a'", "E'b\\''", "e'\\\\'", "'c\\'", "N'd'", "''''", "$$e'$$", "$t$ $$ ' $t$", "U&'\\0061'", "B'1'", "X'F'", "\"q'\"", "1e5", ".5",
          "\n", "\n-- '\n", "/* ' */", "/* /* */ ' */", "--'\n", " ", "\t\n", ",", "||", "-", "- -", "+", "*", "::text", "'", "\"", "$$",
          "$t$", "/*", "*/", "a", "as b", ";", "; set work_mem = 7777;", "; set work_mem = 7777; select 'x'", "sets()", "sets ()",
          "as x", "(", ")", "select", "\\", "E", "U&", "@-- \n", "*/*'*/", "1_0", "$1$", "a$b$"]


def test_random_texts_that_hide_a_setting_leave_nothing_to_the_next_client(one_of_each):
    driver, clean = one_of_each
    random = Random(7)
    strikes = 0
    with connect(driver) as client, connect(driver) as other:
        client.prepare_threshold = other.prepare_threshold = None
        for _ in range(3000):
            text = "select 'x'" + "".join(random.choice(PIECES) for _ in range(random.randint(1, 9)))
            client.pgconn.exec_(text.encode())
            struck = client.execute("show work_mem").fetchone() == ("7777kB",)
            assert other.execute("show work_mem").fetchone() != ("7777kB",), text
            if struck:
                strikes += 1
                client.execute("discard all")
    assert strikes > 20
    assert look(driver) == clean
