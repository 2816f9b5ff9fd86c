"""First and unchanged syncs over the loopback: how long, how much memory, how much written.

The provider's stand-in answers from memory. What it used itself is told with each row, so that a reader sees that it was not measured.
"""
import contextlib
import os
import subprocess
import tempfile
import threading
import time

from . import machine
from .panel import Panel, free_port, process, wait_until_answers

# Source, shape of the API, and how many it has for each instance of the estate.
SOURCES = [("records", "cloudflare", 10), ("instances", "ec2", 1)]


def measure(plan, database):
    for what, shape, each in SOURCES:
        count = plan.given.instances * each
        name = f"sync-{what}"
        with stand_in(plan, shape) as (url, api):
            config = write_config(plan, name, source(plan, what, shape, url))
            panel = Panel(plan.programs, config, database, name, plan.folder)
            database.create(name)
            panel.ask("migrate")
            first = once(plan, panel, api, f"first sync of {count:,} {what}", count)
            again = once(plan, panel, api, f"unchanged sync of {count:,} {what}", count)
            plan.figure(f"unchanged sync of {count:,} {what}: of the first one's writes", database, 100 * again / max(first, 1), "%")
        database.drop(name)


def once(plan, panel, api, row, count):
    """One sync by the command line; the bytes that it wrote."""
    database = panel.database
    log = database.wal() if database.name == "postgres" else 0
    with run(plan, panel, api, row, count, "sync") as (child, out):
        written = database.wal() - log if database.name == "postgres" else machine.written(child.pid)
        counted(row, out, count)
    plan.figure(f"{row}: written", database, written / 1e6, "MB")
    if row.startswith("first"):
        plan.figure(f"{row}: database", database, database.size(panel.name) / 1e6, "MB")
    return written


def dry(plan, panel, api, row, count):
    """One dry run against an empty database, whose lines go into a file. That it stores nothing, the first sync after it counts."""
    with run(plan, panel, api, row, count, "sync", "--dry-run") as (_, out):
        told = sum(line.startswith("+ dns_record ") for line in out)
    if told != count:
        raise SystemExit(f"{row}: {told:,} records are +, not {count:,}")


@contextlib.contextmanager
def run(plan, panel, api, row, count, *arguments):
    """A subcommand from its start to its end: how long, and how much memory. Gives the process that has ended, and its output."""
    database = panel.database
    before = machine.tree([api])
    with tempfile.TemporaryFile("w+", dir=plan.folder) as out:
        began = time.monotonic()
        child = subprocess.Popen(panel.command(*arguments), env=panel.environment, stdout=out, text=True)
        use = Use(child.pid)
        # It has ended and is not buried yet, so that its account can still be read.
        ended = os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        took = time.monotonic() - began
        use.stop()
        out.seek(0)
        if ended.si_status != 0:
            raise SystemExit(f"{row} ended with {ended.si_status}:\n{out.read()[-2000:]}")
        busy = machine.ticks_since(before, [api]) / machine.TICK / took
        plan.figure(row, database, took, "s", f"{count / took:,.0f} rows/s")
        plan.figure(f"{row}: used by the stand-in", database, busy, "cores")
        plan.figure(f"{row}: peak memory", database, use.peak, "MB", f"{use.without_files:.0f} unmapped")
        yield child, out
        child.wait()


def counted(row, out, count):
    """A sync that saw less than there is would be a fast one."""
    sign = "+" if row.startswith("first") else "="
    kinds = ("dns_record", "instance")
    seen = 0
    for line in out:
        words = line.split()
        if len(words) >= 8 and words[2] in kinds:
            seen += sum(int(word[1:]) for word in words[4:] if word.startswith(sign))
    if seen != count:
        raise SystemExit(f"{row}: {seen:,} rows are {sign}, not {count:,}")


class Use:
    """The most memory that a process has held, looked at fifty times a second."""

    def __init__(self, pid):
        self.pid, self.peak, self.without_files, self.ended = pid, 0, 0, False
        self.thread = threading.Thread(target=self.look, daemon=True)
        self.thread.start()

    def look(self):
        while not self.ended:
            self.peak = max(self.peak, machine.status(self.pid, "VmHWM"))
            self.without_files = max(self.without_files, machine.status(self.pid, "RssAnon"))
            time.sleep(0.02)

    def stop(self):
        self.ended = True
        self.thread.join()


@contextlib.contextmanager
def stand_in(plan, shape, instances=None):
    """The API of a provider; its URL and its process."""
    listen = f"127.0.0.1:{free_port()}"
    command = [plan.programs.tools, "api", "--shape", shape, "--listen", listen, "--seed", str(plan.given.seed),
               "--instances", str(instances or plan.given.instances), "--present", plan.present]
    with process(command) as child:
        wait_until_answers(child, f"http://{listen}/healthz")
        yield f"http://{listen}", child.pid


def source(plan, name, shape, url):
    """The section of a source that asks the stand-in."""
    if shape == "ec2":
        regions = subprocess.run([plan.programs.tools, "regions"], capture_output=True, text=True, check=True).stdout.strip()
        provider, settings = "aws", f"aws_regions = {regions}"
    else:
        provider, settings = shape, 'token_env = "BENCH_SECRET_KEY"'
    return (f'\n[[source]]\nname = "{name}"\nprovider = "{provider}"\nevery = "30d"\n'
            f'settings = {{ endpoint_url = "{url}", {settings} }}\n')


def write_config(plan, name, text):
    path = os.path.join(plan.folder, f"{name}.toml")
    with open(path, "w") as f:
        f.write('secret_key_env = "BENCH_SECRET_KEY"\n' + text)
    return path
