"""How the driver reaches PostgreSQL: through TLS, at the first host that will do, and never twice with a wrong password."""
import socket
import time

import psycopg
import pytest

from clusters import PASSWORD, Authority, Standby, TlsCluster
from driver_process import until
from pg_cluster import PgCluster


# ---- TLS ----

@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    return Authority(folder, "authority"), Authority(folder, "stranger")


@pytest.fixture(scope="module")
def tls_cluster(authority):
    cluster = TlsCluster.on_a_free_port(*authority[0].sign("server", "IP:127.0.0.1"))
    yield cluster
    cluster.close()


def over_tls(cluster, root, host="127.0.0.1", password=PASSWORD, more=""):
    return (f"host={host} port={cluster.port} user={cluster.role} dbname=code_analysis password={password} "
            f"sslmode=verify-full sslrootcert={root.certificate} channel_binding=require {more}")


def fails_with_78(start, conninfo, reason, *secrets):
    driver = start(conninfo, wait=False)
    assert driver.process.wait(10) == 78, driver.log()
    said = driver.log() + driver.read_ready().decode()
    assert reason in driver.log() and b"READY" not in driver.ready_text
    assert not [secret for secret in secrets if secret in said], said


def test_server_connections_are_encrypted_verified_and_bound_to_their_channel(start, tls_cluster, authority):
    driver = start(over_tls(tls_cluster, authority[0]))
    with psycopg.connect(driver.conninfo(), autocommit=True) as connection:
        seen = connection.execute("select ssl, version from pg_stat_ssl where pid = pg_backend_pid()").fetchone()
        assert seen == (True, "TLSv1.3")
        value = "x" * 3_000_000  # many TLS records each way
        assert connection.execute("select %s::text", (value,)).fetchone() == (value,)
        with connection.cursor().copy("copy (select repeat('y', 1000) from generate_series(1, 20000)) to stdout") as copy:
            assert sum(len(data) for data in copy) == 20000 * 1001
        with connection.transaction():
            connection.execute("create table if not exists by_tls (a int)")
            with connection.cursor().copy("copy by_tls from stdin") as copy:
                for number in range(50000):
                    copy.write_row((number,))
        assert connection.execute("select count(*) from by_tls").fetchone() == (50000,)
        connection.execute("drop table by_tls")
    assert PASSWORD not in driver.log() + driver.read_ready().decode()


def test_a_cancel_reaches_a_statement_through_tls(start, tls_cluster, authority):
    driver = start(over_tls(tls_cluster, authority[0]))
    with psycopg.connect(driver.conninfo(), autocommit=True) as connection:
        connection.pgconn.send_query(b"select pg_sleep(60)")
        connection.pgconn.flush()
        until(lambda: any(c["state"] == "active" for c in driver.show("CLIENTS")), what="the statement's start")
        connection.cancel()
        result = connection.pgconn.get_result()
        assert result.error_field(psycopg.pq.DiagnosticField.SQLSTATE) == b"57014"
        assert connection.pgconn.get_result() is None
        assert connection.execute("select 1").fetchone() == (1,)


def test_a_server_of_another_authority_is_refused_for_good(start, tls_cluster, authority):
    fails_with_78(start, over_tls(tls_cluster, authority[1]), "certificate verify failed", PASSWORD)


def test_a_certificate_for_another_name_is_refused_for_good(start, tls_cluster, authority):
    fails_with_78(start, over_tls(tls_cluster, authority[0], "localhost", more="hostaddr=127.0.0.1"),
                  "does not match host name", PASSWORD)


def test_a_root_certificate_that_is_missing_is_said_so(start, tls_cluster, authority):
    conninfo = over_tls(tls_cluster, authority[0]) + " sslrootcert=/nowhere/root.crt"
    fails_with_78(start, conninfo, "/nowhere/root.crt", PASSWORD)


