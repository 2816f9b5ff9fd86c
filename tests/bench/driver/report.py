"""The table: as text, as JSON, in the documentation. What misses its target is red."""
import os
import re
import sys
import time

from . import chart, machine, targets

TITLES = {"sqlite": "SQLite", "postgres": "PostgreSQL", "limit": "bare rows", "django": "Django admin", "hello": "hello, world"}
RED = "\033[31m{}\033[0m"


def head():
    print(f"{'page':<34}{'on':<14}{'rows':>12}{'conn':>5}{'req/s':>11}{'p50 ms':>9}{'p99 ms':>9}{'cpu ms':>9}{'bytes':>9}{'others':>8}"
          "  spread of req/s", flush=True)


def line(row):
    """A page, as soon as it has been measured."""
    print(f"{row['row']:<34}{TITLES[row['database']]:<14}{row['instances'] * 10:>12,}{row['connections']:>5}{row['rps']:>11,.1f}"
          f"{row['p50_ms']:>9.2f}{row['p99_ms']:>9.2f}{row['cpu_ms']:>9.3f}{row['bytes']:>9,.0f}{row['others']:>8.2f}"
          f"  {row['rps_low']:,.1f} .. {row['rps_high']:,.1f}", flush=True)


def everything(plan):
    given = plan.given
    return {
        "about": {
            **machine.describe(), "at": plan.present, "commit": commit(plan.root), "quick": given.quick, "seed": given.seed,
            "instances": given.instances, "records": given.instances * 10, "states": [2, *plan.states],
            "seconds": given.seconds, "repeat": given.repeat,
            "others": noise(plan.rows), "versions": versions(plan),
        },
        "pages": plan.rows, "figures": plan.figures, "notes": plan.notes,
        "verdicts": [] if given.quick else targets.judge(plan.rows, plan.figures, given.instances),
    }


def noise(rows):
    """Cores that others used, at the calmest and at the worst row."""
    return [round(pick(row["others"] for row in rows), 2) for pick in (min, max)] if rows else []


def versions(plan):
    if not hasattr(plan, "known_versions"):
        plan.known_versions = {
            "panel": machine.version(plan.programs.panel, "--version"), "rustc": machine.version("rustc", "--version"),
            "wrk": machine.version("wrk", "--version").split(" Copyright")[0], "postgres": machine.version("psql", "--version"),
            "python": "Python " + sys.version.split()[0],
        }
    return plan.known_versions


def commit(root):
    return machine.version("git", "-C", root, "describe", "--always", "--dirty")


def finish(plan):
    """Prints the table, and writes it down."""
    plan.keep()
    found = everything(plan)
    text = "\n".join(about(found) + [""] + as_text(found, RED if sys.stdout.isatty() else "! {}"))
    print("\n" + text)
    with open(os.path.join(plan.out, "table.txt"), "w") as f:
        f.write("\n".join(about(found) + [""] + as_text(found, "! {}")) + "\n")
    with open(os.path.join(plan.out, "bench.svg"), "w") as f:
        f.write(chart.draw(found))
    print(f"\nwritten to {plan.out}: table.txt bench.json bench.svg")
    if plan.given.docs:
        publish(plan, found)


def about(found):
    it = found["about"]
    others = f"others used {it['others'][0]} to {it['others'][1]} cores meanwhile" if it["others"] else "no page was measured"
    at = " · ".join(map(str, sorted({row["connections"] for row in found["pages"]})))
    lines = [
        f"{it['at']}, {it['commit']}, seed {it['seed']}: {it['instances']:,} instances, {it['records']:,} records, "
        f"{' / '.join(f'{states:,}' for states in it['states'])} states",
        f"{it['cores']} cores of {it['processor']}, {it['memory_mib']:,} MiB, {it['system']}, Linux {it['kernel']}; {others}",
        f"pages: requests a second at {at} connections, and what 99 in 100 stay under at the most connections; "
        f"runs of {it['seconds']} s under wrk on the same cores, medians of {it['repeat']}",
        ", ".join(it["versions"].values()),
    ]
    reached = [verdict["good"] for verdict in found["verdicts"]]
    lines += [f"{sum(reached)} of {len(reached)} targets are reached"] if reached else []
    return lines + (["a quick run: it proves that the benchmark runs, and its figures mean nothing"] if it["quick"] else []) + found["notes"]


