"""The same random conversations directly with PostgreSQL and through the driver: the answers are the same bytes, but for the
differences that known.py lists. Many conversations run at once on few server connections, so that an answer that reaches the wrong
client, or state that one leaves to the next, is found.

    script/differential [CONVERSATIONS] [FIRST-SEED]
"""
import collections
import concurrent.futures

import pytest

from differential.comparing import difference
from differential.conversations import conversation
from driver_process import DriverProcess

LANES = 6   # more than there are exclusive connections: conversations wait for each other

REFUSE = """create function refuse() returns trigger language plpgsql as
$$ begin raise exception 'nothing goes in here'; end $$;"""
TABLES = """create table lane_{lane} (id int primary key, txt text);
create table lane_{lane}_guarded (id int, txt text);
create trigger guard before insert on lane_{lane}_guarded for each statement execute function refuse();"""


@pytest.fixture(scope="module")
def ends(program, cluster):
    """(socket, database) of PostgreSQL and of the driver; each has a database of its own with the same tables."""
    direct, behind = cluster.new_database(), cluster.new_database()
    for database in (direct, behind):
        database.sql("set role code_analysis;" + REFUSE + "".join(TABLES.format(lane=lane) for lane in range(LANES)))
    driver = DriverProcess(program, behind.conninfo, shared_connections=2, exclusive_connections=4)
    yield (cluster.socket_dir / ".s.PGSQL.5432", direct.name), (driver.path, "code_analysis")
    assert driver.stop() == 0, driver.log()
    driver.close()


def test_random_conversations_have_the_answers_of_postgresql(ends, request):
    first = request.config.getoption("--first-seed")
    count = request.config.getoption("--conversations")
    left_out = collections.Counter()
    played = [0] * LANES

    def play_lane(lane):
        found = []
        for seed in range(first, first + count):
            talk = conversation(seed, LANES)
            if talk.lane != lane:
                continue
            played[lane] += 1
            if differs := difference(ends, talk, left_out):
                found.append(differs)
                if len(found) >= 3:
                    break
        return found

    with concurrent.futures.ThreadPoolExecutor(LANES) as lanes:
        found = [text for texts in lanes.map(play_lane, range(LANES)) for text in texts]
    print(f"played {sum(played)} conversations; left out: {dict(left_out)}")
    if found:
        pytest.fail("\n\n".join(found), pytrace=False)
    assert left_out.total() <= sum(played) * 0.6, f"too many are left out: {dict(left_out)}"
