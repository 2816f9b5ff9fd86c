"""What is to be reached, in the same run on the same machine.

A verdict is `{row, database, text, good}`. What has no figure on either side (no Django, one database) is not judged.
"""

PAGES = ("instances, page 1", "instances, filtered, deep", "detail with neighbours")
PARTS = ("search, part of an address", "search, part of a name", "list search, part of an address")
WHOLES = ("search, a whole address", "search, beginning of a name")
EVERY_SEARCH = (*PARTS, *WHOLES, "search, a common word")
MILLION = "1,000,000 records"

# Row, how many times the Django admin's requests a second.
TIMES_DJANGO = [*((row, 50) for row in PAGES), *((row, 10) for row in PARTS), *((row, 100) for row in WHOLES),
                ("records, deep", 1_000), ("JSON, 100 instances", 20)]
# Row, the least share of bare rows.
SHARE_OF_LIMIT = [("instances, page 1", 0.35), ("JSON, 100 instances", 0.6)]
# Rows, milliseconds that 99 in 100 stay under at the most connections.
P99 = [*((row, 15) for row in PAGES), *((row, 25) for row in EVERY_SEARCH)]
# Row, how many times the time of which other row at most.
WITHIN = [("records, deep", 1.3, "records, page 1"), ("instances, at a past moment", 2, "instances, page 1"),
          ("detail, at a past moment", 2, "detail with neighbours")]
GROWTH = 1.3
POSTGRES_TIMES_SQLITE = 4
# Figure, database, at most.
MOST = [
    (f"first sync of {MILLION}", "sqlite", 45), (f"first sync of {MILLION}", "postgres", 90),
    (f"first sync of {MILLION}: peak memory", None, 300),
    (f"unchanged sync of {MILLION}", None, 8), (f"unchanged sync of {MILLION}: peak memory", None, 300),
    (f"unchanged sync of {MILLION}: of the first one's writes", None, 1),
    (f"pages while a first sync of {MILLION} writes: p99", None, 50),
    (f"pages while a first sync of {MILLION} writes: failed", None, 0),
    (f"sign-ins while a first sync of {MILLION} writes: p99", None, 50),
    (f"sign-ins while a first sync of {MILLION} writes: failed", None, 0),
    (f"heartbeats while a first sync of {MILLION} writes: longest gap", None, 17),
    ("memory after the load", "sqlite", 120),
    ("cold start to the first page", None, 300),
]


class Pages:
    """The measured pages, to be asked for."""

    def __init__(self, rows, full):
        self.found = {(row["row"], row["database"], row["connections"], row["instances"]): row for row in rows}
        self.full = full
        self.connections = sorted({row["connections"] for row in rows})

    def get(self, row, database, connections, instances=None):
        return self.found.get((row, database, connections, self.full if instances is None else instances))


def judge(rows, figures, full):
    """Every verdict; `full` is the number of instances at which pages are judged."""
    pages = Pages(rows, full)
    verdicts = []

    def say(row, database, text, good):
        verdicts.append({"row": row, "database": database, "text": text, "good": good})

    for count in pages.connections:
        for row, times in TIMES_DJANGO:
            ours, theirs = pages.get(row, "sqlite", count), pages.get(row, "django", count)
            if ours and theirs:
                ratio = ours["rps"] / theirs["rps"]
                say(row, "sqlite", f"{ratio:,.0f} × Django at {count} (at least {times})", ratio >= times)
        for row, share in SHARE_OF_LIMIT:
            ours, best = pages.get(row, "sqlite", count), pages.get(row, "limit", count)
            if ours and best:
                ratio = ours["rps"] / best["rps"]
                say(row, "sqlite", f"{ratio:.2f} of bare rows at {count} (at least {share})", ratio >= share)
        for row, times, other in WITHIN:
            for database in ("sqlite", "postgres"):
                ours, plain = pages.get(row, database, count), pages.get(other, database, count)
                if ours and plain:
                    ratio = plain["rps"] / ours["rps"]
                    say(row, database, f"{ratio:.2f} × the time of “{other}” at {count} (at most {times})", ratio <= times)
        for (row, database, at, instances), ours in pages.found.items():
            plain = pages.get(row, "sqlite", count)
            if database == "postgres" and at == count and instances == full and plain:
                ratio = plain["rps"] / ours["rps"]
                say(row, database, f"{ratio:.1f} × the time of SQLite at {count} (at most {POSTGRES_TIMES_SQLITE})",
                    ratio <= POSTGRES_TIMES_SQLITE)
    for row, most in P99:
        ours = pages.connections and pages.get(row, "sqlite", pages.connections[-1])
        if ours:
            say(row, "sqlite", f"p99 {ours['p99_ms']:.1f} ms at {pages.connections[-1]} (under {most})", ours["p99_ms"] < most)
    verdicts += growth(pages)
    for figure in figures:
        for row, database, most in MOST:
            if figure["row"] == row and database in (None, figure["database"]):
                text = f"{figure['value']:,.1f} {figure['unit']} (at most {most})".replace(" %", "%").replace("  ", " ")
                say(row, figure["database"], text, figure["value"] <= most)
    return verdicts


def growth(pages):
    """How much longer a page takes at the full size than at a hundredth of it."""
    for (row, database, count, instances), small in pages.found.items():
        large = pages.get(row, database, count)
        if instances == pages.full // 100 and instances and large and database in ("sqlite", "postgres"):
            ratio = small["rps"] / large["rps"]
            text = f"{ratio:.2f} × the time of a hundredth of the rows (at most {GROWTH})"
            yield {"row": row, "database": database, "text": text, "good": ratio <= GROWTH}
