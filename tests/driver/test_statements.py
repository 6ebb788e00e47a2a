"""Prepared statements keep their meaning on every connection, and stay their client's own."""
import asyncio
import contextlib

import asyncpg
import psycopg
import pytest

from raw_messages import EXECUTE, SYNC, bind, describe, message, parse, query
from test_replies import begin, read_until, sqlstate, types

RUN = bind(b"s") + EXECUTE + SYNC
DESCRIBE_PORTAL = message(b"D", b"P\0")
PREPARE = {
    "the statement": parse(b"s", b"select a from retyped") + describe(b"s") + SYNC,
    "the portal": parse(b"s", b"select a from retyped") + bind(b"s") + DESCRIBE_PORTAL + EXECUTE + SYNC,
    "in a later group": (parse(b"s", b"select a from retyped") + SYNC, describe(b"s") + SYNC),
    "nothing but the columns' number": parse(b"s", b"select * from retyped") + bind(b"s") + DESCRIBE_PORTAL + SYNC,
}


@pytest.fixture
def retyped(cluster):
    cluster.sql("drop table if exists retyped; create table retyped (a int); insert into retyped values (1000000);"
                "grant all on retyped to public")


@contextlib.contextmanager
def elsewhere(driver):
    """While it lasts, all server connections that there were are busy."""
    with contextlib.ExitStack() as stack:
        for _ in driver.show("SERVERS"):
            stack.enter_context(psycopg.connect(driver.conninfo())).execute("select 1")
        yield


def send(client, parts):
    for part in parts if isinstance(parts, tuple) else (parts,):
        client.sendall(part)
        assert "E" not in types(read_until(client, b"Z"))


@pytest.mark.parametrize("told", PREPARE)
def test_a_statement_whose_description_has_changed_on_another_connection_is_refused(start, cluster, retyped, told):
    driver = start(cluster.conninfo)
    with begin(driver) as client:
        send(client, PREPARE[told])
        cluster.sql("alter table retyped alter a type real")
        with elsewhere(driver):
            for _ in range(3):
                client.sendall(bind(b"s") + EXECUTE + SYNC)
                replies = read_until(client, b"Z")
                assert types(replies) == "EZ"
                assert sqlstate(replies[0][1]) == "0A000" and b"RRevalidateCachedQuery\0" in replies[0][1]
            client.sendall(query(b"begin"))
            read_until(client, b"Z")
            client.sendall(bind(b"s") + EXECUTE + SYNC)
            replies = read_until(client, b"Z")
            assert types(replies) == "EZ" and replies[1][1] == b"E"  # the transaction has failed
            send(client, query(b"rollback"))
            client.sendall(message(b"C", b"Ss\0") + parse(b"s", b"select a from retyped") + describe(b"s") + RUN)
            assert types(read_until(client, b"Z")) == "31tT2DCZ"


@pytest.mark.parametrize("name", [b"s", b""], ids=["named", "unnamed"])
def test_a_statement_whose_description_is_the_same_elsewhere_runs_there(start, cluster, retyped, name):
    driver = start(cluster.conninfo)
    with begin(driver) as client:
        send(client, parse(name, b"select a from retyped") + describe(name) + SYNC)
        cluster.sql("drop table retyped; create table retyped (a int); insert into retyped values (7);"
                    "grant all on retyped to public")
        with elsewhere(driver):
            for _ in range(2):
                client.sendall(bind(name) + EXECUTE + SYNC)
                assert types(replies := read_until(client, b"Z")) == "2DCZ" and replies[1][1].endswith(b"7")


def test_a_write_whose_parameters_have_another_type_elsewhere_does_nothing(start, cluster, retyped):
    driver = start(cluster.conninfo)
    with begin(driver) as client:
        send(client, parse(b"s", b"insert into retyped values ($1)") + describe(b"s") + SYNC)
        cluster.sql("alter table retyped alter a type real")
        with elsewhere(driver):
            client.sendall(message(b"B", b"\0s\0\0\1\0\1\0\1\0\0\0\4\0\0\0\1\0\0") + EXECUTE + SYNC)
            assert types(read_until(client, b"Z")) == "EZ"
    assert cluster.sql("select count(*) from retyped") == "1"


def test_a_statement_that_cannot_be_prepared_elsewhere_fails_with_the_servers_own_error(start, cluster, retyped):
    driver = start(cluster.conninfo)
    with begin(driver) as client:
        send(client, PREPARE["the statement"])
        cluster.sql("drop table retyped")
        with elsewhere(driver):
            client.sendall(bind(b"s") + EXECUTE + SYNC + query(b"select 1"))
            assert sqlstate(read_until(client, b"Z")[0][1]) == "42P01"
            assert types(read_until(client, b"Z")) == "TDCZ"


