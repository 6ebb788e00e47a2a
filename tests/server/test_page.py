"""The page at / in a headless Chromium, as people use it: by mouse, keyboard and address."""
import os
import signal
import subprocess
import time

import pytest

from browser import Browser, Keys
from running_server import BUILD, RunningServer, process, tree

SOURCE = ("import os\n\n\ndef greet(name):\n    # says hello\n    return os.path.join('Hello', name)\n\n\n"
          "class Greeter:\n    def run(self):\n        return greet('x')\n") + "".join("line_%d = %d\n" % (n, n) for n in range(12, 3001))

HOSTILE = "<img src=x onerror=document.title=1>"

# A file that was indexed in the future stays among those of the last seconds, however long the tests take.
ROWS = """
INSERT INTO projects (name, path, scanned_at) VALUES ('demo', '%(root)s', now()), ('other', '/nowhere', NULL);
INSERT INTO files (project_id, path, language, size, mtime, stamp, status, error, line_count, indexed_at) VALUES
  (1, 'app/hello.py', 'python', 60000, now(), '1', 'indexed', NULL, 3000, now()),
  (1, 'app/crash.c', 'c', 70, now(), '2', 'dead', 'the analyser did not survive it: SIGSEGV', NULL, NULL),
  (2, 'src/new.c', 'c', 1, now(), '3', 'pending', NULL, NULL, NULL),
  (2, 'src/old.c', 'c', 1, now(), '4', 'indexed', NULL, 1, now() + interval '1 hour'),
  (2, '%(hostile)s.c', 'c', 1, now(), '5', 'indexed', NULL, 1, now() - interval '1 hour');
INSERT INTO symbols (id, project_id, file_id, parent_id, kind, name, qualified_name, is_definition, start_line, end_line,
                     start_column, end_column, signature, docstring) VALUES
  (4194304, 1, 1, NULL, 'function', 'greet', 'app.hello.greet', true, 4, 6, 0, 0, 'def greet(name)', 'Greets.'),
  (4194305, 1, 1, NULL, 'class', 'Greeter', 'app.hello.Greeter', true, 9, 11, 0, 0, 'class Greeter', ''),
  (4194306, 1, 1, 4194305, 'method', 'run', 'app.hello.Greeter.run', true, 10, 11, 4, 0, 'def run(self)', ''),
  (20971520, 2, 5, NULL, 'function', '%(hostile)s', '%(hostile)s', true, 1, 1, 0, 0, '%(hostile)s', '');
INSERT INTO packed_references (file_id, name, kind, lines, enclosing) VALUES (1, 'greet', 'call', '{11}', '{2}');
INSERT INTO imports (project_id, file_id, target, name, line, relative_level, is_system, at_top_level, resolution, resolved_path,
                     resolved_file_id) VALUES
  (1, 1, 'os', NULL, 1, 0, false, true, 'foreign', NULL, NULL), (1, 1, 'crash', 'boom', 2, 1, false, true, 'file', 'app/crash.c', 2),
  (1, 1, '%(hostile)s', NULL, 3, 0, false, true, 'missing', NULL, NULL), (1, 1, 'app', NULL, 3, 0, false, true, 'folder', 'app', NULL),
  (1, 2, 'hello.py', NULL, 1, 0, false, true, 'file', 'app/hello.py', 1);
INSERT INTO issues (project_id, file_id, rule, severity, message, start_line, end_line, start_column, end_column) VALUES
  (1, 1, 'file-too-long', 'warning', 'file has 3000 lines, more than 400', 1, 3000, 0, 0),
  (1, 1, 'no-docstring', 'info', 'class Greeter has no docstring', 9, 9, 0, 0),
  (1, 1, 'parse-error', 'error', 'syntax error near 2500', 2500, 2500, 0, 0),
  (2, 5, 'parse-error', 'error', '%(hostile)s', 1, 1, 0, 0);
"""

VIEWS = {"overview": "#/", "search": "#/search?q=gre", "file": "#/file?project=demo&path=app/hello.py&line=10&name=greet",
         "issues": "#/issues", "files": "#/files", "dead": "#/files?status=dead"}


