"""psql, pgbench and libpq's Python clients work through the driver unmodified."""
import subprocess
import threading

import psycopg
import psycopg2
import pytest

from driver_process import until


def connect(driver, **more):
    return psycopg.connect(driver.conninfo(**more), autocommit=True)


@pytest.fixture(scope="module")
def pgbench_tables(driver):
    subprocess.run(["pgbench", "-i", "-q", "-h", driver.folder, "-U", "code_analysis", "code_analysis"], check=True,
                   capture_output=True)


@pytest.mark.parametrize("protocol", ["simple", "extended", "prepared"])
def test_pgbench_runs_in_each_protocol_with_more_clients_than_connections(driver, pgbench_tables, protocol):
    done = subprocess.run(["pgbench", "-n", "-c", "8", "-t", "50", "-M", protocol, "-h", driver.folder, "-U",
                           "code_analysis", "code_analysis"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "number of transactions actually processed: 400/400" in done.stdout
    sums = driver.psql("select (select sum(abalance) from pgbench_accounts) = (select sum(bbalance) from "
                       "pgbench_branches), (select count(*) from pgbench_history) % 400").stdout.strip()
    assert sums == "t|0"


def test_psql_answers_and_describes(driver):
    driver.psql("create table if not exists described (a int primary key, b text default 'x;y')")
    assert driver.psql("select 6 * 7").stdout == "42\n"
    done = subprocess.run(["psql", "-X", "-h", driver.folder, "-U", "code_analysis", "-d", "code_analysis", "-c",
                           r"\d described", "-c", r"\conninfo"], capture_output=True, text=True)
    assert done.returncode == 0 and "described_pkey" in done.stdout


def test_an_error_reaches_the_client_with_its_sqlstate_and_the_session_goes_on(driver):
    with connect(driver) as connection:
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("select 1 / 0")
        assert connection.execute("select 1").fetchone() == (1,)


def test_a_notice_reaches_the_client(driver):
    with connect(driver) as connection:
        seen = []
        connection.add_notice_handler(lambda notice: seen.append(notice.message_primary))
        connection.execute("do $$ begin raise notice 'hello'; end $$")
        assert seen == ["hello"]


def test_psycopg2_commits_and_rolls_back(driver):
    connection = psycopg2.connect(driver.conninfo())
    cursor = connection.cursor()
    cursor.execute("create table if not exists p2 (a int)")
    cursor.execute("truncate p2")
    connection.commit()
    cursor.execute("insert into p2 values (%s)", (1,))
    connection.rollback()
    cursor.execute("insert into p2 values (%s)", (2,))
    connection.commit()
    cursor.execute("select array_agg(a) from p2")
    assert cursor.fetchone() == ([2],)
    connection.close()


def test_prepared_statements_follow_their_client_over_connections(driver):
    """More clients than shared connections, each with statements of the same names and other texts."""
    errors = []

    def work(number):
        try:
            with psycopg.connect(driver.conninfo(), autocommit=True, prepare_threshold=0) as connection:
                for turn in range(60):
                    row = connection.execute(f"select {number}, %s::int + {turn % 7}", (turn,)).fetchone()
                    assert row == (number, turn + turn % 7)
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert all(client["session_state"] == "" for client in driver.show("CLIENTS"))


def test_more_prepared_statements_than_psycopg_keeps_are_deallocated_one_by_one(driver):
    with psycopg.connect(driver.conninfo(), autocommit=True, prepare_threshold=0) as connection:
        for turn in range(250):
            assert connection.execute(f"select %s::int + {turn}", (1,)).fetchone() == (turn + 1,)
        connection.pgconn.exec_(b"deallocate all")
        gone = connection.pgconn.exec_prepared(b"_pg3_249", [b"1"])
        assert gone.error_field(psycopg.pq.DiagnosticField.SQLSTATE) == b"26000"


def test_a_name_prepared_twice_and_a_name_unknown_are_errors_as_without_the_driver(driver):
    with connect(driver) as connection:
        raw = connection.pgconn
        assert raw.prepare(b"twice", b"select 1").status == psycopg.pq.ExecStatus.COMMAND_OK
        again = raw.prepare(b"twice", b"select 2")
        assert again.error_field(psycopg.pq.DiagnosticField.SQLSTATE) == b"42P05"
        assert raw.exec_prepared(b"twice", []).get_value(0, 0) == b"1"
        unknown = raw.exec_prepared(b"never", [])
        assert unknown.error_field(psycopg.pq.DiagnosticField.SQLSTATE) == b"26000"
        assert raw.prepare(b"bad", b"selec").error_field(psycopg.pq.DiagnosticField.SQLSTATE) == b"42601"
        assert raw.prepare(b"bad", b"select 3").status == psycopg.pq.ExecStatus.COMMAND_OK
        assert raw.describe_prepared(b"bad").nfields == 1
        assert raw.exec_prepared(b"bad", []).get_value(0, 0) == b"3"


def test_the_unnamed_statement_outlives_its_group_of_messages(driver):
    with connect(driver) as one, connect(driver) as other:
        assert one.pgconn.prepare(b"", b"select 'mine'").status == psycopg.pq.ExecStatus.COMMAND_OK
        for _ in range(4):
            assert other.pgconn.exec_params(b"select 'other'", []).get_value(0, 0) == b"other"
            assert one.pgconn.exec_prepared(b"", []).get_value(0, 0) == b"mine"


def test_a_pipeline_of_many_groups_is_answered_in_order(driver):
    with connect(driver) as connection, connection.pipeline() as pipeline:
        cursors = []
        for number in range(500):
            cursors.append(connection.execute("select %s::int", (number,)))
            if number % 10 == 0:
                pipeline.sync()
        assert [cursor.fetchone()[0] for cursor in cursors] == list(range(500))


def test_an_error_in_a_pipeline_spares_the_next_group(driver):
    with connect(driver) as connection:
        with pytest.raises(psycopg.errors.DivisionByZero):
            with connection.pipeline():
                connection.execute("select 1")
                connection.execute("select 1 / 0")
                connection.execute("select 2")
        assert connection.execute("select 3").fetchone() == (3,)


def test_copy_in_and_out_are_complete(driver):
    with connect(driver) as connection:
        connection.execute("create table if not exists copied (a int, b text)")
        connection.execute("truncate copied")
        cursor = connection.cursor()
        with cursor.copy("copy copied from stdin") as copy:
            for number in range(50000):
                copy.write_row((number, "x" * 50))
        assert connection.execute("select count(*), sum(a) from copied").fetchone() == (50000, 50000 * 49999 // 2)
        with cursor.copy("copy copied to stdout") as copy:
            assert sum(1 for _ in copy) == 50000


@pytest.mark.parametrize("extended", [False, True])
def test_a_copy_that_fails_in_the_middle_leaves_a_working_session(driver, extended):
    with connect(driver) as connection:
        connection.execute("create table if not exists copied (a int, b text)")
        for _ in range(3):
            with pytest.raises(psycopg.errors.InvalidTextRepresentation):
                with connection.cursor().copy("copy copied from stdin") as copy:
                    copy.write("no number\tx\n")
                    for number in range(20000):
                        copy.write_row((number, "x" * 20))
            if extended:
                assert connection.execute("select %s::int", (1,)).fetchone() == (1,)
            else:
                assert connection.execute("select 1").fetchone() == (1,)


def test_copy_by_the_extended_protocol_ends_with_one_answer(driver):
    with connect(driver) as connection:
        connection.execute("create table if not exists copied (a int, b text)")
        connection.execute("truncate copied")
        raw = connection.pgconn
        assert raw.exec_params(b"copy copied from stdin", []).status == psycopg.pq.ExecStatus.COPY_IN
        raw.put_copy_data(b"1\tone\n")
        raw.put_copy_end()
        assert raw.get_result().command_status == b"COPY 1"
        assert raw.get_result() is None
        assert raw.exec_params(b"select count(*) from copied", []).get_value(0, 0) == b"1"
        assert raw.exec_params(b"copy copied from stdin", []).status == psycopg.pq.ExecStatus.COPY_IN
        raw.put_copy_end(b"changed my mind")
        assert raw.get_result().status == psycopg.pq.ExecStatus.FATAL_ERROR
        assert raw.get_result() is None
        assert raw.exec_(b"select count(*) from copied").get_value(0, 0) == b"1"
        until(lambda: all(row["lease"] == "" for row in driver.show("SERVERS")), what="all leases returned")


def test_a_portal_with_a_row_limit_goes_on_where_it_stopped(driver):
    with connect(driver) as connection, connection.transaction():
        cursor = connection.cursor(name="portal")
        cursor.itersize = 7
        cursor.execute("select generate_series(1, 100)")
        assert sum(row[0] for row in cursor) == 5050


def test_a_function_call_by_the_fast_path_protocol_is_answered(driver):
    connection = psycopg2.connect(driver.conninfo())
    lob = connection.lobject(0, "wb")
    lob.write(b"some bytes")
    lob.seek(0)
    oid = lob.oid
    lob.close()
    assert connection.lobject(oid, "rb").read() == b"some bytes"
    connection.rollback()
    connection.close()


def test_cancel_ends_the_clients_own_statement_only(driver):
    with connect(driver) as slow, connect(driver) as other:
        def interrupt():
            until(lambda: any(c["state"] == "active" for c in driver.show("CLIENTS")), what="an active client")
            slow.cancel()

        thread = threading.Thread(target=interrupt)
        thread.start()
        with pytest.raises(psycopg.errors.QueryCanceled):
            slow.execute("select pg_sleep(60)")
        thread.join()
        assert slow.execute("select 1").fetchone() == (1,)
        for _ in range(20):
            assert other.execute("select 2").fetchone() == (2,)


def test_cancel_of_a_statement_that_waits_for_a_connection_answers_it_at_once(start, cluster):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=1)
    with connect(driver) as holder, connect(driver) as waiter:
        holder.execute("begin")

        def interrupt():
            until(lambda: any(c["state"] == "waiting" for c in driver.show("CLIENTS")), what="a waiting client")
            waiter.cancel()

        thread = threading.Thread(target=interrupt)
        thread.start()
        with pytest.raises(psycopg.errors.QueryCanceled):
            waiter.execute("begin")
        thread.join()
        holder.execute("commit")
        waiter.execute("begin")
        waiter.execute("commit")


def test_a_large_value_passes_both_ways(driver):
    with connect(driver) as connection:
        value = b"\x00\xff" * (8 << 20)
        assert connection.execute("select length(%b)", (value,)).fetchone() == (len(value),)
        assert connection.execute("select repeat('x', 40000000)").fetchone()[0] == "x" * 40000000
        text = "y" * (8 << 20)
        assert connection.execute(f"select length('{text}')").fetchone() == (len(text),)


def test_a_result_that_is_not_read_does_not_grow_the_driver_and_holds_nobody_up(driver):
    def resident():
        for line in open(f"/proc/{driver.process.pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1])

    before = resident()
    readers = [connect(driver) for _ in range(4)]
    for reader in readers:
        reader.pgconn.send_query(b"select repeat('x', 1000) from generate_series(1, 300000)")  # 300 MB each, not read
    until(lambda: sum(c["state"] == "active" for c in driver.show("CLIENTS")) == 4, what="four active clients")
    until(lambda: sum(row["lease"] == "exclusive" for row in driver.show("SERVERS")) == 4, what="four slow readers found")
    with connect(driver) as other:
        for _ in range(50):
            assert other.execute("select 1").fetchone() == (1,)
    assert resident() - before < 16 << 10
    for reader in readers:
        reader.close()
    until(lambda: all(row["lease"] == "" for row in driver.show("SERVERS")), what="all leases returned")


def test_listen_and_notify(driver):
    with connect(driver) as listener, connect(driver) as speaker:
        listener.execute("listen news")
        speaker.execute("notify news, 'today'")
        assert next(listener.notifies()).payload == "today"
