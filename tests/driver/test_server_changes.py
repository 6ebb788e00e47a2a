"""A setting that changes on the server for everybody: a reload, a promotion."""
import threading

import psycopg
import pytest

from clusters import Standby
from driver_process import until
from pg_cluster import PgCluster


def connect(driver, **more):
    return psycopg.connect(driver.conninfo(**more), autocommit=True)


class Busy(threading.Thread):
    """Runs statements and transactions all along."""

    def __init__(self, driver):
        super().__init__()
        self.driver, self.stop, self.turns, self.wrong = driver, threading.Event(), 0, None

    def run(self):
        try:
            with connect(self.driver) as connection:
                while not self.stop.is_set():
                    connection.execute("select 1")
                    with connection.transaction():
                        connection.execute("select pg_sleep(0.001)")
                    self.turns += 1
        except psycopg.Error as error:
            self.wrong = error


@pytest.fixture(scope="module")
def reloaded():
    cluster = PgCluster()
    yield cluster
    cluster.close()


def change(cluster, sql):
    cluster.sql(sql)
    cluster.sql("select pg_reload_conf()")


def goes_on(driver, busy, change_it):
    """All clients go on behind the change, and none is tied to a connection."""
    for one in busy:
        one.start()
    try:
        until(lambda: all(one.turns > 5 or one.wrong for one in busy), what="the start")
        change_it()
        before = [one.turns for one in busy]
        until(lambda: all(one.turns > then + 50 or one.wrong for one, then in zip(busy, before)), seconds=20, what="more turns")
        assert [one.wrong for one in busy] == [None] * len(busy)
        until(lambda: all(row["session_state"] == "" for row in driver.show("CLIENTS")), what="a moment without ties")
    finally:
        for one in busy:
            one.stop.set()
            one.join()


def test_a_reload_while_all_connections_are_busy_ties_nobody_down(start, reloaded):
    driver = start(reloaded.conninfo, shared_connections=1, exclusive_connections=2)
    try:
        goes_on(driver, [Busy(driver) for _ in range(6)],
                lambda: change(reloaded, "alter system set timezone = 'Asia/Tokyo'"))
        with connect(driver) as old, connect(driver) as new:
            assert old.execute("show timezone").fetchone() == ("Asia/Tokyo",)
            assert new.info.parameter_status("TimeZone") == "Asia/Tokyo"
            old.execute("set timezone = 'UTC'")  # a client's own value stays its own
            assert new.execute("show timezone").fetchone() == ("Asia/Tokyo",)
    finally:
        change(reloaded, "alter system reset timezone")


def test_a_client_with_settings_of_its_own_is_not_tied_down_by_a_reload(start, reloaded):
    driver = start(reloaded.conninfo, shared_connections=1, exclusive_connections=1)
    try:
        with connect(driver, options="'-c work_mem=5MB'") as first, connect(driver, options="'-c work_mem=6MB'") as second:
            assert first.execute("show work_mem").fetchone() == ("5MB",)
            change(reloaded, "alter system set timezone = 'Asia/Tokyo'")
            for _ in range(3):
                assert first.execute("show work_mem").fetchone() == ("5MB",)
                assert second.execute("show work_mem").fetchone() == ("6MB",)
    finally:
        change(reloaded, "alter system reset timezone")


def test_a_promotion_while_all_connections_are_busy_ties_nobody_down(start):
    primary = PgCluster(settings=("wal_level = replica", "max_wal_senders = 4", "hot_standby = on"))
    standby = None
    try:
        standby = Standby(primary)
        driver = start(f"host={standby.socket_dir} user={primary.role} dbname=code_analysis", shared_connections=1,
                       exclusive_connections=2)
        goes_on(driver, [Busy(driver) for _ in range(5)], standby.promote)
        with connect(driver) as new:
            assert new.info.parameter_status("in_hot_standby") == "off"
    finally:
        if standby is not None:
            standby.close()
        primary.close()


def test_a_setting_that_a_trigger_has_changed_reaches_nobody_else(start, cluster):
    driver = start(cluster.conninfo, shared_connections=1, exclusive_connections=1)
    driver.psql("create table changing (a int); create function change_zone() returns trigger language plpgsql as "
                "$$ begin perform set_config('timezone', 'Asia/Tokyo', false); return new; end $$; create trigger change_zone "
                "before insert on changing for each row execute function change_zone()")
    with connect(driver) as one, connect(driver) as other:
        one.execute("insert into changing values (1)")
        for _ in range(5):
            assert other.execute("select current_setting('timezone')").fetchone() != ("Asia/Tokyo",)
        assert one.execute("select current_setting('timezone')").fetchone() == ("Asia/Tokyo",)
