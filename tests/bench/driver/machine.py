"""Cores, noise, and what processes use."""
import os
import platform
import subprocess
import time

TICK = os.sysconf("SC_CLK_TCK")


def describe():
    """What a reader has to know of the machine."""
    with open("/proc/meminfo") as f:
        memory = int(f.readline().split()[1]) // 1024
    with open("/proc/cpuinfo") as f:
        models = [line.split(":", 1)[1].strip() for line in f if line.startswith("model name")]
    return {"cores": os.cpu_count(), "processor": models[0] if models else platform.machine(), "memory_mib": memory,
            "kernel": platform.release(), "system": system()}


def system():
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.system()


def version(*command):
    """The first line that a program says of its version, or why there is none. wrk says it with an exit code of 1."""
    try:
        said = subprocess.run(command, capture_output=True, text=True)
    except OSError as error:
        return str(error)
    return (said.stdout + said.stderr).strip().splitlines()[0].strip()


def busy_ticks():
    """Clock ticks that all cores together have spent not idle."""
    with open("/proc/stat") as f:
        fields = list(map(int, f.readline().split()[1:9]))
    return sum(fields) - fields[3] - fields[4]


def wait_for_quiet(most, lasting=0.5):
    """Waits, `most` seconds at the longest, until less than a seventh of a core has been in use for `lasting` seconds."""
    end, since = time.monotonic() + most, time.monotonic()
    while time.monotonic() < end:
        before = busy_ticks()
        time.sleep(0.5)
        if (busy_ticks() - before) / TICK / 0.5 >= 0.15:
            since = time.monotonic()
        elif time.monotonic() - since >= lasting:
            return


def tree(pids):
    """The processes and all that descend from them: {pid: clock ticks used}."""
    children, ticks = {}, {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat") as f:
                fields = f.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(entry))
        ticks[int(entry)] = int(fields[11]) + int(fields[12])
    todo, found = list(pids), {}
    while todo:
        pid = todo.pop()
        if pid not in found and pid in ticks:
            found[pid] = ticks[pid]
            todo += children.get(pid, [])
    return found


def ticks_since(before, pids):
    """Clock ticks that the processes used since `before = tree(pids)`."""
    return sum(now - before.get(pid, 0) for pid, now in tree(pids).items())


def memory(pids, without=None):
    """Proportional MB of the processes and all that descend from them, apart from the mapping of the file `without`."""
    total = 0
    for pid in tree(pids):
        try:
            with open(f"/proc/{pid}/smaps") as f:
                mapped = ""
                for line in f:
                    if not line.split(None, 1)[0].endswith(":"):
                        mapped = line.split(None, 5)[5].strip() if line.count(" ") >= 5 and "/" in line else ""
                    elif line.startswith("Pss:") and not (without and mapped == without):
                        total += int(line.split()[1])
        except OSError:
            continue
    return total * 1.024 / 1000


def status(pid, field):
    """A field of /proc/PID/status in MB; 0 when the process is gone."""
    try:
        with open(f"/proc/{pid}/status") as f:
            return next((int(line.split()[1]) * 1.024 / 1000 for line in f if line.startswith(field + ":")), 0)
    except OSError:
        return 0


def written(pid):
    """Bytes that a process has handed to write()."""
    with open(f"/proc/{pid}/io") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("wchar:"))