def a_tree():
    status = tree()
    status["processes"].insert(0, process("postgres", 0))
    status["processes"][3:3] = [process("watcher", 2), process("maintenance", 2)]
    status["processes"][1]["status_text"] = "12 clients"
    status["processes"][2]["last_exit"] = {"signal": "SIGKILL", "at": "2024-05-01T12:00:00Z"}
    return status


@pytest.fixture(scope="module")
def server(cluster, tmp_path_factory):
    root = tmp_path_factory.mktemp("page") / "root"
    (root / "app").mkdir(parents=True)
    (root / "app" / "hello.py").write_text(SOURCE)
    cluster.make_database("page")
    cluster.run(ROWS % {"root": root, "hostile": HOSTILE}, name="page")
    running = RunningServer(cluster.folder, database="page")
    running.control.status = a_tree()
    yield running
    running.close()


@pytest.fixture(scope="module")
def chromium():
    running = Browser()
    yield running
    running.close()


@pytest.fixture
def page(chromium):
    """The browser; at the end of each test the page must have asked nobody but its server and complained about nothing."""
    chromium.size(1600, 1000)
    chromium.prefer("light")
    chromium.complaints()
    chromium.requested()
    yield chromium
    assert chromium.complaints() == []
    elsewhere = [url for url in chromium.requested() if not url.startswith((chromium.base + "/", "about:"))]
    assert elsewhere == []
    chromium.run("if (location.protocol === 'http:') { localStorage.clear(); sessionStorage.clear(); }")
    chromium.driver.get("about:blank")
    chromium.base = ""


def address(server):
    return "http://127.0.0.1:%d" % server.port


def test_the_overview_shows_tree_projects_and_events(page, server):
    page.open(address(server))
    page.wait_text(".processes", "server")
    assert page.texts(".processes .tier") == ["Tier 0 PostgreSQL", "Tier 1 Driver", "Tier 2 Workers", "Tier 3 Server"]
    assert page.texts(".processes .name") == ["postgres", "driver", "indexer.0", "watcher", "maintenance", "server"]
    indexer = page.texts(".processes tr:has(.c-exit):not(.tier)")
    assert any("indexer.0 ready 100 1s 1 SIGKILL 1.0 MiB 0.0s" == row for row in indexer), indexer
    assert "12 clients" in page.text(".processes")
    assert page.text("#state") == "running"
    page.wait_text(".project-list", "other")
    demo, other = page.texts(".project")
    assert "up to date" in demo and "2 files" in demo and "3 symbols" in demo and "1 failed" in demo and "1 errors" in demo
    assert "1 pending" in other and "1 file to go · about 10s left" in other and "0.1 files/s" in other
    assert page.texts(".events .what") == ["spawned"] * 3
    assert page.text("#dead-count") == "1"


def test_what_happens_shows_without_a_reload(page, server):
    page.open(address(server))
    page.wait_text(".processes", "driver")
    page.run("window.notReloaded = true")
    before = server.control.status
    try:
        server.control.status = a_tree()
        server.control.status["processes"][1].update(state="backoff", pid=None, ready=False, restarts=7)
        server.control.status["supervisor"]["degraded"] = ["driver"]
        server.control.happen("exited", process="driver", tier=1, pid=100, signal="SIGSEGV", expected=False)
        page.wait_text(".events li:first-child", "SIGSEGV", timeout=3)
        page.wait_text(".processes tr.bad", "backoff", timeout=3)
        assert page.text("#state") == "degraded"
    finally:
        server.control.status = before
    page.wait(lambda: page.text("#state") == "running")
    assert page.run("return window.notReloaded") is True


