"""Options, fixtures and reports of the black-box harness. README of the scenarios: the test names and docstrings."""
import os
import random
import shlex
import sys
import time

import pytest
from _pytest.runner import runtestprotocol

sys.path.insert(0, os.path.dirname(__file__))

from support import bounds, processes, world as worlds  # noqa: E402

ATTEMPTS = 3
BUSY = 25  # per cent of the time in which somebody waited for a processor
RESULTS = []  # (test, outcome, what was measured)


def pytest_addoption(parser):
    parser.addoption("--seed", type=int, default=None, help="seed of the random instants; printed with every run")


def pytest_configure(config):
    if config.getoption("--seed") is None:
        config.option.seed = int.from_bytes(os.urandom(3), "big")
    processes.become_subreaper()
    processes.come_first(priority=1)


def pytest_report_header(config):
    return f"seed {config.getoption('--seed')}, build {worlds.BUILD}, time scale {bounds.SCALE:g}"


@pytest.fixture
def world(request):
    with worlds.World() as one:
        yield one
        one.failed = getattr(request.node, "worst", None) == "FAILED"


@pytest.fixture
def rng(request):
    """Random numbers that --seed repeats, whichever other tests run."""
    return random.Random(f"{request.config.getoption('--seed')} {request.node.name}")


def pressure_us():
    """Microseconds during which somebody waited for a processor."""
    try:
        with open("/proc/pressure/cpu") as file:
            return int(file.readline().rpartition("total=")[2])
    except OSError:
        return 0


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    """A scenario that missed a time bound, and nothing else, on a machine that was busy meanwhile is run again: the
    bounds are those of an idle machine. Nothing else is ever tried twice."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for attempt in range(ATTEMPTS):
        bounds.MEASURED.clear()
        worlds.STORIES.clear()
        item.worst, item.only_late = "passed", False
        item.began = time.monotonic(), pressure_us()
        item._initrequest()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        if attempt + 1 == ATTEMPTS or not item.only_late:
            break
        RESULTS[-1] = (item.name, "late", ["a bound was missed on a busy machine: once more"])
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def selector(item):
    """The -k expression for one test: it takes no brackets."""
    name, _, parameters = item.name.partition("[")
    return " and ".join([name, *parameters.rstrip("]").split("-")]) if parameters else name


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        item.worst = "FAILED"
    elif report.skipped:
        item.worst = "skipped"
    if report.when == "teardown":
        RESULTS.append((item.name, getattr(item, "worst", "passed"), list(bounds.MEASURED)))
    if not report.failed:
        return
    began, pressure = item.began
    waited = (pressure_us() - pressure) / 1e4 / max(time.monotonic() - began, 0.001)
    item.only_late = call.when == "call" and call.excinfo.errisinstance(bounds.BoundMissed) and waited > BUSY
    report.sections.append(("to replay", " ".join([
        "tests/blackbox/run", shlex.quote(str(worlds.BUILD)), "-k", shlex.quote(selector(item)), "--seed",
        str(item.config.getoption("--seed"))])))
    report.sections.append(("the machine", f"somebody waited for a processor {waited:.0f} % of the time; "
                                           "the bounds are those of an idle machine"))
    if bounds.MEASURED:
        report.sections.append(("measured", "\n".join(bounds.MEASURED)))
    if call.when == "call" and "world" in item.funcargs:
        worlds.STORIES.append(item.funcargs["world"].story([]))
    for story in worlds.STORIES:
        report.sections.append(("the run", story))
    worlds.STORIES.clear()


def pytest_terminal_summary(terminalreporter):
    terminalreporter.section("what was measured")
    for name, outcome, measured in RESULTS:
        terminalreporter.write_line(f"{outcome:7} {name}")
        for line in measured:
            if not line.startswith("processor time"):  # one a tree: told with a failure only
                terminalreporter.write_line(f"          {line}")
