"""How long a client waits for a server connection, and what ends the wait."""
import os
import socket
import time

import psycopg
import pytest

from driver_process import until
from raw_messages import EXECUTE, FLUSH, SYNC, bind, parse, query, startup

SLEEPS = "select pg_sleep(4)"


def connect(driver, **more):
    return psycopg.connect(driver.conninfo(**more), autocommit=True)


def send(connection, sql):
    connection.pgconn.send_query(sql.encode())
    connection.pgconn.flush()


def answer(connection):
    """The status of the one result that send() asked for."""
    result = connection.pgconn.get_result()
    assert connection.pgconn.get_result() is None
    return result.status


def running(cluster, sql):
    return int(cluster.sql(f"select count(*) from pg_stat_activity where state = 'active' and query = '{sql}'"))


class Clients:
    """Connections that are closed together."""

    def __init__(self, driver, count, sql, **more):
        self.all = [connect(driver, **more) for _ in range(count)]
        for one in self.all:
            send(one, sql)

    def __enter__(self):
        return self.all

    def __exit__(self, *exception):
        for one in self.all:
            one.close()


# ---- slow statements beside short ones ----

def test_a_short_statement_does_not_wait_for_slow_ones_while_exclusive_connections_are_free(start, cluster):
    driver = start(cluster.conninfo, shared_connections=4, exclusive_connections=16)
    with Clients(driver, 12, SLEEPS), connect(driver) as short:
        until(lambda: running(cluster, SLEEPS) == 12, what="twelve slow statements at once")
        for _ in range(5):
            began = time.monotonic()
            assert short.execute("select 1").fetchone() == (1,)
            assert time.monotonic() - began < 0.5
        pools = {row["pool"]: row for row in driver.show("POOLS")}
        assert int(pools["exclusive"]["leased"]) >= 8


def test_slow_statements_never_use_more_connections_than_both_limits_together(start, cluster):
    driver = start(cluster.conninfo, shared_connections=2, exclusive_connections=2)
    with Clients(driver, 8, SLEEPS):
        until(lambda: running(cluster, SLEEPS) == 4, what="four slow statements")
        end = time.monotonic() + 1
        while time.monotonic() < end:
            assert running(cluster, SLEEPS) <= 4
            assert sum(int(row["leased"]) for row in driver.show("POOLS")) <= 4


def test_slow_bulk_statements_leave_the_last_quarter_of_both_limits(start, cluster):
    driver = start(cluster.conninfo, shared_connections=4, exclusive_connections=4)
    with Clients(driver, 10, SLEEPS, options="'-c code_analysis.priority=bulk'"), connect(driver) as normal:
        until(lambda: running(cluster, SLEEPS) == 6, what="three quarters of both limits")
        began = time.monotonic()
        with normal.transaction():
            assert normal.execute("select 1").fetchone() == (1,)
        assert normal.execute("select 1").fetchone() == (1,)
        assert time.monotonic() - began < 0.5
        assert running(cluster, SLEEPS) == 6


# ---- clients that vanish ----

def vanish(connection):
    """As a process that was killed: no Terminate, no cancel request."""
    socket.socket(fileno=os.dup(connection.pgconn.socket)).shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("sql", ["select pg_sleep(20)", "values ((select max(g) from generate_series(1, 1e11) g))"])
def test_a_read_of_a_vanished_client_is_cancelled(start, cluster, sql):
    driver = start(cluster.conninfo, shared_connections=2, exclusive_connections=2)
    with Clients(driver, 6, sql) as clients, connect(driver) as other:
        until(lambda: running(cluster, sql) == 4, what="every connection's use")
        for one in clients:
            vanish(one)
        began = time.monotonic()
        assert other.execute("select 1").fetchone() == (1,)
        assert time.monotonic() - began < 3
        until(lambda: running(cluster, sql) == 0, seconds=3, what="the end of all reads")


