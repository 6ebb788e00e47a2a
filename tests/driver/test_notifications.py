"""NOTIFY: each listener gets each notification, between its answers, or is told that it may have missed some."""
import os
import select
import subprocess
import threading

import psycopg
import psycopg2
import pytest
from psycopg import sql

from driver_process import until
from listeners import connect, heard, nothing_more, ended_with, listeners_of, stat


# ---- delivery ----

def test_a_notification_of_a_transaction_comes_after_its_commit_only(pair):
    listener, speaker = pair
    listener.execute("listen one")
    speaker.execute("begin")
    speaker.execute("notify one, 'early'")
    with psycopg.connect(listener.info.dsn, autocommit=True) as other:
        other.execute("notify one, 'first'")
    assert heard(listener, 1) == [("one", "first")]
    speaker.execute("commit")
    assert heard(listener, 1) == [("one", "early")]
    speaker.execute("begin")
    speaker.execute("notify one, 'never'")
    speaker.execute("rollback")
    nothing_more(listener, speaker, "one")


def test_a_client_hears_itself(driver):
    with connect(driver) as client:
        client.execute("listen self")
        client.pgconn.exec_(b"notify self, 'me'")
        assert heard(client, 1) == [("self", "me")]


def test_a_busy_client_gets_it_between_its_answer_and_the_ready_for_query(driver, cluster):
    with connect(driver) as listener, connect(driver) as speaker:
        listener.execute("listen busy")
        received = stat(driver, "notifications_received")
        listener.pgconn.send_query(b"select pg_advisory_xact_lock(7), 'answer'")
        speaker.execute("begin")
        speaker.execute("select pg_advisory_xact_lock(7)")
        with psycopg.connect(cluster.conninfo, autocommit=True) as direct:
            direct.execute("notify busy, 'meanwhile'")
        until(lambda: stat(driver, "notifications_received") == received + 1, what="the notification")
        speaker.execute("commit")
        result = listener.pgconn.get_result()
        assert result.get_value(0, 1) == b"answer"
        while listener.pgconn.get_result():
            pass
        notify = listener.pgconn.notifies()
        assert notify is not None and notify.extra == b"meanwhile"


def test_a_client_in_a_transaction_hears_at_its_end(driver, cluster):
    with connect(driver) as listener, connect(driver) as speaker:
        listener.execute("listen held")
        received = stat(driver, "notifications_received")
        listener.execute("begin")
        speaker.execute("notify held, 'x'")
        until(lambda: stat(driver, "notifications_received") == received + 1, what="the notification")
        listener.pgconn.exec_(b"select 1")
        assert listener.pgconn.notifies() is None
        listener.pgconn.exec_(b"commit")
        assert listener.pgconn.notifies().extra == b"x"


def test_a_thousand_notifications_while_clients_run_queries_damage_no_answer(start, cluster):
    driver = start(cluster.conninfo, shared_connections=2, exclusive_connections=2)
    listeners = [connect(driver) for _ in range(4)]
    for listener in listeners:
        listener.execute("listen noise")
    failures, stop = [], threading.Event()

    def query(listener, number, got):
        listener.add_notify_handler(lambda notify: got.append(int(notify.payload)))
        turn = 0
        while not stop.is_set() or len(got) < 1000:
            turn += 1
            rows = listener.execute("select g, repeat(%s, g %% 300) from generate_series(1, 700) g", (str(number),),
                                    prepare=turn % 2 == 0).fetchall()
            if rows != [(g, str(number) * (g % 300)) for g in range(1, 701)]:
                return failures.append(rows)

    lists = [[] for _ in listeners]
    threads = [threading.Thread(target=query, args=(one, number, got), daemon=True)
               for number, (one, got) in enumerate(zip(listeners, lists))]
    for thread in threads:
        thread.start()
    with connect(driver) as speaker:
        for number in range(1000):
            speaker.execute("select pg_notify('noise', %s)", (str(number),))
    stop.set()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert not failures
    assert lists == [list(range(1000))] * 4
    for listener in listeners:
        listener.close()


