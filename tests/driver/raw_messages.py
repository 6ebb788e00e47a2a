"""Messages of the frontend/backend protocol 3.0, as bytes."""
import struct


def message(kind, body=b""):
    return kind + struct.pack("!I", len(body) + 4) + body


def startup(user=b"hostile", database=b"code_analysis"):
    body = struct.pack("!I", 3 << 16) + b"user\0" + user + b"\0database\0" + database + b"\0\0"
    return struct.pack("!I", len(body) + 4) + body


def parse(name, sql):
    return message(b"P", name + b"\0" + sql + b"\0\0\0")


def bind(name):
    return message(b"B", b"\0" + name + b"\0\0\0\0\0\0\0")


EXECUTE, SYNC, FLUSH = message(b"E", b"\0\0\0\0\0"), message(b"S"), message(b"H")


def query(sql):
    return message(b"Q", sql + b"\0")


def describe(name):
    return message(b"D", b"S" + name + b"\0")


def read_message(client):
    """(type, body)."""
    head = read_exactly(client, 5)
    return head[:1], read_exactly(client, struct.unpack("!I", head[1:])[0] - 4)


def read_exactly(client, count):
    data = b""
    while len(data) < count:
        piece = client.recv(count - len(data))
        if not piece:
            raise EOFError(data)
        data += piece
    return data
