"""Every reply reaches the client that it is for, and every client gets all of its replies, whatever fails."""
import socket
import threading

import psycopg
import pytest

from driver_process import until
from raw_messages import EXECUTE, SYNC, bind, message, parse, query, read_message, startup


def begin(driver):
    """A raw client whose session has started."""
    client = driver.raw()
    client.sendall(startup())
    read_until(client, b"Z")
    return client


def read_until(client, kinds):
    """The messages up to the first whose type is in `kinds`, with it; ParameterStatus and notices are left out."""
    messages = []
    while not messages or messages[-1][0] not in kinds:
        kind, body = read_message(client)
        if kind not in (b"S", b"N"):
            messages.append((kind, body))
    return messages


def types(messages):
    return b"".join(kind for kind, _ in messages).decode()


def sqlstate(body):
    return next(field[1:] for field in body.split(b"\0") if field[:1] == b"C").decode()


class Asker(threading.Thread):
    """Asks for numbers of its own, and notes each answer that is not the one it asked for."""

    def __init__(self, driver, number):
        super().__init__()
        self.driver, self.number, self.stop, self.wrong, self.turns = driver, number * 10**6, threading.Event(), [], 0

    def run(self):
        try:
            with psycopg.connect(self.driver.conninfo(), autocommit=True, prepare_threshold=2) as connection:
                while not self.stop.is_set():
                    self.turns += 1
                    self.number += 1
                    row = connection.execute("select %s::int", (self.number,)).fetchone()
                    if row != (self.number,):
                        self.wrong.append((self.number, row))
        except Exception as error:  # noqa: BLE001
            self.wrong.append(repr(error))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.join(60)


def converse(client, steps, token=b"the end"):
    """Sends each step, and reads what it names; then what is left to read. The types and bodies of all replies."""
    replies = []
    for sent, awaited in steps:
        client.sendall(sent)
        replies += read_until(client, awaited) if awaited else []
    client.sendall(query(b"select '%s'" % token))
    while not any(token in body for kind, body in replies if kind == b"D"):
        replies += read_until(client, b"D")
    return replies + read_until(client, b"Z")


def direct(cluster):
    """A raw client of PostgreSQL itself, as the driver's role."""
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(10)
    client.connect(f"{cluster.socket_dir}/.s.PGSQL.5432")
    client.sendall(startup(b"code_analysis"))
    read_until(client, b"Z")
    return client


# ---- COPY whose Sync is sent before the data ----

COPY_DATA = message(b"d", b"1\n") + message(b"c") + SYNC


@pytest.fixture
def refusing(cluster):
    """Tables that take no row: `guarded` refuses before the first byte of data is read, `picky` while it is read."""
    cluster.sql("""
        create or replace function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
        create or replace function refuse_late() returns trigger language plpgsql as
            $$ begin perform pg_sleep(0.3); raise 'no'; end $$;
        drop table if exists guarded, late, picky, fine;
        create table late (a int);
        create trigger refuse before insert on late for each statement execute function refuse_late();
        create table fine (a int);
        create table guarded (a int);
        create trigger refuse before insert on guarded for each statement execute function refuse();
        create table picky (a int check (a > 1));
        grant all on guarded, late, picky, fine to public""")


def copy_once(client, table, waits, token):
    """The replies to a COPY of the extended protocol, and to a statement behind it that names `token`."""
    head = parse(b"", b"copy %s from stdin" % table) + bind(b"") + EXECUTE + SYNC
    if waits:
        return converse(client, [(head, b"GE"), (COPY_DATA, b"Z")], token)
    return converse(client, [(head + COPY_DATA, b"Z")], token)


