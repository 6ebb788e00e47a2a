"""The kinds of conversations in which the driver is known to answer otherwise than PostgreSQL. Each entry of OPEN is a fault that is
still open; an empty OPEN is the aim. Each entry of DOCUMENTED is a difference that docs/driver.md names.

An entry is a function of the conversation and of PostgreSQL's own answers to it. Conversations that it holds for are left out and counted.
"""
import dataclasses


def sql_of(piece):
    if piece[:1] == b"Q":
        return piece[5:-1].decode().lower()
    if piece[:1] == b"P":
        return piece[5:].split(b"\0")[1].decode().lower()
    return ""


def texts_of(talk):
    return [sql_of(piece) for step in talk.steps for piece in step.pieces]


@dataclasses.dataclass
class Group:
    """What stands between two answers ReadyForQuery."""
    pieces: list
    began_in: bytes   # the status of the ReadyForQuery before it
    errors: list

    def failed(self):
        return bool(self.errors)


def groups_of(talk, answers):
    status = b"I"
    for step, answered in zip(talk.steps, answers[1:]):
        ends = answers_of_groups(answered)
        pieces = []
        for piece in [*step.pieces, None]:
            if piece is not None:
                pieces.append(piece)
            if pieces and (piece is None or piece[:1] in (b"S", b"Q", b"F")):
                errors, after = next(ends, ([], b""))
                yield Group(pieces, status, errors)
                pieces, status = [], after or status


def answers_of_groups(answered):
    """(errors, status) of each group; the status is empty where no ReadyForQuery came."""
    errors = []
    for kind, body in answered:
        if kind == b"E":
            errors.append(body)
        if kind == b"Z":
            yield errors, body
            errors = []
    yield errors, b""


def unnamed_parse_behind_a_failure(talk, answers):
    """A group that fails prepares the unnamed statement, and not by its first message."""
    return any(group.failed() and any(piece[:1] == b"P" and piece[5:6] == b"\0" for piece in group.pieces[1:])
               for group in groups_of(talk, answers))


def prepared_in_a_failed_transaction(talk, answers):
    """PostgreSQL looks at the statement before it says that the transaction has failed. The driver may have to prepare it first."""
    def uses_a_statement(piece):
        return piece[:1] == b"B" or piece[:1] == b"D" and piece[5:6] == b"S"

    return any(group.began_in == b"E" and any(map(uses_a_statement, group.pieces)) and
               not any(b"C25P02\0" in error for error in group.errors) for group in groups_of(talk, answers))


def settings_given_back(talk, answers):
    return bool(talk.settings) and any("reset" in text or "discard" in text or "to default" in text for text in texts_of(talk))


OPEN = {
    "a group that fails and may have skipped a Parse of the unnamed statement": unnamed_parse_behind_a_failure,
}

DOCUMENTED = {
    "RESET of a setting that the startup packet gave": settings_given_back,
    "a statement that is prepared again in a failed transaction": prepared_in_a_failed_transaction,
}


def kinds(talk, answers):
    return [name for name, holds in {**OPEN, **DOCUMENTED}.items() if holds(talk, answers)]
