import os
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))
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


@pytest.fixture
def made(folder, made_once):
    """A folder with a cluster that a first start made; a copy, since making one takes seconds."""
    subprocess.run(["cp", "-a", made_once + "/state", folder + "/state"], check=True)
    return folder
