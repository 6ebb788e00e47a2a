"""LISTEN and NOTIFY: the driver listens once for all its clients, on a connection of its own."""
import select
import subprocess
import threading
import time

import psycopg
import psycopg2
import pytest
from psycopg import sql

from driver_process import until


def connect(driver, **more):
    connection = psycopg.connect(driver.conninfo(**more), autocommit=True)
    connection.told = []
    connection.add_notice_handler(lambda told: connection.told.append(
        f"{told.severity_nonlocalized} {told.sqlstate} {told.message_primary}"))
    return connection


def heard(connection, count, seconds=10):
    """The next `count` notifications, as (channel, payload), by libpq alone: psycopg's execute() drops what it meets."""
    pgconn, list_, end = connection.pgconn, [], time.monotonic() + seconds
    while len(list_) < count:
        left = end - time.monotonic()
        assert left > 0, f"{len(list_)} of {count} notifications came"
        if notify := pgconn.notifies():
            list_.append((notify.relname.decode(), notify.extra.decode()))
            continue
        select.select([pgconn.socket], [], [], left)
        pgconn.consume_input()
    return list_


def nothing_more(connection, speaker, channel):
    """A last notification comes next: nothing stood before it."""
    speaker.execute("select pg_notify(%s, 'the last one')", (channel,))
    assert heard(connection, 1) == [(channel, "the last one")]


def ended_with(connection):
    """Severity, SQLSTATE and text of what ends an idle client: libpq gives it to who asked for notices."""
    with pytest.raises(psycopg.OperationalError):
        for _ in connection.notifies():
            pass
    return connection.told[-1]


def listeners_of(driver):
    return [row for row in driver.show("SERVERS") if row["lease"] == "listen"]


def stat(driver, name):
    return int(next(row["value"] for row in driver.show("STATS") if row["name"] == name))


@pytest.fixture
def pair(driver):
    with connect(driver) as listener, connect(driver) as speaker:
        yield listener, speaker


# ---- one connection for all ----

def test_more_clients_listen_than_there_are_exclusive_connections_and_a_transaction_still_runs(start, cluster):
    driver = start(cluster.conninfo, shared_connections=2, exclusive_connections=2)
    clients = [connect(driver) for _ in range(6)]
    for listener in clients[:5]:
        listener.pgconn.send_query(b"LISTEN work")
        listener.pgconn.flush()
    until(lambda: not [c for c in driver.show("CLIENTS") if c["state"] in ("waiting", "active")], 5,
          "the answers to all LISTENs")
    with clients[5].transaction():
        assert clients[5].execute("select 1").fetchone() == (1,)
    for client in clients:
        client.close()


def test_each_of_fifty_listeners_gets_each_notification_once_and_in_order(start, cluster):
    driver = start(cluster.conninfo, shared_connections=2, exclusive_connections=2)
    listeners = [connect(driver) for _ in range(50)]
    for number, listener in enumerate(listeners):
        listener.execute("listen work", prepare=number % 2 == 0)  # Query, and Parse with a name
    assert len(listeners_of(driver)) == 1
    assert [row["lease"] for row in driver.show("SERVERS") if row["lease"]] == ["listen"]
    assert stat(driver, "listening_clients") == 50 and stat(driver, "listened_channels") == 1
    assert [row["channels"] for row in driver.show("CLIENTS") if row["database"] == "code_analysis"] == ["1"] * 50
    backend = cluster.sql("select count(*) from pg_stat_activity where query like 'LISTEN%'")
    assert backend == "1"
    sent = [f"{number} " + "x" * (number * 79) for number in range(101)]
    sent[-1] = "y" * 7999
    with connect(driver) as speaker:
        for payload in sent:
            speaker.execute("select pg_notify('work', %s)", (payload,))
        for listener in listeners:
            assert heard(listener, len(sent)) == [("work", payload) for payload in sent]
            assert listener.execute("select 1").fetchone() == (1,)
            assert listener.pgconn.notifies() is None
    for listener in listeners:
        listener.close()
    until(lambda: not listeners_of(driver), what="the end of the connection that listens")


