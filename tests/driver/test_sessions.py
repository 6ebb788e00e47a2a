"""Session state never reaches another client, and what cannot work is refused with its SQLSTATE."""
import os
import pwd
import socket
import struct
import subprocess

import psycopg
import pytest

from driver_process import until


def connect(driver, database="code_analysis", **more):
    return psycopg.connect(driver.conninfo(database, **more), autocommit=True)


def sqlstate_of_connect(driver, **more):
    """The FATAL that a connection attempt ends with, by the raw protocol (libpq tells no SQLSTATE)."""
    parameters = {"user": "u", "database": "code_analysis", **more}
    body = struct.pack("!I", 3 << 16)
    for name, value in parameters.items():
        body += name.encode() + b"\0" + value.encode() + b"\0"
    body += b"\0"
    with driver.raw() as client:
        client.sendall(struct.pack("!I", len(body) + 4) + body)
        reply = client.recv(4096)
    assert reply[:1] == b"E", reply
    fields = {field[:1]: field[1:] for field in reply[5:].split(b"\0") if field}
    assert fields[b"V"] == b"FATAL"
    return fields[b"C"].decode()


def leases(driver):
    return [row["lease"] for row in driver.show("SERVERS") if row["lease"]]


STATES = [
    ("set search_path to pg_catalog", "show search_path", "setting"),
    ("select set_config('work_mem', '77MB', false)", "show work_mem", "setting"),
    ("create temp table private_to_one (a int)", "select count(*) from pg_class where relname = 'private_to_one' "
     "and pg_table_is_visible(oid)", "temporary"),
    ("prepare by_sql as select 1", "select count(*) from pg_prepared_statements where name = 'by_sql'", "prepared"),
    ("select pg_advisory_lock(42)", "select count(*) from pg_locks where locktype = 'advisory' and pid = "
     "pg_backend_pid()", "lock"),
    ("begin; listen something; commit", "select count(*) from pg_listening_channels()", "listen"),
    ("set role pg_read_all_stats", "select current_user", "role"),
]


@pytest.mark.parametrize("make,look,name", STATES, ids=[state[2] + str(i) for i, state in enumerate(STATES)])
def test_session_state_stays_with_its_client_and_is_undone_behind_it(start, cluster, make, look, name):
    cluster.sql("grant pg_read_all_stats to code_analysis")
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=2)
    with connect(driver) as other:
        clean = other.execute(look).fetchone()
        one = connect(driver)
        one.execute(make)
        dirty = one.execute(look).fetchone()
        assert dirty != clean
        assert [c["session_state"] for c in driver.show("CLIENTS") if c["session_state"]] == [name]
        for _ in range(5):
            assert other.execute(look).fetchone() == clean
            assert one.execute(look).fetchone() == dirty
        one.close()
        until(lambda: leases(driver) == [], what="the connection's return")
        for _ in range(5):
            assert other.execute(look).fetchone() == clean
            with other.transaction():
                assert other.execute(look).fetchone() == clean


def test_discard_all_gives_the_connection_back(driver):
    with connect(driver) as connection:
        connection.execute("set work_mem to '9MB'")
        assert leases(driver) == ["exclusive"]
        connection.execute("discard all")
        assert leases(driver) == []
        assert connection.execute("show work_mem").fetchone() != ("9MB",)


def test_settings_given_at_start_hold_for_the_session_and_no_longer(driver):
    with connect(driver, options="'-c work_mem=7MB -c search_path=pg_catalog,public'") as connection:
        assert connection.execute("show work_mem").fetchone() == ("7MB",)
        assert connection.execute("show search_path").fetchone() == ("pg_catalog,public",)
        connection.execute("discard all")
        assert connection.execute("show work_mem").fetchone() == ("7MB",)
    until(lambda: leases(driver) == [], what="the connection's return")
    assert driver.psql("show work_mem").stdout != "7MB\n"


