"""Puppets as values: what a child is to do, turned into the command line that the configuration names, and the
records that it leaves behind. tests/support/puppet.cc describes the options."""
import dataclasses
import shlex

# ways of readiness that make the process ready
GOOD = ("pipe", "bytewise", "extra", "notify")


@dataclasses.dataclass
class Puppet:
    ready: str = "pipe"
    ready_after: int = 0          # milliseconds
    exit_delay: int = 0           # milliseconds from TERM to its exit
    ignore: tuple = ()            # signals that it notes and does not obey
    exit_after: int = -1          # exits by itself, milliseconds after its start
    exit_code: int = 0
    die: str = ""                 # kills itself with that signal once ready
    listen: bool = False          # answers on the sockets it was passed
    grandchildren: int = 0
    extra: tuple = ()             # further options, as they are
    first: str = ""               # shell command that runs before the puppet does

    def argv(self, program, log):
        words = [program, log, "--ready", self.ready]
        for option, value in (("--ready-after", self.ready_after), ("--exit-delay", self.exit_delay),
                              ("--exit", self.exit_code), ("--grandchildren", self.grandchildren), ("--die", self.die)):
            if value:
                words += [option, str(value)]
        if self.exit_after >= 0:
            words += ["--exit-after", str(self.exit_after)]
        for name in self.ignore:
            words += ["--ignore", name]
        if self.listen:
            words.append("--listen")
        return words + list(self.extra)

    def shell_line(self, program, log):
        prefix = self.first + "\n" if self.first else ""
        return prefix + "exec " + " ".join(shlex.quote(word) for word in self.argv(program, log))


def generations_script(puppets, program, log, counter):
    """A shell program that plays one puppet after the other, the last one again and again, a start each."""
    lines = ["#!/bin/sh", f"n=0; [ -e {counter} ] && read n < {counter}", f"echo $((n + 1)) > {counter}", "case $n in"]
    for index, puppet in enumerate(puppets):
        label = str(index) if index + 1 < len(puppets) else "*"
        lines += [f"{label})", puppet.shell_line(program, log), ";;"]
    return "\n".join(lines + ["esac", ""])


@dataclasses.dataclass(frozen=True)
class Entry:
    ns: int
    pid: int
    event: str   # start, ready, signal, accept, grandchild, exit, die, ...
    detail: str  # of a signal its name, of an exit the code


def read_records(path):
    """All whole lines of a puppet's file, oldest first; no file: none."""
    try:
        text = path.read_text()
    except FileNotFoundError:
        return []
    entries = []
    for line in text.splitlines(keepends=True):
        if not line.endswith("\n"):
            break
        ns, pid, event, *detail = line.split()
        entries.append(Entry(int(ns), int(pid), event, " ".join(detail)))
    return entries
