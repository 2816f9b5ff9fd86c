"""One run, from nothing to the table."""
import contextlib
import datetime
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time

from . import during, machine, peers, powerdns, report, switch, syncs
from .build import Programs
from .databases import Postgres, Sqlite
from .http import sizes
from .pages import parts
from .panel import Panel, wait_until_answers
from .wrk import Wrk


class Plan:
    def __init__(self, root, given):
        self.root, self.given = root, given
        self.programs = Programs(root, not given.quick)
        self.config = os.path.join(root, "tests", "bench", "bench.toml")
        self.rows, self.figures, self.notes = [], [], []
        self.states = given.states

    def run(self):
        given = self.given
        if not given.no_build:
            subprocess.run([os.path.join(self.root, "tests", "prepare"), "build", "bench", "powerdns"], check=True)
            self.programs.build()
        self.out = given.out or os.path.join(self.programs.target, "bench")
        os.makedirs(self.out, exist_ok=True)
        with contextlib.ExitStack() as stack:
            kept = os.environ.get("BENCH_STATE")
            self.folder = kept or stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))
            os.makedirs(self.folder, exist_ok=True)
            # A peer's PostgreSQL runs as somebody else and has its files below.
            os.chmod(self.folder, 0o711)
            self.present = self.the_present()
            self.wrk = Wrk(given.seconds, given.repeat, given.connections, given.quiet, self.add)
            report.head()
            if "peers" in given.parts:
                peers.hello(self)
            for name in given.databases:
                database = Sqlite(self.folder) if name == "sqlite" else Postgres(self.root, kept and os.path.join(kept, "postgres"))
                stack.callback(database.stop)
                self.on(database)
            if "peers" in given.parts:
                peers.django(self)
        report.finish(self)

    def on(self, database):
        """Everything on one database."""
        given = self.given
        if {"pages", "growth"} & set(given.parts):
            for instances in self.sizes():
                self.fill(database, instances)
        if "pages" in given.parts:
            self.pages(database, given.instances, given.connections)
        if "growth" in given.parts:
            for instances in self.sizes()[:-1]:
                self.pages(database, instances, given.connections[:1])
        if "syncs" in given.parts:
            syncs.measure(self, database)
            powerdns.measure(self, database)
        if "switch" in given.parts:
            switch.measure(self, database)
        if "during" in given.parts:
            during.measure(self, database)

    def sizes(self):
        """Growing to the full one: ten and a hundred times smaller."""
        full = self.given.instances
        return [full // 100, full // 10, full] if "growth" in self.given.parts and not self.given.quick else [full]

    def panel(self, database, instances):
        return Panel(self.programs, self.config, database, f"filled-{instances}", self.folder)

    def fill(self, database, instances):
        """Fills a database, unless the same lies there from an earlier run."""
        panel, stamp = self.panel(database, instances), os.path.join(self.folder, f"{database.name}-{instances}.stamp")
        wanted = self.stamp(instances)
        if database.exists(panel.name) and os.path.exists(stamp) and open(stamp).read() == wanted:
            return
        database.create(panel.name)
        began = time.monotonic()
        panel.fill(instances, self.states, self.given.seed, self.present)
        panel.admit()
        took = time.monotonic() - began
        self.say(f"filled {database.name} with {instances:,} instances and their history in {took:.0f} s")
        with open(stamp, "w") as f:
            f.write(wanted)

    def stamp(self, instances):
        """What a filled database follows from."""
        hash = hashlib.sha256()
        for folder in ("migrations", "src/kinds", "src/sync", "src/store", "tests/bench/estate", "tests/bench/fill"):
            for parent, folders, files in os.walk(os.path.join(self.root, folder)):
                folders.sort()
                for file in sorted(files):
                    with open(os.path.join(parent, file), "rb") as f:
                        hash.update(f.read())
        return f"{instances} {self.given.seed} {self.states} {self.present} {hash.hexdigest()}\n"

    def the_present(self):
        """When the history ends; kept with the databases, so that they stay what they are for some days."""
        kept = os.path.join(self.folder, "present")
        if os.path.exists(kept) and time.time() - os.path.getmtime(kept) < 86_400:
            return open(kept).read()
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0).isoformat().replace("+00:00", "Z")
        with open(kept, "w") as f:
            f.write(now)
        return now

    def pages(self, database, instances, connections):
        """Every page of a filled database under load, and what the process is like before and after."""
        full = instances == self.given.instances
        panel = self.panel(database, instances)
        panel.admit()
        database.warm(panel.name)
        with panel.serve():
            panel.sign_in()
            # What is due at a start (findings over everything, the index of words) is done once, and not while pages are measured.
            # It begins some seconds after the start, on a machine that is quiet until then.
            machine.wait_for_quiet(900, lasting=1 if self.given.quick else 15)
            present = datetime.datetime.fromisoformat(self.present.replace("Z", "+00:00"))
            minutes = max(self.states) * 7 // 10
            moment = (present - datetime.timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
            pages, cursors = parts(panel, instances, instances * 10, moment)
            pages = [page for page in pages if self.given.only in page["row"]]
            for page in pages:
                self.wrk.measure(panel.base, page, panel.pids(), connections, database=database.name, instances=instances)
                # It grows by a line a request, and nobody reads it.
                os.truncate(panel.log, 0)
            if full:
                self.memory(panel, database)
                for page in pages:
                    plain, packed = sizes(panel.base + page["paths"][0][0], page["headers"])
                    self.figure(f"size: {page['row']}", database, plain / 1000, "kB", f"{packed / 1000:.1f} by gzip")
        if full:
            self.cold_start(panel, database)
            if database.name == "sqlite" and "peers" in self.given.parts:
                peers.limit(self, database, panel.name, cursors)

    def memory(self, panel, database):
        mapped = database.file(panel.name) if database.name == "sqlite" else None
        held = machine.memory([panel.child.pid], without=mapped)
        self.figure("memory after the load", database, held, "MB")
        if database.pids():
            self.figure("memory of the database after the load", database, machine.memory(database.pids()), "MB")
        self.figure("size: database", database, database.size(panel.name) / 1e6, "MB")
        self.figure("size: program", database, os.path.getsize(self.programs.panel) / 1e6, "MB")

    def cold_start(self, panel, database):
        """From the start of the process to the first page, and to a list for somebody whose session is still good."""
        firsts, lists = [], []
        for _ in range(1 if self.given.quick else 5):
            began = time.monotonic()
            with panel.serve():
                firsts.append(time.monotonic() - began)
                wait_until_answers(panel.child, panel.base + "/instances", panel.session)
                lists.append(time.monotonic() - began)
        self.figure("cold start to the first page", database, statistics.median(firsts) * 1000, "ms")
        self.figure("cold start to a signed-in list", database, statistics.median(lists) * 1000, "ms")

    def add(self, row):
        self.rows.append(row)
        report.line(row)
        self.keep()

    def figure(self, name, database, value, unit, remark=""):
        self.figures.append({"row": name, "database": getattr(database, "name", database), "value": round(value, 3),
                             "unit": unit, "remark": remark})
        self.say(f"{name} ({getattr(database, 'name', database)}): {value:,.1f} {unit} {remark}")
        self.keep()

    def say(self, text):
        print(f"  {time.strftime('%H:%M:%S')} {text}", flush=True)

    def note(self, text):
        self.notes.append(text)
        self.say(text)

    def keep(self):
        """What is known so far, so that a run that breaks off has not been for nothing."""
        path = os.path.join(self.out, "bench.json")
        with open(path + ".new", "w") as f:
            json.dump(report.everything(self), f, indent=1)
        shutil.move(path + ".new", path)
