"""Scenarios 42 to 45: PostgreSQL away, refusing, restarted or killed, and the driver killed, under the real supervisor and the
real driver. Workers and server are puppets, so that what happens to them can be seen."""
import random
import threading
import time

import psycopg
import pytest

from support import bounds, processes
from support.bounds import MS, gap, wait_for
from support.postgres import Postgres, StartingUp
from support.puppet import Puppet

TIRELESS = {"initial_delay": "0ms", "max_delay": "100ms", "multiplier": 2, "jitter": 0, "reset_after": "1s",
            "max_restarts": 100, "window": "10s"}


@pytest.fixture
def postgres(world):
    """Makes clusters in the world's folder; they end before the world looks at what is left."""
    made = []

    def make(**options):
        made.append(Postgres(world.root, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def tree_of(world, conninfo, **driver_keys):
    """The built-in driver below two puppet workers and a puppet server."""
    config = world.three_tiers()
    config["code_analysis"]["database"]["driver"] = {
        "type": "postgres", "config": {"conninfo": conninfo, "shared_connections": 2, "exclusive_connections": 6,
                                       "migrations": str(empty_folder(world))},
        "ready_timeout": "2s", "stop_timeout": "3s", "restart": dict(TIRELESS), **driver_keys}
    return world.tree(config)


def empty_folder(world):
    folder = world.root / "migrations"
    folder.mkdir(exist_ok=True)
    return folder


def connect(world):
    return psycopg.connect(f"host={world.runtime_dir} port=5432 user=code_analysis dbname=code_analysis", autocommit=True)


def status_text(tree):
    return tree.process("driver")["status_text"] or ""


def lives_on_beyond_its_ready_timeout(tree, reason):
    """It says why, and is neither told to stop nor replaced for more than ready_timeout."""
    tree.await_status()
    wait_for(lambda: reason in status_text(tree), 5000, f"status_text with {reason}", every_ms=20)
    pid, until = tree.pid_of("driver"), bounds.now_ns() + 2600 * MS
    wait_for(lambda: bounds.now_ns() > until, 10000, "more than ready_timeout", every_ms=50)
    assert tree.pid_of("driver") == pid and processes.is_alive(pid)
    assert not tree.events("stop_requested", "driver") and not tree.events("ready_timeout")
    assert reason in status_text(tree)
    return pid


def ready_soon(tree, possible_ns, pid):
    event = tree.await_event("ready", "driver")
    gap("possible -> driver ready", possible_ns, max(event["mono_ns"], possible_ns), 0, 1000)
    assert event["pid"] == pid
    tree.wait_all_ready(10000)
    assert not status_text(tree)
    tree.stop(within_ms=10000)


# ---- 42 ----

def test_42_server_down_at_the_start_is_waited_for(world, postgres):
    cluster = postgres()
    cluster.stop()
    tree = tree_of(world, cluster.conninfo)
    pid = lives_on_beyond_its_ready_timeout(tree, "No such file or directory")
    assert not world.first("a", "start")
    ready_soon(tree, cluster.start(), pid)


def test_42_server_starting_up_is_asked_again_with_back_off(world, postgres):
    cluster = postgres()
    cluster.stop()
    starting = StartingUp(cluster.folder)
    try:
        tree = tree_of(world, cluster.conninfo)
        pid = lives_on_beyond_its_ready_timeout(tree, "57P03")
    finally:
        starting.close()
    gaps = [(later - earlier) / MS for earlier, later in zip(starting.attempts, starting.attempts[1:])]
    bounds.note("pauses between attempts", [f"{one:.0f}" for one in gaps])
    for at_least, pause in zip([49, 99, 199, 399, *[499] * len(gaps)], gaps):
        assert pause >= at_least, gaps
    assert 5 <= len(gaps) <= 10 and max(gaps) < 1000 * bounds.SCALE, gaps
    ready_soon(tree, cluster.start(), pid)


def test_42_too_many_clients_at_the_start_is_waited_for(world, postgres):
    cluster = postgres(settings=("max_connections = 5", "superuser_reserved_connections = 1", "max_wal_senders = 0"))
    taken = [psycopg.connect(cluster.conninfo) for _ in range(4)]
    try:
        tree = tree_of(world, cluster.conninfo)
        pid = lives_on_beyond_its_ready_timeout(tree, "53300")
        taken.pop().close()
        possible = bounds.now_ns()
        ready_soon(tree, possible, pid)
    finally:
        for connection in taken:
            connection.close()


def test_42_a_wrong_password_ends_the_start_at_once_and_stands_in_no_log(world, postgres):
    cluster = postgres(hba="local all postgres trust\nlocal all all scram-sha-256\n")
    cluster.sql("alter role code_analysis password 'right'")
    tree = tree_of(world, cluster.conninfo + " password=SECRET-wrong")
    tree.expected_exit = 2
    assert tree.wait_exit(10000) == 2
    exits = tree.events("exited", "driver")
    assert [event["code"] for event in exits] == [78]
    assert len(tree.events("spawned", "driver")) == 1 and tree.events("failed", "driver")
    gap("driver spawned -> exit", tree.events("spawned", "driver")[0]["mono_ns"], exits[0]["mono_ns"], 0, 1000)
    assert "28P01" in tree.log()
    for path in world.root.rglob("*"):
        if path.is_file() and path != world.config_file and world.root / "pg" not in path.parents:
            assert b"SECRET" not in path.read_bytes(), path
    assert not world.first("a", "start")


# ---- 43 ----

class Writer(threading.Thread):
    """Inserts rows of its own, one a statement or two a transaction, and keeps what it was told of each."""

    def __init__(self, world, number, stop):
        super().__init__()
        self.world, self.number, self.stop = world, number, stop
        self.acknowledged, self.unknown, self.refused, self.wrong = [], [], [], []
        self.last_success_ns = 0

    def run(self):
        try:
            turn = 0
            while not self.stop.is_set():
                with connect(self.world) as connection:
                    while not self.stop.is_set() and not connection.closed:
                        turn += 1
                        self.turn(connection, turn)
        except Exception as error:  # noqa: BLE001
            self.wrong.append(repr(error))

    def turn(self, connection, turn):
        """By the SQLSTATE: 08007 is unknown; 08006, and any error before COMMIT was sent, is a roll-back."""
        committing = self.number % 2 == 0  # without a transaction each statement commits
        try:
            if self.number % 2 == 1:
                connection.execute("begin")
                connection.execute("insert into tally values (%s, %s, 1)", (self.number, turn))
                connection.execute("insert into tally values (%s, %s, 2)", (self.number, turn))
                committing = True
                connection.execute("commit")
            else:
                connection.execute("insert into tally values (%s, %s, 1), (%s, %s, 2)", (self.number, turn) * 2)
            self.acknowledged.append(turn)
            self.last_success_ns = bounds.now_ns()
        except psycopg.Error as error:
            state = error.sqlstate
            # Only a session that had a transaction may end; libpq tells no SQLSTATE of what it reads after that.
            if state not in (("08007", "08006", None) if self.number % 2 == 1 else ("08007",)):
                self.wrong.append((turn, state, str(error)))
            (self.unknown if committing and state != "08006" else self.refused).append(turn)


def rows_are_what_was_told(cluster, writers):
    rows = {}
    for line in cluster.sql("select client, turn, count(*), count(distinct part) from tally group by 1, 2").splitlines():
        client, turn, count, parts = map(int, line.split("|"))
        assert count == parts == 2, f"half of, or twice, what client {client} did in turn {turn}"
        rows.setdefault(client, set()).add(turn)
    for writer in writers:
        present = rows.get(writer.number, set())
        assert writer.wrong == []
        assert set(writer.acknowledged) <= present, "an acknowledged commit is missing"
        assert present <= set(writer.acknowledged) | set(writer.unknown), "what was refused took effect"


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_43_postgresql_restarted_five_times_under_load(world, postgres, mode):
    cluster = postgres()
    tree = tree_of(world, cluster.conninfo)
    tree.counts_cpu = False
    tree.wait_ready(10000)
    pids = {name: tree.pid_of(name) for name in ("driver", "a", "b", "server")}
    with connect(world) as connection:
        connection.execute("create table tally (client int, turn int, part int, primary key (client, turn, part))")
    stop = threading.Event()
    writers = [Writer(world, number, stop) for number in range(6)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(5):
            before = [len(writer.acknowledged) for writer in writers]
            wait_for(lambda: all(len(writer.acknowledged) > count for writer, count in zip(writers, before)), 20000,
                     "each writer at work")
            cluster.stop(mode)
            accepts = cluster.start()
            wait_for(lambda: max(writer.last_success_ns for writer in writers) > accepts, 10000, "a success", every_ms=1)
            first = min(writer.last_success_ns for writer in writers if writer.last_success_ns > accepts)
            gap(f"PostgreSQL accepts -> a success after {mode}", accepts, first, 0, 2000)
    finally:
        stop.set()
        for writer in writers:
            writer.join(30)
    assert pids == {name: tree.pid_of(name) for name in pids}
    assert all(len(world.all(name, "start")) == 1 for name in ("a", "b", "server"))
    rows_are_what_was_told(cluster, writers)
    tree.stop(within_ms=10000)


# ---- 44 ----

ACCOUNTS, TOTAL = 20, 20000


class Transfers(threading.Thread):
    """Moves money between accounts, with a line in the ledger for each transfer: in a transaction, or in one statement."""

    ONE = ("with line as (insert into ledger values (%(client)s, %(turn)s, %(giver)s, %(taker)s, %(amount)s)) "
           "update accounts set balance = balance + case id when %(giver)s then -%(amount)s else %(amount)s end "
           "where id in (%(giver)s, %(taker)s)")

    def __init__(self, world, number, stop, rng):
        super().__init__()
        self.world, self.number, self.stop, self.rng = world, number, stop, rng
        self.acknowledged, self.unknown, self.wrong, self.turn = set(), set(), [], 0

    def run(self):
        while not self.stop.is_set():
            try:
                with connect(self.world) as connection:
                    while not self.stop.is_set():
                        self.transfer(connection)
            except psycopg.OperationalError:
                pass  # the driver died: connect again, which waits in the backlog
            except Exception as error:  # noqa: BLE001
                self.wrong.append(repr(error))
                return

    def transfer(self, connection):
        self.turn += 1
        giver, taker = sorted(self.rng.sample(range(ACCOUNTS), 2))
        values = {"client": self.number, "turn": self.turn, "giver": giver, "taker": taker, "amount": self.rng.randrange(-9, 10)}
        committing = self.number % 2 == 0
        try:
            if committing:
                connection.execute(self.ONE, values)
            else:
                connection.execute("begin")
                connection.execute("update accounts set balance = balance - %(amount)s where id = %(giver)s", values)
                connection.execute("update accounts set balance = balance + %(amount)s where id = %(taker)s", values)
                connection.execute("insert into ledger values (%(client)s, %(turn)s, %(giver)s, %(taker)s, %(amount)s)", values)
                committing = True
                connection.execute("commit")
            self.acknowledged.add(self.turn)
        except psycopg.errors.DeadlockDetected:
            if not connection.closed and connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                connection.execute("rollback")
        except psycopg.OperationalError:
            if committing:
                self.unknown.add(self.turn)
            raise


def sessions_of_driver(cluster):
    return set(filter(None, cluster.sql("select pid from pg_stat_activity where application_name = 'code-analysis driver'")
                      .splitlines()))


def old_sessions_end(cluster, pids, killed_ns):
    listed = ",".join(pids)

    def gone():
        return cluster.sql(f"select (select count(*) from pg_stat_activity where pid in ({listed})) + "
                           f"(select count(*) from pg_locks where pid in ({listed}))") == "0"
    wait_for(gone, 5000, "old sessions and their locks are gone", every_ms=10)
    gap("driver killed -> old sessions gone, locks free", killed_ns, bounds.now_ns(), 0, 5000)


def test_44_driver_killed_in_the_middle_of_writes(world, postgres, rng):
    cluster = postgres()
    tree = tree_of(world, cluster.conninfo)
    tree.counts_cpu = False
    tree.wait_ready(10000)
    workers = {name: tree.pid_of(name) for name in ("a", "b", "server")}
    with connect(world) as connection:
        connection.execute("create table accounts (id int primary key, balance int not null)")
        connection.execute("create table ledger (client int, turn int, giver int, taker int, amount int, primary key (client, turn))")
        connection.execute(f"insert into accounts select g, {TOTAL // ACCOUNTS} from generate_series(0, {ACCOUNTS - 1}) g")
    stop = threading.Event()
    clients = [Transfers(world, number, stop, random.Random(rng.random())) for number in range(8)]
    for client in clients:
        client.start()
    try:
        for _ in range(5):
            done = [len(client.acknowledged) for client in clients]
            wait_for(lambda: all(len(client.acknowledged) > count for client, count in zip(clients, done)), 20000,
                     "each client at work")
            time.sleep(rng.uniform(0, 0.05))  # a random instant, no condition
            old = sessions_of_driver(cluster)
            pid = tree.pid_of("driver")
            killed = tree.kill_child("driver")
            assert old
            old_sessions_end(cluster, old, killed)
            wait_for(lambda: tree.pid_of("driver") not in (None, pid), 5000, "the next driver")
    finally:
        stop.set()
        for client in clients:
            client.join(30)
    assert [client.wrong for client in clients if client.wrong] == []
    ledger_is_what_was_told(cluster, clients)
    assert workers == {name: tree.pid_of(name) for name in workers}
    tree.stop(within_ms=10000)


def ledger_is_what_was_told(cluster, clients):
    present = {tuple(map(int, line.split("|"))) for line in cluster.sql("select client, turn from ledger").splitlines()}
    acknowledged = {(client.number, turn) for client in clients for turn in client.acknowledged}
    unknown = {(client.number, turn) for client in clients for turn in client.unknown}
    bounds.note("transfers", f"{len(acknowledged)} acknowledged, {len(unknown)} unknown, {len(present)} in the ledger")
    assert acknowledged <= present, "an acknowledged commit is missing"
    assert present <= acknowledged | unknown, "what was not committed took effect"
    assert cluster.sql("select sum(balance) from accounts") == str(TOTAL)
    drift = cluster.sql(f"""select count(*) from accounts a where balance <> {TOTAL // ACCOUNTS}
        - (select coalesce(sum(amount), 0) from ledger where giver = a.id)
        + (select coalesce(sum(amount), 0) from ledger where taker = a.id)""")
    assert drift == "0", "an account is not what the ledger says: half of a transfer, or one that ran twice"


# ---- 45 ----

def test_45_postmaster_killed_while_a_backend_is_busy(world):
    config = world.three_tiers()
    config["code_analysis"]["database"]["driver"] = {
        "type": "postgres", "config": {"conninfo": "", "migrations": str(empty_folder(world)),
                                       "embedded": {"restart": dict(TIRELESS)}}, "restart": dict(TIRELESS)}
    tree = world.tree(config)
    tree.counts_cpu, tree.may_kill = False, {"postgres"}
    tree.wait_ready(60000)
    pids = {name: tree.pid_of(name) for name in ("driver", "a", "b", "server")}
    with connect(world) as busy, connect(world) as other:
        other.execute("create table kept as select 1 as a")
        busy.pgconn.send_query(b"select count(*) from generate_series(1, 10000000000) g where g % 7 = 3")
        busy.pgconn.flush()
        query = "select pid from pg_stat_activity where state = 'active' and pid <> pg_backend_pid()"
        backend = wait_for(lambda: other.execute(query).fetchone(), 5000, "the busy backend")[0]
        children = set(processes.children_of(tree.pid_of("postgres")))
        assert backend in children
        tree.kill_child("postgres")
        exited = tree.await_event("exited", "postgres")
        assert exited["signal"] == "SIGKILL"
        spawned = tree.await_event("spawned", "postgres", 10000, count=2)
        assert not [pid for pid in children if processes.is_alive(pid)], "a left-over backend beside the next postmaster"
        ready = tree.await_event("ready", "postgres", 30000, count=2)
        bounds.note("next postmaster spawned -> ready", f"{(ready['mono_ns'] - spawned['mono_ns']) / MS:.0f} ms")
        result = busy.pgconn.get_result()
        assert result.error_field(psycopg.pq.DiagnosticField.SQLSTATE) == b"08007"
        assert busy.pgconn.get_result() is None
        assert other.execute("select a from kept").fetchone() == (1,)
        assert busy.execute("select 2").fetchone() == (2,)
    assert len(tree.events("spawned", "postgres")) == 2 and len(tree.events("exited", "postgres")) == 1
    assert pids == {name: tree.pid_of(name) for name in pids}
    tree.stop(within_ms=30000)
