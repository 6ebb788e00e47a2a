"""LISTEN and UNLISTEN: the driver listens once for all its clients, on a connection of its own."""
import psycopg
import pytest

from driver_process import until
from listeners import connect, heard, nothing_more, listeners_of, stat


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