def table(found):
    """The one table: heading, then rows of cells, each `(text, is it good)`."""
    pages = targets.Pages(found["pages"], found["about"]["instances"])
    shown = [name for name in ("sqlite", "postgres", "limit", "django") if any(row["database"] == name for row in found["pages"])]
    shown = shown or sorted({figure["database"] for figure in found["figures"]}, reverse=True)
    heading = ["", *(TITLES[name] for name in shown), "to reach"]
    lines = []
    for name in unique(row["row"] for row in found["pages"]):
        cells = [name]
        for database in shown:
            measured = [pages.get(name, database, count) for count in pages.connections]
            known = [row for row in measured if row]
            rates = " · ".join(number(row["rps"]) for row in known)
            cells.append(f"{rates}; {known[-1]['p99_ms']:.1f} ms" if known else "")
        if name == "hello, world":
            measured = [pages.get(name, "hello", count, 0) for count in pages.connections]
            cells[-1 if "limit" not in shown else 1 + shown.index("limit")] = " · ".join(number(row["rps"]) for row in measured if row)
        lines.append([*cells, verdicts_of(found, name)])
    for name in unique(figure["row"] for figure in found["figures"]):
        cells = [name]
        for database in shown:
            figure = next((f for f in found["figures"] if f["row"] == name and f["database"] == database), None)
            cells.append(valued(figure) if figure else "")
        lines.append([*cells, verdicts_of(found, name)])
    return heading, lines


def valued(figure):
    """A figure with its unit, and what has to be known of it."""
    remark = f" ({figure['remark']})" if figure["remark"] else ""
    return f"{number(figure['value'])} {figure['unit']}".strip() + remark


def verdicts_of(found, row):
    return [verdict for verdict in found["verdicts"] if verdict["row"] == row]


def as_text(found, red):
    heading, lines = table(found)
    widths = [max(len(line[column]) for line in [heading, *lines]) for column in range(len(heading) - 1)]
    pad = ["".join(f"{cell:<{width + 2}}" for cell, width in zip(line, widths)) for line in [heading, *lines]]
    out = [pad[0] + heading[-1]]
    for start, line in zip(pad[1:], lines):
        told = [worded(verdict, red) for verdict in line[-1]] or [""]
        out.append((start + told[0]).rstrip())
        out += [" " * len(start) + text for text in told[1:]]
    return out


def worded(verdict, red):
    text = f"{TITLES[verdict['database']]}: {verdict['text']}"
    return text if verdict["good"] else red.format(text)


def as_markdown(found):
    heading, lines = table(found)
    rows = [" | ".join(heading), " | ".join("---" for _ in heading)]
    for line in lines:
        told = "<br>".join(worded(verdict, "🔴 **{}**") for verdict in line[-1])
        rows.append(" | ".join([*line[:-1], told]))
    return "\n".join(["> " + text + "<br>" for text in about(found)] + [""] + [f"| {row} |" for row in rows])


def publish(plan, found):
    """Puts the table between the markers of docs/performance.md, and the chart beside it."""
    page = os.path.join(plan.root, "docs", "performance.md")
    with open(page) as f:
        text = f.read()
    between = re.compile(r"(<!-- table -->\n).*?(<!-- /table -->)", re.S)
    if not between.search(text):
        raise SystemExit(f"{page} has no markers for the table")
    with open(page, "w") as f:
        f.write(between.sub(lambda found_at: found_at.group(1) + as_markdown(found) + "\n" + found_at.group(2), text))
    with open(os.path.join(plan.root, "docs", "performance.svg"), "w") as f:
        f.write(chart.draw(found))
    print(f"{time.strftime('%H:%M:%S')} written into docs/performance.md and docs/performance.svg")


def number(value):
    """Four digits or a whole number."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}".rstrip("0").rstrip(".")


def unique(names):
    return list(dict.fromkeys(names))
