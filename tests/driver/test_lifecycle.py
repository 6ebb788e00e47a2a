"""Start, migrations, PostgreSQL away, and the end."""
import fcntl
import os
import signal
import subprocess
import threading
import time

import psycopg
import pytest

from driver_process import until
from pg_cluster import PgCluster


def connect(driver):
    return psycopg.connect(driver.conninfo(), autocommit=True)


def write(folder, **files):
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / (name.lstrip("_") + ".sql")).write_text(text)
    return str(folder)


def start_fails_with_78(start, cluster, migrations):
    driver = start(cluster.conninfo, wait=False, migrations=migrations)
    assert driver.process.wait(20) == 78
    assert b"READY" not in driver.read_ready()
    return driver.log()


# ---- migrations ----

def test_migrations_are_applied_in_order_once_and_before_ready(start, database, tmp_path):
    folder = write(tmp_path / "m", _0001_first="create table one (a int); insert into one values (1)",
                   _0002_second="alter table one add b int default 2 -- the file ends within a comment")
    driver = start(database.conninfo, migrations=folder)
    assert database.sql("select a, b from one") == "1|2"
    assert driver.stop() == 0
    write(tmp_path / "m", _0003_third="update one set a = a + 1")
    assert start(database.conninfo, migrations=folder).stop() == 0
    assert start(database.conninfo, migrations=folder).stop() == 0
    assert database.sql("select a from one") == "2"
    assert database.sql("select number, name from code_analysis_driver.migrations order by 1") == (
        "1|0001_first.sql\n2|0002_second.sql\n3|0003_third.sql")


def test_a_changed_a_missing_and_an_unknown_migration_end_with_78(start, database, tmp_path):
    folder = write(tmp_path / "m", _0001_first="create table one ()", _0002_second="create table two ()")
    assert start(database.conninfo, migrations=folder).stop() == 0
    write(tmp_path / "m", _0001_first="create table other ()")
    assert "was changed" in start_fails_with_78(start, database, folder)
    write(tmp_path / "m", _0001_first="create table one ()")
    (tmp_path / "m" / "0002_second.sql").unlink()
    assert "newer than this program" in start_fails_with_78(start, database, folder)
    write(tmp_path / "m", _0003_third="select 1")
    assert "number 2 expected" in start_fails_with_78(start, database, folder)


def test_a_migration_that_fails_leaves_nothing_behind(start, database, tmp_path):
    folder = write(tmp_path / "m", _0001_first="create table one ()", _0002_bad="create table two (); select 1 / 0")
    log = start_fails_with_78(start, database, folder)
    assert "0002_bad.sql" in log and "22012" in log
    assert database.sql("select to_regclass('one'), to_regclass('two')") == "one|"


def test_two_drivers_that_migrate_at_once_do_it_once(start, database, tmp_path):
    folder = write(tmp_path / "m", _0001_first="create table one (); select pg_sleep(0.5)")
    first = start(database.conninfo, migrations=folder, wait=False)
    second = start(database.conninfo, migrations=folder, wait=False)
    first.wait_ready()
    second.wait_ready()
    assert database.sql("select count(*) from code_analysis_driver.migrations") == "1"


EARLIER = ("create table schema_migrations (number integer primary key, name text not null, checksum text not null, "
           "applied_at timestamptz not null default now()); alter table schema_migrations owner to code_analysis")
RAILS = "create table schema_migrations (version character varying primary key); insert into schema_migrations values ('20260101')"


def record(database, *rows, table="schema_migrations"):
    for number, text in enumerate(rows, 1):
        database.sql(f"insert into {table} (number, name, checksum) values ({number}, '{number:04}_m.sql', "
                     f"encode(sha256('{text}'), 'hex'))")


def test_the_record_of_an_earlier_version_is_moved_out_of_the_way_of_other_programs(start, database, tmp_path):
    folder = write(tmp_path / "m", _0001_m="create table one ()", _0002_m="create table two ()")
    database.sql(EARLIER + "; create table one ()")
    record(database, "create table one ()")
    first, second = (start(database.conninfo, migrations=folder, wait=False) for _ in range(2))
    first.wait_ready()
    second.wait_ready()
    assert database.sql("select number, name from code_analysis_driver.migrations order by 1") == "1|0001_m.sql\n2|0002_m.sql"
    first.psql(RAILS)
    assert first.stop() == 0 and second.stop() == 0
    assert start(database.conninfo, migrations=folder).psql("select * from schema_migrations").stdout == "20260101\n"


