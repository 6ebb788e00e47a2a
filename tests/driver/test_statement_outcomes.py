"""A statement is prepared, closed or dropped once PostgreSQL has said so, and not when the message was sent."""
import contextlib

import psycopg
import pytest

from raw_messages import EXECUTE, SYNC, bind, describe, message, parse, query
from test_replies import begin, converse, direct, read_until, types

S1, S2 = parse(b"s", b"select 1"), parse(b"s", b"select 2")
RUN, RUN_UNNAMED = bind(b"s") + EXECUTE + SYNC, bind(b"") + EXECUTE + SYNC
CLOSE, BAD = message(b"C", b"Ss\0"), bind(b"missing")
SENT_AT_ONCE = {
    "DISCARD ALL before a new name": query(b"discard all") + S1 + RUN,
    "DISCARD ALL before a name that was taken": S1 + RUN + query(b"discard all") + S2 + RUN,
    "DEALLOCATE ALL before a name that was taken": S1 + SYNC + query(b"deallocate all") + S2 + RUN + RUN,
    "DEALLOCATE ALL of the extended protocol": (
        S1 + SYNC + parse(b"", b"deallocate all") + bind(b"") + EXECUTE + S2 + RUN + RUN),
    "DISCARD ALL, and nothing prepared again": S1 + SYNC + query(b"discard all") + RUN,
    "a Parse that fails, then one that succeeds": parse(b"s", b"selec") + SYNC + S1 + SYNC + RUN,
    "a Parse that is skipped, then one that succeeds": BAD + S1 + SYNC + S2 + SYNC + RUN,
    "a Parse that succeeds, then one that is skipped": S1 + SYNC + BAD + S2 + SYNC + RUN,
    "a name that is taken": S1 + SYNC + S2 + SYNC + RUN,
    "a Close that is skipped": S1 + SYNC + BAD + CLOSE + SYNC + RUN,
    "a Close and a new Parse": S1 + SYNC + CLOSE + S2 + RUN + RUN,
    "a Close and a new Parse that are skipped": S1 + SYNC + BAD + CLOSE + S2 + SYNC + RUN,
    "a Close, and nothing prepared again": S1 + SYNC + CLOSE + RUN,
    "Describe of a closed one": S1 + SYNC + CLOSE + describe(b"s") + SYNC,
    "Close twice": S1 + SYNC + CLOSE + CLOSE + S1 + CLOSE + SYNC + RUN,
    "an unnamed Parse that fails": parse(b"", b"select 1") + SYNC + parse(b"", b"selec") + SYNC + RUN_UNNAMED,
    "an unnamed Parse that is skipped": (
        parse(b"", b"select 1") + SYNC + parse(b"t", b"selec") + parse(b"", b"select 2") + parse(b"", b"select 3") + SYNC +
        RUN_UNNAMED),
    "no unnamed statement": RUN_UNNAMED + describe(b"") + SYNC,
    "a closed unnamed statement": parse(b"", b"select 1") + message(b"C", b"S\0") + RUN_UNNAMED,
    "names that are unknown": RUN + describe(b"s") + SYNC + CLOSE + SYNC,
    "DEALLOCATE in a failed transaction": (
        S1 + SYNC + query(b"begin") + query(b"selec") + query(b"deallocate s") + query(b"rollback") + RUN),
    "DEALLOCATE": S1 + SYNC + query(b"deallocate s") + RUN,
    "DEALLOCATE of the extended protocol in a failed transaction": (
        S1 + SYNC + query(b"begin") + query(b"selec") + parse(b"", b"deallocate s") + bind(b"") + EXECUTE + SYNC +
        query(b"rollback") + RUN),
}


@contextlib.contextmanager
def leftovers(driver):
    """Each server connection has the unnamed statement of a client that lives on."""
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            other = stack.enter_context(psycopg.connect(driver.conninfo()))
            other.execute("select 'of another client', %s::int", (1,))
        yield


@pytest.mark.parametrize("step_by_step", [False, True], ids=["at once", "step by step"])
@pytest.mark.parametrize("name", SENT_AT_ONCE)
def test_statements_are_what_postgresql_made_of_them(driver, cluster, name, step_by_step):
    sent = SENT_AT_ONCE[name]
    if step_by_step:
        groups = [group + SYNC for group in sent.split(SYNC)[:-1]]
        steps = [(part, b"Z") for group in groups for part in cut_queries(group)]
    else:
        steps = [(sent, b"")]
    with direct(cluster) as client:
        expected = essence(converse(client, steps))
    with leftovers(driver):
        pass
    for _ in range(3):
        with begin(driver) as client:
            assert essence(converse(client, steps)) == expected


def essence(replies):
    """Without the places in PostgreSQL's source that errors name."""
    return [(kind, [field for field in body.split(b"\0") if field[:1] not in b"FLR"] if kind == b"E" else body)
            for kind, body in replies]


def cut_queries(group):
    """Each Query at the front of a group by itself, then the rest."""
    while group[:1] == b"Q":
        length = 1 + int.from_bytes(group[1:5], "big")
        yield group[:length]
        group = group[length:]
    if group != SYNC:
        yield group


@pytest.mark.parametrize("name", [b"s", b""], ids=["named", "unnamed"])
def test_a_statement_whose_preparing_failed_with_its_group_is_prepared_again_for_the_next(start, cluster, name):
    driver = start(cluster.conninfo)
    with begin(driver) as client:
        client.sendall(parse(name, b"select 'mine'") + SYNC)
        assert types(read_until(client, b"Z")) == "1Z"
        with contextlib.ExitStack() as stack:
            for _ in driver.show("SERVERS"):
                other = stack.enter_context(psycopg.connect(driver.conninfo()))
                other.execute("select 'not mine', %s::int", (1,))
            run = bind(name) + EXECUTE + SYNC
            client.sendall(BAD + run + run + run)
            assert types(read_until(client, b"Z")) == "EZ"
            for _ in range(2):
                replies = read_until(client, b"Z")
                assert types(replies) == "2DCZ" and b"mine" in replies[1][1] and b"not" not in replies[1][1]
