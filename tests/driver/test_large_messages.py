"""Messages up to PostgreSQL's own limit pass through the driver in pieces."""
import pathlib
import struct

import psycopg
import pytest

from driver_process import until
from raw_messages import message, read_message, startup

MB = 1 << 20


def connect(driver):
    return psycopg.connect(driver.conninfo(), autocommit=True)


def peak_memory(driver):
    """Of the driver so far, in bytes."""
    status = pathlib.Path(f"/proc/{driver.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024


def test_a_query_of_300_mb_is_passed_on_as_it_comes(start, cluster):
    driver = start(cluster.conninfo)
    with driver.raw() as client, connect(driver) as other:
        client.settimeout(120)
        client.sendall(startup())
        while read_message(client)[0] != b"Z":
            pass
        text = b"select length('", b"'), 7\0"
        size = 300 * MB
        client.sendall(b"Q" + struct.pack("!I", 4 + sum(map(len, text)) + size) + text[0])
        for _ in range(300):
            client.sendall(b"x" * MB)
        client.sendall(text[1])
        replies = []
        while not replies or replies[-1][0] != b"Z":
            replies.append(read_message(client))
        assert [kind for kind, _ in replies] == [b"T", b"D", b"C", b"Z"], replies[0]
        assert str(size).encode() in replies[1][1]
        assert other.execute("select 1").fetchone() == (1,)
    assert peak_memory(driver) < 150 * MB
    until(lambda: all(row["lease"] == "" for row in driver.show("SERVERS")), what="the return of all connections")


@pytest.mark.parametrize("raised", ["notice", "exception"])
def test_an_error_or_notice_of_20_mb_reaches_the_client_and_its_session_goes_on(start, cluster, raised):
    driver = start(cluster.conninfo)
    with driver.raw() as client:
        client.settimeout(60)
        client.sendall(startup())
        while read_message(client)[0] != b"Z":
            pass
        client.sendall(message(b"Q", f"do $$ begin raise {raised} '%', repeat('x', {20 * MB}); end $$".encode() + b"\0"))
        replies = []
        while not replies or replies[-1][0] != b"Z":
            replies.append(read_message(client))
        assert [kind for kind, _ in replies] == ([b"N", b"C", b"Z"] if raised == "notice" else [b"E", b"Z"])
        assert replies[0][1].count(b"x") > 20 * MB - 1
        client.sendall(message(b"Q", b"select 1\0"))
        assert read_message(client)[0] == b"T"
    assert peak_memory(driver) < 100 * MB


def test_a_row_of_200_mb_passes_without_being_held_in_memory(start, cluster):
    driver = start(cluster.conninfo)
    with connect(driver) as one:
        assert one.execute("select length(v) from (select repeat('y', 200 * 1048576)) as t (v)").fetchone() == (200 * MB,)
        assert len(one.execute("select repeat('y', 200 * 1048576)").fetchone()[0]) == 200 * MB
    assert peak_memory(driver) < 100 * MB