def test_asyncpg_reads_what_it_was_told_or_prepares_again(start, cluster, retyped):
    driver = start(cluster.conninfo)

    async def run():
        connection = await asyncpg.connect(host=str(driver.folder), port=driver.port, user="code_analysis",
                                           database="code_analysis")
        try:
            assert await connection.fetchval("select a from retyped") == 1000000
            cluster.sql("alter table retyped alter a type real")
            with elsewhere(driver):
                value = await connection.fetchval("select a from retyped")
            assert value == 1000000.0 and isinstance(value, float)
        finally:
            await connection.close()

    asyncio.run(run())


# ---- names ----

def test_no_client_reaches_a_statement_of_another(start, cluster):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=1)
    with begin(driver) as owner, begin(driver) as other:
        send(owner, parse(b"mine", b"select 'mine'") + SYNC)
        send(other, parse(b"its own", b"select 1") + SYNC)
        other.sendall(query(b"select name from pg_prepared_statements where statement like '%mine%'"))
        name = next(body[6:] for kind, body in read_until(other, b"Z") if kind == b"D")
        assert len(name) > 25
        for guess in (name, b"ca_1", b"mine"):
            for group in (bind(guess) + EXECUTE + SYNC, describe(guess) + SYNC, query(b"execute \"" + guess + b"\""),
                          query(b"deallocate \"" + guess + b"\""), query(b"DEALLOCATE " + guess.upper()),
                          query(b"/**/ EXECUTE " + guess.upper()), query(b"explain execute " + guess),
                          parse(b"", b"deallocate " + guess) + bind(b"") + EXECUTE + SYNC):
                other.sendall(group)
                replies = read_until(other, b"Z")
                error = next(body for kind, body in replies if kind == b"E")
                assert sqlstate(error) == "26000", (group, error)
                assert guess.lower() in error.lower(), (group, error)
                assert "D" not in types(replies)
            other.sendall(message(b"C", b"S" + guess + b"\0") + SYNC)
            assert types(read_until(other, b"Z")) == "3Z"
        owner.sendall(bind(b"mine") + EXECUTE + SYNC)
        assert types(read_until(owner, b"Z")) == "2DCZ"


def test_statements_prepared_by_sql_can_be_used_by_protocol_and_by_sql(driver):
    with begin(driver) as client:
        send(client, query(b"prepare one as select 'one'"))
        client.sendall(bind(b"one") + EXECUTE + describe(b"one") + SYNC)
        assert types(read_until(client, b"Z")) == "2DCtTZ"
        client.sendall(query(b"execute one; deallocate one; discard all"))
        assert types(read_until(client, b"Z"))[-1] == "Z"
        client.sendall(query(b"prepare one as select 'one'") + query(b"execute one") + query(b"deallocate one"))
        assert [types(read_until(client, b"Z")) for _ in range(3)] == ["CZ", "TDCZ", "CZ"]


# ---- the unnamed statement, and names in errors ----

def test_the_unnamed_statement_of_another_client_is_out_of_reach(start, cluster):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=1)
    with begin(driver) as owner, begin(driver) as other:
        owner.sendall(parse(b"", b"select 'the owner''s'") + SYNC)
        read_until(owner, b"Z")
        for message_of_other in (bind(b"") + EXECUTE, describe(b"")):
            other.sendall(message_of_other + SYNC)
            answers = read_until(other, b"Z")
            assert types(answers) == "EZ" and b"unnamed prepared statement does not exist" in answers[0][1]
        owner.sendall(bind(b"") + EXECUTE + SYNC)
        assert types(read_until(owner, b"Z")) == "2DCZ"


def test_a_simple_query_destroys_the_unnamed_statement_wherever_it_runs(driver):
    with begin(driver) as client:
        client.sendall(parse(b"", b"select 1") + SYNC + query(b"select 2") + bind(b"") + EXECUTE + SYNC)
        assert types(read_until(client, b"Z")) == "1Z"
        assert types(read_until(client, b"Z")) == "TDCZ"
        assert types(read_until(client, b"Z")) == "EZ"


def test_an_error_names_a_statement_as_its_client_does(driver):
    with begin(driver) as client:
        client.sendall(parse(b"mine", b"select $1::int") + SYNC + parse(b"mine", b"select 2") + SYNC + bind(b"mine") + SYNC)
        read_until(client, b"Z")
        for expected in (b'prepared statement "mine" already exists', b'prepared statement "mine" requires 1'):
            answers = read_until(client, b"Z")
            assert types(answers) == "EZ" and expected in answers[0][1]