def test_a_table_of_another_program_is_left_alone(start, database, tmp_path):
    folder = write(tmp_path / "m", _0001_m="create table one ()")
    database.sql(RAILS)
    for _ in range(2):
        assert start(database.conninfo, migrations=folder).stop() == 0
    assert database.sql("select * from schema_migrations") == "20260101"
    assert database.sql("select count(*) from code_analysis_driver.migrations") == "1"


@pytest.mark.parametrize("rows", [[], ["create table one ()"]])
def test_what_an_earlier_version_records_again_is_dropped_where_it_tells_nothing_new(start, database, tmp_path, rows):
    folder = write(tmp_path / "m", _0001_m="create table one ()")
    assert start(database.conninfo, migrations=folder).stop() == 0
    database.sql(EARLIER)
    record(database, *rows)
    assert start(database.conninfo, migrations=folder).stop() == 0
    assert database.sql("select to_regclass('schema_migrations')") == ""
    assert database.sql("select count(*) from code_analysis_driver.migrations") == "1"


def test_migrations_that_an_earlier_version_has_applied_since_end_the_start_with_78(start, database, tmp_path):
    folder = write(tmp_path / "m", _0001_m="create table one ()")
    assert start(database.conninfo, migrations=folder).stop() == 0
    database.sql(EARLIER)
    record(database, "create table other ()")
    assert "an earlier version of the driver has applied migrations" in start_fails_with_78(start, database, folder)
    assert database.sql("select count(*) from schema_migrations") == "1"
    assert database.sql("select count(*) from code_analysis_driver.migrations") == "1"


def test_a_role_that_may_not_create_the_schema_is_told_so_and_one_that_has_it_needs_no_right(start, database, tmp_path):
    folder = write(tmp_path / "m", _0001_m="create table one ()")
    name = database.sql("select current_database()")
    database.sql(f"alter database {name} owner to postgres; alter schema public owner to code_analysis")
    log = start_fails_with_78(start, database, folder)
    assert "code_analysis_driver" in log and "42501" in log
    database.sql("create schema code_analysis_driver authorization code_analysis")
    assert start(database.conninfo, migrations=folder).stop() == 0


# ---- the start ----