def test_a_setting_at_start_that_postgresql_refuses_ends_the_session_with_the_reason(driver):
    with pytest.raises(psycopg.Error, match="work_mem"):
        with connect(driver, options="'-c work_mem=many'") as connection:
            connection.execute("select 1")


def test_common_start_up_settings_need_no_connection_of_their_own(driver):
    with connect(driver, client_encoding="utf8", application_name="mine") as connection:
        assert connection.execute("select 1").fetchone() == (1,)
        mine = [c for c in driver.show("CLIENTS") if c["application_name"] == "mine"]
        assert mine[0]["session_state"] == "" and mine[0]["server_pid"] == ""
        assert connection.info.parameter_status("application_name") == "mine"


def test_the_priority_of_pgoptions_is_the_clients_class(driver):
    with connect(driver, options="'-c code_analysis.priority=bulk'", application_name="heavy") as connection:
        connection.execute("select 1")
        row = [c for c in driver.show("CLIENTS") if c["application_name"] == "heavy"][0]
        assert row["priority"] == "bulk" and row["session_state"] == ""
    assert sqlstate_of_connect(driver, options="-c code_analysis.priority=urgent") == "22023"


def test_currval_and_lastval_outside_a_transaction_are_refused_and_work_inside_one(driver):
    with connect(driver) as connection:
        connection.execute("create table if not exists numbered (id serial primary key)")
        connection.execute("insert into numbered default values")
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            connection.execute("select lastval()")
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            connection.execute("select currval(%s)", ("numbered_id_seq",))
        with connection.transaction():
            number = connection.execute("insert into numbered default values returning id").fetchone()
            assert connection.execute("select lastval()").fetchone() == number


def test_a_transaction_has_its_connection_to_itself_and_others_go_on(start, cluster):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=1)
    with connect(driver) as one, connect(driver) as other:
        one.execute("begin")
        pid = one.execute("select pg_backend_pid()").fetchone()
        for _ in range(5):
            assert other.execute("select pg_backend_pid()").fetchone() != pid
            assert one.execute("select pg_backend_pid()").fetchone() == pid
        one.execute("commit")
        assert leases(driver) == []


def test_a_client_that_vanishes_in_a_transaction_is_rolled_back(start, cluster):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=1)
    driver.psql("create table if not exists vanished (a int)")
    one = connect(driver)
    one.execute("begin")
    one.execute("insert into vanished values (1)")
    one.execute("lock table vanished in access exclusive mode")
    os.close(one.pgconn.socket)  # no Terminate: as a process that was killed
    assert driver.psql("select count(*) from vanished").stdout == "0\n"
    until(lambda: leases(driver) == [], what="the connection's return")


def test_a_client_that_vanishes_while_its_transaction_waits_for_a_lock_frees_its_own(start, cluster):
    driver = start(cluster.conninfo, shared_connections=2, exclusive_connections=3)
    driver.psql("create table if not exists locked (a int)")
    with connect(driver) as holder:
        holder.execute("begin")
        holder.execute("lock table locked in access exclusive mode")
        one = connect(driver)
        one.execute("begin")
        one.pgconn.send_query(b"insert into locked values (1)")
        one.pgconn.flush()
        waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
        until(lambda: cluster.sql(waiting) == "1", what="a backend that waits for a lock")
        os.close(one.pgconn.socket)
        until(lambda: cluster.sql(waiting) == "0", what="the end of that backend's wait")
        holder.execute("rollback")


def test_a_statement_outside_a_transaction_is_finished_though_its_client_has_gone(driver, cluster):
    driver.psql("create table if not exists finished (a int)")
    driver.psql("truncate finished")
    with psycopg.connect(cluster.conninfo) as direct:
        direct.execute("lock table finished in share mode")
        one = connect(driver)
        one.pgconn.send_query(b"insert into finished values (1)")
        one.pgconn.flush()
        until(lambda: cluster.sql("select count(*) from pg_stat_activity where wait_event_type = 'Lock'") == "1",
              what="the statement's wait for the lock")
        one.close()
    until(lambda: driver.psql("select count(*) from finished").stdout == "1\n", what="the row")