@pytest.mark.parametrize("waits", [True, False], ids=["waits", "at once"])
@pytest.mark.parametrize("table", [b"guarded", b"picky"])
def test_a_copy_that_fails_after_its_sync_was_sent_leaves_others_their_answers(start, cluster, refusing, table, waits):
    driver = start(cluster.conninfo, shared_connections=2, exclusive_connections=2)
    askers = [Asker(driver, number) for number in range(1, 6)]
    for asker in askers:
        asker.start()
    with begin(driver) as client:
        for turn in range(300):
            replies = copy_once(client, table, waits, b"token-%d" % turn)
            # As PostgreSQL itself: `guarded` answers the Sync before the data, `picky` skips it.
            own = types(replies)
            assert own.count("E") == 1 and own.count("G") == 1 and own.count("D") == 1, own
            assert own.endswith("TDCZ") and own.count("Z") == (3 if table == b"guarded" else 2), own
    for asker in askers:
        asker.stop.set()
        asker.join(60)
    assert [wrong for asker in askers for wrong in asker.wrong] == []
    assert all(asker.turns > 0 for asker in askers)
    until(lambda: all(row["lease"] == "" for row in driver.show("SERVERS")), what="all leases returned")


def copy(table):
    return parse(b"", b"copy %s from stdin" % table) + bind(b"") + EXECUTE


ROW, DONE, GIVEN_UP = message(b"d", b"1\n"), message(b"c"), message(b"f", b"no\0")
BIG_ROW = message(b"d", b" " * 4000 + b"1\n")
FINE, TEXT = b"fine", b"copy %s from stdin"
SELECT = parse(b"", b"select 5") + bind(b"") + EXECUTE + SYNC
BEGIN, ROLLBACK = (query(b"begin"), b"Z"), (query(b"rollback"), b"Z")
COPIES = {
    "it succeeds": [(copy(FINE) + SYNC, b"G"), (ROW + DONE + SYNC, b"Z")],
    "all at once, another group behind": [
        (copy(FINE) + SYNC + ROW + DONE + SYNC + copy(FINE) + ROW + DONE + SYNC, b"")],
    "two Syncs within": [(copy(FINE) + SYNC + SYNC, b"G"), (ROW + SYNC + DONE + SYNC, b"Z")],
    "two Syncs within a failing one": [(copy(b"picky") + SYNC + SYNC + ROW + SYNC + DONE + SYNC, b"Z")],
    "two Syncs before a failing one has read": [(copy(b"guarded") + SYNC + SYNC + ROW + SYNC + DONE + SYNC, b"Z")],
    "it fails, and the client sends no data": [(copy(b"guarded") + SYNC, b"Z")],
    "it fails, and a group stands behind": [(copy(b"guarded") + SYNC + DONE + SYNC + SELECT, b"")],
    "it fails while it reads, and groups stand behind": [
        (copy(b"picky") + SYNC + ROW + DONE + SYNC + SELECT + query(b"select 6"), b"")],
    "the client gives up": [(copy(FINE) + SYNC, b"G"), (GIVEN_UP + SYNC, b"Z")],
    "the client gives up what has failed": [(copy(b"guarded") + SYNC, b"E"), (GIVEN_UP + SYNC, b"Z")],
    "a statement between the failure and its Sync": [(copy(b"picky") + SYNC, b"G"), (ROW + DONE, b"E"), (SELECT, b"Z")],
    "within a transaction": [BEGIN, (copy(b"guarded") + SYNC, b"G"), (ROW + DONE + SYNC, b"Z"), ROLLBACK],
    "within a transaction, while it reads": [BEGIN, (copy(b"picky") + SYNC, b"G"), (ROW + DONE + SYNC, b"Z"), ROLLBACK],
    "its error comes within a message of data": [
        (copy(b"late") + SYNC, b"G"), (BIG_ROW[:1000], b"E"), (BIG_ROW[1000:] + DONE + SYNC, b"Z")],
    "a Query comes before its error": [(copy(b"late") + SYNC, b"G"), (query(b"select 6"), b"")],
    "a group comes before its error": [(copy(b"late") + SYNC, b"G"), (SELECT, b"")],
    "a Query comes before the error of a Query": [(query(TEXT % b"late"), b"G"), (query(b"select 6"), b"")],
    "a group comes before the error of a Query": [(query(TEXT % b"late"), b"G"), (SELECT, b"")],
    "a statement that was to become a COPY": [
        (parse(b"a", b"select 5") + SYNC, b"Z"),
        (parse(b"", b"selec") + message(b"C", b"Sa\0") + parse(b"a", TEXT % FINE) + SYNC + bind(b"a") + EXECUTE + SYNC, b"Z")],
    "a COPY that was to become another statement": [
        (parse(b"a", TEXT % FINE) + SYNC, b"Z"),
        (parse(b"", b"selec") + message(b"C", b"Sa\0") + parse(b"a", b"select 5") + SYNC + bind(b"a") + EXECUTE, b"G"),
        (ROW + DONE + SYNC, b"Z")],
    "a COPY that becomes another statement": [
        (parse(b"a", TEXT % FINE) + SYNC, b"Z"),
        (message(b"C", b"Sa\0") + parse(b"a", b"select 5") + bind(b"a") + EXECUTE + SYNC, b"Z")],
    "no such table": [(copy(b"missing") + SYNC, b"Z"), (ROW + DONE + SYNC, b"Z")],
    "its group has failed before": [(parse(b"", b"selec"), b""), (bind(b"") + copy(FINE) + SYNC, b"Z")],
    "a COPY to the client": [(parse(b"", b"copy (select 7) to stdout") + bind(b"") + EXECUTE + SYNC, b"Z")],
    "its portal is executed in a later group": [
        BEGIN, (parse(b"", TEXT % FINE) + bind(b"") + SYNC, b"Z"), (EXECUTE + SYNC, b"GE"), (ROW + DONE + SYNC, b"Z"),
        ROLLBACK],
    "a Query": [(query(TEXT % FINE) + ROW + DONE + SYNC, b"Z")],
    "a Query and a Sync": [(query(TEXT % FINE) + SYNC, b"G"), (ROW + SYNC + DONE + SYNC, b"Z")],
    "a Query that fails and a Sync": [(query(TEXT % b"guarded") + SYNC, b"Z"), (DONE, b"")],
    "a Query of two that fails in the second": [
        (query(TEXT % FINE + b";" + TEXT % b"guarded") + ROW + DONE + SYNC + ROW + DONE + SYNC, b"Z")],
    "a Query of two that fails in the first": [
        (query(TEXT % b"guarded" + b";" + TEXT % FINE) + ROW + DONE + SYNC + ROW + DONE + SYNC, b"Z")],
}


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_is_answered_as_by_postgresql_wherever_its_syncs_stand(driver, cluster, refusing, name):
    with direct(cluster) as client:
        expected = converse(client, COPIES[name])
    for _ in range(5):
        with begin(driver) as client:
            assert converse(client, COPIES[name]) == expected
    until(lambda: all(row["lease"] == "" for row in driver.show("SERVERS")), what="all leases returned")


