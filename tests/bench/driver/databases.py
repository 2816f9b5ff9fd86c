"""The databases that are filled and measured: files, and a PostgreSQL cluster of the run's own."""
import os
import shutil
import subprocess
import tempfile

# A server as one would set it up for this, durable, where the tests' own is not.
POSTGRES = """
shared_buffers = 1GB
effective_cache_size = 4GB
work_mem = 32MB
maintenance_work_mem = 256MB
random_page_cost = 1.1
max_wal_size = 8GB
checkpoint_timeout = 30min
max_connections = 100
log_min_messages = error
"""


def read_through(path):
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 24):
            pass


class Sqlite:
    name = "sqlite"

    def __init__(self, folder):
        self.folder = folder

    def pids(self):
        return []

    def file(self, name):
        return os.path.join(self.folder, f"{name}.sqlite3")

    def url(self, name):
        return "sqlite://" + self.file(name)

    def drop(self, name):
        for suffix in ("", "-wal", "-shm"):
            if os.path.exists(self.file(name) + suffix):
                os.unlink(self.file(name) + suffix)

    def create(self, name):
        self.drop(name)

    def exists(self, name):
        return os.path.exists(self.file(name))

    def copy(self, name, to):
        self.drop(to)
        shutil.copyfile(self.file(name), self.file(to))

    def hurry(self, _name):
        """Before a fill: it is as fast as it gets."""

    def settle(self, panel):
        """What the panel's own task would do within the hour."""
        panel.ask("task", "search-index")

    def warm(self, name):
        """Into the page cache, from which an idle machine may have dropped it since it was filled."""
        read_through(self.file(name))

    def size(self, name):
        """In bytes, without what the write-ahead log will give back."""
        return os.path.getsize(self.file(name))

    def query(self, name, sql):
        """The rows of a question asked from outside."""
        import sqlite3
        connection = sqlite3.connect(f"file:{self.file(name)}?mode=ro", uri=True, timeout=10)
        try:
            return [tuple(map(str, row)) for row in connection.execute(sql)]
        finally:
            connection.close()

    def stop(self):
        pass


class Postgres:
    name = "postgres"

    def __init__(self, root, kept=None):
        """`kept` is the folder in which the cluster outlives the run; without it both end together."""
        self.script, self.kept = os.path.join(root, "tests", "postgres"), kept
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as settings:
            settings.write(POSTGRES)
            settings.flush()
            command = [self.script, "start", settings.name, *([kept] if kept else [])]
            out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        self.folder, self.server = out.split()
        with open(os.path.join(self.folder, "data", "postmaster.pid")) as f:
            self.pid = int(f.readline())

    def pids(self):
        return [self.pid]

    def url(self, name):
        return self.server.rsplit("/", 1)[0] + "/" + name.replace("-", "_")

    def drop(self, name):
        self.run("postgres", f"DROP DATABASE IF EXISTS {name.replace('-', '_')} WITH (FORCE)")

    def create(self, name):
        self.drop(name)
        self.run("postgres", f"CREATE DATABASE {name.replace('-', '_')}")

    def exists(self, name):
        return bool(self.query("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{name.replace('-', '_')}'"))

    def copy(self, name, to):
        self.drop(to)
        self.run("postgres", f"CREATE DATABASE {to.replace('-', '_')} TEMPLATE {name.replace('-', '_')}")

    def hurry(self, name):
        """A fill is many thousand small commits, and waits for the disk at none of them; nothing is measured meanwhile."""
        self.run(name, f"ALTER DATABASE {name.replace('-', '_')} SET synchronous_commit = off")

    def settle(self, panel):
        """Durable again; and what autovacuum would do in the next minutes, and in the middle of a measurement."""
        name = panel.name
        self.run(name, f"ALTER DATABASE {name.replace('-', '_')} RESET synchronous_commit")
        self.run(name, "VACUUM (ANALYZE)")
        self.run(name, "CHECKPOINT")

    def warm(self, name):
        """As on SQLite; what is in the server's own buffers is read once more, and harms nothing."""
        number = self.query(name, "SELECT oid FROM pg_database WHERE datname = current_database()")[0][0]
        for parent, _, files in os.walk(os.path.join(self.folder, "data", "base", number)):
            for file in files:
                read_through(os.path.join(parent, file))

    def size(self, name):
        return int(self.query(name, "SELECT pg_database_size(current_database())")[0][0])

    def wal(self):
        """Bytes of write-ahead log since ever."""
        return int(self.query("postgres", "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")[0][0])

    def query(self, name, sql):
        return [tuple(line.split("\t")) for line in self.run(name, sql).splitlines()]

    def run(self, name, sql):
        command = ["psql", "-XqAt", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", self.url(name), "-c", sql]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def stop(self):
        subprocess.run([self.script, "rest" if self.kept else "stop", self.folder], check=False)
