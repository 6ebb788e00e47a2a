"""Random conversations of the frontend/backend protocol: what a client sends, step by step, without knowing the answers.

A conversation is made from its seed alone. It is a list of steps; a step is what is sent at once and what is awaited then.
Every conversation works on tables of its own, named by its `lane`, so that conversations beside it change nothing.
"""
import dataclasses
import random
import struct

from raw_messages import EXECUTE, FLUSH, SYNC, bind, describe, message, parse, query

COPY_DONE = message(b"c")


@dataclasses.dataclass
class Step:
    """`awaits`: "ready" (one ReadyForQuery for each Query and Sync of `pieces`), "described" (the answer to Describe of a
    statement, or an error), "copy" (CopyInResponse or an error; then the `rest` that fits is sent), "barrier" (the row of a
    query that is sent behind: for steps whose number of ReadyForQuery depends on what PostgreSQL had read)."""
    pieces: list
    awaits: str = "ready"
    kinds: frozenset = frozenset()   # what the step exercises, for the list of known differences
    rest: bytes = b""                # behind CopyInResponse
    otherwise: bytes = b""           # behind an error instead of it

    def ready_count(self):
        return sum(piece[:1] in (b"Q", b"S", b"F") for piece in self.pieces)


@dataclasses.dataclass
class Conversation:
    seed: int
    lane: int
    settings: dict
    steps: list
    split: int   # seed of where the bytes are cut into sends


class Words:
    """Random SQL for one lane."""

    def __init__(self, rng, lane):
        self.rng = rng
        self.t = f"lane_{lane}"
        self.lane = lane

    def number(self):
        return self.rng.choice([0, 1, 2, 3, 7, 40, 1000])

    def read(self):
        n, t = self.number(), self.t
        return self.rng.choice([
            "select 1", f"select {n} as n, 'text', null, 1.5::numeric", f"select id, txt from {t} order by id limit {n}",
            f"select count(*), sum(id) from {t}", f"select generate_series(1, {n})", f"select repeat('x', {n * 40}) from generate_series(1, 5)",
            f"values ({n}), (2)", f"table {t} order by id limit 2", f"with w as (select {n} a) select a from w",
            "select E'a\\'b', 'c''d', $$e$$", 'select 1 as "quoted ""name"', "select upper('a') || lower('B'), length('c')",
            "select current_setting('work_mem')", "show work_mem", "show datestyle", "select /* a /* nested */ comment */ 1 -- end",
            "select now() = now(), current_user", "select row(1, 'a'), array[1, 2]", "explain (costs off) select 1",
            f"select exists (select from {t} where id = {n})"])

    def write(self):
        n, t = self.number(), self.t
        return self.rng.choice([
            f"insert into {t} values ({n + 100}, 'new') on conflict do nothing", f"insert into {t} values ({n}, 'twice')",
            f"update {t} set txt = txt || '!' where id < {n}", f"delete from {t} where id = {n} returning id, txt",
            f"insert into {t} select g, 'many' from generate_series(2000, 2000 + {n}) g on conflict (id) do update set txt = 'again'",
            f"with d as (delete from {t} where id > 2000 returning 1) select count(*) from d", f"truncate {t}",
            f"update {t} set id = id + 10000 where id = {n} returning *"])

    def wrong(self):
        return self.rng.choice([
            "select 1 / 0", "selekt 1", "select * from no_such_table", "select no_such_function(1)", "select 'open",
            f"insert into {self.t} values (null, 'x')", "select 1::no_such_type", "select $1", "execute no_such_statement",
            "close no_such_cursor", "release savepoint no_such_savepoint", "set no_such_setting to 1",
            "set work_mem to 'nonsense'", "do $$ begin raise exception 'on purpose' using errcode = 'P9999', hint = 'a hint'; end $$"])

    def transaction(self):
        return self.rng.choice([
            "begin", "begin", "begin", "commit", "commit", "rollback", "rollback", "end", "abort", "start transaction read only",
            "begin isolation level serializable", "savepoint one", "rollback to one", "release one", "commit and chain",
            "set transaction isolation level repeatable read", "set local work_mem = '6MB'"])

    def session(self):
        n, lane = self.number(), self.lane
        return self.rng.choice([
            "set work_mem = '5MB'", "reset work_mem", "set datestyle = 'German, DMY'", "reset datestyle", "set timezone = 'Asia/Tokyo'",
            "reset all", "select set_config('ca.word', 'said', false)", "select coalesce(current_setting('ca.word', true), '')",
            "create temp table passing (a int)", f"insert into passing values ({n}) returning a", "select count(*) from passing",
            "drop table if exists passing", "discard all", "deallocate all", "discard temp", "prepare one as select 5 + $1::int",
            "execute one(3)", "deallocate one", f"declare c cursor with hold for select generate_series(1, {n})", "fetch 2 from c",
            "close c", f"select pg_advisory_lock({lane})", f"select pg_advisory_unlock({lane})", f"select pg_try_advisory_xact_lock({lane})",
            "do $$ begin raise notice 'a notice'; end $$", "notify nobody", "unlisten *", "set client_min_messages = 'warning'",
            "reset client_min_messages", "set search_path = pg_catalog, public", "reset search_path", "select setseed(0.5)",
            f"create table made_{lane} (a int, b text default 'd')", f"drop table if exists made_{lane}", f"lock table {self.t} in share mode",
            "set constraints all immediate", "set session characteristics as transaction read only",
            "set session characteristics as transaction read write", "set extra_float_digits = 0", "select 0.1::float8 * 3"])

    def one(self):
        return self.rng.choices([self.read, self.write, self.wrong, self.transaction, self.session], [8, 4, 2, 4, 4])[0]()

    def text(self):
        """The text of a simple query: most often one statement."""
        chance = self.rng.random()
        if chance < 0.72:
            return self.one()
        if chance < 0.76:
            return self.rng.choice(["", ";", " ; ; ", "-- nothing", "/* nothing */"])
        return "; ".join(self.one() for _ in range(self.rng.randint(2, 4))) + self.rng.choice(["", ";"])