def test_the_connection_that_listens_goes_with_its_last_listener_and_comes_back(start, cluster):
    driver = start(cluster.conninfo)
    with connect(driver) as one, connect(driver) as speaker:
        for _ in range(3):
            one.execute("listen here")
            assert len(listeners_of(driver)) == 1
            speaker.execute("notify here")
            assert heard(one, 1) == [("here", "")]
            one.execute("unlisten here")
            until(lambda: not listeners_of(driver), what="its end")


def test_a_channel_nobody_wants_any_more_is_given_up_on_the_server(start, cluster):
    driver = start(cluster.conninfo)
    with connect(driver) as one, connect(driver) as other:
        one.execute("listen kept")
        other.execute("listen given_up")
        pid = listeners_of(driver)[0]["pid"]
        other.close()
        last = f"select query from pg_stat_activity where pid = {pid}"
        until(lambda: cluster.sql(last) == 'UNLISTEN "given_up"', what="UNLISTEN on the server")
        assert stat(driver, "listened_channels") == 1


# ---- names ----

NAMES = ["Folded", '"As It Is"', '"with ""quotes"""', '"select"', '";"', "größe", '"ÄÖ"', "a" * 80, "é" * 40, "dollar$1",
         "/* c */ commented -- x\n", "_1", "name", "\tspaced "]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("extended", [False, True])
def test_a_name_is_understood_as_postgresql_does(driver, cluster, name, extended):
    with psycopg.connect(cluster.conninfo, autocommit=True) as direct:
        direct.execute(f"listen {name}")
        channel = direct.execute("select pg_listening_channels()").fetchone()[0]
    with connect(driver) as listener, connect(driver) as speaker:
        if extended:
            listener.pgconn.exec_params(f" ; LISTEN {name};".encode(), [])
        else:
            listener.execute(f" ; LISTEN {name};")
        assert listener.execute("select count(*) from pg_listening_channels()").fetchone() == (0,)
        speaker.execute(f"notify {name}, 'x'")
        assert heard(listener, 1) == [(channel, "x")]
        listener.execute(f"unlisten {name}")
        listener.execute("listen marker")
        speaker.execute(f"notify {name}, 'x'")
        nothing_more(listener, speaker, "marker")


def test_every_keyword_is_taken_or_refused_as_postgresql_does(driver, cluster):
    words = cluster.sql("select word from pg_get_keywords()").split()
    assert len(words) > 300
    with psycopg.connect(cluster.conninfo, autocommit=True) as direct:
        taken = [word for word in words
                 if direct.pgconn.exec_(f"listen {word}".encode()).status == psycopg.pq.ExecStatus.COMMAND_OK]
    with connect(driver) as client:
        for word in words:
            status = client.pgconn.exec_(f"listen {word}".encode()).status
            assert (status == psycopg.pq.ExecStatus.COMMAND_OK) == (word in taken), word
        client.pgconn.exec_(b"discard all")
        for word in taken:
            client.pgconn.exec_(f"listen {word}".encode())
        assert stat(driver, "listened_channels") == len(taken)


@pytest.mark.parametrize("text", ['listen ""', "listen", "listen a.b", "listen 'a'", "listen a b", "unlisten", "listen 1a",
                                  "listen *"])
def test_a_name_that_is_none_gets_postgresqls_own_error(driver, cluster, text):
    with psycopg.connect(cluster.conninfo, autocommit=True) as direct, pytest.raises(psycopg.Error) as expected:
        direct.execute(text)
    with connect(driver) as client:
        with pytest.raises(psycopg.Error) as got:
            client.execute(text)
        assert got.value.sqlstate == expected.value.sqlstate and str(got.value) == str(expected.value)


# ---- when a registration begins and ends ----

@pytest.mark.parametrize("end", ["unlisten *", "unlisten one", "UNLISTEN \"one\" ;", "discard all",
                                 "close all; unlisten *; reset all", "begin; unlisten one; commit"])
def test_what_ends_a_registration(pair, end):
    listener, speaker = pair
    listener.execute("listen one")
    if end == "discard all" or ";" not in end.rstrip("; "):
        listener.execute(end)
    else:
        listener.pgconn.exec_(end.encode())
    listener.execute("listen marker")
    speaker.execute("notify one")
    nothing_more(listener, speaker, "marker")


