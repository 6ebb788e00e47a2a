#!/usr/bin/env python3
"""pgbench through the driver, directly to PostgreSQL and through PgBouncer, in alternating rounds of one run.

    bench/driver/bench.py [--build build] [--against other-build] [--rounds 3] [--seconds 3] [--only select:prepared:8 ...]

Everything runs in a folder of its own that is removed at the end. README.md says what the numbers mean.
"""
import argparse
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
sys.path[:0] = [str(TOP / "tests" / "driver"), str(TOP / "tests" / "support"), str(HERE)]
sys.dont_write_bytecode = True

from driver_process import DriverProcess  # noqa: E402
from pg_cluster import BIN, PgCluster  # noqa: E402
from pgbouncer import PgBouncer  # noqa: E402

# The driver's defaults; PgBouncer gets as many server connections in all.
SHARED, EXCLUSIVE = 4, 16
TARGETS = ["direct", "pgbouncer", "driver"]  # and "before", the driver of another build, by --against


def rows():
    """script, protocol, clients, whether each transaction connects anew"""
    for script in ("select", "tpcb"):
        for protocol in ("simple", "extended", "prepared"):
            for clients in (8, 64):
                yield script, protocol, clients, False
    for clients in (8, 64):
        yield "select", "simple", clients, True


def name_of(row):
    script, protocol, clients, connect = row
    return f"{script}:{protocol}:{clients}" + (":connect" if connect else "")


class Target:
    """A socket folder and a database to point pgbench at, and the processes whose CPU time is its own."""

    def __init__(self, host, database, pid=None):
        self.host, self.database, self.pid = host, database, pid

    def cpu_seconds(self):
        if self.pid is None:
            return 0.0
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pgbench(target, row, seconds):
    """Transactions a second, and the middle process's CPU microseconds a transaction."""
    script, protocol, clients, connect = row
    command = [BIN / "pgbench", "-n", "-h", target.host, "-p", "5432", "-U", "code_analysis", "-M", protocol,
               "-c", str(clients), "-j", "2", "-T", str(seconds)]
    command += ["-S"] if script == "select" else []
    command += ["-C"] if connect else []
    before = target.cpu_seconds()
    done = subprocess.run([*map(str, command), target.database], capture_output=True, text=True)
    if "actually processed: 0\n" in done.stdout:  # the time went by while the clients connected: a busy machine
        return pgbench(target, row, seconds + 2)
    rate = re.search(r"^tps = ([\d.]+)", done.stdout, re.M)
    if done.returncode != 0 or "aborted" in done.stderr or rate is None:
        sys.exit(f"{name_of(row)} at {target.host}: {done.stdout}{done.stderr}")
    tps = float(rate.group(1))
    count = int(re.search(r"actually processed: (\d+)", done.stdout).group(1))
    return tps, (target.cpu_seconds() - before) * 1e6 / max(count, 1)


def measure(targets, chosen, rounds, seconds):
    """{row: {target: [(tps, cpu), ...]}}; the order of targets turns from round to round."""
    results = {row: {name: [] for name in TARGETS} for row in chosen}
    for turn in range(rounds):
        for row in chosen:
            first = turn % len(TARGETS)
            order = TARGETS[first:] + TARGETS[:first]
            for name in order:
                results[row][name].append(pgbench(targets(name, row), row, seconds))
            print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return results


def table(results, bouncer):
    heads = ("row", "direct", "pgbouncer", "driver", "driver/direct", "driver/pgbouncer", "spread", "us pgb", "us drv")
    lines = [heads]
    for row, of_target in results.items():
        tps = {name: statistics.median(pair[0] for pair in pairs) for name, pairs in of_target.items()}
        cpu = {name: statistics.median(pair[1] for pair in pairs) for name, pairs in of_target.items()}
        ratios = [driver[0] / other[0] for driver, other in zip(of_target["driver"], of_target["pgbouncer"])]
        mark = " *" if row[1] == "prepared" and not bouncer.keeps_prepared else ""
        lines.append((name_of(row) + mark, *(f"{tps[name]:.0f}" for name in ("direct", "pgbouncer", "driver")),
                      f"{tps['driver'] / tps['direct']:.2f}", f"{tps['driver'] / tps['pgbouncer']:.2f}",
                      f"{min(ratios):.2f}-{max(ratios):.2f}", f"{cpu['pgbouncer']:.1f}", f"{cpu['driver']:.1f}"))
    print_columns(lines)
    if "before" in TARGETS:
        print()
        print_columns([("row", "before", "driver", "driver/before", "spread", "us before", "us driver")] + list(compared(results)))


