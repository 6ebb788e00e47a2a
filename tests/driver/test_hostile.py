"""A client that does not read, does not go on or sends garbage costs its own connection and nobody else's."""
import os
import random
import socket
import threading
import time

import psycopg
import pytest

from driver_process import until
from raw_messages import EXECUTE, FLUSH, SYNC, bind, message, parse, startup

FUZZED = int(os.environ.get("CODE_ANALYSIS_FUZZED_CLIENTS", "300"))


class Bystander(threading.Thread):
    """Runs statements of its own all along, and notes what is not as it should be and the longest that one took."""

    def __init__(self, driver):
        super().__init__()
        self.driver, self.stop, self.wrong, self.turns, self.longest = driver, threading.Event(), [], 0, 0.0

    def run(self):
        try:
            with psycopg.connect(self.driver.conninfo(), autocommit=True, prepare_threshold=2) as connection:
                while not self.stop.is_set():
                    began = time.monotonic()
                    row = connection.execute("select %s::int, current_user", (self.turns,)).fetchone()
                    with connection.transaction():
                        connection.execute("select 1")
                    self.longest = max(self.longest, time.monotonic() - began)
                    if row != (self.turns, "code_analysis"):
                        self.wrong.append(row)
                    self.turns += 1
        except Exception as error:  # noqa: BLE001
            self.wrong.append(repr(error))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.join(60)


def stream(rng):
    """What a well-behaved client might send."""
    texts = [b"select 1", b"select repeat('x', 100000)", b"begin", b"rollback", b"select 1 / 0", b"copy hostile from stdin",
             b"copy hostile to stdout", b"set work_mem = '1MB'", b"select pg_sleep(0.01)", b"deallocate all", b""]
    parts = [startup()]
    for _ in range(rng.randrange(1, 12)):
        name = rng.choice([b"", b"a", b"b"])
        parts.append(rng.choice([
            lambda: message(b"Q", rng.choice(texts) + b"\0"), lambda: parse(name, rng.choice(texts)), lambda: bind(name),
            lambda: EXECUTE, lambda: SYNC, lambda: FLUSH, lambda: message(b"D", b"S" + name + b"\0"),
            lambda: message(b"C", b"S" + name + b"\0"), lambda: message(b"d", b"1\n"), lambda: message(b"c"),
            lambda: message(b"f", b"no\0"), lambda: message(b"X")])())
    return parts


def damage(rng, data):
    data = bytearray(data)
    for _ in range(rng.randrange(0, 4)):
        if not data:
            break
        at = rng.randrange(len(data))
        action = rng.randrange(4)
        if action == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif action == 1:
            del data[at:at + rng.randrange(1, 8)]
        elif action == 2:
            data[at:at] = rng.randbytes(rng.randrange(1, 8))
        else:
            del data[at + 1:]
    return bytes(data)


def hostile_client(driver, rng):
    """Sends a damaged stream in odd pieces, reads some of the answers or none, and goes away."""
    data = damage(rng, b"".join(stream(rng)))
    with driver.raw() as client:
        client.settimeout(0.05)
        try:
            while data:
                piece = rng.randrange(1, 200)
                client.sendall(data[:piece])
                data = data[piece:]
            if rng.random() < 0.5:
                client.shutdown(socket.SHUT_WR)
            for _ in range(rng.randrange(3)):
                if client.recv(65536) == b"":
                    break
        except OSError:
            pass  # ended by the driver, or nothing came: both are its right


def test_damaged_streams_cost_only_the_connections_that_they_come_on(start, cluster):
    driver = start(cluster.conninfo, shared_connections=2, exclusive_connections=4)
    driver.psql("create table if not exists hostile (a int)")
    seed = int(os.environ.get("CODE_ANALYSIS_SEED", random.randrange(1 << 30)))
    rng = random.Random(seed)
    with Bystander(driver) as bystander:
        for _ in range(FUZZED):
            hostile_client(driver, rng)
    assert bystander.wrong == [] and bystander.turns > 0, f"CODE_ANALYSIS_SEED={seed}: {bystander.wrong}"
    assert driver.process.poll() is None, f"CODE_ANALYSIS_SEED={seed}: {driver.log()}"
    until(lambda: all(row["lease"] == "" for row in driver.show("SERVERS")), seconds=20,
          what=f"all leases returned (CODE_ANALYSIS_SEED={seed})")
    until(lambda: len(driver.show("CLIENTS")) == 1, what="the end of all clients but the one that asks")
    assert driver.psql("select 1").stdout == "1\n"


