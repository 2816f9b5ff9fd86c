"""The chart: requests a second of each page, on a scale where each line is ten times the one before."""
import math
from html import escape

from . import targets

SERIES = [("django", "Django admin", "#8a94a6"), ("postgres", "on PostgreSQL", "#6aa5e8"), ("sqlite", "on SQLite", "#1c5fb8"),
          ("limit", "bare rows", "#c9ced8")]
BAR, GAP, LEFT, WIDTH, TOP = 9, 14, 230, 900, 70


def draw(found):
    """The whole chart as SVG; a page that misses a target has its name in red."""
    pages = targets.Pages(found["pages"], found["about"]["instances"])
    count = pages.connections[-1] if pages.connections else 0
    names = [name for name in dict.fromkeys(row["row"] for row in found["pages"])
             if any(pages.get(name, series, count) for series, _, _ in SERIES)]
    highest = max([row["rps"] for row in found["pages"] if row["database"] != "hello"], default=1)
    decades = max(math.ceil(math.log10(highest)), 1)
    scale = (WIDTH - LEFT - 90) / decades
    missed = {verdict["row"] for verdict in found["verdicts"] if not verdict["good"]}
    parts, y = [], TOP
    for name in names:
        rows = [(pages.get(name, series, count), colour) for series, _, colour in SERIES]
        rows = [(row, colour) for row, colour in rows if row]
        middle = y + len(rows) * BAR / 2 + 4
        ink = "#c2261d" if name in missed else "#1d2430"
        parts.append(f'<text x="{LEFT - 10}" y="{middle:.0f}" text-anchor="end" fill="{ink}">{escape(name)}</text>')
        for row, colour in rows:
            length = max(math.log10(max(row["rps"], 1)) * scale, 1)
            parts.append(f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR - 1}" fill="{colour}"/>')
            parts.append(f'<text x="{LEFT + length + 4:.1f}" y="{y + BAR - 1}" class="value">{row["rps"]:,.0f}</text>')
            y += BAR
        y += GAP
    grid = []
    for decade in range(decades + 1):
        x = LEFT + decade * scale
        grid.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{y - GAP}" stroke="#e3e6ec"/>')
        grid.append(f'<text x="{x:.1f}" y="{TOP - 14}" text-anchor="middle" class="value">{10 ** decade:,}</text>')
    legend, x = [], LEFT
    for series, title, colour in SERIES:
        if any(pages.get(name, series, count) for name in names):
            legend.append(f'<rect x="{x}" y="{y + 2}" width="10" height="10" fill="{colour}"/><text x="{x + 15}" y="{y + 11}">{title}</text>')
            x += 130
    it = found["about"]
    title = f"Requests a second at {count} connections, {it['instances']:,} instances and {it['records']:,} records, {it['cores']} cores"
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 24}" font-family="system-ui, sans-serif" font-size="12" '
            f'role="img" aria-label="{escape(title)}">\n<style>.value {{ font-size: 9px; fill: #5a6475 }}</style>\n'
            f'<rect width="100%" height="100%" fill="#fff"/>\n<text x="20" y="24" font-size="14" font-weight="600">{escape(title)}</text>\n'
            + "\n".join(grid + parts + legend) + "\n</svg>\n")