def parse_typed(name, sql, types=()):
    return message(b"P", name + b"\0" + sql.encode() + b"\0" + struct.pack("!H", len(types)) + b"".join(struct.pack("!I", t) for t in types))


def bind_values(portal, name, values, binary_results):
    body = portal + b"\0" + name + b"\0" + struct.pack("!HH", 0, len(values))
    for value in values:
        body += struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value
    return message(b"B", body + (struct.pack("!HH", 1, 1) if binary_results else struct.pack("!H", 0)))


def execute(portal=b"", limit=0):
    return message(b"E", portal + b"\0" + struct.pack("!I", limit))


def close(kind, name):
    return message(b"C", kind + name + b"\0")


WITH_PARAMETERS = [("select $1::int + 1", [b"41"]), ("select $1::text, $2::int", [b"word", None]), ("insert into {t} values ($1, $2) returning id",
                   [b"77", b"bound"]), ("select $1::int", [b"no number"]), ("select id from {t} where id < $1 order by id", [b"3"]),
                   ("update {t} set txt = $2 where id = $1", [b"1", b"changed"])]


class Groups:
    """Groups of the extended protocol. Names of statements come from a small set, so that they meet again: most often as PostgreSQL
    wants them, now and then not."""

    def __init__(self, rng, words):
        self.rng = rng
        self.words = words
        self.known = {}   # name: the values that its parameters take, as far as nothing has failed

    def prepared(self):
        """(sql, values)"""
        if self.rng.random() < 0.4:
            sql, values = self.rng.choice(WITH_PARAMETERS)
            return sql.format(t=self.words.t), values
        return self.words.one(), []

    def prepare(self, name):
        """Parse, behind a Close of what has the name."""
        made = []
        if name in self.known and name != b"" and self.rng.random() < 0.95:
            made.append(close(b"S", name))
        sql, self.known[name] = self.prepared()
        return [*made, parse_typed(name, sql)]

    def pieces(self):
        """Messages of one group, without its Sync."""
        rng, made = self.rng, []
        for _ in range(rng.choice([1, 1, 1, 2, 3])):
            name = rng.choice([b"", b"", b"a", b"b"])
            portal = rng.choice([b"", b"", b"", b"p"])
            if rng.random() < (0.6 if name in self.known else 0.97):
                made += self.prepare(name)
            if rng.random() < 0.3:
                made.append(describe(name))
            if rng.random() < 0.9:
                made.append(bind_values(portal, name, self.known.get(name, []), rng.random() < 0.2))
                if rng.random() < 0.5:
                    made.append(message(b"D", b"P" + portal + b"\0"))
                for _ in range(rng.choice([1, 1, 1, 2])):
                    made.append(execute(portal, rng.choice([0, 0, 0, 1, 2])))
                if portal or rng.random() < 0.1:
                    made.append(close(b"P", portal))
            if rng.random() < 0.15:
                made.append(close(b"S", name))
                self.known.pop(name, None)
            if rng.random() < 0.1:
                made.append(FLUSH)
        return made

    def step(self):
        """One group, or a pipeline of them."""
        pieces = []
        for _ in range(self.rng.choice([1, 1, 1, 2, 3, 6])):
            pieces += self.pieces() + [SYNC]
        return Step(pieces)

    def prepare_and_wait(self):
        """Parse, Describe and Flush, whose answer is awaited before the Bind is sent, as asyncpg does."""
        name = self.rng.choice([b"", b"a", b"b"])
        first = Step([*self.prepare(name), describe(name), FLUSH], "described")
        second = Step([bind_values(b"", name, self.known[name], False), execute(), SYNC])
        return [first, second]


