"""The embedded cluster's launcher: first start, later starts, crashes, and the folders it must refuse."""
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import time

import pytest

from launcher import AS_ROOT, CLUSTER_USER, LIBEXEC, Launcher, running


def wait_until(condition, timeout=20):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "condition not reached"
        time.sleep(0.01)


def tree(path):
    """Names, owners, modes and contents below path: equal before and after means nothing was touched."""
    found = []
    for base, folders, files in os.walk(path):
        for name in sorted(folders + files) + ["."]:
            entry = pathlib.Path(base, name)
            info = entry.lstat()
            found.append((str(entry), info.st_uid, info.st_mode, entry.read_bytes() if entry.is_file() else b""))
    return sorted(found)


def test_the_first_start_makes_the_cluster_and_the_process_is_the_postmaster(folder):
    with running(folder) as cluster:
        cluster.wait_ready()
        data_dir = cluster.config["data_dir"]
        postmaster = int(open(data_dir + "/postmaster.pid").readline())
        assert postmaster == cluster.process.pid
        assert not os.path.exists(data_dir + ".being-made")
        assert cluster.psql("show server_encoding") == "UTF8"
        assert cluster.psql("show lc_collate") == "C.UTF-8"
        assert cluster.psql("show data_checksums") == "on"
        assert cluster.psql("show fsync") == "on"
        assert cluster.psql("show jit") == "off"
        assert cluster.psql("show listen_addresses") == ""


def test_the_drivers_role_owns_the_database_and_is_no_superuser(made):
    with running(made) as cluster:
        cluster.wait_ready()
        assert cluster.psql("select rolsuper or rolcreaterole or rolreplication from pg_roles where rolname = current_user") == "f"
        assert cluster.psql("select pg_get_userbyid(datdba) from pg_database where datname = 'code_analysis'") == "code_analysis"
        cluster.psql("create table mine (a int); drop table mine")
        with pytest.raises(subprocess.CalledProcessError):
            cluster.psql("copy (select 1) to program 'cat'")


@pytest.mark.skipif(not AS_ROOT, reason="needs two accounts")
def test_accounts_that_the_map_does_not_name_are_refused(made):
    with running(made) as cluster:
        cluster.wait_ready()
        with pytest.raises(subprocess.CalledProcessError) as refused:
            cluster.psql("select 1", role="postgres", database="postgres")
        assert "Peer authentication failed" in refused.value.stdout
        owner = os.stat(cluster.config["data_dir"])
        assert (owner.st_uid, owner.st_mode & 0o777) == (os.stat(cluster.config["socket_dir"]).st_uid, 0o700)


def test_the_second_start_finds_its_data_again(made):
    with running(made) as cluster:
        cluster.wait_ready()
        cluster.psql("create table kept (a int); insert into kept values (42)")
    with running(made) as cluster:
        cluster.wait_ready()
        assert cluster.psql("select a from kept") == "42"


def test_interrupt_stops_it_with_exit_code_0(made):
    with running(made) as cluster:
        cluster.wait_ready()
        cluster.process.send_signal(signal.SIGINT)
        assert cluster.wait_exit() == 0


def test_after_a_sigkill_with_a_busy_backend_the_next_start_succeeds_at_the_first_attempt(made):
    with running(made) as cluster:
        cluster.wait_ready()
        cluster.psql("create table kept (a int); insert into kept values (7)")
        busy = subprocess.Popen(["psql", "-Xq", "-h", cluster.config["socket_dir"], "-U", "code_analysis", "-d",
                                 "code_analysis", "-c", "do $$ begin loop perform 1; end loop; end $$"],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: cluster.psql("select count(*) from pg_stat_activity where query like 'do %'") == "1")
        cluster.process.kill()
        cluster.process.wait()
        with running(made) as again:
            again.wait_ready()
            assert again.psql("select a from kept") == "7"
        busy.wait(20)


def test_a_lock_file_whose_process_id_now_is_somebody_elses_does_not_prevent_the_start(made):
    with running(made) as cluster:
        cluster.wait_ready()
        lock = cluster.config["data_dir"] + "/postmaster.pid"
    sleeper = subprocess.Popen(["sleep", "600"], user=CLUSTER_USER if AS_ROOT else None)
    try:
        for text in ("%d\n/nowhere\n" % sleeper.pid, ""):
            pathlib.Path(lock).write_text(text)
            with running(made) as again:
                again.wait_ready()
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()