def test_a_lock_held_by_a_stranger_is_waited_for_without_connecting(start, cluster, tmp_path):
    lock = tmp_path / "driver.lock"
    with open(lock, "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        name = "application_name=locked_out"
        driver = start(f"{cluster.conninfo} {name}", wait=False, lock_path=str(lock))
        until(lambda: b"WAITING" in driver.read_ready() and b"driver.lock" in driver.ready_text, what="WAITING")
        assert cluster.sql("select count(*) from pg_stat_activity where application_name = 'locked_out'") == "0"
        assert b"READY" not in driver.read_ready()
    driver.wait_ready()


def test_told_to_stop_while_it_waits_for_the_lock_it_exits_at_once(start, cluster, tmp_path):
    lock = tmp_path / "driver.lock"
    with open(lock, "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        driver = start(cluster.conninfo, wait=False, lock_path=str(lock))
        until(lambda: b"WAITING" in driver.read_ready(), what="WAITING")
        assert driver.stop(seconds=2) == 0


def test_a_postgresql_that_is_away_is_waited_for_and_said_so(start, own_cluster):
    own_cluster.stop()
    driver = start(own_cluster.conninfo, wait=False)
    until(lambda: driver.read_ready().count(b"WAITING") >= 2, what="two attempts")
    assert driver.process.poll() is None
    own_cluster.start()
    driver.wait_ready(seconds=3)
    assert driver.psql("select 1").stdout == "1\n"


def test_too_many_clients_at_postgresql_is_waited_for(start):
    cluster = PgCluster(settings=("max_connections = 4", "superuser_reserved_connections = 1"))
    try:
        direct = [psycopg.connect(cluster.conninfo) for _ in range(3)]
        driver = start(cluster.conninfo, wait=False)
        until(lambda: b"53300" in driver.read_ready(), what="WAITING with 53300")
        direct.pop().close()
        driver.wait_ready(seconds=3)
        for connection in direct:
            connection.close()
    finally:
        cluster.close()


@pytest.fixture(scope="module")
def strict_cluster():
    """One that asks for a password."""
    cluster = PgCluster(hba="local postgres postgres trust\nlocal code_analysis postgres trust\n"
                            "local all all scram-sha-256\n")
    cluster.sql("alter role code_analysis password 'right'")
    yield cluster
    cluster.close()


@pytest.mark.parametrize("conninfo", ["password=wrong-SECRET", "", "dbname=missing password=right", "user=stranger",
                                      "sslmode=nonsense", "nonsense=1", "password='SECRET"])
def test_what_waiting_cannot_mend_ends_with_78_and_the_reason_without_the_password(start, strict_cluster, conninfo):
    driver = start(f"{strict_cluster.conninfo} {conninfo}", wait=False)
    assert driver.process.wait(10) == 78
    assert "error: " in driver.log() and "SECRET" not in driver.log() + driver.read_ready().decode()


def test_a_password_that_is_right_is_let_in(start, strict_cluster):
    assert start(f"{strict_cluster.conninfo} password=right").psql("select 1").stdout == "1\n"


def test_run_by_hand_it_binds_its_socket_and_removes_it(start, cluster):
    driver = start(cluster.conninfo, pass_socket=False)
    assert driver.psql("select 1").stdout == "1\n"
    assert driver.stop() == 0
    assert not driver.path.exists()


def test_clients_that_connect_before_ready_wait_in_the_backlog(start, own_cluster):
    own_cluster.stop()
    driver = start(own_cluster.conninfo, wait=False)
    client = subprocess.Popen(["psql", "-XqtA", "-h", driver.folder, "-U", "u", "-d", "code_analysis", "-c", "select 1"],
                              stdout=subprocess.PIPE, text=True)
    until(lambda: b"WAITING" in driver.read_ready(), what="WAITING")
    own_cluster.start()
    assert client.communicate(timeout=20)[0] == "1\n"


# ---- PostgreSQL goes away while serving ----

def test_statements_not_sent_wait_for_postgresql_and_end_with_08001(start, own_cluster):
    driver = start(own_cluster.conninfo, server_wait_timeout_ms=600)
    with connect(driver) as connection:
        connection.execute("select 1")
        own_cluster.stop("immediate")
        until(lambda: all(row["state"] != "idle" for row in driver.show("SERVERS")), what="the loss seen")
        began = time.monotonic()
        with pytest.raises(psycopg.Error) as caught:
            connection.execute("select 1")
        assert caught.value.sqlstate == "08001" and time.monotonic() - began > 0.3
        own_cluster.start()
        assert connection.execute("select 2").fetchone() == (2,)


def test_a_statement_that_waits_is_answered_once_postgresql_is_back(start, own_cluster):
    driver = start(own_cluster.conninfo, server_wait_timeout_ms=20000)
    with connect(driver) as connection:
        connection.execute("select 1")
        own_cluster.stop()
        until(lambda: all(row["state"] != "idle" for row in driver.show("SERVERS")), what="the loss seen")
        thread = threading.Timer(0.2, own_cluster.start)
        thread.start()
        assert connection.execute("select 2").fetchone() == (2,)
        thread.join()


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_statement_sent_and_not_answered_ends_with_08007_and_the_session_goes_on(start, own_cluster, mode):
    driver = start(own_cluster.conninfo)
    with connect(driver) as connection:
        connection.pgconn.send_query(b"select pg_sleep(60)")
        connection.pgconn.flush()
        until(lambda: own_cluster.sql("select count(*) from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> "
                                      "pg_backend_pid() and state = 'active'") == "1", what="the statement's start")
        own_cluster.restart(mode)
        result = connection.pgconn.get_result()
        assert result.error_field(psycopg.pq.DiagnosticField.SQLSTATE) == b"08007"
        assert connection.pgconn.get_result() is None
        assert connection.execute("select 3").fetchone() == (3,)


def test_a_transaction_whose_connection_is_lost_ends_its_session(start, own_cluster):
    driver = start(own_cluster.conninfo)
    connection = connect(driver)
    connection.execute("begin")
    own_cluster.restart("fast")
    with pytest.raises(psycopg.OperationalError):
        connection.execute("select 1")
    assert connection.closed
    assert driver.psql("select 1").stdout == "1\n"


def test_restarts_under_load_give_each_statement_one_answer_or_one_definite_error(start, own_cluster):
    driver = start(own_cluster.conninfo, shared_connections=2, exclusive_connections=3)
    driver.psql("drop table if exists tally")
    driver.psql("create table tally (client int, turn int, primary key (client, turn))")
    acknowledged, unknown, unexpected = [], [], []
    stop = threading.Event()

    def work(number):
        turn = 0
        connection = connect(driver)
        while not stop.is_set():
            turn += 1
            try:
                connection.execute("insert into tally values (%s, %s)", (number, turn))
                acknowledged.append((number, turn))
            except psycopg.Error as error:
                (unknown if error.sqlstate == "08007" else unexpected).append((number, turn, error.sqlstate))
        connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for mode in ("fast", "immediate"):
        count = len(acknowledged)
        until(lambda: len(acknowledged) > count + 50, what="load")
        own_cluster.restart(mode)
        count = len(acknowledged)
        until(lambda: len(acknowledged) > count, seconds=3, what="the first success after the restart")
    stop.set()
    for thread in threads:
        thread.join(20)
    assert unexpected == []
    rows = {tuple(map(int, line.split("|"))) for line in own_cluster.sql("select * from tally").splitlines()}
    assert set(acknowledged) <= rows
    assert rows <= set(acknowledged) | {(number, turn) for number, turn, _ in unknown}
    assert driver.process.poll() is None


# ---- the end ----

def test_told_to_stop_it_finishes_what_runs_and_answers_the_others_57P01(start, cluster):
    driver = start(cluster.conninfo)
    cluster.sql("create table if not exists at_stop (a int)")
    cluster.sql("grant all on at_stop to code_analysis")
    running, idle, open_transaction = connect(driver), connect(driver), connect(driver)
    open_transaction.execute("begin")
    open_transaction.execute("insert into at_stop values (1)")
    with psycopg.connect(cluster.conninfo) as direct:
        direct.execute("select pg_advisory_xact_lock(77)")
        running.pgconn.send_query(b"select 'done' from pg_advisory_xact_lock(77)")
        running.pgconn.flush()
        until(lambda: cluster.sql("select count(*) from pg_locks where not granted") == "1", what="the statement's wait")
        driver.process.send_signal(signal.SIGTERM)
    assert driver.process.wait(5) == 0
    assert running.pgconn.get_result().get_value(0, 0) == b"done"
    for connection in (idle, open_transaction):
        with pytest.raises(psycopg.OperationalError, match="shutting down"):
            connection.execute("select 1")
    until(lambda: cluster.sql("select count(*) from pg_stat_activity where application_name = 'code-analysis driver'")
          == "0", what="the end of all server connections")
    assert cluster.sql("select count(*) from at_stop") == "0"


def test_a_statement_that_outlasts_the_stop_does_not_hold_it_up(start, cluster):
    driver = start(cluster.conninfo)
    running = connect(driver)
    running.pgconn.send_query(b"select pg_sleep(60)")
    running.pgconn.flush()
    until(lambda: any(c["state"] == "active" for c in driver.show("CLIENTS")), what="the statement's start")
    began = time.monotonic()
    assert driver.stop(seconds=4) == 0
    assert 1.5 < time.monotonic() - began < 3.5
    assert running.pgconn.get_result().error_field(psycopg.pq.DiagnosticField.SQLSTATE) == b"08007"


def test_every_statement_that_outlasts_the_stop_is_cancelled(start, cluster):
    """Eight at once: more requests than are sent at a time."""
    running_here = "select count(*) from pg_stat_activity where query = 'select pg_sleep(61)' and state = 'active'"
    driver = start(cluster.conninfo, shared_connections=2, exclusive_connections=8)
    clients = [connect(driver) for _ in range(8)]
    for client in clients:
        client.pgconn.send_query(b"select pg_sleep(61)")
        client.pgconn.flush()
    until(lambda: cluster.sql(running_here) == "8", what="the statements' start")
    assert driver.stop(seconds=4) == 0
    until(lambda: cluster.sql(running_here) == "0", what="the statements' end")


def test_clients_that_come_after_the_stop_wait_for_the_next_driver(start, cluster):
    driver = start(cluster.conninfo)
    assert driver.stop() == 0
    client = subprocess.Popen(["psql", "-XqtA", "-h", driver.folder, "-U", "u", "-d", "code_analysis", "-c", "select 1"],
                              stdout=subprocess.PIPE, text=True)
    os.close(driver.ready_pipe)
    driver.start()
    driver.wait_ready()
    assert client.communicate(timeout=10)[0] == "1\n"


def test_a_killed_driver_leaves_no_session_and_no_lock_behind(start, cluster):
    driver = start(cluster.conninfo)
    driver.psql("create table if not exists held (a int)")
    connection = connect(driver)
    connection.execute("begin")
    connection.execute("lock table held")
    driver.stop(signal.SIGKILL)
    until(lambda: cluster.sql("select count(*) from pg_locks l join pg_class c on c.oid = l.relation where relname = "
                              "'held'") == "0", seconds=5, what="the lock's end")
