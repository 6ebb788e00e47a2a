"""Settings in the startup packet: told as PostgreSQL tells them, kept for the session, and no reason to run out of
connections."""
import psycopg
import pytest

from driver_process import until

REPORTED = ["client_encoding", "DateStyle", "IntervalStyle", "TimeZone", "standard_conforming_strings"]


def connect(driver, **more):
    return psycopg.connect(driver.conninfo(**more), autocommit=True)


@pytest.mark.parametrize("settings", [
    {"client_encoding": "latin1"},
    {"options": "'-c datestyle=german -c timezone=america/new_york'"},
    {"options": "'-c intervalstyle=iso_8601 -c client_encoding=win1252'"},
    {"options": "'-c standard_conforming_strings=off -c work_mem=7MB'"},
], ids=["encoding", "dates", "intervals", "strings"])
def test_a_client_is_told_what_postgresql_made_of_its_settings(driver, cluster, settings):
    with connect(driver, **settings) as ours, psycopg.connect(cluster.conninfo, autocommit=True) as plain:
        direct = psycopg.connect(" ".join([cluster.conninfo, *(f"{name}={value}" for name, value in settings.items())]))
        told = {name: ours.info.parameter_status(name) for name in REPORTED}
        assert told == {name: direct.info.parameter_status(name) for name in REPORTED}
        assert told != {name: plain.info.parameter_status(name) for name in REPORTED}
        look = "select 'Grüße', now()::date::text, interval '1 day 2 hours'::text, length('Grüße')"
        assert ours.execute(look).fetchone() == direct.execute(look).fetchone()
        ours.execute("discard all")
        assert ours.execute(look).fetchone() == direct.execute(look).fetchone()
        direct.close()


@pytest.mark.parametrize("settings, reason", [
    ({"client_encoding": "klingon"}, "klingon"),
    ({"options": "'-c work_mem=many'"}, "work_mem"),
    ({"options": "'-c no_such_setting=1'"}, "no_such_setting"),
])
def test_a_setting_that_postgresql_refuses_is_refused_at_the_connection(driver, settings, reason):
    with pytest.raises(psycopg.OperationalError, match=reason):
        connect(driver, **settings)
    until(lambda: [row for row in driver.show("SERVERS") if row["lease"]] == [], what="the connection's return")


def test_more_clients_with_settings_than_connections_take_turns_and_keep_their_settings(start, cluster):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=2)
    clients = [connect(driver, options=f"'-c timezone=etc/gmt+{hours}'") for hours in range(10)]
    for turn in range(4):
        for hours, client in enumerate(clients):
            zone = client.execute("show timezone", prepare=turn > 0).fetchone()[0]
            assert zone.lower() == f"etc/gmt+{hours}"
            with client.transaction():
                assert client.execute("select extract(timezone_hour from now())").fetchone() == (-hours,)
    with connect(driver) as plain:
        assert not plain.execute("show timezone").fetchone()[0].lower().startswith("etc/gmt+")
    for client in clients:
        client.close()


def test_a_client_with_more_than_settings_keeps_its_connection_while_others_wait(start, cluster):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=2)
    with connect(driver, options="'-c timezone=etc/gmt+1'") as owner:
        owner.execute("create temp table mine as select 1 as a")
        others = [connect(driver, options=f"'-c timezone=etc/gmt+{hours}'") for hours in (2, 3, 4)]
        for _ in range(3):
            for hours, other in zip((2, 3, 4), others):
                assert other.execute("show timezone").fetchone()[0].lower() == f"etc/gmt+{hours}"
            assert owner.execute("select a from mine").fetchone() == (1,)
        for other in others:
            other.close()


def test_the_loss_of_a_connection_that_had_only_settings_is_not_the_clients(driver, cluster):
    with connect(driver, options="'-c timezone=etc/gmt+5'") as client:
        pid = client.execute("select pg_backend_pid()").fetchone()[0]
        cluster.sql(f"select pg_terminate_backend({pid})")
        until(lambda: str(pid) not in [row["pid"] for row in driver.show("SERVERS")], what="the loss")
        assert client.execute("show timezone").fetchone()[0].lower() == "etc/gmt+5"