class Copies:
    def __init__(self, rng, words):
        self.rng = rng
        self.words = words

    def data(self):
        rows = [f"{self.rng.randint(3000, 9000)}\tcopied {n}\n".encode() for n in range(self.rng.choice([0, 1, 3, 200]))]
        if self.rng.random() < 0.25:
            rows.insert(self.rng.randint(0, len(rows)), b"no number\tx\n")
        return [message(b"d", row) for row in rows]

    def ending(self):
        return COPY_DONE if self.rng.random() < 0.8 else message(b"f", b"given up\0")

    def text(self):
        table = self.rng.choice([self.words.t, self.words.t, self.words.t, "no_such_table", f"{self.words.t}_guarded"])
        return f"copy {table} from stdin"

    def steps(self):
        """The unnamed statement is no COPY afterwards: one that is executed where nobody expects it ends the conversation."""
        return [*self.copy(), Step([parse_typed(b"", "select 1"), SYNC])]

    def copy(self):
        rng = self.rng
        chance = rng.random()
        if chance < 0.2:
            return [Step([query(f"copy (select generate_series(1, {self.words.number()})) to stdout".encode())])]
        data = self.data() + [self.ending()]
        if chance < 0.4:   # a simple query whose data follows at once
            return [Step([query(self.text().encode()), *data])]
        if chance < 0.6:   # a simple query whose answer is awaited
            return [Step([query(self.text().encode())], "copy", rest=b"".join(data))]
        group = [parse_typed(b"", self.text()), bind(b""), EXECUTE]
        if chance < 0.75:  # the extended protocol, awaited
            return [Step([*group, FLUSH], "copy", rest=b"".join(data) + SYNC, otherwise=SYNC)]
        if chance < 0.9:   # the extended protocol, all at once
            return [Step([*group, *data, SYNC])]
        # The Sync before the data, as tokio-postgres sends it. Outside a transaction, for the barrier is a query.
        return [Step([query(b"rollback")]), Step([*group, SYNC, *data, SYNC], "barrier", frozenset({"early sync of a copy"}))]


def conversation(seed, lanes):
    rng = random.Random(seed)
    lane = seed % lanes
    words = Words(rng, lane)
    groups, copies = Groups(rng, words), Copies(rng, words)
    steps = []
    for _ in range(rng.randint(2, 12)):
        chance = rng.random()
        if chance < 0.4:
            steps.append(Step([query(words.text().encode())]))
        elif chance < 0.5:  # several simple queries at once
            steps.append(Step([query(words.text().encode()) for _ in range(rng.randint(2, 6))]))
        elif chance < 0.8:
            steps.append(groups.step())
        elif chance < 0.87:
            steps += groups.prepare_and_wait()
        elif chance < 0.97:
            steps += copies.steps()
        else:              # a call of int4pl(2, 3) by the fast path
            steps.append(Step([message(b"F", struct.pack("!IHHHiIiIH", 177, 1, 1, 2, 4, 2, 4, 3, 1))]))
    settings = {}
    if rng.random() < 0.15:
        settings = rng.choice([{"client_encoding": "LATIN1"}, {"TimeZone": "America/Lima"}, {"options": "-c work_mem=7MB"},
                               {"DateStyle": "German", "extra_float_digits": "0"}])
    return Conversation(seed, lane, settings, steps, rng.getrandbits(32))