GARBAGE = [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\x00" * 64,
           b"\xff" * 64, struct.pack("!II", 8, 2 << 16), struct.pack("!II", 10001, 3 << 16)]


@pytest.mark.parametrize("bytes_sent", GARBAGE)
def test_garbage_instead_of_a_startup_packet_costs_its_own_connection_only(driver, bytes_sent):
    with connect(driver) as other, driver.raw() as client:
        client.sendall(bytes_sent)
        assert client.recv(4096)[:1] == b"E"
        assert client.recv(4096) == b""
        assert other.execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize("bytes_sent", [b"?garbage", b"Q\0\0\0\3", b"Q\0\0\0\x05x", b"P\0\0\0\x06ab", b"p\0\0\0\x05\0",
                                        b"D\0\0\0\x06X\0", b"Q\x7f\xff\xff\xff", b"F\0\0\0\x08\0\0\0\0"])
def test_garbage_after_the_start_costs_its_own_connection_only(driver, bytes_sent):
    with connect(driver) as victim, connect(driver) as other:
        with socket.socket(fileno=os.dup(victim.pgconn.socket)) as client:
            client.setblocking(True)
            client.settimeout(10)
            client.sendall(bytes_sent)
            reply = client.recv(4096)
            assert reply[:1] in (b"E", b""), reply
        assert other.execute("select 1").fetchone() == (1,)
    until(lambda: leases(driver) == [], what="all leases returned")


def test_requests_for_encryption_are_declined_and_a_newer_protocol_is_negotiated(driver):
    with driver.raw() as client:
        client.sendall(struct.pack("!II", 8, 80877103))
        assert client.recv(1) == b"N"
        client.sendall(struct.pack("!II", 8, 80877104))
        assert client.recv(1) == b"N"
        body = struct.pack("!I", (3 << 16) + 2) + b"user\0u\0database\0code_analysis\0_pq_.option\0x\0\0"
        client.sendall(struct.pack("!I", len(body) + 4) + body)
        reply = client.recv(4096)
        assert reply[:1] == b"v" and b"_pq_.option" in reply


def test_a_start_up_that_comes_byte_by_byte_is_served(driver):
    body = struct.pack("!I", 3 << 16) + b"user\0u\0database\0code_analysis\0\0"
    packet = struct.pack("!I", len(body) + 4) + body + b"Q\0\0\0\x0dselect 1\0" + b"X\0\0\0\4"
    with driver.raw() as client:
        for at in range(len(packet)):
            client.sendall(packet[at:at + 1])
        reply = b""
        while chunk := client.recv(65536):
            reply += chunk
        assert b"SELECT 1" in reply


def test_what_cannot_be_served_is_refused_with_its_sqlstate(driver):
    assert sqlstate_of_connect(driver, database="other") == "3D000"
    assert sqlstate_of_connect(driver, replication="true") == "0A000"
    assert sqlstate_of_connect(driver, replication="database") == "0A000"
    assert sqlstate_of_connect(driver, options="-S 64") == "22023"


def test_beyond_max_clients_a_client_is_told_53300_and_a_freed_place_is_given_again(start, cluster):
    driver = start(cluster.conninfo, max_clients=3)
    clients = [connect(driver) for _ in range(3)]
    assert sqlstate_of_connect(driver) == "53300"
    clients.pop().close()

    def let_in():  # the driver may not have seen the end of the one that left yet
        try:
            clients.append(connect(driver))
        except psycopg.OperationalError:
            return False
        return True
    until(let_in, what="a free place")
    for client in clients:
        client.close()


