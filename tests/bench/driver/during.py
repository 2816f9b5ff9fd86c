"""What people and the worker feel while a first sync of a million records writes.

A panel with some rows is asked for pages, fifty a second, and for sign-ins, one a second, while its worker takes in a new source.
"""
import http.client
import re
import threading
import time
import urllib.parse

from .panel import EMAIL, PASSWORD, Panel
from .syncs import source, stand_in, write_config

PAGES = ["/instances", "/dns-records", "/", "/search?q=web-production", "/instances?status=running", "/pulse"]


def measure(plan, database):
    count = plan.given.instances * 10
    small = plan.given.instances // 100 if plan.given.instances >= 10_000 else plan.given.instances
    plan.fill(database, small)
    name = "during"
    database.copy(f"filled-{small}", name)
    with stand_in(plan, "cloudflare") as (url, _):
        with open(plan.config) as f:
            text = f.read().replace('secret_key_env = "BENCH_SECRET_KEY"\n', "")
        config = write_config(plan, name, text + source(plan, "newcomer", "cloudflare", url))
        panel = Panel(plan.programs, config, database, name, plan.folder)
        panel.admit()
        with panel.serve():
            panel.sign_in()
            observe(plan, panel, count)
    database.drop(name)


def observe(plan, panel, count):
    """Asks until the sync has ended."""
    ended = threading.Event()
    pages = [Asker(panel, ended, page_of(panel), 0.04) for _ in range(2)]
    people = Asker(panel, ended, sign_in, 1.0)
    beats, began = set(), time.monotonic()
    for asker in [*pages, people]:
        asker.start()
    while (state := state_of(panel)) in ("queued", "running", None):
        beats.update(panel.database.query(panel.name, "SELECT beat_at FROM worker_heartbeats"))
        time.sleep(0.5)
    ended.set()
    for asker in [*pages, people]:
        asker.join()
    took = time.monotonic() - began
    if state != "succeeded":
        raise SystemExit(f"the first sync of {count:,} records ended as {state}; see {panel.log}")
    database, text = panel.database, f"while a first sync of {count:,} records writes"
    tell(plan, database, f"pages {text}", [took for asker in pages for took in asker.took], sum(asker.failed for asker in pages))
    tell(plan, database, f"sign-ins {text}", people.took, people.failed)
    plan.figure(f"that sync, beside them", database, took, "s")
    if len(beats) > 1:
        plan.figure(f"heartbeats {text}: longest gap", database, longest_gap(beats), "s")


def tell(plan, database, row, took, failed):
    took.sort()
    plan.figure(f"{row}: p99", database, took[int(len(took) * 0.99)] * 1000, "ms",
                f"p50 {took[len(took) // 2] * 1000:.1f}, longest {took[-1] * 1000:.0f}")
    plan.figure(f"{row}: asked", database, len(took), "")
    plan.figure(f"{row}: failed", database, failed, "")


class Asker(threading.Thread):
    """Asks again and again, and writes down how long it took."""

    def __init__(self, panel, ended, ask, pause):
        super().__init__(daemon=True)
        self.panel, self.ended, self.ask, self.pause = panel, ended, ask, pause
        self.took, self.failed = [], 0

    def run(self):
        turn = 0
        connection = http.client.HTTPConnection(self.panel.base.removeprefix("http://"), timeout=30)
        while not self.ended.wait(self.pause):
            try:
                took, good = self.ask(connection, turn)
            except (OSError, http.client.HTTPException):
                connection.close()
                took, good = 30.0, False
            self.took.append(took)
            self.failed += not good
            turn += 1


def page_of(panel):
    def ask(connection, turn):
        began = time.perf_counter()
        connection.request("GET", PAGES[turn % len(PAGES)], headers=panel.session)
        reply = connection.getresponse()
        body = reply.read()
        return time.perf_counter() - began, reply.status == 200 and b"<h1" in body
    return ask


def sign_in(connection, _turn):
    """The form's answer is what is timed: it has to write, among others."""
    connection.request("GET", "/sign-in")
    reply = connection.getresponse()
    page, cookie = reply.read().decode(), reply.headers.get("Set-Cookie", "").split(";")[0]
    token = re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)
    form = urllib.parse.urlencode({"csrf_token": token, "email": EMAIL, "password": PASSWORD, "next": "/"})
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded",
               "Origin": f"http://{connection.host}:{connection.port}"}
    began = time.perf_counter()
    connection.request("POST", "/sign-in", form, headers)
    reply = connection.getresponse()
    reply.read()
    return time.perf_counter() - began, reply.status == 303


def state_of(panel):
    rows = panel.database.query(panel.name, "SELECT state FROM syncs WHERE source = 'newcomer' ORDER BY id DESC LIMIT 1")
    return rows[0][0] if rows else None


def longest_gap(beats):
    """Between two heartbeats of the worker that ran, in seconds."""
    def seconds(text):
        hours, minutes, rest = re.search(r"(\d+):(\d+):([\d.]+)", text).groups()
        return int(hours) * 3600 + int(minutes) * 60 + float(rest)
    times = sorted(seconds(beat) for (beat,) in beats)
    return max((later - earlier for earlier, later in zip(times, times[1:])), default=0.0)
