"""Looks at a running tree from a thread of its own, again and again: zombies that stay, processor time, descriptors.
What it saw is judged by invariants.py after the tree has ended."""
import threading
import time

from support import bounds, processes

ZOMBIE_MS = 100
EVERY_S = 0.03


class Watch:
    """REQUIRES: it is made once the program has been executed (what the fork of the harness cost is not its own);
    stop() before the pid of the started process is reaped."""

    def __init__(self, guardian):
        self.guardian = guardian
        self.began_ns = bounds.now_ns()
        self.seen_ns = self.began_ns
        self.cpu = {}               # pid of a half -> ns on a processor
        self.cpu_before = processes.cpu_ns(guardian) or 0
        self.zombies = {}           # pid -> first seen as a zombie, ns
        self.stayed = {}            # pid -> age in ms of a zombie that stayed too long
        self.judging = True         # off once a half was killed: from then on the other one may take what it needs
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def halves(self):
        """The guardian and, where it lives, the supervisor: the first child of the process that was started."""
        return [self.guardian] + processes.children_of(self.guardian)[:1]

    def _run(self):
        while not self._end.is_set():
            began = time.monotonic()
            self._look()
            self._end.wait(max(EVERY_S, 4 * (time.monotonic() - began)))

    def _look(self):
        now, zombies, halves = bounds.now_ns(), {}, self.halves()
        self.cpu = {half: self.cpu.get(half, 0) for half in halves} if len(halves) == 2 else self.cpu
        for half in halves:
            used = processes.cpu_ns(half)
            if used is not None and self.judging:
                self.cpu[half] = used
            for child in processes.children_of(half):
                stat = processes.stat_of(child)
                if stat and stat[0] == "Z":
                    zombies[child] = self.zombies.get(child, now)
        self.seen_ns = now
        self.zombies = zombies
        for pid, since in zombies.items():
            age_ms = (now - since) / bounds.MS
            if self.judging and age_ms > ZOMBIE_MS * bounds.SCALE:
                self.stayed[pid] = age_ms

    def stop(self):
        self._end.set()
        self._thread.join()
        self._look()  # a zombie's processor time can still be read

    def old_zombies(self):
        return [f"pid {pid} was a zombie for {age_ms:.0f} ms" for pid, age_ms in self.stayed.items()]

    def wall_ms(self):
        return (self.seen_ns - self.began_ns) / bounds.MS

    def cpu_ms(self):
        return max(0, sum(self.cpu.values()) - self.cpu_before) / bounds.MS
