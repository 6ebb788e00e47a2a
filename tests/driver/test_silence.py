"""PostgreSQL, or the network before it, that falls silent without closing a connection."""
import os
import pathlib
import select
import signal
import socket
import threading
import time

import psycopg
import pytest

from driver_process import until
from pg_cluster import PgCluster

LIMIT = 2.0  # server_wait_timeout
SLACK = 4.0  # of a machine that is busy


def connect(driver, **more):
    return psycopg.connect(driver.conninfo(**more), autocommit=True)


class Frozen:
    """All processes of a cluster, stopped by SIGSTOP."""

    def __init__(self, cluster):
        self.postmaster = int((cluster.data / "postmaster.pid").read_text().split()[0])
        self.cluster = cluster

    def __enter__(self):
        self.pids = [self.postmaster]
        os.kill(self.postmaster, signal.SIGSTOP)  # first: it must not start another one
        for task in pathlib.Path(f"/proc/{self.postmaster}/task").iterdir():
            self.pids += [int(pid) for pid in (task / "children").read_text().split()]
        for pid in self.pids[1:]:
            os.kill(pid, signal.SIGSTOP)
        return self

    def __exit__(self, *exception):
        for pid in reversed(self.pids):
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass


class Relay(threading.Thread):
    """A TCP relay to a cluster that can be told to keep connections open and forward nothing."""

    def __init__(self, cluster):
        super().__init__(daemon=True)
        self.cluster, self.silent, self.over = cluster, False, False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.peers = {}

    def conninfo(self):
        return f"host=127.0.0.1 port={self.port} user={self.cluster.role} dbname=code_analysis"

    def run(self):
        while not self.over:
            if self.silent:
                time.sleep(0.01)
                continue
            ready, _, _ = select.select([self.listener, *self.peers], [], [], 0.02)
            for one in ready:
                self.accept() if one is self.listener else self.forward(one)

    def accept(self):
        client, _ = self.listener.accept()
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(self.cluster.socket_dir / ".s.PGSQL.5432"))
        self.peers[client], self.peers[server] = server, client

    def forward(self, one):
        other = self.peers.get(one)
        if other is None:
            return
        try:
            data = one.recv(65536)
            if data:
                return other.sendall(data)
        except OSError:
            pass
        for end in (one, other):
            self.peers.pop(end, None)
            end.close()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.over = True
        self.join()
        self.listener.close()
        for end in list(self.peers):
            end.close()


@pytest.fixture(scope="module")
def frozen_cluster():
    cluster = PgCluster()
    yield cluster
    cluster.close()


class Statement(threading.Thread):
    """One statement and what became of it."""

    def __init__(self, connection, sql):
        super().__init__()
        self.connection, self.sql, self.sqlstate = connection, sql, None
        self.start()

    def run(self):
        began = time.monotonic()
        try:
            self.connection.execute(self.sql)
            self.sqlstate = "00000"
        except psycopg.Error as error:
            self.sqlstate, self.text = error.sqlstate, str(error)
        self.took = time.monotonic() - began


def answered_in_time(statements):
    for one in statements:
        one.join(LIMIT + SLACK)
    return [one.sqlstate for one in statements if one.is_alive() or one.took > LIMIT + SLACK] == []


def silenced(driver, cluster, silence):
    """Statements in flight, waiting and in a transaction meet the silence; then all is as before."""
    with connect(driver) as first, connect(driver) as second, connect(driver) as third, connect(driver) as fourth, \
            connect(driver) as tied:
        tied.execute("begin")
        sent = [Statement(one, "select pg_sleep(1)") for one in (first, second)]
        until(lambda: sum(row["state"] == "active" for row in driver.show("CLIENTS")) == 2, what="two statements in flight")
        with silence():
            waiting = [Statement(one, "select 1") for one in (third, fourth)] + [Statement(tied, "select 1")]
            assert answered_in_time(sent + waiting)
            assert {one.sqlstate for one in sent} == {"08007"}
            assert waiting[0].sqlstate in ("08001", "08007")
            assert tied.closed and "whether the statement took effect is unknown" in waiting[2].text  # its transaction is lost
            late = Statement(first, "select 1")  # nobody answers, and no connection is left
            assert answered_in_time([late]) and late.sqlstate in ("08001", "08007")
        for one in (first, second, third, fourth):
            assert one.execute("select 2").fetchone() == (2,)
        with connect(driver) as new, new.transaction():
            assert new.execute("select 3").fetchone() == (3,)
    until(lambda: all(row["lease"] == "" for row in driver.show("SERVERS")), what="the return of all connections")


