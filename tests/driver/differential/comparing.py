"""Plays one conversation at both ends and makes of a difference the shortest conversation that still shows it."""
import dataclasses

from differential import known
from differential.playing import play

FRESH = """drop table if exists made_{lane}; truncate lane_{lane}, lane_{lane}_guarded;
insert into lane_{lane} select g, 'row ' || g from generate_series(0, 9) g"""
SHRINK_PLAYS = 150
SHRINK_LIMIT = 3   # seconds for an answer while a difference is made smaller


def both(ends, talk, **limit):
    prepare = FRESH.format(lane=talk.lane)
    return [play(end, talk, prepare, **limit) for end in ends]


def smaller(talk):
    """Conversations with one step, or one message of a step, less."""
    for at in reversed(range(len(talk.steps))):
        yield dataclasses.replace(talk, steps=talk.steps[:at] + talk.steps[at + 1:])
    for at in reversed(range(len(talk.steps))):
        step = talk.steps[at]
        for piece in reversed(range(len(step.pieces) - 1)):  # the last one is what is answered
            less = dataclasses.replace(step, pieces=step.pieces[:piece] + step.pieces[piece + 1:])
            yield dataclasses.replace(talk, steps=[*talk.steps[:at], less, *talk.steps[at + 1:]])


def shrink(ends, talk):
    plays, shrunk = 0, True
    while shrunk:
        shrunk = False
        for candidate in smaller(talk):
            plays += 1
            if plays > SHRINK_PLAYS:
                return talk
            direct, behind = both(ends, candidate, limit=SHRINK_LIMIT)
            if direct != behind and not isinstance(direct[-1], str) and not known.kinds(candidate, direct):
                talk, shrunk = candidate, True
                break
    return talk


def show_step(step):
    return " ".join(f"{piece[:1].decode()}:{piece[5:].rstrip(bytes(1))[:300]!r}" for piece in step.pieces) + f"  -> {step.awaits}"


def first_difference(direct, behind):
    """The answers to the first step that differs, from the first answer that differs."""
    at = next((n for n, (a, b) in enumerate(zip(direct, behind)) if a != b), min(len(direct), len(behind)))
    lines = [f"first difference in step {at} (0: the welcome)"]
    ends = [answers[at] if at < len(answers) else "nothing" for answers in (direct, behind)]
    same = next((n for n, (a, b) in enumerate(zip(*ends)) if a != b), min(map(len, ends)))
    for name, answers, all_answers in (("direct", ends[0], direct), ("driver", ends[1], behind)):
        shown = answers if isinstance(answers, str) else answers[same:same + 4]
        end = all_answers[-1] if isinstance(all_answers[-1], str) else ""
        lines.append(f"  {name}: {shown!r:.1200} {end}")
    return lines


def describe(talk, direct, behind):
    lines = [f"settings {talk.settings}, lane {talk.lane}"]
    lines += [f"  {n + 1}: {show_step(step)}" for n, step in enumerate(talk.steps)]
    return "\n".join(lines + first_difference(direct, behind))


def difference(ends, talk, left_out):
    """Empty if both ends give the same answers. Counts what is left out, by its kind, in `left_out`."""
    prepare = FRESH.format(lane=talk.lane)
    direct = play(ends[0], talk, prepare)
    if isinstance(direct[-1], str):  # no conversation for a comparison: the generator's fault
        return f"seed {talk.seed}: PostgreSQL itself: {direct[-1]}\n" + describe(talk, direct, direct)
    if kinds := known.kinds(talk, direct):
        left_out.update(kinds[:1])
        return ""
    behind = play(ends[1], talk, prepare)
    if direct == behind:
        return ""
    lines = f"seed {talk.seed} differs. Repeat it: script/differential 1 {talk.seed}\n"
    shortest = shrink(ends, talk)
    again = both(ends, shortest, limit=SHRINK_LIMIT)
    if again[0] != again[1]:  # it may have another cause than the first one
        return "\n".join([lines + describe(shortest, *again), "before it was made smaller:", *first_difference(direct, behind)])
    return lines + "It does not differ when it is played again.\n" + describe(talk, direct, behind)