def test_a_second_launcher_on_a_running_cluster_is_refused_and_the_first_lives_on(made):
    with running(made) as cluster:
        cluster.wait_ready()
        with running(made, socket_dir=made + "/run2/postgres") as second:
            assert second.wait_exit() == 1
            assert "another PostgreSQL (pid %d)" % cluster.process.pid in second.log()
        assert cluster.psql("select 1") == "1"


def test_an_interrupted_first_start_leaves_nothing_that_prevents_the_next(folder):
    with running(folder) as cluster:
        being_made = cluster.config["data_dir"] + ".being-made"
        wait_until(lambda: os.path.exists(being_made + "/PG_VERSION") or cluster.process.poll() is not None)
        os.killpg(cluster.process.pid, signal.SIGKILL)
        cluster.process.wait()
        assert not os.path.exists(cluster.config["data_dir"])
    with running(folder) as cluster:
        cluster.wait_ready()
        assert not os.path.exists(being_made)
        assert cluster.psql("select 1") == "1"


def test_a_folder_that_is_neither_empty_nor_ours_is_refused_and_left_as_it_is(folder):
    foreign = pathlib.Path(folder, "state", "postgres")
    foreign.mkdir(parents=True)
    os.chmod(foreign.parent, 0o711)
    (foreign / "PG_VERSION").write_text("15\n")
    (foreign / "letter").write_text("dear")
    before = tree(foreign.parent)
    with running(folder) as cluster:
        assert cluster.wait_exit() == 78
        assert "neither empty nor made by this program" in cluster.log()
    assert tree(foreign.parent) == before


def test_an_empty_folder_is_taken(folder):
    data_dir = pathlib.Path(folder, "state", "postgres")
    data_dir.mkdir(parents=True)
    os.chmod(data_dir.parent, 0o711)
    with running(folder) as cluster:
        cluster.wait_ready()


def test_a_cluster_of_another_major_version_is_refused_with_the_remedy(made):
    with running(made) as cluster:
        cluster.wait_ready()
    version = pathlib.Path(made, "state", "postgres", "PG_VERSION")
    version.write_text("9\n")
    before = tree(version.parent)
    with running(made) as cluster:
        assert cluster.wait_exit() == 78
        for part in ("made by PostgreSQL 9", "pg_upgrade", "pg_dumpall"):
            assert part in cluster.log()
    assert tree(version.parent) == before


@pytest.mark.skipif(not AS_ROOT, reason="needs root")
@pytest.mark.parametrize("user, reason", [("root", "does not run as root"), ("nobody-of-that-name", "there is no user")])
def test_a_user_that_cannot_own_the_cluster_is_refused(folder, user, reason):
    with running(folder, user=user) as cluster:
        assert cluster.wait_exit() == 78
        assert reason in cluster.log()


@pytest.mark.skipif(not AS_ROOT, reason="needs root")
def test_a_folder_out_of_the_users_reach_is_named(folder):
    closed = pathlib.Path(folder, "closed")
    closed.mkdir(mode=0o700)
    with running(folder, data_dir=str(closed / "postgres")) as cluster:
        assert cluster.wait_exit() == 78
        assert "%s is closed to it" % closed in cluster.log()


@pytest.mark.skipif(not AS_ROOT, reason="else it is the only way that all the tests above ran")
def test_it_runs_without_root(folder):
    user_folder = pathlib.Path(folder, "user")
    user_folder.mkdir()
    shutil.chown(user_folder, CLUSTER_USER)
    script = """
import sys
sys.path.insert(0, %r)
import launcher
with launcher.running(%r) as cluster:
    print(cluster.wait_ready().psql("select current_user"))
""" % (os.path.dirname(__file__), str(user_folder))
    environment = dict(os.environ, BUILD_DIR=os.path.dirname(os.path.dirname(LIBEXEC)), PYTHONDONTWRITEBYTECODE="1")
    result = subprocess.run([sys.executable, "-c", script], user=CLUSTER_USER, group=CLUSTER_USER, extra_groups=[],
                            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/")
    assert result.stdout.strip() == "code_analysis", result.stdout


def test_it_ends_with_its_parent(made):
    script = """
import sys, time
sys.path.insert(0, %r)
import launcher
cluster = launcher.Launcher(%r).wait_ready()
print(cluster.process.pid, flush=True)
time.sleep(600)
""" % (os.path.dirname(__file__), made)
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    postmaster = int(parent.stdout.readline())
    handle = os.pidfd_open(postmaster)
    parent.kill()
    parent.wait()
    assert select.select([handle], [], [], 10)[0], "the postmaster lives on"
    os.close(handle)
    with running(made) as cluster:
        cluster.wait_ready()
