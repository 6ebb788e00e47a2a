"""Time bounds. They hold on an idle machine; CODE_ANALYSIS_TIME_SCALE (default 1) stretches the upper ones for builds
with sanitizers. Lower bounds are never stretched: a thing that comes too early is wrong on any machine."""
import os
import time

SCALE = float(os.environ.get("CODE_ANALYSIS_TIME_SCALE", "1"))
# Processor time and memory of a build with sanitizers are mostly the sanitizers': they are noted there, and not judged.
JUDGES_USE = SCALE == 1
MS = 1_000_000  # nanoseconds

# The values of every scenario that does not say otherwise, milliseconds.
READY_TIMEOUT_MS = 2000
STOP_TIMEOUT_MS = 1000
LIMIT_MS = 3 * STOP_TIMEOUT_MS + 1000

MEASURED = []  # "name = value" of the running scenario, printed with a failure and in the summary


class BoundMissed(AssertionError):
    """A time bound was missed, and nothing else is known to be wrong."""


def now_ns():
    """CLOCK_MONOTONIC, which the puppets and the event log use as well."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)


def in_bounds(what, value_ms, low_ms, high_ms):
    """Asserts low <= value <= high, milliseconds, and notes what was measured."""
    MEASURED.append(f"{what} = {value_ms:.1f} ms")
    if not low_ms <= value_ms <= high_ms * SCALE:
        raise BoundMissed(f"{what}: {value_ms:.1f} ms is not within {low_ms} and {high_ms * SCALE:g} ms")


def gap(what, from_ns, to_ns, low_ms, high_ms):
    """Asserts how long after one instant another one came."""
    in_bounds(what, (to_ns - from_ns) / MS, low_ms, high_ms)


def note(what, value):
    MEASURED.append(f"{what} = {value}")


def memory_growth(what, bytes_, limit):
    """Asserts that a process grew by less than that."""
    note(what, f"{bytes_} bytes")
    assert bytes_ < limit or not JUDGES_USE, f"{what}: {bytes_} bytes are not below {limit}"


def wait_for(condition, within_ms, what, every_ms=2):
    """Polls until condition() is true and returns its value.

    The bound is generous by nature (it only says when to give up); exact bounds are asserted from records."""
    deadline = now_ns() + int(within_ms * SCALE * MS)
    while True:
        value = condition()
        if value:
            return value
        if now_ns() > deadline:
            raise BoundMissed(f"waited {within_ms * SCALE:g} ms in vain: {what}")
        time.sleep(every_ms / 1000)
