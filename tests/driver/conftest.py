import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

import listeners  # noqa: E402
from driver_process import DriverProcess  # noqa: E402
from pg_cluster import PgCluster  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--driver", required=True, help="path of the built-in driver program")
    parser.addoption("--conversations", type=int, default=1000, help="how many the differential test plays")
    parser.addoption("--first-seed", type=int, default=1, help="of the differential test")


@pytest.fixture(scope="session")
def program(request):
    return pathlib.Path(request.config.getoption("--driver")).resolve()


@pytest.fixture(scope="session")
def cluster():
    pg = PgCluster()
    yield pg
    pg.close()


@pytest.fixture(scope="session")
def restartable():
    pg = PgCluster()
    yield pg
    pg.close()


@pytest.fixture
def own_cluster(restartable):
    """A cluster that the test may stop and restart; it runs when the test begins."""
    if not restartable.running():
        restartable.start()
    yield restartable


@pytest.fixture
def database(cluster):
    """A database that no other test has seen."""
    return cluster.new_database()


@pytest.fixture
def start(program):
    """Starts drivers and ends them after the test."""
    started = []

    def start_one(conninfo, **settings):
        driver = DriverProcess(program, conninfo, **settings)
        started.append(driver)
        return driver

    yield start_one
    for driver in started:
        driver.close()


@pytest.fixture(scope="module")
def driver(program, cluster):
    one = DriverProcess(program, cluster.conninfo)
    yield one
    assert one.stop() == 0, one.log()
    one.close()


@pytest.fixture
def pair(driver):
    """Two clients: the one listens, the other speaks."""
    with listeners.connect(driver) as listener, listeners.connect(driver) as speaker:
        yield listener, speaker
