"""A cancel request strikes the statement that ran or was sent when it came, and no other: not the next one of the same
client, and nobody else's."""
import os
import random
import struct
import threading
import time

import psycopg
import pytest

from driver_process import until

SQLSTATE = psycopg.pq.DiagnosticField.SQLSTATE
SECONDS = float(os.environ.get("CODE_ANALYSIS_CANCEL_SECONDS", "5"))


def connect(driver):
    return psycopg.connect(driver.conninfo(), autocommit=True)


def run(connection, sql, extended):
    """The SQLSTATE of one statement, None where it succeeded."""
    raw = connection.pgconn
    result = raw.exec_params(sql.encode(), []) if extended else raw.exec_(sql.encode())
    code = result.error_field(SQLSTATE)
    return code.decode() if code else None


class Client(threading.Thread):
    """Runs statements until told to stop; what must not happen is noted in `wrong`."""

    def __init__(self, driver, seed, stop, in_transaction):
        super().__init__()
        self.driver, self.random, self.stop, self.in_transaction = driver, random.Random(seed), stop, in_transaction
        self.cancelled = self.missed = self.statements = 0
        self.wrong = []

    def run(self):
        try:
            with connect(self.driver) as self.connection:
                while not self.stop.is_set():
                    self.turn()
        except Exception as error:  # noqa: BLE001
            self.wrong.append(repr(error))

    def turn(self):
        if self.in_transaction:
            assert run(self.connection, "begin", False) is None
        for _ in range(3):
            if not self.one_statement():
                break
        if self.in_transaction:
            code = run(self.connection, "rollback", False)
            if code is not None:
                self.wrong.append(f"rollback: {code}")

    def one_statement(self):
        """True where it succeeded."""
        self.statements += 1
        code = run(self.connection, f"select pg_sleep({self.random.uniform(0, 0.004)})", self.random.random() < 0.5)
        if code is not None:
            self.wrong.append(f"{code} without a request")
        return code is None


class Victim(Client):
    """Every other statement is cancelled at a random instant; the one after it begins once the request was taken."""

    def one_statement(self):
        if self.random.random() < 0.5:
            return super().one_statement()
        request = threading.Timer(self.random.uniform(0, 0.005), self.connection.pgconn.get_cancel().cancel)
        request.start()
        code = run(self.connection, f"select pg_sleep({self.random.uniform(0, 0.006)})", self.random.random() < 0.5)
        request.join()
        if code is None:
            self.missed += 1
        elif code == "57014":
            self.cancelled += 1
        else:
            self.wrong.append(code)
        return code is None


@pytest.mark.parametrize("shared,exclusive", [(1, 2), (3, 8)])
def test_a_storm_of_cancels_never_strikes_a_statement_that_was_not_meant(start, cluster, shared, exclusive):
    driver = start(cluster.conninfo, shared_connections=shared, exclusive_connections=exclusive)
    stop, seed = threading.Event(), random.randrange(1 << 30)
    clients = [kind(driver, seed + number, stop, number % 2 == 1)
               for number, kind in enumerate([Victim] * 8 + [Client] * 6)]
    for client in clients:
        client.start()
    stop.wait(SECONDS)
    stop.set()
    for client in clients:
        client.join(30)
    wrong = [text for client in clients for text in client.wrong]
    assert wrong == [], f"seed {seed}: {wrong[:10]}"
    assert sum(client.cancelled for client in clients) > 20
    assert sum(client.missed for client in clients) > 20, "some come too late, or the storm proves nothing"
    assert all(client.statements > 10 for client in clients[8:])
    until(lambda: all(row["lease"] == "" for row in driver.show("SERVERS")), what="all leases returned")


@pytest.mark.parametrize("in_transaction", [False, True])
def test_a_cancel_that_follows_its_statement_at_once_is_never_lost(start, cluster, in_transaction):
    driver = start(cluster.conninfo)
    with connect(driver) as connection:
        raw = connection.pgconn
        for _ in range(60):
            if in_transaction:
                assert run(connection, "begin", False) is None
            raw.send_query(b"select pg_sleep(30)")
            raw.flush()
            began = time.monotonic()
            raw.get_cancel().cancel()
            assert raw.get_result().error_field(SQLSTATE) == b"57014"
            assert raw.get_result() is None
            assert time.monotonic() - began < 5
            if in_transaction:
                assert run(connection, "rollback", False) is None


def test_a_cancel_while_nothing_runs_strikes_nothing(start, cluster):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=1)
    with connect(driver) as idle, connect(driver) as other:
        for turn in range(60):
            idle.pgconn.get_cancel().cancel()
            connection = idle if turn % 2 == 0 else other
            assert run(connection, "select pg_sleep(0.002)", turn % 4 < 2) is None
        idle.execute("begin")
        for _ in range(30):
            idle.pgconn.get_cancel().cancel()
            assert run(idle, "select pg_sleep(0.002)", False) is None
        idle.execute("rollback")


def test_requests_with_a_wrong_key_strike_nothing(driver):
    with connect(driver) as connection:
        raw = connection.pgconn
        raw.send_query(b"select pg_sleep(0.5), 'untouched'")
        raw.flush()
        until(lambda: any(c["state"] == "active" for c in driver.show("CLIENTS")), what="the statement's start")
        for turn in range(200):
            with driver.raw() as client:
                client.sendall(struct.pack("!IIII", 16, 80877102, raw.backend_pid, turn))
                assert client.recv(1) == b""  # no answer, as from PostgreSQL
        assert raw.get_result().get_value(0, 1) == b"untouched"
        assert raw.get_result() is None
