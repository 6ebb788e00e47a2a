"""Clients that listen: what the tests of LISTEN and of notifications share."""
import select
import time

import psycopg
import pytest


def connect(driver, **more):
    connection = psycopg.connect(driver.conninfo(**more), autocommit=True)
    connection.told = []
    connection.add_notice_handler(lambda told: connection.told.append(
        f"{told.severity_nonlocalized} {told.sqlstate} {told.message_primary}"))
    return connection


def heard(connection, count, seconds=10):
    """The next `count` notifications, as (channel, payload), by libpq alone: psycopg's execute() drops what it meets."""
    pgconn, list_, end = connection.pgconn, [], time.monotonic() + seconds
    while len(list_) < count:
        left = end - time.monotonic()
        assert left > 0, f"{len(list_)} of {count} notifications came"
        if notify := pgconn.notifies():
            list_.append((notify.relname.decode(), notify.extra.decode()))
            continue
        select.select([pgconn.socket], [], [], left)
        pgconn.consume_input()
    return list_


def nothing_more(connection, speaker, channel):
    """A last notification comes next: nothing stood before it."""
    speaker.execute("select pg_notify(%s, 'the last one')", (channel,))
    assert heard(connection, 1) == [(channel, "the last one")]


def ended_with(connection):
    """Severity, SQLSTATE and text of what ends an idle client: libpq gives it to who asked for notices."""
    with pytest.raises(psycopg.OperationalError):
        for _ in connection.notifies():
            pass
    return connection.told[-1]


def listeners_of(driver):
    return [row for row in driver.show("SERVERS") if row["lease"] == "listen"]


def stat(driver, name):
    return int(next(row["value"] for row in driver.show("STATS") if row["name"] == name))
