"""What is to be reached, in the same run on the same machine.

A verdict is `{row, database, text, good}`. What has no figure on either side (no Django, one database) is not judged.
"""

from .switch import NAMES

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
    (f"dry run of a PowerDNS zone of {MILLION}: peak memory", None, 300),
    ("dry run of a PowerDNS zone of 100,000 records", None, 2.4),
    (f"first sync of a PowerDNS zone of {MILLION}: peak memory", None, 300),
    ("first sync of a PowerDNS zone of 100,000 records", "sqlite", 2.4),
    (f"switch of {NAMES} names: planned and shown", None, 1), (f"switch of {NAMES} names: served", None, 3),
    ("POST to the first step", None, 1),
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
        self.names = list(dict.fromkeys(row["row"] for row in rows))

    def get(self, row, database, connections, instances=None):
        return self.found.get((row, database, connections, self.full if instances is None else instances))

    def ratios(self, one, other):
        """Requests a second of one `(row, database)` over those of another, at each number of connections that both have."""
        pairs = [(self.get(*one, count), self.get(*other, count)) for count in self.connections]
        return [ours["rps"] / theirs["rps"] for ours, theirs in pairs if ours and theirs]


def judge(rows, figures, full):
    """Every verdict; `full` is the number of instances at which pages are judged."""
    pages = Pages(rows, full)
    return [*beside_peers(pages), *against_each_other(pages), *under_load(pages), *growth(pages), *of_figures(figures)]


def beside_peers(pages):
    """At each number of connections, how many times as fast as a peer."""
    for targets, peer, unit in ((TIMES_DJANGO, "django", "{} × Django (at least {})"), (SHARE_OF_LIMIT, "limit", "{} of bare rows (at least {})")):
        for row, least in targets:
            ratios = pages.ratios((row, "sqlite"), (row, peer))
            if ratios:
                yield verdict(row, "sqlite", unit.format(told(ratios), least), min(ratios) >= least)


def against_each_other(pages):
    """How many times as long as another page takes, and as the same page on the other database."""
    for row, most, other in WITHIN:
        for database in ("sqlite", "postgres"):
            ratios = pages.ratios((other, database), (row, database))
            if ratios:
                yield verdict(row, database, f"{told(ratios)} × the time of “{other}” (at most {most})", max(ratios) <= most)
    for row in pages.names:
        ratios = pages.ratios((row, "sqlite"), (row, "postgres"))
        if ratios:
            text = f"{told(ratios)} × the time of SQLite (at most {POSTGRES_TIMES_SQLITE})"
            yield verdict(row, "postgres", text, max(ratios) <= POSTGRES_TIMES_SQLITE)


def under_load(pages):
    for row, most in P99:
        ours = pages.connections and pages.get(row, "sqlite", pages.connections[-1])
        if ours:
            yield verdict(row, "sqlite", f"p99 {ours['p99_ms']:.1f} ms (under {most})", ours["p99_ms"] < most)


def growth(pages):
    """How much longer a page takes at a tenth and at the whole of the size than at a hundredth."""
    sizes = [pages.full // 100, pages.full // 10, pages.full]
    for row in pages.names:
        for database in ("sqlite", "postgres"):
            at = [pages.get(row, database, pages.connections[0], instances) for instances in sizes]
            if sizes[0] and all(at):
                times = [at[0]["rps"] / each["rps"] for each in at]
                yield verdict(row, database, f"growing {told(times)} × (at most {GROWTH})", times[-1] <= GROWTH)


def of_figures(figures):
    for row, database, most in MOST:
        for figure in figures:
            if figure["row"] == row and database in (None, figure["database"]) and figure["database"] in ("sqlite", "postgres"):
                yield verdict(row, figure["database"], f"at most {most:,} {figure['unit']}".strip(), figure["value"] <= most)


def verdict(row, database, text, good):
    return {"row": row, "database": database, "text": text, "good": bool(good)}


def told(ratios):
    return " · ".join(f"{ratio:,.0f}" if ratio >= 20 else f"{ratio:.1f}" if ratio >= 5 else f"{ratio:.2f}" for ratio in ratios)
