"""A simple query before the Sync of a batch of the extended protocol, as asyncpg sends it: each conversation has the answers that
PostgreSQL gives."""
import socket

import psycopg
import pytest

from driver_process import until
from raw_messages import EXECUTE, FLUSH, SYNC, bind, describe, message, parse, query, read_message, startup

PREPARE = parse(b"a", b"select 'prepared'") + describe(b"a") + FLUSH
WRONG = parse(b"b", b"selekt") + FLUSH
COPY = query(b"copy mixed from stdin") + message(b"d", b"1\n") + message(b"c")

# What is sent, and the type of the message that is awaited then.
CONVERSATIONS = {
    "query behind a prepare": [(PREPARE, b"T"), (query(b"select 2"), b"Z"), (bind(b"a") + EXECUTE + SYNC, b"Z")],
    "in one piece": [(PREPARE + query(b"select 2") + bind(b"a") + EXECUTE + SYNC, b"Z"), (b"", b"Z")],
    "copy behind a prepare": [(PREPARE, b"T"), (COPY, b"Z"), (query(b"select count(*) from mixed"), b"Z")],
    "query that fails": [(PREPARE, b"T"), (query(b"select 1 / 0"), b"Z"), (bind(b"a") + EXECUTE + SYNC, b"Z")],
    "query behind a batch that failed": [(WRONG, b"E"), (query(b"insert into mixed values (7)") + SYNC, b"Z"),
                                         (query(b"select count(*) from mixed where a = 7"), b"Z")],
    "all of that in one piece": [(WRONG + query(b"insert into mixed values (7)") + SYNC, b"Z"),
                                 (query(b"select count(*) from mixed where a = 7"), b"Z")],
    "behind a batch that is answered still": [(parse(b"c", b"select pg_sleep(0.05)") + bind(b"c") + EXECUTE + SYNC + PREPARE +
                                               query(b"select 2"), b"Z"), (b"", b"Z")],
    "in a transaction": [(query(b"begin"), b"Z"), (PREPARE + bind(b"a") + EXECUTE + FLUSH, b"C"), (query(b"select 2"), b"Z"),
                         (SYNC, b"Z"), (query(b"rollback"), b"Z")],
    "failed in a transaction": [(query(b"begin"), b"Z"), (WRONG, b"E"), (query(b"select 2") + SYNC, b"Z"),
                                (query(b"select 3"), b"Z"), (query(b"rollback"), b"Z")],
    "rolled back in the batch": [(query(b"begin"), b"Z"), (parse(b"", b"rollback") + bind(b"") + EXECUTE + FLUSH, b"C"), (SYNC, b"Z"),
                                 (PREPARE, b"T"), (query(b"select 2"), b"Z")],
}


def connect(path):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(10)
    client.connect(path)
    client.sendall(startup())
    while read_message(client)[0] != b"Z":
        pass
    return client


def converse(path, steps):
    answers = []
    with connect(path) as client:
        for sent, awaited in steps:
            client.sendall(sent)
            while True:
                answers.append(read_message(client))
                if answers[-1][0] == awaited:
                    break
    return answers


@pytest.fixture(scope="module")
def table(cluster):
    cluster.sql("create table mixed (a int); grant all on mixed to public; create role hostile login in role code_analysis")


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_a_query_before_its_sync_is_answered_as_by_postgresql(driver, cluster, table, name):
    direct = str(cluster.socket_dir / ".s.PGSQL.5432")
    answers = []
    for path in (direct, str(driver.path)):
        cluster.sql("truncate mixed")
        answers.append(converse(path, CONVERSATIONS[name]))
    assert answers[0] == answers[1]


def test_clients_that_prepared_and_went_idle_hold_no_connection_up(start, cluster, table):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=2)
    clients = [connect(str(driver.path)) for _ in range(6)]
    for client in clients:  # more than there are connections: each gives way to the next one
        client.sendall(PREPARE)
        while read_message(client)[0] != b"T":
            pass
    with psycopg.connect(driver.conninfo()) as other:
        assert other.execute("select 1").fetchone() == (1,)
    for client, sent in zip(clients, [query(b"select 2"), SYNC, bind(b"a") + EXECUTE + SYNC] * 2):
        client.sendall(sent)
        answers = b""
        while not answers.endswith(b"Z"):
            answers += read_message(client)[0]
        assert answers == {query(b"select 2"): b"TDCZ", SYNC: b"Z"}.get(sent, b"2DCZ")
        client.close()


def test_a_batch_that_was_refused_stays_refused_while_it_gives_way(start, cluster, table):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=1)
    with connect(str(driver.path)) as client:
        client.sendall(parse(b"", b"select currval('none')") + FLUSH)
        until(lambda: any(row["lease"] == "exclusive" for row in driver.show("SERVERS")), what="the batch has a connection")
        with psycopg.connect(driver.conninfo()) as other:
            assert other.execute("select 1").fetchone() == (1,)
            answer = read_message(client)
            assert answer[0] == b"E" and b"C0A000\0" in answer[1]
            client.sendall(bind(b"") + EXECUTE + SYNC)
            assert read_message(client)[0] == b"Z"


def test_a_query_between_an_execute_and_its_sync_is_refused(driver):
    """PostgreSQL runs both in one transaction; a Sync put in between would commit the first one by itself."""
    with connect(str(driver.path)) as client:
        client.sendall(parse(b"", b"select 1") + bind(b"") + EXECUTE + query(b"select 2"))
        answer = read_message(client)
        while answer[0] != b"E":
            answer = read_message(client)
        assert b"C0A000\0" in answer[1] and b"Send Sync before it" in answer[1]
        with pytest.raises(EOFError):
            read_message(client)
