"""A cluster of 200 names switched on a real PowerDNS: from the question to the plan, to the first step, to the last name served."""
import contextlib
import datetime
import json
import os
import socket
import struct
import subprocess
import time
import urllib.request

from . import http, syncs
from .panel import Panel, free_port

NAMES = 200
ZONE = "switched.test"
KEY = "benchmark-powerdns-key"
FROM, TO = "eu-edge", "us-edge"
# How long anything may last, in seconds.
PATIENCE = 60


def measure(plan, database):
    with server(plan) as (dns, api):
        panel = Panel(plan.programs, config(plan, dns, api), database, "switch", plan.folder)
        panel.environment["BENCH_POWERDNS_KEY"] = KEY
        database.create(panel.name)
        panel.ask("sync")
        panel.admit()
        with panel.serve():
            panel.sign_in()
            panel.token = panel.ask("token", "create", "--name", "bench-act", "--scope", "act").strip()
            old, new = behind(panel, FROM), behind(panel, TO)
            make_zone(api, old["addresses"])
            panel.ask("sync", "dns")
            trials = [trial(panel, dns, old, new) for _ in range(1 if plan.given.quick else 5)]
            for figure, at in ((f"switch of {NAMES} names: planned and shown", 0), ("POST to the first step", 1),
                               (f"switch of {NAMES} names: served", 2)):
                times = sorted(times[at] for times in trials)
                plan.figure(figure, database, times[len(times) // 2], "s", f"median of {len(times)}, longest {times[-1]:.2f}")
        database.drop(panel.name)


def trial(panel, dns, old, new):
    """There and back; seconds until the plan was shown, until the first step began, and until every name was served."""
    began = time.monotonic()
    change = call(panel, "POST", "/dns-changes", {"action": "switch", "from": old["id"], "to": new["id"], "reason": "bench"})
    shown = http.get(f"{panel.base}/dns-changes/{change['id']}", panel.session)
    planned = time.monotonic() - began
    if shown[0] != 200 or len(change["changes"]) != NAMES or f"app-{NAMES - 1}.{ZONE}".encode() not in shown[1]:
        raise SystemExit(f"the plan was not shown: {shown[0]}, {len(change['changes'])} changes")

    posted, began = time.time(), time.monotonic()
    over = {"generation": change["generation"], "override": {"reason": "bench"}}
    call(panel, "POST", f"/dns-changes/{change['id']}/apply", over)
    for number in range(NAMES):
        while ask(dns, f"app-{number}.{ZONE}") != set(new["addresses"]):
            give_up_after(began)
            # A question that PowerDNS answers in the very moment of the write goes into its cache behind the write, with what was
            # before, and stays there for 20 s. Without a pause there always is one.
            time.sleep(0.01)
    served = time.monotonic() - began
    steps = call(panel, "GET", f"/runs/{ended(panel, change['id'])['run_id']}")["steps"]
    first = min(moment(step["started_at"]) for step in steps if step["started_at"])
    back = call(panel, "POST", f"/dns-changes/{change['id']}/undo", {})
    ended(panel, back["id"])
    if ask(dns, f"app-0.{ZONE}") != set(old["addresses"]):
        raise SystemExit("the way back did not lead back")
    return planned, first - posted, served


def behind(panel, name):
    """The id of a balancer, and the addresses that stand healthy behind it, or did."""
    balancer = call(panel, "GET", f"/load-balancers?q={name}")["items"][0]
    addresses = []
    for target in balancer["attrs"]["targets"]:
        if name == TO and target["health"] != "healthy":
            continue
        instance = call(panel, "GET", f"/instances?q={target['id']}")["items"][0]
        addresses += [one["address"] for one in instance["attrs"]["addresses"]
                      if one["sort"] != "private" and ":" not in one["address"]]
    return {"id": balancer["id"], "addresses": addresses}


def make_zone(api, addresses):
    records = [{"content": address, "disabled": False} for address in addresses]
    sets = [{"name": f"app-{number}.{ZONE}.", "type": "A", "ttl": 60, "changetype": "REPLACE", "records": records}
            for number in range(NAMES)]
    powerdns(api, "PATCH", f"/zones/{ZONE}.", {"rrsets": sets})


def ended(panel, change):
    began = time.monotonic()
    while True:
        found = call(panel, "GET", f"/dns-changes/{change}")
        if found["state"] == "succeeded":
            return found
        if found["state"] not in ("queued", "running"):
            raise SystemExit(f"the change ended as {found['state']}")
        give_up_after(began)
        time.sleep(0.02)


def give_up_after(began):
    if time.monotonic() - began > PATIENCE:
        raise SystemExit("the switch takes for ever")


def call(panel, method, path, body=None):
    request = urllib.request.Request(panel.base + "/api/v1" + path, method=method, headers=panel.bearer(),
                                     data=None if body is None else json.dumps(body).encode())
    if body is not None:
        request.add_header("Content-Type", "application/json")
    with http.OPENER.open(request, timeout=PATIENCE) as reply:
        return json.load(reply)


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def ask(server, name):
    """The addresses that a name server gives for a name (RFC 1035 §4); none after a second of silence."""
    question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0" + struct.pack(">HH", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(1)
        link.sendto(struct.pack(">HHHHHH", 1, 0, 1, 0, 0, 0) + question, server)
        try:
            answer = link.recv(4_096)
        except TimeoutError:
            return set()
    found, at = set(), 12 + len(question)
    for _ in range(struct.unpack(">H", answer[6:8])[0]):
        # Each name is a pointer to the question's.
        kind, _, _, length = struct.unpack(">HHIH", answer[at + 2:at + 12])
        if kind == 1:
            found.add(socket.inet_ntoa(answer[at + 12:at + 16]))
        at += 12 + length
    return found


@contextlib.contextmanager
def server(plan):
    """A PowerDNS with the zone in it; where it answers, and where its API does."""
    script = os.path.join(plan.root, "tests", "standins", "powerdns")
    dns, api = free_port(), free_port()
    command = [script, os.path.join(plan.folder, "powerdns"), str(dns), str(api), KEY]
    # It ends when its standard input does.
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        began = time.monotonic()
        while True:
            with contextlib.suppress(OSError):
                powerdns(api, "POST", "/zones", {"name": f"{ZONE}.", "kind": "Native", "nameservers": [f"ns1.{ZONE}."]})
                break
            give_up_after(began)
            time.sleep(0.02)
        yield ("127.0.0.1", dns), api
    finally:
        child.stdin.close()
        child.wait()


def powerdns(api, method, path, body):
    url = f"http://127.0.0.1:{api}/api/v1/servers/localhost{path}"
    headers = {"X-API-Key": KEY, "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method=method)
    with http.OPENER.open(request, timeout=PATIENCE) as reply:
        return reply.read()


def config(plan, dns, api):
    cloud = "".join(f'\n[[source]]\nname = "{name}"\nprovider = "memory"\nevery = "30d"\n' for name in ("aws-eu", "aws-us"))
    return syncs.write_config(plan, "switch", cloud + (
        '\n[[source]]\nname = "dns"\nprovider = "powerdns"\nevery = "30d"\n'
        f'settings = {{ endpoint_url = "http://127.0.0.1:{api}", api_key_env = "BENCH_POWERDNS_KEY", name_servers = ["{dns[0]}:{dns[1]}"] }}\n'))