@pytest.mark.parametrize("begun", [query(TEXT % FINE), copy(FINE) + SYNC], ids=["a Query", "a group and its Sync"])
def test_a_copy_is_given_up_by_a_message_that_is_no_data(driver, refusing, begun):
    with begin(driver) as client:
        replies = converse(client, [(begun, b"G"), (query(b"select 6"), b"E")])
        assert b"COPY from stdin failed: unexpected message" in next(body for kind, body in replies if kind == b"E")
        assert [body[-1:] for kind, body in replies if kind == b"D"] == [b"6", b"d"]  # of the Query, and "the end"
    until(lambda: all(row["lease"] == "" for row in driver.show("SERVERS")), what="all leases returned")


@pytest.mark.parametrize("end", [b"", message(b"X")], ids=["vanishes", "Terminate"])
@pytest.mark.parametrize("table", [b"guarded", b"picky", b"fine"])
def test_a_client_that_goes_in_the_middle_of_a_copy_leaves_no_reply_to_others(start, cluster, refusing, table, end):
    driver = start(cluster.conninfo, shared_connections=2, exclusive_connections=2)
    sent = copy(table) + SYNC + ROW + DONE + SYNC
    with Asker(driver, 1) as one, Asker(driver, 2) as two:
        for turn in range(100):
            with begin(driver) as client:
                client.sendall(sent[:len(sent) - turn % 20] + end)
                if turn % 3 == 0:
                    read_until(client, b"GE")
    assert one.wrong == [] and two.wrong == []
    until(lambda: all(row["lease"] == "" for row in driver.show("SERVERS")), what="all leases returned")