def test_a_server_without_tls_is_refused_where_tls_is_demanded(start, tls_cluster, authority):
    off = f"host=127.0.0.1 port={tls_cluster.port} user={tls_cluster.role} dbname=code_analysis password={PASSWORD}"
    fails_with_78(start, off + " sslmode=disable", "no encryption", PASSWORD)


def test_a_wrong_password_over_tls_ends_with_78_and_stands_in_no_log(start, tls_cluster, authority):
    fails_with_78(start, over_tls(tls_cluster, authority[0], password="SECRET-not-it"), "28P01", "SECRET-not-it", PASSWORD)
    assert "SECRET-not-it" not in (tls_cluster.folder / "log").read_text()


# ---- several hosts ----

@pytest.fixture(scope="module")
def pair():
    """A primary, and a standby that follows it."""
    primary = PgCluster(settings=("wal_level = replica", "max_wal_senders = 4", "hot_standby = on"))
    standby = None
    try:
        standby = Standby(primary)
        yield primary, standby
    finally:
        if standby is not None:
            standby.close()
        primary.close()


def hosts(*clusters, more=""):
    return (f"host={','.join(str(cluster.socket_dir) for cluster in clusters)} port={','.join('5432' for _ in clusters)} "
            f"user={clusters[0].role} dbname=code_analysis {more}")


class Away:
    """A host where nobody listens."""

    def __init__(self, folder):
        self.socket_dir, self.role = folder, "code_analysis"


def test_the_second_host_serves_while_the_first_is_away(start, cluster, tmp_path):
    driver = start(hosts(Away(tmp_path), cluster))
    assert driver.psql("select 1").stdout == "1\n"
    assert {row["address"].rsplit(":", 1)[0] for row in driver.show("SERVERS")} == {str(cluster.socket_dir)}


def test_no_host_up_is_waited_for_and_the_first_to_come_serves(start, own_cluster, tmp_path):
    own_cluster.stop()
    driver = start(hosts(Away(tmp_path), own_cluster), wait=False)
    until(lambda: b"WAITING" in driver.read_ready(), what="WAITING")
    own_cluster.start()
    driver.wait_ready(seconds=3)
    assert driver.psql("select 1").stdout == "1\n"


def test_read_write_passes_a_standby_over_and_follows_a_promotion(start, pair):
    primary, standby = pair
    driver = start(hosts(standby, primary, more="target_session_attrs=read-write"), server_wait_timeout_ms=20000)
    with psycopg.connect(driver.conninfo(), autocommit=True) as connection:
        connection.execute("create table followed (a int)")
        for number in range(20):
            connection.execute("insert into followed values (%s)", (number,))
        assert connection.execute("select pg_is_in_recovery()").fetchone() == (False,)
        until(lambda: standby.sql("select count(*) from followed") == "20", what="the standby's copy")
        primary.stop("immediate")
        standby.promote()
        promoted = time.monotonic()

        def writes():
            try:
                return connection.execute("insert into followed values (100) returning a").fetchone() == (100,)
            except psycopg.Error as error:
                assert error.sqlstate == "08007", error  # sent on a connection whose end was not seen yet
                return False
        until(writes, seconds=5, what="a write")
        assert time.monotonic() - promoted < 5
        assert connection.execute("select count(*) from followed where a < 20").fetchone() == (20,)


def test_a_server_that_takes_no_writes_is_waited_for_until_it_does(start):
    own = PgCluster()
    try:
        own.sql("alter system set default_transaction_read_only = on")
        own.sql("select pg_reload_conf()")
        until(lambda: own.sql("show default_transaction_read_only") == "on", what="the reload")
        driver = start(hosts(own, more="target_session_attrs=read-write"), wait=False)
        until(lambda: b"read-only" in driver.read_ready(), what="WAITING with its reason")
        assert driver.process.poll() is None
        own.sql("alter system set default_transaction_read_only = off")
        own.sql("select pg_reload_conf()")
        driver.wait_ready(seconds=3)
    finally:
        own.close()


