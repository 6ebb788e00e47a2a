import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))
import fleet as fleet_module
import launcher


@pytest.fixture
def folder():
    """An empty folder for state and sockets."""
    with launcher.scratch_folder() as path:
        yield path


@pytest.fixture(scope="session")
def made_once():
    with launcher.scratch_folder() as path:
        with launcher.running(path) as cluster:
            cluster.wait_ready()
        yield path


def copy_cluster(source, target):
    """Making a cluster takes seconds, copying one that does not run takes none."""
    subprocess.run(["cp", "-a", source + "/state", target + "/state"], check=True)


@pytest.fixture
def made(folder, made_once):
    """A folder with a cluster that a first start made."""
    copy_cluster(made_once, folder)
    return folder


@pytest.fixture(scope="session")
def cluster(made_once):
    """One running cluster for all tests that do not stop it."""
    with launcher.scratch_folder() as path:
        copy_cluster(made_once, path)
        with launcher.running(path) as running:
            yield running.wait_ready()


@pytest.fixture
def fleet(cluster):
    """The cluster with a fresh schema, no worker running yet."""
    cluster.psql("drop schema public cascade; create schema public")
    with fleet_module.running(cluster) as running:
        yield running


@pytest.fixture
def tree(folder):
    """An empty folder for source files."""
    path = pathlib.Path(folder, "tree")
    path.mkdir()
    return path