# ---- replies that are due when a connection goes back ----

MALFORMED = {
    "Parse": message(b"P", b"name\0select 1\0\0\7"),
    "Bind": message(b"B", b"without an end"),
    "Query": message(b"Q", b"select 1\0more"),
    "Describe": message(b"D", b"Xname\0"),
    "Close": message(b"C", b"S"),
    "unknown": message(b"y"),
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_message_where_the_close_of_a_retired_statement_is_due_ends_only_its_sender(start, cluster, kind):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=1)
    with begin(driver) as innocent:
        for turn in range(20):
            with begin(driver) as client:
                client.sendall(parse(b"kept", b"select 1") + SYNC)
                assert types(read_until(client, b"Z")) == "1Z"
            until(lambda: len(driver.show("CLIENTS")) == 2, what="the end of the client that had prepared")
            with begin(driver) as client:
                client.sendall(MALFORMED[kind])
                with pytest.raises(EOFError):
                    while True:
                        read_message(client)
            innocent.sendall(query(b"select %d" % turn))
            assert types(read_until(innocent, b"Z")) == "TDCZ", (turn, driver.log())
    assert "asked" not in driver.log()


# ---- a transaction that PostgreSQL ends ----

ENDS = {
    "idle_in_transaction_session_timeout": (
        query(b"begin; set local idle_in_transaction_session_timeout = 50"), b""),
    "idle_session_timeout of a session with state": (query(b"set idle_session_timeout = 50"), b""),
    "pg_terminate_backend while idle": (query(b"begin"), b"terminate"),
    "pg_terminate_backend while a statement runs": (query(b"begin") + query(b"select pg_sleep(60)"), b"terminate"),
    "pg_terminate_backend of the client itself": (query(b"begin") + query(b"select pg_terminate_backend(pg_backend_pid())"), b""),
    "pg_terminate_backend of a session with state": (query(b"set work_mem = '1MB'"), b"terminate"),
}


def last_words(client, cluster, pid, how):
    """What the client reads up to the end of its connection, once PostgreSQL has ended its session."""
    sent, end = how
    client.sendall(sent)
    read_until(client, b"Z")
    if b"pg_sleep" in sent:
        until(lambda: cluster.sql(f"select 1 from pg_stat_activity where pid = {pid()} and query like '%pg_sleep%'"),
              what="the statement to run")
    if end:
        cluster.sql(f"select pg_terminate_backend({pid()})")
    replies = []
    with pytest.raises(EOFError):
        while True:
            replies.append(read_message(client))
    return replies


@pytest.mark.parametrize("how", ENDS)
def test_a_transaction_that_postgresql_ends_ends_with_postgresqls_own_words(start, cluster, how):
    with direct(cluster) as client:
        client.sendall(query(b"select pg_backend_pid()"))
        number = next(body[6:].decode() for kind, body in read_until(client, b"Z") if kind == b"D")
        expected = last_words(client, cluster, lambda: number, ENDS[how])
    assert types(expected).endswith("E")
    driver = start(cluster.conninfo)
    with begin(driver) as client:
        def pid():
            return next(row["pid"] for row in driver.show("SERVERS") if row["lease"] == "exclusive")
        assert last_words(client, cluster, pid, ENDS[how]) == expected
    assert driver.psql("select 1").stdout == "1\n"


# ---- long pipelines ----

@pytest.mark.parametrize("begins_at", [1, 31, 32, 33, 40])
@pytest.mark.parametrize("extended", [False, True])
def test_a_pipeline_that_gives_way_goes_on_wherever_it_begins_a_transaction(start, cluster, begins_at, extended):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=1)
    groups = [b"select %d" % number for number in range(1, 41)]
    groups[begins_at - 1] = b"begin"
    pipeline = b"".join(parse(b"", sql) + bind(b"") + EXECUTE + SYNC if extended else query(sql) for sql in groups)
    with Asker(driver, 1) as one, Asker(driver, 2) as two:
        for _ in range(10):
            with begin(driver) as client:
                client.sendall(pipeline + query(b"rollback"))
                answers = [types(read_until(client, b"Z")) for _ in range(41)]
                assert all(answer.endswith("CZ") for answer in answers), answers
    assert one.wrong == [] and two.wrong == [] and one.turns > 0
    until(lambda: all(row["lease"] == "" for row in driver.show("SERVERS")), what="all leases returned")


