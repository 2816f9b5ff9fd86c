"""What the panel is measured beside: nothing at all, bare rows, and the Django admin."""
import json
import os
import re
import subprocess
import urllib.parse

from .panel import free_port, process, wait_until_answers

# Their names for our rows. Its search does not tell parts from whole words.
DJANGO = {
    "sign-in page": "login page",
    "instances, page 1": "instance list, page 1",
    "records, page 1": "DNS list, page 1",
    "instances, filtered, deep": "instance list, filtered + deep",
    "records, deep": "DNS list, type A, deep",
    "search, part of an address": "global search, IP",
    "search, part of a name": "global search, IP",
    "search, a whole address": "global search, IP",
    "search, beginning of a name": "global search, IP",
    "list search, part of an address": "instance list, search IP",
    "detail with neighbours": "instance detail + DNS",
    "JSON, 100 instances": "JSON, 100 instances",
}


def hello(plan):
    """actix-web answering 20 kB of nothing."""
    listen = f"127.0.0.1:{free_port()}"
    with process([plan.programs.tools, "hello", "--listen", listen]) as child:
        wait_until_answers(child, f"http://{listen}/")
        page = {"row": "hello, world", "paths": [("/", ["hello"])]}
        plan.wrk.measure(f"http://{listen}", page, [child.pid], database="hello", instances=0)


def limit(plan, database, name, cursors):
    """The same rows of the same file, and nothing else."""
    listen = f"127.0.0.1:{free_port()}"
    quote = urllib.parse.quote
    filters = "?status=running&provider_region=eu-west-1"
    pages = [
        ("instances, page 1", ["/instances"]),
        ("instances, filtered, deep", [f"/instances{filters}&after={quote(name)}" for _, name in cursors["filtered"]]),
        ("JSON, 100 instances", [f"/api/instances?after={quote(name)}" for _, name in cursors["list"]]),
    ]
    with process([plan.programs.tools, "limit", "--file", database.file(name), "--listen", listen]) as child:
        wait_until_answers(child, f"http://{listen}/healthz")
        for row, paths in pages:
            if plan.given.only not in row:
                continue
            expected = ['"items":[{'] if row.startswith("JSON") else ["<table><tr>"]
            page = {"row": row, "paths": [(path, expected) for path in paths]}
            plan.wrk.measure(f"http://{listen}", page, [child.pid], database="limit", instances=plan.given.instances)


def django(plan):
    """The Django admin of the folder PEER_DJANGO, by its own programs."""
    folder = os.environ.get("PEER_DJANGO")
    if not folder:
        plan.note("the Django admin was left out: PEER_DJANGO is not set")
        return
    state = os.path.join(plan.folder, "django")
    environment = {**os.environ, "STATE": state, "INSTANCES": str(plan.given.instances), "SEED": str(plan.given.seed),
                   "PORT": str(free_port()), "MODE": "tuned"}
    out = os.path.join(plan.out, "django.json")
    log = open(os.path.join(plan.folder, "django.log"), "w")
    with log, process([os.path.join(folder, "run")], env=environment, stdout=subprocess.PIPE, stderr=log, text=True) as child:
        ready = next((line for line in child.stdout if line.startswith("ready ")), None)
        if not ready:
            raise SystemExit(f"the Django admin did not start; see {log.name}")
        _, url, _, web, _, database, *_ = ready.split()
        given = plan.given
        measure(plan, [os.path.join(folder, "measure"), url, "--instances", str(given.instances), "--pids", f"{web},{database}",
                       "--seconds", str(given.seconds), "--repeat", str(given.repeat), "--json", out, "--quiet",
                       str(given.quiet), "--connections", ",".join(map(str, given.connections))])
    with open(out) as f:
        theirs = json.load(f)
    for measured in theirs:
        if measured["suspect"]:
            plan.note(f"the Django admin did not answer “{measured['case']}” well at {measured['connections']}: left out")
            continue
        for row in (row for row, name in DJANGO.items() if name == measured["case"]):
            plan.add({"row": row, "database": "django", "instances": given.instances,
                      **{key: measured[key] for key in ("connections", "rps", "p50_ms", "p99_ms", "bytes", "cpu_ms", "others",
                                                        "rps_low", "rps_high", "bad")}})


def measure(plan, command):
    """Runs their measurement, and takes from what it prints how much memory they hold at its end."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        for line in child.stdout:
            print(line, end="", flush=True)
            held = re.match(r"memory after: (\w+) .* (\d+) MiB proportional", line)
            if held:
                row = {"web": "memory after the load", "database": "memory of the database after the load"}[held.group(1)]
                plan.figure(row, "django", int(held.group(2)) * 1.048576, "MB")
    if child.returncode:
        raise SystemExit(f"{command[0]} ended with {child.returncode}")
