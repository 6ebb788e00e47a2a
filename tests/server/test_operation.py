"""Readiness, metrics, what happens when others are away, and the end."""
import os
import socket
import threading
import time

from running_server import tree


def eventually(condition, timeout=5):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_readyz_follows_the_supervisors_status(start):
    server = start()
    answer = server.get("/readyz")
    assert answer.status == 200
    assert answer.json == {"ready": True, "state": "running", "degraded": [], "not_ready": []}
    server.control.status = tree(degraded=["indexer.0"], indexer="backoff")
    eventually(lambda: server.get("/readyz").status == 503)
    assert server.get("/readyz").json == {"ready": False, "state": "running", "degraded": ["indexer.0"],
                                          "not_ready": [{"name": "indexer.0", "state": "backoff"}]}
    server.control.status = tree(state="starting", server="starting")
    eventually(lambda: server.get("/readyz").json["state"] == "starting")
    assert server.get("/readyz").status == 503
    server.control.status = None
    eventually(lambda: server.get("/readyz").json["state"] == "unknown")
    assert server.get("/readyz").status == 503
    assert server.get("/api/v1/status").status == 503
    assert server.get("/healthz").status == 200


def test_status_is_the_supervisors_own(server):
    assert server.get("/api/v1/status").json == tree()


def test_metrics_show_the_tree_the_index_and_the_servers_own_requests(server):
    for _ in range(3):
        assert server.get("/healthz").status == 200
    server.get("/nope")
    answer = server.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.body.decode().splitlines()
    for line in ['code_analysis_supervisor_up 1', 'code_analysis_process_ready{process="driver",tier="1"} 1',
                 'code_analysis_process_restarts_total{process="indexer.0",tier="2"} 1', 'code_analysis_driver_up 0',
                 'code_analysis_database_up 1', 'code_analysis_files{project="beta",status="pending"} 1']:
        assert line in lines
    samples = {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if not line.startswith("#")}
    assert samples['code_analysis_http_requests_total{path="/healthz",method="GET",status="200"}'] >= 3
    assert samples['code_analysis_http_requests_total{path="other",method="GET",status="404"}'] >= 1
    assert samples['code_analysis_http_request_duration_seconds_count{path="/healthz"}'] >= 3


def test_metrics_name_every_metric_once_with_its_type(server):
    lines = server.get("/metrics").body.decode().splitlines()
    types = [line.split()[2] for line in lines if line.startswith("# TYPE ")]
    assert len(types) == len(set(types)) > 10
    for line in lines:
        if not line.startswith("#"):
            name = line.split("{")[0].split(" ")[0]
            assert any(name == known or name.startswith(known + "_") for known in types), line


def test_the_server_serves_without_a_database_and_uses_it_once_it_is_there(start, cluster, tmp_path):
    server = start(pg_host=str(tmp_path))
    assert server.get("/healthz").status == 200
    answer = server.get("/api/v1/projects")
    assert answer.status == 503 and answer.headers["Content-Type"] == "application/problem+json"
    assert "code_analysis_database_up 0" in server.get("/metrics").body.decode().splitlines()
    os.symlink(os.path.join(cluster.folder, ".s.PGSQL.5432"), tmp_path / ".s.PGSQL.5432")
    assert server.get("/api/v1/projects").status == 200


def test_a_database_that_accepts_and_says_nothing_is_503_and_holds_nobody_else_up(start, tmp_path):
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / ".s.PGSQL.5432"))
        silent.listen(16)
        server = start(pg_host=str(tmp_path))
        waiting = threading.Thread(target=server.get, args=("/api/v1/projects",))
        waiting.start()
        began = time.monotonic()
        assert server.get("/healthz").status == 200 and server.get("/readyz").status == 200
        assert time.monotonic() - began < 1
        assert server.get("/api/v1/projects").status == 503
        waiting.join()


def test_term_ends_it_within_two_seconds_and_leaves_the_listening_socket_alone(start):
    server = start()
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
    idle[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")  # half a request
    assert server.get("/healthz").status == 200
    began = time.monotonic()
    server.process.terminate()
    assert server.process.wait(5) == 0
    assert time.monotonic() - began < 2
    # The supervisor's copy still listens: a client waits in the backlog for the next server.
    with socket.create_connection(("127.0.0.1", server.port), timeout=2):
        pass
    for client in idle:
        client.close()


def test_term_during_a_statement_waits_for_it_for_three_seconds(start, cluster):
    server = start()
    blocker = cluster.connect()
    with blocker.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE issues IN ACCESS EXCLUSIVE MODE")
    statuses = []
    waiting = threading.Thread(target=lambda: statuses.append(server.get("/api/v1/issues").status))
    waiting.start()
    eventually(lambda: cluster.run("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))
    began = time.monotonic()
    assert server.terminate() == 0
    assert 2 < time.monotonic() - began < 5
    waiting.join()
    blocker.close()
    assert statuses == [503]


def test_nothing_is_left_open_after_many_requests(start):
    server = start()
    def descriptors():
        return len(os.listdir("/proc/%d/fd" % server.process.pid))
    for path in ["/healthz", "/api/v1/search?q=parse", "/readyz", "/metrics"]:
        server.get(path)
    eventually(lambda: descriptors() < 25)
    before = descriptors()
    for _ in range(100):
        server.get("/api/v1/search?q=parse")
        server.get("/readyz")
        server.get("/nope")
    eventually(lambda: descriptors() <= before)


def test_a_start_without_sockets_or_configuration_is_78(cluster):
    import subprocess
    from running_server import PROGRAM
    for environment in [{}, {"LISTEN_FDS": "1"}]:
        ended = subprocess.run([str(PROGRAM)], env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=10)
        assert ended.returncode == 78 and b"code-analysisd" in ended.stderr