# ---- a host that accepts and stays silent ----

class SilentHost:
    """Takes connections and never answers: on a Unix socket in `socket_dir`, and on a TCP port of loopback."""

    def __init__(self, folder):
        self.socket_dir, self.role = folder, "code_analysis"
        self.unix = socket.socket(socket.AF_UNIX)
        self.unix.bind(str(folder / ".s.PGSQL.5432"))
        self.unix.listen(64)
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self.tcp.getsockname()[1]

    def close(self):
        self.unix.close()
        self.tcp.close()


@pytest.fixture
def silent(tmp_path):
    host = SilentHost(tmp_path)
    yield host
    host.close()


def test_a_host_that_accepts_and_stays_silent_is_passed_over_after_connect_timeout(start, cluster, silent):
    driver = start(hosts(silent, silent, cluster), connect_timeout_ms=400)
    began = time.monotonic()
    assert driver.psql("select 1").stdout == "1\n"
    assert time.monotonic() - began < 3
    assert {row["address"].rsplit(":", 1)[0] for row in driver.show("SERVERS")} == {str(cluster.socket_dir)}


def test_migrations_pass_a_silent_host_over(start, database, silent, tmp_path):
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_first.sql").write_text("create table by_migration (a int)")
    conninfo = database.conninfo.replace("host=", f"host={silent.socket_dir},").replace("port=5432", "port=5432,5432")
    driver = start(conninfo, connect_timeout_ms=400, migrations=str(folder))
    assert driver.psql("select count(*) from by_migration").stdout == "0\n"


@pytest.mark.parametrize("kind,in_recovery", [("prefer-standby", "t"), ("standby", "t"), ("primary", "f"), ("any", "t")])
def test_each_kind_of_server_is_found_behind_a_silent_host(start, silent, kind, in_recovery):
    primary = PgCluster(settings=("wal_level = replica", "max_wal_senders = 4", "hot_standby = on"))
    standby = None
    try:
        standby = Standby(primary)
        first, second = (primary, standby) if kind == "prefer-standby" else (standby, primary)
        driver = start(hosts(silent, first, second, more=f"target_session_attrs={kind}"), connect_timeout_ms=400)
        assert driver.psql("select pg_is_in_recovery()").stdout.strip() == in_recovery
        if kind == "prefer-standby":
            standby.stop("immediate")
            until(lambda: driver.psql("select pg_is_in_recovery()", check=False).stdout.strip() == "f", seconds=10,
                  what="the primary in place of a standby")
    finally:
        if standby is not None:
            standby.close()
        primary.close()


def test_a_silent_address_of_tcp_is_passed_over_and_the_connection_strings_own_limit_counts(start, cluster, silent):
    conninfo = (f"host=silent.example,{cluster.socket_dir} hostaddr=127.0.0.1, port={silent.port},5432 user={cluster.role} "
                "dbname=code_analysis connect_timeout=1")
    driver = start(conninfo, connect_timeout_ms=60000)
    assert driver.psql("select 1").stdout == "1\n"


def test_a_name_is_looked_up_and_each_of_its_addresses_tried(start, tls_cluster, authority):
    conninfo = (f"host=nowhere.invalid,localhost port={tls_cluster.port} user={tls_cluster.role} dbname=code_analysis "
                f"password={PASSWORD} sslmode=verify-ca sslrootcert={authority[0].certificate}")
    driver = start(conninfo, connect_timeout_ms=2000)
    assert driver.psql("select 1").stdout == "1\n"


def test_a_server_that_refuses_the_password_ends_the_attempt_as_with_libpq(start, tls_cluster, authority, cluster):
    conninfo = (f"host=127.0.0.1,{cluster.socket_dir} port={tls_cluster.port},5432 user={tls_cluster.role} password=wrong "
                f"dbname=code_analysis sslmode=require sslrootcert={authority[0].certificate}")
    fails_with_78(start, conninfo, "28P01", PASSWORD)