@pytest.mark.parametrize("text", ["begin; unlisten one; rollback", "begin; savepoint a; unlisten one; rollback to a; commit",
                                  "unlisten one; select 1/0", "unlisten other"])
def test_an_unlisten_that_is_rolled_back_ends_nothing(pair, text):
    listener, speaker = pair
    listener.execute("listen one")
    listener.pgconn.exec_(text.encode())
    speaker.execute("notify one, 'still'")
    assert heard(listener, 1) == [("one", "still")]


def test_unlisten_star_of_a_prepared_statement_ends_all(pair):
    listener, speaker = pair
    listener.execute("listen one")
    listener.execute("listen two")
    listener.execute("unlisten *", prepare=True)
    listener.execute("listen marker", prepare=True)
    speaker.execute("notify one")
    speaker.execute("notify two")
    nothing_more(listener, speaker, "marker")


def test_a_listen_inside_a_transaction_takes_effect_at_its_end_on_a_connection_of_its_own(start, cluster):
    driver = start(cluster.conninfo)
    with connect(driver) as listener, connect(driver) as speaker:
        listener.execute("begin")
        listener.execute("listen one")
        listener.execute("rollback")
        listener.execute("listen marker")
        speaker.execute("notify one")
        nothing_more(listener, speaker, "marker")
        listener.execute("begin")
        listener.execute("listen one")
        listener.execute("listen marker")  # the driver listens on it already: it must not come twice
        listener.execute("commit")
        speaker.execute("notify one, 'own'")
        assert heard(listener, 1) == [("one", "own")]
        speaker.execute("notify marker, 'once'")
        assert heard(listener, 1) == [("marker", "once")]
        nothing_more(listener, speaker, "marker")
        listener.execute("unlisten *")
        listener.execute("listen after")
        speaker.execute("notify one")
        speaker.execute("notify marker")
        nothing_more(listener, speaker, "after")


def test_a_listen_in_a_pipeline_keeps_its_place(driver, cluster):
    with connect(driver) as listener, connect(driver) as speaker:
        with listener.pipeline() as pipeline:
            first = listener.execute("select 1")
            listener.execute("listen piped")
            last = listener.execute("select 2")
            pipeline.sync()
            assert first.fetchone() == (1,) and last.fetchone() == (2,)
        speaker.execute("notify piped")
        assert heard(listener, 1) == [("piped", "")]


def test_a_listen_whose_group_fails_listens_on_nothing(driver):
    with connect(driver) as listener, connect(driver) as speaker:
        with pytest.raises(psycopg.errors.DivisionByZero):
            with listener.pipeline():
                listener.execute("listen failed")
                listener.execute("select 1/0")
        listener.execute("listen marker")
        speaker.execute("notify failed")
        nothing_more(listener, speaker, "marker")


def test_a_listen_behind_a_begin_that_is_not_answered_yet_belongs_to_the_transaction(driver):
    with connect(driver) as listener, connect(driver) as speaker:
        with listener.pipeline() as pipeline:
            listener.execute("begin")
            pipeline.sync()
            listener.execute("listen later")
            pipeline.sync()
            listener.execute("rollback")
        listener.execute("listen marker")
        speaker.execute("notify later")
        nothing_more(listener, speaker, "marker")


def test_a_client_with_a_connection_of_its_own_listens_through_the_driver_too(driver):
    with connect(driver) as listener, connect(driver) as speaker:
        listener.execute("set work_mem to '9MB'")
        listener.execute("listen settled")
        row = next(row for row in driver.show("CLIENTS") if row["channels"] == "1")
        assert row["session_state"] == "setting"
        speaker.execute("notify settled")
        assert heard(listener, 1) == [("settled", "")]
        listener.execute("listen settled")
        nothing_more(listener, speaker, "settled")


def test_a_client_with_another_encoding_listens_on_a_connection_of_its_own(driver):
    with connect(driver) as listener, connect(driver) as speaker:
        listener.execute("set client_encoding to latin1")
        listener.execute("listen größe")
        speaker.execute("notify größe, 'Übermaß'")
        notify = next(listener.notifies())
        assert (notify.channel, notify.payload) == ("größe", "Übermaß")


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
    assert resident() - before < 64 << 10
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
