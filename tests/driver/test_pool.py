"""How many server connections there are, and for how long."""
import psycopg

from driver_process import until


def connect(driver):
    return psycopg.connect(driver.conninfo(), autocommit=True)


def begin(driver, count):
    """`count` clients that have sent BEGIN at once."""
    clients = [connect(driver) for _ in range(count)]
    for one in clients:
        one.pgconn.send_query(b"begin")
        one.pgconn.flush()
    return clients


def close(clients):
    for one in clients:
        one.close()


def made(driver):
    return int({row["name"]: row["value"] for row in driver.show("STATS")}["connections_made"])


def test_no_more_connections_are_opened_than_can_be_lent(start, cluster):
    driver = start(cluster.conninfo, shared_connections=8, exclusive_connections=2)
    clients = begin(driver, 7)
    until(lambda: driver.show("POOLS")[1]["leased"] == "2", what="both exclusive leases")
    for one in clients:  # each in turn leaves to the next one what it had
        until(lambda: int(driver.show("POOLS")[1]["leased"]) + int(driver.show("POOLS")[1]["waiting"]) > 0)
        one.close()
    assert made(driver) <= 3  # a transaction that ends by its client's end costs none
    assert len(driver.show("SERVERS")) <= 2


def test_bulk_requests_beyond_their_part_open_no_connections(start, cluster):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=4)
    clients = [psycopg.connect(driver.conninfo(options="'-c code_analysis.priority=bulk'"), autocommit=True) for _ in range(6)]
    for one in clients:
        one.pgconn.send_query(b"begin")
        one.pgconn.flush()
    until(lambda: driver.show("POOLS")[1]["leased"] == "3", what="three quarters of the limit")
    assert len(driver.show("SERVERS")) == 3
    close(clients)


def test_idle_connections_beyond_the_first_are_closed(start, cluster):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=4, server_idle_timeout_ms=700)
    clients = begin(driver, 4)
    until(lambda: len(driver.show("SERVERS")) == 4, what="four connections")
    for one in clients:
        while one.pgconn.get_result():
            pass
        one.execute("commit")
    until(lambda: len(driver.show("SERVERS")) == 1, seconds=5, what="the end of three")
    assert int(cluster.sql("select count(*) from pg_stat_activity where application_name = 'code-analysis driver'")) >= 1
    assert clients[0].execute("select 1").fetchone() == (1,)
    close(clients)


def test_a_connection_is_replaced_after_its_lifetime_between_two_users_only(start, cluster):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=1, server_lifetime_ms=600)
    pid = "select pg_backend_pid()"
    with connect(driver) as one:
        first = one.execute(pid).fetchone()
        until(lambda: made(driver) >= 2, seconds=5, what="the replacement of an idle connection")
        assert one.execute(pid).fetchone() != first
        one.execute("begin")
        mine = one.execute(pid).fetchone()
        before = made(driver)
        one.execute("select pg_sleep(1)")
        assert one.execute(pid).fetchone() == mine
        one.execute("commit")
        assert one.execute(pid).fetchone() != mine
        assert made(driver) == before + 1


def test_limits_of_zero_keep_connections(start, cluster):
    driver = start(cluster.conninfo, server_lifetime_ms=0, server_idle_timeout_ms=0)
    clients = begin(driver, 3)
    until(lambda: len(driver.show("SERVERS")) == 3, what="three connections")
    before = made(driver)
    for one in clients:
        while one.pgconn.get_result():
            pass
        one.execute("commit")
    clients[0].execute("select pg_sleep(1)")
    assert made(driver) == before
    close(clients)
