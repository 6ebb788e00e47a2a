"""One run of code-analysisd: started, watched, signalled, waited for."""
import json
import os
import signal
import subprocess

from support import bounds, processes
from support.control import Control
from support.watch import Watch


def parsed(line):
    try:
        return json.loads(line)
    except ValueError:
        return None


class Tree:
    def __init__(self, world, program, index=0, arguments=(), config_file=None, env=None, preexec=None):
        self.world = world
        self.log_file = world.root / f"supervisor.{index}.log"
        self.runtime_dir = world.runtime_dir
        self.expected_exit = 0      # None: any; a negative number: a signal
        self.may_kill = set()       # processes that the scenario names: they may get a SIGKILL from the supervisor
        self.may_leave_zombies = False
        self.counts_cpu = True
        self.requests = 0           # asked over the control socket by the harness itself
        self.exit_code = None
        self.ended_ns = None
        self.rest_descriptors = None
        self.descriptor_problems = []
        event_log = self.event_log()
        self.event_offset = event_log.stat().st_size if event_log.exists() else 0
        self.command = [str(program), "--config", str(config_file or world.config_file), *arguments]
        self.started_ns = bounds.now_ns()
        with open(self.log_file, "wb") as log:
            self.popen = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                          env=env or world.environment(), preexec_fn=lambda: (processes.come_first(priority=2), preexec() if preexec else None))
        self.watch = Watch(self.popen.pid)

    # ---- who is who ----

    @property
    def pid(self):
        return self.popen.pid

    def supervisor_pid(self):
        """The guardian's first child."""
        return bounds.wait_for(lambda: processes.children_of(self.pid), 1000, "the guardian has a child")[0]

    def supervisor_after_lock(self):
        """The pid of the supervisor half as soon as the lock is held and the half is there."""
        lock = self.world.runtime_dir / "supervisor.lock"
        bounds.wait_for(lambda: processes.lock_holders(lock), 2000, "the lock is held", every_ms=0.5)
        return self.supervisor_pid()

    def pid_of(self, name):
        """The pid by the event log: of the last `spawned`, where no `exited` came after it."""
        pid = None
        for event in self.events():
            if event.get("process") == name:
                pid = event["pid"] if event["event"] == "spawned" else None if event["event"] == "exited" else pid
        return pid

    def pids(self):
        return {name: self.pid_of(name) for name in {e["process"] for e in self.events() if e["event"] == "spawned"}}

    # ---- what it says ----

    def event_log(self):
        return self.world.runtime_dir / "events.jsonl"

    def events(self, kind=None, process=None):
        """Whole lines of this run, parsed. A line that does not parse is left out here; G4 reports it."""
        try:
            with open(self.event_log(), "rb") as file:
                file.seek(self.event_offset)
                text = file.read()
        except FileNotFoundError:
            return []
        events = self._own([event for event in map(parsed, text[:text.rfind(b"\n") + 1].splitlines()) if event])
        return [event for event in events
                if (kind is None or event["event"] == kind) and (process is None or event.get("process") == process)]

    def _own(self, events):
        """Without those of a run before or after this one, which may overlap with it."""
        starts = [index for index, event in enumerate(events) if event["event"] == "supervisor_started"]
        own = next((index for index in starts if events[index].get("pid") == self.pid), 0)
        end = next((index for index in starts if index > own), len(events))
        return events[own:end]

    def await_event(self, kind, process=None, within_ms=5000, count=1):
        found = bounds.wait_for(lambda: self.events(kind, process)[count - 1:], within_ms,
                                f"event {kind} of {process or 'the tree'} ({count})")
        return found[0]

    def log(self):
        return self.log_file.read_text(errors="replace")

    def control(self, timeout=5):
        return Control(self.runtime_dir / "control.sock", timeout)

    def ask(self, command, **arguments):
        self.requests += 1
        with self.control() as control:
            return control.ask(command, **arguments)

    def status(self):
        reply = self.ask("status")
        assert reply["ok"], reply
        return reply["status"]

    def process(self, name):
        return next(process for process in self.status()["processes"] if process["name"] == name)

    # ---- what it is told ----

    def send(self, name):
        """Returns the instant at which the signal was sent."""
        at = bounds.now_ns()
        os.kill(self.pid, getattr(signal, "SIG" + name))
        return at

    def kill_child(self, name, number=signal.SIGKILL):
        at = bounds.now_ns()
        os.kill(self.pid_of(name), number)
        return at

    def wait_ready(self, within_ms=5000):
        """Until the whole tree was ready once."""
        names = [process["name"] for process in self.await_status()["processes"]]
        self.wait_all_ready(within_ms)
        return names

    def await_status(self):
        def answer():
            try:
                return self.status()
            except (FileNotFoundError, ConnectionRefusedError):
                assert not self._has_ended(), f"it has ended:\n{self.log()}"
                return None
        return bounds.wait_for(answer, 5000, "an answer on control.sock", every_ms=5)

    def wait_all_ready(self, within_ms=5000):
        # Not often: to answer costs the supervisor processor time, which G5 counts.
        bounds.wait_for(self._all_ready, within_ms, "every process is ready", every_ms=25)
        self.rest()

    def _all_ready(self):
        status = self.status()
        return status["supervisor"]["state"] == "running" and all(p["state"] == "ready" for p in status["processes"])

    def rest(self):
        """The tree is at rest now: its descriptors are no more than when it first was (G6)."""
        def count():
            return {half: len(processes.descriptors_of(half)) for half in self.watch.halves()}
        if self.rest_descriptors is None:
            self._settled(count)
            self.rest_descriptors = count()
            return
        try:
            bounds.wait_for(lambda: all(count().get(half, 0) <= n for half, n in self.rest_descriptors.items()), 500,
                            "descriptors are as many as at first rest")
            self.rest_descriptors = count()
        except bounds.BoundMissed:
            self.descriptor_problems.append(f"descriptors: {count()}, at first rest {self.rest_descriptors}")

    def _settled(self, count):
        """The connection of the last status request is closed a moment after its reply."""
        seen = [count()]

        def same():
            seen.append(count())
            return len(seen) > 5 and len({str(one) for one in seen[-5:]}) == 1
        try:
            bounds.wait_for(same, 1000, "the number of descriptors settles", every_ms=4)
        except bounds.BoundMissed:
            pass  # a scenario in which there is no rest

    # ---- its end ----

    def wait_exit(self, within_ms=5000):
        """Waits for the end of the started process; returns its exit code, negative for a signal."""
        if self.exit_code is None:
            bounds.wait_for(self._has_ended, within_ms, "the supervisor ends", every_ms=1)
            self.ended_ns = bounds.now_ns()
            self.watch.stop()
            self.exit_code = self.popen.wait()
        return self.exit_code

    def _has_ended(self):
        # WNOWAIT: it stays a zombie until the watch has stopped looking at its pid.
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)

    def stop(self, name="TERM", within_ms=5000):
        """Tells it to end and waits; returns (signal sent, ended), ns. The exit code is judged after the scenario."""
        at = self.send(name)
        self.wait_exit(within_ms)
        return at, self.ended_ns

    def discard(self):
        """Ends it without ceremony, where a failed scenario left it running."""
        if self.exit_code is None:
            self.watch.judging = False
            for pid in [self.pid, *processes.descendants_of(self.pid)]:
                processes.kill_quietly(pid)
            self.wait_exit()

    def story(self):
        events = "\n".join(json.dumps(event) for event in self.events()[-80:])
        return (f"{' '.join(self.command)}\nexit code {self.exit_code}\nits own log:\n{self.log()[-6000:]}\n"
                f"events:\n{events}")
