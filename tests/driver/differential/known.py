"""The kinds of conversations in which the driver is known to answer otherwise than PostgreSQL. Each entry of OPEN is a fault that is
still open; an empty OPEN is the aim. Each entry of DOCUMENTED is a difference that docs/driver.md names.

An entry is a function of the conversation and of PostgreSQL's own answers to it. Conversations that it holds for are left out and counted.
"""


def sql_of(piece):
    if piece[:1] == b"Q":
        return piece[5:-1].decode().lower()
    if piece[:1] == b"P":
        return piece[5:].split(b"\0")[1].decode().lower()
    return ""


def texts_of(talk):
    return [sql_of(piece) for step in talk.steps for piece in step.pieces]


def groups_of(talk, answers):
    """(pieces, failed) of each group of the extended protocol: what stands between two answers ReadyForQuery."""
    for step, answered in zip(talk.steps, answers[1:]):
        failures = failed_groups(answered)
        pieces = []
        for piece in step.pieces:
            pieces.append(piece)
            if piece[:1] in (b"S", b"Q", b"F"):
                yield pieces, next(failures, False)
                pieces = []
        if pieces:
            yield pieces, next(failures, False)


def failed_groups(answered):
    failed = False
    for kind, _ in answered:
        failed = failed or kind == b"E"
        if kind == b"Z":
            yield failed
            failed = False
    yield failed


def unnamed_parse_behind_a_failure(talk, answers):
    """A group that fails prepares the unnamed statement, and not by its first message."""
    return any(failed and any(piece[:1] == b"P" and piece[5:6] == b"\0" for piece in pieces[1:])
               for pieces, failed in groups_of(talk, answers))


def settings_given_back(talk, answers):
    return bool(talk.settings) and any("reset" in text or "discard" in text or "to default" in text for text in texts_of(talk))


OPEN = {
    "a group that fails and may have skipped a Parse of the unnamed statement": unnamed_parse_behind_a_failure,
}

DOCUMENTED = {
    "RESET of a setting that the startup packet gave": settings_given_back,
}


def kinds(talk, answers):
    return [name for name, holds in {**OPEN, **DOCUMENTED}.items() if holds(talk, answers)]
