"""The pages that are measured, and the paths that each is asked for by.

Paths come from the panel itself: its own JSON lists are walked once, for names, addresses, ids and the cursors of deep pages. What a
page must show is looked for in it before it is measured, so that a fast error page is not taken for a fast page.
"""
import json
import urllib.parse

from . import http

# Of a page.
ROWS = 50
# Of a list: its rows, each with a heading of its own.
A_LIST = ["data-rows", 'scope="row"']


class Walk:
    """A list, walked through by its JSON from the beginning on."""

    def __init__(self, panel, path, share=1.0, total=None):
        self.items, self.cursors = [], []
        query, cursor, seen = path, None, 0
        while True:
            asked = query + ("&cursor=" + cursor if cursor else "")
            status, body = http.get(f"{panel.base}/api/v1/{asked}", panel.bearer())
            if status != 200:
                raise SystemExit(f"/api/v1/{asked} answered {status}: {body[:300]}")
            page = json.loads(body)
            seen += len(page["items"])
            self.seen = seen
            # A sample is enough, and a million would not fit.
            self.items += page["items"][::10]
            cursor = page["next_cursor"]
            if not cursor or (total and seen >= share * total):
                return
            self.cursors.append((cursor, page["items"][-1]["name"], seen))

    def deep(self):
        """Cursors between six and nine tenths of what was walked, and the names that they begin behind. A whole page follows each,
        or a small list would be measured by shorter pages."""
        whole = [each for each in self.cursors if self.seen - each[2] >= ROWS]
        deep = [each for each in whole if 0.6 <= each[2] / self.seen <= 0.9] or whole[-3:]
        if not deep:
            raise SystemExit(f"a list of {self.seen} rows has no deep page")
        return [(cursor, name) for cursor, name, _ in deep]


def spread(items, count):
    return items[:: max(len(items) // count, 1)][:count]


def parts(panel, instances, records, moment):
    """The pages, each `{row, paths, headers}`; a path comes with the texts that its answer must hold. `moment` is a past one."""
    step = 1_000 if instances >= 10_000 else 100
    filtered_query = f"?status=running&provider_region=eu-west-1&limit={max(step // 10, 10)}"
    everything = Walk(panel, f"instances?limit={step}")
    filtered = Walk(panel, "instances" + filtered_query)
    deep = Walk(panel, f"dns-records?limit={step}", 0.9, records)
    found = [item for item in spread(everything.items, 2_000) if public(item)]
    found = spread(found, 100)
    quote = urllib.parse.quote
    cookie, bearer = panel.session, panel.bearer()

    def page(row, paths, headers=cookie):
        return {"row": row, "paths": paths, "headers": headers}

    def search(row, terms, path="/search"):
        return page(row, [(f"{path}?q={quote(term)}", [name]) for term, name in terms])

    filters = filtered_query.split("&limit")[0]
    return [
        page("sign-in page", [("/sign-in", ['name="password"', "csrf_token"])], {}),
        page("instances, page 1", [("/instances", A_LIST)]),
        page("records, page 1", [("/dns-records", A_LIST)]),
        page("instances, filtered, deep", [(f"/instances{filters}&cursor={c}", A_LIST) for c, _ in filtered.deep()]),
        page("records, deep", [(f"/dns-records?cursor={c}", A_LIST) for c, _ in deep.deep()]),
        search("search, part of an address", [(public(item)[2:-1], public(item)) for item in found]),
        search("search, part of a name", [(item["name"][-12:-1], item["name"][-9:-1]) for item in found]),
        search("search, a common word", [(item["name"].split("-")[2], item["name"].split("-")[2]) for item in found]),
        search("search, a whole address", [(public(item), item["name"]) for item in found]),
        search("search, beginning of a name", [(item["name"][:-1], item["name"][:-1]) for item in found]),
        search("list search, part of an address", [(public(item)[2:-1], A_LIST[0]) for item in found], "/instances"),
        page("detail with neighbours", [(f"/instances/{item['id']}", [item["name"], public(item), "DNS records"])
                                        for item in found]),
        page("instances, at a past moment", [(f"/instances?at={quote(moment)}", A_LIST)]),
        page("detail, at a past moment", [(f"/instances/{item['id']}?at={quote(moment)}", [item["name"]])
                                          for item in found]),
        page("JSON, 100 instances", [(f"/api/v1/instances?limit=100&cursor={c}", ['"items"', '"attrs"'])
                                     for c, _ in everything.deep()], bearer),
        page("dashboard", [("/", ["tile-value"])]),
        page("pulse", [("/pulse", ["<dl>"])]),
    ], {"list": everything.deep(), "filtered": filtered.deep()}


def public(item):
    """The public address of an instance, or None."""
    addresses = item["attrs"]["addresses"]
    return next((each["address"] for each in addresses if each["sort"] in ("public", "elastic")), None)