def test_a_listener_that_does_not_read_is_ended_and_the_driver_stays_small(start, cluster):
    driver = start(cluster.conninfo)

    def resident():
        with open(f"/proc/{driver.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    deaf, hearing = connect(driver), connect(driver)
    for listener in (deaf, hearing):
        listener.execute("listen flood")
    before = resident()
    payload = "x" * 7900
    with psycopg.connect(cluster.conninfo, autocommit=True) as direct:
        for batch in range(40):
            direct.execute("select pg_notify('flood', %s || g || '.' || %s) from generate_series(1, 100) g", (payload, str(batch)))
            heard(hearing, 100)
    until(lambda: stat(driver, "listening_clients") == 1, what="the end of the client that does not read")
    sanitizer = float(os.environ.get("CODE_ANALYSIS_TIME_SCALE", 1))  # its build keeps freed memory for a while
    assert resident() - before < (64 << 10) * sanitizer
    assert "too many notifications" in driver.log()
    hearing.close()
    deaf.close()


# ---- losses ----

def test_a_restart_of_postgresql_ends_those_who_listen_and_no_others(start, own_cluster):
    driver = start(own_cluster.conninfo)
    listeners = [connect(driver) for _ in range(3)]
    other = connect(driver)
    for listener in listeners:
        listener.execute("listen one")
    own_cluster.restart("fast")
    for listener in listeners:
        text = ended_with(listener)
        assert text.startswith("FATAL 57P01") and "may have been missed" in text
    assert other.execute("select 1").fetchone() == (1,)
    with connect(driver) as again:
        again.execute("listen one")
        other.execute("notify one")
        assert heard(again, 1) == [("one", "")]
    other.close()


def test_the_loss_of_the_connection_that_listens_is_told_with_57p01_and_after_an_answer(start, cluster):
    driver = start(cluster.conninfo)
    with connect(driver) as idle, connect(driver) as busy:
        idle.execute("listen one")
        busy.execute("listen one")
        pid = listeners_of(driver)[0]["pid"]
        with psycopg.connect(cluster.conninfo) as direct:
            direct.execute("select pg_advisory_xact_lock(8)")
            busy.pgconn.send_query(b"select pg_advisory_xact_lock(8), 'answer'")
            busy.pgconn.flush()
            until(lambda: cluster.sql("select count(*) from pg_locks where locktype = 'advisory' and not granted") == "1",
                  what="the busy client's wait")
            cluster.sql(f"select pg_terminate_backend({pid})")
            assert "FATAL 57P01 terminating connection" in ended_with(idle)
        result = busy.pgconn.get_result()
        assert result.get_value(0, 1) == b"answer"
        while (result := busy.pgconn.get_result()) is not None:
            pass
        assert "FATAL 57P01 terminating connection" in ended_with(busy)


def test_reconnect_ends_those_who_listen_and_pause_does_not_matter(start, cluster):
    driver = start(cluster.conninfo)
    with connect(driver) as listener, psycopg.connect(cluster.conninfo, autocommit=True) as direct:
        driver.psql("PAUSE", database="driver")
        listener.execute("listen one")
        direct.execute("notify one")
        assert heard(listener, 1) == [("one", "")]
        driver.psql("RESUME", database="driver")
        driver.psql("RECONNECT", database="driver")
        assert "RECONNECT" in ended_with(listener)


def test_a_listen_while_postgresql_is_away_waits_for_it_and_not_for_ever(start, own_cluster):
    driver = start(own_cluster.conninfo, server_wait_timeout_ms=60000)
    with connect(driver) as listener, connect(driver) as canceller:
        own_cluster.stop("fast")
        canceller.pgconn.send_query(b"listen one")
        canceller.pgconn.flush()
        until(lambda: any(c["state"] == "active" for c in driver.show("CLIENTS")), what="the wait")
        canceller.cancel()
        assert canceller.pgconn.get_result().error_field(psycopg.pq.DiagnosticField.SQLSTATE) == b"57014"
        assert canceller.pgconn.get_result() is None
        listener.pgconn.send_query(b"listen one")
        listener.pgconn.flush()
        own_cluster.start()
        assert listener.pgconn.get_result().status == psycopg.pq.ExecStatus.COMMAND_OK
        assert listener.pgconn.get_result() is None
        canceller.execute("notify one")
        assert heard(listener, 1) == [("one", "")]
    hasty = start(own_cluster.conninfo, server_wait_timeout_ms=300)
    with connect(hasty) as client:
        own_cluster.stop("fast")
        with pytest.raises(psycopg.Error) as caught:
            client.execute("listen one")
        assert caught.value.sqlstate == "08001"
        own_cluster.start()
        client.execute("listen one")


# ---- client libraries ----

def test_the_notify_interfaces_of_psycopg_2_and_3_and_psql_work(driver):
    old = psycopg2.connect(driver.conninfo())
    old.autocommit = True
    with old.cursor() as cursor, connect(driver) as speaker, connect(driver) as new:
        cursor.execute("listen library")
        new.execute(sql.SQL("listen {}").format(sql.Identifier("library")))
        speaker.execute("notify library, 'a'")
        speaker.execute("notify library, 'b'")
        generator = new.notifies()
        assert [next(generator).payload for _ in range(2)] == ["a", "b"]
        generator.close()
        while len(old.notifies) < 2:
            assert select.select([old], [], [], 10)[0]
            old.poll()
        assert [notify.payload for notify in old.notifies] == ["a", "b"]
    old.close()
    done = subprocess.run(["psql", "-XqtA", "-h", str(driver.folder), "-U", "code_analysis", "-d", "code_analysis"],
                          input="listen by_psql;\nnotify by_psql, 'x';\nselect pg_sleep(0.3);\nselect 1;\n", text=True,
                          capture_output=True, check=True)
    assert 'Asynchronous notification "by_psql" with payload "x" received' in done.stdout