def test_the_console_and_cancel_requests_are_served_while_all_places_are_taken(start, cluster):
    driver = start(cluster.conninfo, max_clients=2)
    with connect(driver) as first, connect(driver) as second:
        assert sqlstate_of_connect(driver) == "53300"
        assert len(driver.show("CLIENTS")) == 3  # the console itself is one
        first.pgconn.send_query(b"select pg_sleep(20)")
        first.pgconn.flush()
        until(lambda: any(row["state"] == "active" for row in driver.show("CLIENTS")), what="the statement")
        first.cancel()
        assert first.pgconn.get_result().error_field(psycopg.pq.DiagnosticField.SQLSTATE) == b"57014"
        assert first.pgconn.get_result() is None
        assert second.execute("select 1").fetchone() == (1,)


def test_clients_that_send_no_startup_packet_take_no_place_from_others(start, cluster):
    driver = start(cluster.conninfo, max_clients=2)
    silent = [driver.raw() for _ in range(60)]
    with connect(driver) as first, connect(driver) as second:
        silent += [driver.raw() for _ in range(60)]
        assert driver.show("VERSION")
        assert sqlstate_of_connect(driver) == "53300"
        assert first.execute("select 1").fetchone() == second.execute("select 1").fetchone()
    assert b"53300" in silent[0].recv(4096)  # the oldest gave way
    for one in silent:
        one.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_a_user_who_is_not_admitted_gets_28000_and_an_admitted_one_is_served(start, cluster):
    nobody = pwd.getpwnam("nobody")

    def psql_as_nobody(driver):
        def drop():
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)
        return subprocess.run(["psql", "-XqtA", "-h", driver.folder, "-U", "x", "-d", "code_analysis", "-c", "select 1"],
                              capture_output=True, text=True, preexec_fn=drop, cwd="/")

    closed = start(cluster.conninfo, max_clients=1)
    with connect(closed) as connection:  # the only place is taken: a stranger is told of his uid all the same
        refused = psql_as_nobody(closed)
        assert refused.returncode == 2 and "not admitted" in refused.stderr
        assert connection.execute("select 1").fetchone() == (1,)
    opened = start(cluster.conninfo, allow_uids=[nobody.pw_uid])
    assert psql_as_nobody(opened).stdout == "1\n"


def test_statements_beyond_queue_limit_get_53300_and_the_session_goes_on(start, cluster):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=1, queue_limit=1)
    with connect(driver) as holder, connect(driver) as first, connect(driver) as second:
        holder.execute("begin")
        first.pgconn.send_query(b"begin")
        first.pgconn.flush()
        until(lambda: any(c["state"] == "waiting" for c in driver.show("CLIENTS")), what="a waiting client")
        with pytest.raises(psycopg.errors.TooManyConnections):
            second.execute("begin")
        with pytest.raises(psycopg.errors.TooManyConnections):
            second.pgconn.prepare(b"a", b"begin")
            second.execute("begin", prepare=True)
        assert second.execute("select 1").fetchone() == (1,)
        holder.execute("commit")
        assert first.pgconn.get_result().status == psycopg.pq.ExecStatus.COMMAND_OK
        assert first.pgconn.get_result() is None


def test_the_console_shows_what_there_is_and_refuses_the_rest(driver):
    assert {row["pool"] for row in driver.show("POOLS")} == {"shared", "exclusive"}
    for what in ("CLIENTS", "SERVERS", "STATS", "CONFIG", "HELP", "VERSION"):
        assert driver.show(what), what
    assert driver.psql("select 1", database="driver", check=False).returncode != 0
    assert driver.psql("PAUSE", database="driver").returncode == 0
    with connect(driver) as connection:
        connection.pgconn.send_query(b"select 1")
        connection.pgconn.flush()
        until(lambda: any(c["state"] == "waiting" for c in driver.show("CLIENTS")), what="a waiting client")
        assert driver.psql("RESUME", database="driver").returncode == 0
        assert connection.pgconn.get_result().get_value(0, 0) == b"1"
        assert connection.pgconn.get_result() is None
        before = {row["id"] for row in driver.show("SERVERS")}
        driver.psql("RECONNECT", database="driver")
        assert connection.execute("select 1").fetchone() == (1,)
        assert before.isdisjoint({row["id"] for row in driver.show("SERVERS")})
