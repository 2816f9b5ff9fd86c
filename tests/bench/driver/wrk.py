"""One page under load."""
import os
import statistics
import subprocess
import tempfile
import time

from . import http, machine

SCRIPT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "wrk.lua")


class Wrk:
    """How hard and how often a page is asked for; `report` is called with each row as soon as there is one."""

    def __init__(self, seconds, repeat, connections, quiet, report):
        self.seconds, self.repeat, self.connections, self.quiet, self.report = seconds, repeat, connections, quiet, report

    def measure(self, base, page, pids, connections=None, **about):
        """The row of a page at each number of connections: medians of the calmest runs."""
        sizes = check(base, page)
        for count in connections or self.connections:
            if self.seconds > 1:
                self.once(base, page, count, 1, pids)
            runs = []
            while len(runs) < self.repeat or (len(runs) < 2 * self.repeat and calm(runs) < self.repeat):
                machine.wait_for_quiet(self.quiet)
                runs.append(self.once(base, page, count, self.seconds, pids))
            runs = sorted(runs, key=lambda run: run["others"])[: self.repeat]
            row = {"row": page["row"], **about, "connections": count}
            for key in ("rps", "p50_ms", "p99_ms", "bytes", "cpu_ms", "others"):
                row[key] = round(statistics.median(run[key] for run in runs), 4)
            row["rps_low"], row["rps_high"] = (round(pick(run["rps"] for run in runs), 1) for pick in (min, max))
            row["bad"] = sum(run["bad"] for run in runs)
            # wrk takes a redirect for a success; its size gives it away.
            if row["bad"] or row["bytes"] < 0.7 * min(sizes):
                raise SystemExit(f"{page['row']}: {row['bad']} bad answers, {row['bytes']:.0f} bytes in place of {min(sizes)}")
            self.report(row)

    def once(self, base, page, connections, seconds, pids):
        """One run. `others` is how many cores neither wrk nor the measured processes used; `cpu_ms` is what one request costs
        those processes, which a busy machine changes least."""
        busy, before, used = machine.busy_ticks(), machine.tree(pids), os.times()
        began = time.monotonic()
        with tempfile.NamedTemporaryFile("w", suffix=".paths") as listing:
            listing.write("\n".join(path for path, _ in page["paths"]) + "\n")
            listing.flush()
            command = ["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "30s", "-s", SCRIPT]
            for name, value in page.get("headers", {}).items():
                command += ["-H", f"{name}: {value}"]
            out = subprocess.run(command + [base, "--", listing.name], capture_output=True, text=True, check=True).stdout
        took, now = time.monotonic() - began, os.times()
        server = machine.ticks_since(before, pids) / machine.TICK
        client = now.children_user + now.children_system - used.children_user - used.children_system
        others = max((machine.busy_ticks() - busy) / machine.TICK - server - client, 0) / took
        line = next((line for line in out.splitlines() if line.startswith("RESULT ")), None)
        if not line:
            raise SystemExit("wrk printed no result:\n" + out)
        requests, micros, size, bad, broken, p50, p99, longest = map(int, line.split()[1:])
        if not requests:
            raise SystemExit(f"{page['row']}: not one answer in {seconds} s")
        return {"rps": requests / (micros / 1e6), "p50_ms": p50 / 1000, "p99_ms": p99 / 1000, "max_ms": longest / 1000,
                "bytes": size / requests, "bad": bad + broken, "cpu_ms": server * 1000 / requests, "others": others}


def calm(runs):
    """How many runs were left alone but for a quarter of a core."""
    return sum(run["others"] < 0.25 for run in runs)


def check(base, page):
    """Every page asked for must be the real one: 200, and holding what it is about. Gives their sizes."""
    sizes = []
    for path, expected in page["paths"][:: max(len(page["paths"]) // 5, 1)]:
        status, body = http.get(base + path, page.get("headers", {}))
        missing = [text for text in expected if text.encode() not in body]
        if status != 200 or missing:
            raise SystemExit(f"{page['row']}: {path} answered {status}, {len(body)} bytes, without {missing}")
        sizes.append(len(body))
    return sizes
