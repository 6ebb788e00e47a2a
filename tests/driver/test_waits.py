"""How long a client waits for a server connection, and what ends the wait."""
import threading
import time

import psycopg
import pytest

from driver_process import until

SLEEPS = "select pg_sleep(4)"


def connect(driver, **more):
    return psycopg.connect(driver.conninfo(**more), autocommit=True)


def send(connection, sql):
    connection.pgconn.send_query(sql.encode())
    connection.pgconn.flush()


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