@pytest.mark.parametrize("last", [b"begin", b"copy hostile from stdin", b"set work_mem = '1MB'", b"begin; select pg_sleep(0.2)"])
def test_a_terminate_sent_right_behind_a_statement_leaves_no_lease_behind(start, cluster, last):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=1)
    driver.psql("create table if not exists hostile (a int)")
    for _ in range(3):
        with driver.raw() as client:
            client.sendall(startup() + message(b"Q", last + b"\0") + message(b"X"))
            while client.recv(65536):  # until the driver has closed it
                pass
    until(lambda: all(row["lease"] == "" for row in driver.show("SERVERS")), what="all leases returned")
    assert driver.psql("begin; select 1; commit").returncode == 0


STALLS = {
    "does not read": message(b"Q", b"select repeat('x', 1000) from generate_series(1, 200000)\0"),
    "leaves its group open": parse(b"", b"select 1") + bind(b"") + EXECUTE,
    "flushes and leaves its group open": parse(b"", b"select 1") + bind(b"") + EXECUTE + FLUSH,
    "leaves a message unfinished": parse(b"", b"select $1::text") + message(b"B", b"\0\0\0\0\0\1\0\0\x10\0" + b"x" * 0x100000)[:200],
}


@pytest.mark.parametrize("stall", STALLS, ids=lambda text: text.replace(" ", "-"))
def test_fewer_stalled_clients_than_connections_hold_nobody_up(start, cluster, stall):
    driver = start(cluster.conninfo, shared_connections=2, exclusive_connections=4)
    clients = [driver.raw() for _ in range(3)]
    for client in clients:
        client.sendall(startup() + STALLS[stall])
    until(lambda: sum(row["lease"] == "exclusive" for row in driver.show("SERVERS")) == 3, what="three leases of their own")
    with Bystander(driver) as bystander:
        until(lambda: bystander.turns > 50 or bystander.wrong, what="fifty turns")
    assert bystander.wrong == [] and bystander.longest < 2
    for client in clients:
        client.close()
    until(lambda: all(row["lease"] == "" for row in driver.show("SERVERS")), what="all leases returned")


@pytest.mark.parametrize("stall", STALLS, ids=lambda text: text.replace(" ", "-"))
def test_more_stalled_clients_than_connections_lose_theirs_to_those_who_wait(start, cluster, stall):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=2)
    clients = [driver.raw() for _ in range(4)]
    for client in clients:
        client.sendall(startup() + STALLS[stall])
    until(lambda: sum(row["lease"] == "exclusive" for row in driver.show("SERVERS")) == 3, what="every connection held up")
    with psycopg.connect(driver.conninfo(), autocommit=True) as waiter:
        began = time.monotonic()
        assert waiter.execute("select 1").fetchone() == (1,)
        assert time.monotonic() - began < 30
    assert "while others wait" in driver.log()
    for client in clients:
        client.close()


def test_a_group_that_waits_for_postgresql_without_a_sync_is_not_ended_for_others(start, cluster):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=1)
    flushed = b"select pg_sleep(9)::text"
    with driver.raw() as client, psycopg.connect(driver.conninfo(), autocommit=True) as waiter:
        client.settimeout(15)
        client.sendall(startup() + parse(b"", flushed) + bind(b"") + EXECUTE + FLUSH)
        until(lambda: cluster.sql(f"select count(*) from pg_stat_activity where query = '{flushed.decode()}'") == "1")
        waiter.pgconn.send_query(b"begin")
        waiter.pgconn.flush()
        until(lambda: any(row["state"] == "waiting" for row in driver.show("CLIENTS")), what="a client that waits")
        seen = b""
        while b"SELECT 1\0" not in seen:
            seen += client.recv(4096)
            assert seen and b"57P05" not in seen
        client.sendall(SYNC)
        assert waiter.pgconn.get_result().status == psycopg.pq.ExecStatus.COMMAND_OK
        assert waiter.pgconn.get_result() is None


def test_a_transaction_that_waits_for_its_client_is_never_ended_for_others(start, cluster):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=1, server_wait_timeout_ms=60000)
    with psycopg.connect(driver.conninfo(), autocommit=True) as holder, \
            psycopg.connect(driver.conninfo(), autocommit=True) as waiter:
        holder.execute("begin")
        waiter.pgconn.send_query(b"begin")
        waiter.pgconn.flush()
        until(lambda: any(c["state"] == "waiting" for c in driver.show("CLIENTS")), what="a waiting client")
        longest = time.monotonic() + 8
        until(lambda: time.monotonic() > longest, seconds=10, what="more than the limit of a stall")
        assert holder.execute("select 1").fetchone() == (1,)
        holder.execute("commit")
        assert waiter.pgconn.get_result().status == psycopg.pq.ExecStatus.COMMAND_OK
        assert waiter.pgconn.get_result() is None
