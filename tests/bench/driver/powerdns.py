"""One PowerDNS zone, which is a single JSON object however large, read and synced: how long, and how much memory.

The dry run is the counterpart of octoDNS's dump: it reads the zone, compares each record with what is stored, which is nothing, and writes
a line for each into a file. The first sync stores and indexes them too.
"""
from . import syncs

# How many records the zone has for each instance of the estate.
SIZES = (10, 1)


def measure(plan, database):
    for each in SIZES:
        count = plan.given.instances * each
        name = f"powerdns-{each}"
        with syncs.stand_in(plan, "powerdns", count // 10) as (url, api):
            config = syncs.write_config(plan, name, source(url))
            panel = syncs.Panel(plan.programs, config, database, name, plan.folder)
            database.create(name)
            panel.ask("migrate")
            syncs.dry(plan, panel, api, f"dry run of a PowerDNS zone of {count:,} records", count)
            syncs.once(plan, panel, api, f"first sync of a PowerDNS zone of {count:,} records", count)
            syncs.once(plan, panel, api, f"unchanged sync of a PowerDNS zone of {count:,} records", count)
        database.drop(name)


def source(url):
    """The section of a source that asks the stand-in."""
    return ('\n[[source]]\nname = "zone"\nprovider = "powerdns"\nevery = "30d"\n'
            f'settings = {{ endpoint_url = "{url}", api_key_env = "BENCH_SECRET_KEY" }}\n')
