import contextlib

import pytest

from cluster import Cluster
from running_server import RunningServer

ROWS = """
INSERT INTO projects (name, path, scanned_at) VALUES ('alpha', '/src/alpha', '2024-05-01T12:00:00Z'), ('beta', '/src/beta', NULL);
INSERT INTO files (project_id, path, language, size, mtime, stamp, status, error, line_count, indexed_at) VALUES
  (1, 'lib/parse.py', 'python', 100, now(), '1', 'indexed', NULL, 40, '2024-05-01T12:00:01Z'),
  (1, 'lib/parse_config.py', 'python', 100, now(), '2', 'indexed', NULL, 20, now()),
  (1, 'README.md', NULL, 10, now(), '3', 'skipped', 'not source text', NULL, NULL),
  (2, 'src/reparse.c', 'c', 100, now(), '4', 'indexed', NULL, 30, now()),
  (2, 'src/new.c', 'c', 100, now(), '5', 'pending', NULL, NULL, NULL),
  (2, 'src/100%_sure.c', 'c', 100, now(), '6', 'dead', 'out of time', NULL, NULL);
INSERT INTO symbols (id, project_id, file_id, parent_id, kind, name, qualified_name, is_definition, start_line, end_line,
                     start_column, end_column, signature, docstring) VALUES
  (1, 1, 1, NULL, 'function', 'parse',         'lib.parse.parse',         true, 1, 9, 0, 0, 'def parse(text)', 'Parses.'),
  (2, 1, 1, NULL, 'class',    'Parser',        'lib.parse.Parser',        true, 11, 30, 0, 0, 'class Parser', ''),
  (3, 1, 1, 2,    'method',   'parse',         'lib.parse.Parser.parse',  true, 12, 20, 4, 0, 'def parse(self)', ''),
  (4, 1, 2, NULL, 'function', 'parse_config',  'lib.parse_config.parse_config', true, 1, 9, 0, 0, 'def parse_config()', ''),
  (5, 2, 4, NULL, 'function', 'reparse',       'reparse',                 true, 1, 9, 0, 0, 'void reparse(void)', ''),
  (6, 2, 4, NULL, 'macro',    'PARSE',         'PARSE',                   true, 10, 10, 0, 0, '#define PARSE', ''),
  (7, 2, 4, NULL, 'function', 'per%cent_sign', 'per%cent_sign',           true, 12, 13, 0, 0, '', ''),
  (8, 2, 4, NULL, 'function', 'perXcentYsign', 'perXcentYsign',           false, 14, 15, 0, 0, '', '');
INSERT INTO issues (project_id, file_id, rule, severity, message, start_line, end_line, start_column, end_column) VALUES
  (1, 1, 'function-too-long', 'warning', 'parse has 90 lines', 1, 90, 0, 0),
  (2, 4, 'parse-error', 'error', 'does not parse', 3, 3, 0, 5),
  (1, 2, 'todo', 'info', 'left to do', 2, 2, 0, 0);
"""


@pytest.fixture(scope="session")
def cluster():
    made = Cluster()
    made.run(ROWS)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def server(cluster):
    """One server for all tests of a module that only read from it."""
    running = RunningServer(cluster.folder)
    yield running
    running.close()


@pytest.fixture
def start(cluster):
    """start(...) runs a server of the test's own."""
    with contextlib.ExitStack() as stack:
        def run(pg_host=cluster.folder, **options):
            running = RunningServer(pg_host, **options)
            stack.callback(running.close)
            return running
        yield run
