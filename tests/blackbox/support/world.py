"""A scenario's world: a folder with a short path, an environment marker of its own, the configurations and trees in
it. Leaving it checks G1 to G7 for every tree, also where the scenario passed, and leaves nothing behind."""
import json
import os
import pathlib
import shutil
import tempfile
import uuid

from support import bounds, invariants, processes
from support.puppet import Puppet, generations_script, read_records
from support.tree import Tree

BUILD = pathlib.Path(os.environ.get("CODE_ANALYSIS_BUILD", pathlib.Path(__file__).parents[3] / "build")).resolve()
PUPPET = str(BUILD / "tests" / "puppet")
STORIES = []  # what the worlds of the running test looked like when they ended, for the report of a failure

RESTART = {"initial_delay": "100ms", "max_delay": "800ms", "multiplier": 2, "jitter": 0, "reset_after": "30s",
           "max_restarts": 3, "window": "10s"}


class World:
    def __init__(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="ca-", dir="/tmp"))
        self.root.chmod(0o755)
        self.run = uuid.uuid4().hex
        self.runtime_dir = self.root / "run"
        self.records_dir = self.root / "records"
        self.records_dir.mkdir()
        self.config_file = self.root / "config.yaml"
        self.trees = []
        self.failed = False  # the scenario failed already: leave quickly, its own report says why

    # ---- configuration ----

    def process(self, name, what, **keys):
        """The keys of one process. `what`: a Puppet, a list of them (one a generation), or an argv."""
        return {"command": self.command(name, what), "ready": "pipe", "ready_timeout": "2s", "stop_timeout": "1s",
                "restart": dict(RESTART), **keys}

    def command(self, name, what):
        log = str(self.records_dir / name)
        if isinstance(what, Puppet) and not what.first:
            return what.argv(PUPPET, log)
        puppets = [what] if isinstance(what, Puppet) else what
        if not isinstance(puppets[0], Puppet):
            return [str(word) for word in what]
        script = self.root / f"{name}.sh"
        script.write_text(generations_script(puppets, PUPPET, log, self.root / f"{name}.count"))
        script.chmod(0o755)
        return [str(script)]

    def config(self, driver=None, workers=(), server=None, **supervisor):
        """The whole configuration; each argument is what process() made."""
        result = {"runtime_dir": str(self.runtime_dir), "state_dir": str(self.root / "state")}
        if supervisor:
            result["supervisor"] = supervisor
        if driver:
            result["database"] = {"driver": driver}
        if workers:
            result["workers"] = list(workers)
        if server:
            result["server"] = server
        return {"code_analysis": result}

    def three_tiers(self, driver=None, workers=None, server=None, **keys):
        """Puppets in all three tiers: one driver, workers `a` and `b`, one server. `keys` go to every process."""
        workers = workers or {"a": Puppet(), "b": Puppet()}
        return self.config(
            driver=self.process("driver", driver or Puppet(), **keys),
            workers=[{"name": name, **self.process(name, what, **keys)} for name, what in workers.items()],
            server=self.process("server", server or Puppet(), **keys))

    def write(self, config):
        """JSON is YAML; a text is written as it is."""
        text = config if isinstance(config, str) else json.dumps(config, indent=1)
        self.config_file.write_text(text)
        return self.config_file

    # ---- trees ----

    def environment(self):
        return {**os.environ, processes.MARKER: self.run}

    def tree(self, config=None, program=BUILD / "code-analysisd", **options):
        """Writes the configuration, where one is given, and starts the supervisor."""
        if config is not None:
            self.write(config)
        tree = Tree(self, program, index=len(self.trees), **options)
        self.trees.append(tree)
        return tree

    def records(self, name):
        return read_records(self.records_dir / name)

    def first(self, name, event, after_ns=0):
        """The first record of that event, None where there is none yet."""
        return next((entry for entry in self.records(name) if entry.event == event and entry.ns >= after_ns), None)

    def last(self, name, event):
        return next((entry for entry in reversed(self.records(name)) if entry.event == event), None)

    def all(self, name, event):
        return [entry for entry in self.records(name) if entry.event == event]

    def await_record(self, name, event, after_ns=0, within_ms=5000):
        return bounds.wait_for(lambda: self.first(name, event, after_ns), within_ms, f"{name} notes '{event}'", every_ms=1)

    def names(self):
        return sorted(path.name for path in self.records_dir.iterdir())

    # ---- end ----

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        problems, failed = [], self.failed or kind is not None
        try:
            problems = [] if failed else invariants.check(self)
        finally:
            for tree in self.trees:
                tree.discard()
            invariants.sweep(self)
            if kind is not None or problems:
                STORIES.append(self.story(problems))
            if not os.environ.get("CODE_ANALYSIS_KEEP"):
                shutil.rmtree(self.root, ignore_errors=True)
        if problems:
            raise AssertionError("after the scenario:\n  " + "\n  ".join(problems))

    def story(self, problems):
        parts = [f"folder: {self.root} (kept where CODE_ANALYSIS_KEEP is set)"] + [f"problem: {line}" for line in problems]
        for tree in self.trees:
            parts.append(tree.story())
        for name in self.names():
            parts.append(f"records of {name}:\n" + "\n".join(str(entry) for entry in self.records(name)[-30:]))
        return "\n".join(parts)
