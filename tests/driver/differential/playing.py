"""Plays a conversation against a PostgreSQL endpoint and records the answers in a form that can be compared."""
import random
import socket
import struct

from raw_messages import message, query, read_message

ANSWER_LIMIT = 30   # seconds for one step
BARRIER = query(b"select 'behind the barrier'")
BARRIER_ROW = b"behind the barrier"


def startup(database, settings):
    pairs = {"user": "code_analysis", "database": database, **settings}
    body = struct.pack("!I", 3 << 16) + b"".join(f"{key}\0{value}\0".encode() for key, value in pairs.items()) + b"\0"
    return struct.pack("!I", len(body) + 4) + body


class Endpoint:
    """One connection: sends in random pieces, collects every answer."""

    def __init__(self, path, database, conversation, limit):
        self.answers = []
        self.rng = random.Random(conversation.split)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(limit)
        self.socket.connect(str(path))
        self.socket.sendall(startup(database, conversation.settings))

    def read(self):
        answer = read_message(self.socket)
        self.answers.append(answer)
        return answer

    def await_kinds(self, kinds):
        while (answer := self.read())[0] not in kinds:
            pass
        return answer

    def send(self, data):
        """In one piece, or cut at random places: the receiver must not depend on how messages arrive."""
        cuts = sorted(self.rng.randint(0, len(data)) for _ in range(self.rng.choice([0, 0, 1, 3])))
        for begin, end in zip([0, *cuts], [*cuts, len(data)]):
            if begin < end:
                self.socket.sendall(data[begin:end])

    def play(self, step):
        self.send(b"".join(step.pieces))
        if step.awaits == "ready":
            for _ in range(step.ready_count()):
                self.await_kinds(b"Z")
        elif step.awaits == "described":
            self.await_kinds(b"TnE")
        elif step.awaits == "copy":
            if self.await_kinds(b"GE")[0] == b"G":
                self.send(step.rest)
                self.await_kinds(b"Z")
            else:
                self.send(step.otherwise)
                self.await_kinds(b"Z")
        else:
            self.send(BARRIER)
            while True:
                kind, body = self.await_kinds(b"DE")
                if kind == b"D" and BARRIER_ROW in body:
                    break
            self.await_kinds(b"Z")


def play(end, conversation, prepare, limit=ANSWER_LIMIT):
    """The answers to every step, or what ended the conversation. `end` is (path of the socket, database). `prepare` is sent first;
    its answers are not recorded. `limit`: seconds for one answer."""
    endpoint = Endpoint(*end, conversation, limit)
    answers = []
    with endpoint.socket:
        try:
            endpoint.await_kinds(b"Z")
            answers.append(normal_welcome(endpoint.answers))
            endpoint.socket.sendall(query(prepare.encode()))
            endpoint.await_kinds(b"Z")
            for step in conversation.steps:
                endpoint.answers = []
                endpoint.play(step)
                answers.append(normal(endpoint.answers))
            endpoint.socket.sendall(message(b"X"))
            return answers
        except (EOFError, ConnectionError) as gone:
            return [*answers, normal(endpoint.answers), f"gone: {type(gone).__name__}"]
        except TimeoutError:
            return [*answers, normal(endpoint.answers), f"no answer in {limit} s"]


# ---- what may differ ----

def normal_welcome(answers):
    """What differs between any two connections (BackendKeyData) is left out; application_name is the client's own affair."""
    return sorted((kind, body) for kind, body in answers
                  if kind != b"K" and not (kind == b"S" and body.startswith(b"application_name\0")))


def normal(answers):
    """Object ids of user tables in a RowDescription are numbered anew in each database. In a failed transaction it may be the
    driver's own Parse that is refused, in place of the Bind behind it: the place in PostgreSQL's source differs."""
    change = {b"T": without_table_ids, b"E": without_source_place}
    return [(kind, change[kind](body) if kind in change else body) for kind, body in answers]


def without_source_place(body):
    fields = body.split(b"\0")
    return b"\0".join(field for field in fields if field[:1] not in b"FLR") if b"C25P02" in fields else body


def without_table_ids(body):
    columns = struct.unpack("!H", body[:2])[0]
    at, out = 2, [body[:2]]
    for _ in range(columns):
        end = body.index(b"\0", at) + 1
        table = struct.unpack("!I", body[end:end + 4])[0]
        out += [body[at:end], struct.pack("!I", min(table, 16384)), body[end + 4:end + 18]]
        at = end + 18
    return b"".join(out)