SETTINGS = {"shared_connections": 2, "exclusive_connections": 1, "server_wait_timeout_ms": int(LIMIT * 1000),
            "connect_timeout_ms": 1000}


def test_a_stopped_postgresql_costs_each_statement_a_definite_error_in_time_and_heals(start, frozen_cluster):
    driver = start(frozen_cluster.conninfo, **SETTINGS)
    silenced(driver, frozen_cluster, lambda: Frozen(frozen_cluster))


def test_a_network_that_drops_all_costs_each_statement_a_definite_error_in_time_and_heals(start, frozen_cluster):
    class Dropping:
        def __enter__(self):
            relay.silent = True

        def __exit__(self, *exception):
            relay.silent = False

    with Relay(frozen_cluster) as relay:
        driver = start(relay.conninfo(), **SETTINGS)
        silenced(driver, frozen_cluster, Dropping)


def test_statements_that_wait_for_a_connection_get_08001_while_all_connections_are_stuck(start, frozen_cluster):
    driver = start(frozen_cluster.conninfo, **{**SETTINGS, "shared_connections": 1})
    with connect(driver) as first, connect(driver) as tied, connect(driver) as waiter:
        tied.execute("begin")
        stuck = Statement(first, "select pg_sleep(1)")
        until(lambda: any(row["state"] == "active" for row in driver.show("CLIENTS")), what="a statement in flight")
        with Frozen(frozen_cluster):
            waiting = Statement(waiter, "select 1")
            assert answered_in_time([stuck, waiting])
            assert (stuck.sqlstate, waiting.sqlstate) == ("08007", "08001")
        assert waiter.execute("select 1").fetchone() == (1,)


def test_a_statement_that_runs_long_on_a_server_that_lives_is_not_ended(start, cluster):
    driver = start(cluster.conninfo, **{**SETTINGS, "server_wait_timeout_ms": 600})
    with connect(driver) as plain, connect(driver) as tied:
        tied.execute("begin")
        statements = [Statement(one, "select pg_sleep(3)") for one in (plain, tied)]
        for one in statements:
            one.join(10)
        assert [one.sqlstate for one in statements] == ["00000", "00000"]
        tied.execute("commit")


def test_a_connection_that_is_reset_when_the_silence_begins_is_replaced(start, frozen_cluster):
    driver = start(frozen_cluster.conninfo, **{**SETTINGS, "shared_connections": 1})
    with connect(driver) as other:
        tied = connect(driver)
        tied.execute("set work_mem = '5MB'")
        with Frozen(frozen_cluster):
            tied.close()
            until(lambda: not any(row["state"] in ("draining", "cleaning") for row in driver.show("SERVERS")), LIMIT + SLACK,
                  "the end of the reset")
        with other.transaction():
            assert other.execute("show work_mem").fetchone() == ("4MB",)


def test_cancel_requests_to_a_silent_server_hold_nothing_up(start, frozen_cluster):
    driver = start(frozen_cluster.conninfo, **SETTINGS)
    with connect(driver) as one:
        stuck = Statement(one, "select pg_sleep(1)")
        until(lambda: any(row["state"] == "active" for row in driver.show("CLIENTS")), what="a statement in flight")
        with Frozen(frozen_cluster):
            for _ in range(10):
                one.cancel()
            assert driver.show("VERSION")
            assert answered_in_time([stuck]) and stuck.sqlstate == "08007"
        assert one.execute("select 1").fetchone() == (1,)


def test_a_listen_that_a_silent_server_does_not_confirm_gets_08001(start, frozen_cluster):
    driver = start(frozen_cluster.conninfo, **SETTINGS)
    with connect(driver) as first, connect(driver) as second:
        first.execute("listen a")
        with Frozen(frozen_cluster):
            asked = Statement(second, "listen b")
            asked.join(LIMIT + SLACK)
            assert asked.sqlstate == "08001"
        heard = []
        second.add_notify_handler(lambda notification: heard.append(notification.channel))
        second.execute("listen b")
        second.execute("notify b")
        until(lambda: second.execute("select 1") and heard == ["b"], what="the notification")