@pytest.mark.parametrize("messages", [query(b"select pg_sleep(20)") * 3,
                                      (parse(b"", b"select pg_sleep(20)") + bind(b"") + EXECUTE + SYNC) * 3,
                                      parse(b"", b"select pg_sleep(20)") + bind(b"") + EXECUTE + FLUSH],
                         ids=["queries", "groups", "a group without Sync"])
def test_all_reads_that_a_vanished_client_has_sent_are_cancelled(start, cluster, messages):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=1)
    client = driver.raw()
    client.sendall(startup() + messages)
    until(lambda: running(cluster, "select pg_sleep(20)") == 1, what="the first statement")
    client.close()
    until(lambda: running(cluster, "select pg_sleep(20)") == 0, seconds=5, what="the end of all")
    with connect(driver) as other, other.transaction():
        assert other.execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize("sql", ["with w as (insert into written values (1) returning pg_sleep(3)) select * from w",
                                 "select write_slowly()", "select pg_sleep(3); insert into written values (1)"])
def test_a_write_of_a_vanished_client_is_finished(start, cluster, sql):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=1)
    driver.psql("create table if not exists written (a int); truncate written; create or replace function write_slowly() "
                "returns int language sql as 'select pg_sleep(3); insert into written values (1) returning 1'")
    one = connect(driver)
    send(one, sql)
    until(lambda: int(cluster.sql("select count(*) from pg_stat_activity where wait_event = 'PgSleep'")) == 1)
    vanish(one)
    until(lambda: driver.psql("select count(*) from written").stdout == "1\n", what="the row")


# ---- query_wait_timeout ----

def test_a_wait_for_a_connection_ends_with_53300_and_the_session_goes_on(start, cluster):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=1, query_wait_timeout_ms=500)
    with connect(driver) as holder, connect(driver) as waiter:
        holder.execute("begin")
        began = time.monotonic()
        with pytest.raises(psycopg.errors.TooManyConnections) as refused:
            waiter.execute("begin")
        assert 0.4 < time.monotonic() - began < 2
        assert "query_wait_timeout" in str(refused.value) and "exclusive_connections" in refused.value.diag.message_hint
        assert waiter.execute("select 1").fetchone() == (1,)
        holder.execute("commit")
        waiter.execute("begin")
        waiter.execute("commit")


def test_a_client_whose_settings_wait_for_a_connection_is_refused_with_53300(start, cluster):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=1, query_wait_timeout_ms=300)
    with connect(driver) as holder:
        holder.execute("begin")
        with pytest.raises(psycopg.OperationalError, match="query_wait_timeout"):
            connect(driver, options="'-c work_mem=5MB'")


def test_a_limit_of_zero_lets_clients_wait(start, cluster):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=1, query_wait_timeout_ms=0)
    with connect(driver) as holder, connect(driver) as waiter:
        holder.execute("begin")
        send(waiter, "begin")
        until(lambda: int(driver.show("POOLS")[0]["longest_wait_ms"]) > 500, what="a wait")
        holder.execute("commit")
        assert answer(waiter) == psycopg.pq.ExecStatus.COMMAND_OK


def test_time_in_which_postgresql_was_away_or_paused_does_not_count_as_waiting(start, own_cluster):
    driver = start(own_cluster.conninfo, shared_connections=1, exclusive_connections=1, query_wait_timeout_ms=1500)
    with connect(driver) as waiter:
        driver.psql("pause", database="driver")
        send(waiter, "select 1")
        until(lambda: int(driver.show("POOLS")[0]["longest_wait_ms"]) > 2000, what="a longer wait than the limit")
        driver.psql("resume", database="driver")
        assert answer(waiter) == psycopg.pq.ExecStatus.TUPLES_OK
        own_cluster.stop(mode="immediate")
        until(lambda: all(row["state"] == "connecting" for row in driver.show("SERVERS")), what="the loss")
        send(waiter, "select 2")
        until(lambda: int(driver.show("POOLS")[0]["longest_wait_ms"]) > 2000, what="a longer wait than the limit")
        own_cluster.start()
        assert answer(waiter) == psycopg.pq.ExecStatus.TUPLES_OK