def test_a_kill_in_a_real_tree_is_seen_live(page, tmp_path):
    """Under a real supervisor: a worker is killed, and the page tells how it ended and that it is back."""
    config = tmp_path / "c.yaml"
    config.write_text("code_analysis:\n  runtime_dir: %s/rt\n  state_dir: %s/st\n  workers:\n    - {name: sleeper, command: [/bin/sleep, infinity]}\n"
                      "  server: {listen: [\"127.0.0.1:0\"]}\n" % (tmp_path, tmp_path))
    daemon = subprocess.Popen([str(BUILD / "code-analysisd"), "--config", str(config)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        def status():
            import json
            ended = subprocess.run([str(BUILD / "code-analysisctl"), "--runtime-dir", str(tmp_path / "rt"), "status", "--json"],
                                   capture_output=True, text=True, timeout=10)
            found = json.loads(ended.stdout) if ended.returncode == 0 else {"processes": []}
            return {entry["name"]: entry for entry in found["processes"]}
        page.wait(lambda: status().get("server", {}).get("state") == "ready")
        now = status()
        page.open("http://" + now["server"]["listen"][0])
        page.wait_text(".processes", "sleeper ready %d" % now["sleeper"]["pid"])
        os.kill(now["sleeper"]["pid"], signal.SIGKILL)
        page.wait_text(".events", "exited SIGKILL · unexpected · pid %d" % now["sleeper"]["pid"], timeout=5)
        page.wait(lambda: any("sleeper ready" in row and "SIGKILL" in row and str(now["sleeper"]["pid"]) not in row
                              for row in page.texts(".processes tr")), timeout=5)
        page.wait_text("#banner", "The database cannot be reached", timeout=10)
    finally:
        daemon.terminate()
        assert daemon.wait(20) == 0


def test_search_as_you_type_by_keyboard_alone(page, server):
    page.open(address(server))
    page.wait_text(".processes", "server")
    page.press("/")
    assert page.focused() == "query"
    page.press("gre")
    page.wait_text(".names .hits", "app.hello.Greeter")
    page.wait_text(".text .hits", "return greet('x')")
    assert page.texts(".names mark")[0].lower() == "gre"
    assert page.run("return location.hash") == "#/search?q=gre"
    page.press("et")
    page.wait(lambda: page.run("return location.hash") == "#/search?q=greet")
    page.wait(lambda: page.texts(".names .name")[:1] == ["app.hello.greet"])
    page.press(Keys.ARROW_DOWN)
    assert "row-link" in page.focused()
    page.press(Keys.ARROW_DOWN, Keys.ARROW_UP, Keys.ARROW_UP)
    assert page.focused() == "query"
    page.press(Keys.ARROW_DOWN, Keys.ENTER)
    page.wait(lambda: page.text(".line.current .no") == "4")
    assert page.run("return location.hash") == "#/file?project=demo&path=app%2Fhello.py&line=4&name=greet"
    page.press("/", "nothing like it")
    page.wait(lambda: "nothing found" in page.text(".names h2") and "nothing found" in page.text(".text h2"))
    page.press(Keys.ESCAPE)
    page.wait_text("#file-title", "demo / app/hello.py")
    assert page.focused() == "BODY" and page.find("#query").get_attribute("value") == ""


def test_the_newest_search_wins(page, server):
    page.open(address(server))
    page.press("/")
    for letter in "greeter":
        page.press(letter)
    page.wait(lambda: page.texts(".names .name") == ["app.hello.Greeter", "app.hello.Greeter.run"])
    page.wait(lambda: page.texts(".text .line-hit .no") == ["9"])


def test_a_file_shows_lines_outline_issues_and_uses(page, server):
    page.open(address(server), VIEWS["file"])
    page.wait_text("#file-title", "demo / app/hello.py")
    assert page.texts("#L4") == ["4 def greet(name):"] and page.texts("#L4 .hl-keyword") == ["def"]
    assert page.texts("#L5 .hl-comment") == ["# says hello"]
    assert page.text(".line.current .no") == "10"
    assert page.texts(".outline a") == ["function greet 4", "class Greeter 9", "method run 10"]
    assert page.run("return document.querySelector('#L9').nextElementSibling.innerText").split() == \
        "info class Greeter has no docstring no-docstring".split()
    page.wait_text(".uses", "call in app.hello.Greeter.run")
    page.find(".outline li:first-child a").click()
    page.wait(lambda: page.text(".line.current .no") == "4")
    page.press("n")
    page.wait(lambda: page.text(".line.current .no") == "9")
    page.press("n")  # beyond the lines that are there: they are fetched
    page.wait(lambda: page.text(".line.current .no") == "2500")
    page.wait_text(".issue.error", "syntax error near 2500")
    page.press("p")
    page.wait(lambda: page.text(".line.current .no") == "9")


def test_a_file_shows_what_it_imports_and_what_imports_it_as_links(page, server):
    page.open(address(server), "#/file?project=demo&path=app/hello.py")
    page.wait_text("#imports", "crash")
    assert page.texts("#imports li") == ["1 os", "2 .crash boom app/crash.c", "3 %s missing" % HOSTILE, "3 app app/"]
    assert page.texts("#imports a.row-link") == [".crash boom app/crash.c", "app app/"]  # the others lead nowhere
    assert page.texts("#imported-by a") == ["app/crash.c:1"]
    page.find("#imports li:nth-child(4) a.row-link").click()
    page.wait(lambda: page.run("return location.hash") == "#/files?project=demo&path=app%2F")
    page.open(address(server), "#/file?project=demo&path=app/hello.py")
    page.wait_text("#imports", "crash")
    page.find("#imports li:nth-child(2) a.row-link").click()
    page.wait_text("#file-title", "demo / app/crash.c")
    page.wait(lambda: page.texts("#imported-by a") == ["app/hello.py:2"])
    page.find("#imported-by a").click()
    page.wait_text("#file-title", "demo / app/hello.py")
    page.wait(lambda: page.text(".line.current .no") == "2")
    page.open(address(server), "#/file?project=other&path=src/old.c")
    page.wait_text("#file-title", "other / src/old.c")
    assert not page.find("#imports").is_displayed() and not page.find("#imported-by").is_displayed()


def test_a_long_file_comes_in_parts(page, server):
    page.open(address(server), "#/file?project=demo&path=app/hello.py")
    page.wait(lambda: page.run("return document.querySelectorAll('.line').length") == 2000)
    more = page.find(".code + .more")
    page.run("arguments[0].click()", more)
    page.wait(lambda: page.run("return document.querySelectorAll('.line').length") == 3000)
    assert not more.is_displayed()
    page.open(address(server), "#/file?project=demo&path=app/hello.py&line=2900")
    page.wait(lambda: page.text(".line.current .no") == "2900")
    page.run("document.querySelector('.problem + .more').click()")
    page.wait(lambda: page.run("return document.querySelector('#L2699') !== null && document.querySelector('#L701') !== null"))


def test_issues_are_filtered_and_the_filter_has_an_address(page, server):
    page.open(address(server), "#/issues")
    page.wait(lambda: len(page.texts(".issues tbody tr")) == 4)
    assert page.texts(".issues .severity") == ["error", "error", "warning", "info"]
    page.wait_text("select[name=rule]", "parse-error (2)")
    page.choose("select[name=severity]", "warning")
    page.wait(lambda: page.texts(".issues tbody .rule") == ["file-too-long"])
    assert page.run("return location.hash") == "#/issues?severity=warning"
    page.open(address(server), "#/issues?severity=error&project=other&rule=parse-error")
    page.wait(lambda: page.texts(".issues tbody tr") == ["error %s parse-error other / %s.c:1" % (HOSTILE, HOSTILE)])
    page.find("input[name=path]").send_keys("app/", Keys.ENTER)
    page.wait_text(".summary", "No issues")


def test_dead_letters_come_with_the_reason(page, server):
    page.open(address(server))
    page.wait_text("#dead-count", "1")
    page.press("g", "d")
    page.wait_text(".files tbody", "the analyser did not survive it: SIGSEGV")
    assert page.text("nav [aria-current]") == "Dead letters 1"
    page.find(".files .row-link").click()
    page.wait_text(".problem", "dead: the analyser did not survive it: SIGSEGV · cannot open app/crash.c")


def test_what_the_index_holds_is_never_markup(page, server):
    for view in ["#/search?q=%3Cimg", "#/file?project=other&path=%3Cimg%20src%3Dx%20onerror%3Ddocument.title%3D1%3E.c"]:
        page.open(address(server), view)
        page.wait_text("#view", HOSTILE)
        assert page.run("return document.querySelectorAll('main img').length") == 0
    assert page.run("return document.title") != "1"


def test_dark_and_light_follow_the_system_until_one_is_chosen(page, server):
    def ground():
        return page.run("return getComputedStyle(document.body).backgroundColor")
    page.open(address(server))
    light = ground()
    page.prefer("dark")
    dark = ground()
    assert dark != light
    page.find("#theme").click()
    assert ground() == dark
    page.press("t")
    assert ground() == light  # although the system is dark
    page.open(address(server))
    assert ground() == light, "the choice is remembered"
    page.press("t")
    assert ground() == dark


def test_it_says_that_the_supervisor_is_away_and_recovers(page, server):
    page.open(address(server))
    page.wait_text(".processes", "driver")
    before = server.control.status
    server.control.status = None
    server.control.hang_up()
    try:
        page.wait_text("#banner", "The supervisor cannot be reached")
        assert page.text("#state") == "no supervisor"
        assert "driver" in page.text(".processes"), "what was last seen stays"
    finally:
        server.control.status = before
    page.wait(lambda: page.text("#banner") == "" and page.text("#state") == "running")
    server.control.happen("ready", process="server", tier=3, pid=100)
    page.wait_text(".events li:first-child", "ready")


def test_it_says_that_the_database_is_away_and_recovers(page, start, cluster, tmp_path):
    server = start(pg_host=str(tmp_path), database="page")
    page.open(address(server), "#/issues")
    page.wait_text("#banner", "The database cannot be reached")
    page.wait_text(".summary", "trying again")
    os.symlink(os.path.join(cluster.folder, ".s.PGSQL.5432"), tmp_path / ".s.PGSQL.5432")
    page.wait(lambda: page.text("#banner") == "" and len(page.texts(".issues tbody tr")) == 4)


def test_it_says_that_the_server_does_not_answer_and_recovers(page, server):
    page.open(address(server))
    page.wait_text(".processes", "driver")
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        page.wait_text("#banner", "The server does not answer", timeout=15)
    finally:
        os.kill(server.process.pid, signal.SIGCONT)
    page.wait(lambda: page.text("#banner") == "")


def test_the_page_asks_for_the_token_and_keeps_it_for_the_tab(page, start):
    server = start(token="a-secret", database="page")
    server.control.status = a_tree()
    page.open(address(server))
    page.wait_text("#token", "This server wants a token")
    page.find("#token-value").send_keys("wrong", Keys.ENTER)
    page.wait_text("#token-error", "did not accept")
    page.picture("token")
    page.find("#token-value").send_keys("a-secret", Keys.ENTER)
    page.wait_text(".processes", "driver")
    page.wait_text(".project-list", "demo")
    page.driver.refresh()
    page.wait_text(".processes", "driver")
    assert page.run("return [document.querySelector('#token').open, localStorage.length, sessionStorage.length]") == [False, 0, 1]
    assert "a-secret" not in "".join(page.requested())


def test_help_opens_by_key_and_closes_by_escape(page, server):
    page.open(address(server))
    page.press("?")
    page.wait_text("#help", "next or previous row")
    page.press(Keys.ESCAPE)
    page.wait(lambda: page.text("#help") == "")


def test_tab_goes_in_order_and_the_focus_is_seen(page, server):
    page.open(address(server))
    page.wait_text(".project-list", "other")
    seen = []
    for _ in range(9):
        page.press(Keys.TAB)
        seen.append(page.run("const e = document.activeElement; return (e.id || e.textContent).trim()"))
        assert page.run("return getComputedStyle(document.activeElement).outlineStyle") != "none", seen
    assert seen == ["skip", "code-analysis", "Overview", "Issues", "Files", "Dead letters 1", "query", "theme", "help-open"]


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_fits_narrow_and_wide_and_all_has_a_name(page, server, view):
    page.open(address(server), VIEWS[view])
    ready = {"overview": "demo", "search": "app.hello", "file": "greet", "issues": "file-too-long", "files": "app/hello.py", "dead": "SIGSEGV"}
    for width, height, scheme in [(1600, 1000, "light"), (1600, 1000, "dark"), (400, 860, "light")]:
        page.size(width, height)
        page.prefer(scheme)
        page.wait_text("#view", ready[view])
        page.wait(lambda: page.run("return document.documentElement.scrollWidth <= window.innerWidth"), timeout=2)
        page.picture("%s-%d-%s" % (view, width, scheme))
    tree_of_names = page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = {"button", "link", "textbox", "searchbox", "combobox", "progressbar", "table", "region", "dialog"}
    unnamed = [node["role"]["value"] for node in tree_of_names if not node["ignored"] and node["role"]["value"] in roles - {"table"}
               and not node.get("name", {}).get("value")]
    assert unnamed == []