# ---- clients that send no more ----

LAST = {
    "a Query": (query(b"select pg_sleep(0.1)"), "TDCZ"),
    "a group": (parse(b"", b"select pg_sleep(0.1)") + bind(b"") + EXECUTE + SYNC, "12DCZ"),
    "several": (query(b"select 1") + query(b"select pg_sleep(0.1)") + query(b"selec"), "TDCZTDCZEZ"),
    "a transaction": (query(b"begin") + query(b"select pg_sleep(0.1)") + query(b"commit"), "CZTDCZCZ"),
    "an open transaction": (query(b"begin") + query(b"select pg_sleep(0.1)"), "CZTDCZ"),
    "session state": (query(b"set work_mem = '1MB'") + query(b"select pg_sleep(0.1)"), "CZTDCZ"),
    "a large answer": (query(b"select repeat('x', 1000) from generate_series(1, 20000)"), "T" + 20000 * "D" + "CZ"),
    "a LISTEN": (query(b"listen half"), "CZ"),
    "a COPY": (query(b"copy (select 1) to stdout"), "HdcCZ"),
}


@pytest.mark.parametrize("terminate", [b"", message(b"X")], ids=["", "and Terminate"])
@pytest.mark.parametrize("last", LAST)
def test_a_client_that_has_closed_its_sending_side_gets_its_answers(driver, last, terminate):
    sent, expected = LAST[last]
    for in_transaction in (False, True):
        with begin(driver) as client:
            if in_transaction:
                client.sendall(query(b"begin"))
                read_until(client, b"Z")
            client.sendall(sent + terminate)
            client.shutdown(socket.SHUT_WR)
            replies = []
            with pytest.raises(EOFError):
                while True:
                    replies.append(read_message(client))
            assert types(message for message in replies if message[0] not in b"SN")[-len(expected):] == expected
    until(lambda: all(row["lease"] == "" for row in driver.show("SERVERS")), what="all leases returned")


def test_a_half_closed_client_that_waits_for_a_connection_gets_its_answer(start, cluster):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=1)
    with begin(driver) as first, begin(driver) as second, begin(driver) as third:
        first.sendall(query(b"begin"))
        read_until(first, b"Z")
        second.sendall(query(b"begin"))
        second.shutdown(socket.SHUT_WR)
        third.sendall(query(b"begin"))
        until(lambda: sum(row["state"] == "waiting" for row in driver.show("CLIENTS")) == 2, what="two clients in the queue")
        third.close()  # not half, but wholly
        until(lambda: sum(row["state"] == "waiting" for row in driver.show("CLIENTS")) == 1, what="one client in the queue")
        first.sendall(query(b"rollback"))
        read_until(first, b"Z")
        assert types(read_until(second, b"Z")) == "CZ"
        with pytest.raises(EOFError):
            read_message(second)
    until(lambda: all(row["lease"] == "" for row in driver.show("SERVERS")), what="all leases returned")


def test_a_whole_session_sent_at_once_is_answered(driver):
    with driver.raw() as client:
        client.sendall(startup() + query(b"select 7") + message(b"X"))
        client.shutdown(socket.SHUT_WR)
        assert types(read_until(client, b"Z"))[-1] == "Z"
        assert types(read_until(client, b"Z")) == "TDCZ"
        with pytest.raises(EOFError):
            read_message(client)


def test_a_half_closed_client_of_the_console_gets_its_answer(driver):
    with driver.raw() as client:
        client.sendall(startup(database=b"driver") + query(b"show version"))
        client.shutdown(socket.SHUT_WR)
        read_until(client, b"Z")
        assert types(read_until(client, b"Z")) == "TDCZ"
        with pytest.raises(EOFError):
            read_message(client)