def compared(results):
    """The driver beside the one of another build."""
    for row, of_target in results.items():
        pairs = list(zip(of_target["driver"], of_target["before"]))
        rates = sorted(now[0] / before[0] for now, before in pairs)
        middle = [[statistics.median(pair[at] for pair in of_target[name]) for at in (0, 1)] for name in ("before", "driver")]
        yield (name_of(row), f"{middle[0][0]:.0f}", f"{middle[1][0]:.0f}", f"{statistics.median(rates):.2f}",
               f"{rates[0]:.2f}-{rates[-1]:.2f}", f"{middle[0][1]:.1f}", f"{middle[1][1]:.1f}")


def print_columns(lines):
    widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
    for line in lines:
        print("  ".join(text.ljust(width) if at == 0 else text.rjust(width)
                        for at, (text, width) in enumerate(zip(line, widths))))


def versions(bouncer):
    server = subprocess.run([BIN / "postgres", "--version"], capture_output=True, text=True).stdout.strip()
    return f"{server}; {bouncer.version}; {os.cpu_count()} processors"


def install_pgbouncer():
    if shutil.which("pgbouncer") or pathlib.Path("/usr/sbin/pgbouncer").exists():
        return
    root = [] if os.geteuid() == 0 else ["sudo"]
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    subprocess.run([*root, *environment, "apt-get", "-qq", "install", "-y", "--no-install-recommends", "pgbouncer"],
                   check=True, stdout=subprocess.DEVNULL)
    if pathlib.Path("/run/systemd/system").exists():
        subprocess.run([*root, "systemctl", "disable", "--now", "pgbouncer"], check=False, stdout=subprocess.DEVNULL)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=TOP / "build", type=pathlib.Path)
    parser.add_argument("--against", type=pathlib.Path, help="a build of another state, to compare its driver with this one")
    parser.add_argument("--rounds", default=3, type=int)
    parser.add_argument("--seconds", default=3, type=int)
    parser.add_argument("--scale", default=10, type=int, help="pgbench's scale factor")
    parser.add_argument("--only", nargs="*", default=[], help="rows whose name begins so")
    options = parser.parse_args()
    chosen = [row for row in rows() if not options.only or any(name_of(row).startswith(only) for only in options.only)]
    if not chosen:
        sys.exit("no such row; there are: " + " ".join(map(name_of, rows())))
    programs = {"driver": options.build / "libexec" / "code-analysis" / "driver"}
    if options.against:
        programs["before"] = options.against / "libexec" / "code-analysis" / "driver"
        TARGETS.append("before")
    for program in programs.values():
        if not program.exists():
            sys.exit(f"{program} is missing: build first")
    install_pgbouncer()
    cluster = PgCluster(settings=("max_connections = 200", "shared_buffers = 256MB"))
    bouncer, drivers = None, {}
    try:
        subprocess.run([BIN / "pgbench", "-i", "-q", "-s", str(options.scale), "-h", cluster.socket_dir, "-U",
                        "code_analysis", "code_analysis"], check=True, capture_output=True)
        cluster.sql("vacuum analyze")
        bouncer = PgBouncer(cluster, connections=SHARED + EXCLUSIVE)
        for name, program in programs.items():
            drivers[name] = DriverProcess(program, cluster.conninfo, shared_connections=SHARED, exclusive_connections=EXCLUSIVE,
                                          max_clients=10000, queue_limit=100000)
        run(options, chosen, cluster, bouncer, drivers)
    finally:
        for part in (*drivers.values(), bouncer, cluster):
            if part is not None:
                part.close()


def run(options, chosen, cluster, bouncer, drivers):
    direct = Target(cluster.socket_dir, "code_analysis")
    ours = {name: Target(driver.folder, "code_analysis", driver.process.pid) for name, driver in drivers.items()}

    def target(name, row):
        if name == "pgbouncer":
            return Target(bouncer.folder, bouncer.database_for(row[1]), bouncer.pid)
        return direct if name == "direct" else ours[name]

    print(versions(bouncer))
    print(f"transactions a second, medians of {options.rounds} rounds of {options.seconds} s, pgbench -j 2, scale "
          f"{options.scale}, Unix sockets; spread: of driver/pgbouncer over the rounds; us: CPU microseconds a transaction")
    table(measure(target, chosen, options.rounds, options.seconds), bouncer)
    if not bouncer.keeps_prepared:
        print("* this PgBouncer knows no max_prepared_statements: it is measured in session pooling there, with a server "
              "connection for each client, since transaction pooling fails")


if __name__ == "__main__":
    main()
