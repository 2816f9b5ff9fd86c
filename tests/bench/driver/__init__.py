"""What `tests/bench/run` is made of. Python's standard library only.

| file | part |
| --- | --- |
| `build.py` | the programs that are measured, and the stand-ins |
| `machine.py` | cores, noise, the memory and the time of processes |
| `http.py` | one request, looked at closely |
| `wrk.py` | one page under load: repeated runs, their medians |
| `panel.py` | the panel as a process: filled, started, signed in to |
| `pages.py` | THE list of pages, and the paths that each run asks for |
| `databases.py` | SQLite files and a PostgreSQL cluster of the run's own |
| `peers.py` | what the panel is measured beside |
| `syncs.py` | first and unchanged syncs |
| `during.py` | pages, sign-in and heartbeats while a first sync writes |
| `targets.py` | THE list of what is to be reached |
| `report.py`, `chart.py` | the table, the JSON, the chart |

**One more page**: its line in `pages.py`. **One more target**: its line in `targets.py`.
"""
