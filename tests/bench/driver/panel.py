"""The panel as a process."""
import contextlib
import os
import signal
import socket
import subprocess
import time

from . import http

EMAIL, PASSWORD = "bench@example.com", "correct horse battery staple"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def process(command, **options):
    """A process that ends with the block."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    try:
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(30)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def wait_until_answers(child, url, headers=(), log=None):
    """Waits for the first good answer; the seconds it took."""
    began = time.monotonic()
    while True:
        with contextlib.suppress(OSError):
            if http.get(url, headers)[0] == 200:
                return time.monotonic() - began
        if child.poll() is not None or time.monotonic() - began > 300:
            raise SystemExit(f"{url} does not answer" + (f"; see {log}" if log else ""))
        time.sleep(0.002)


class Panel:
    """One database seen through the panel's own program."""

    def __init__(self, programs, config, database, name, folder):
        self.programs, self.config, self.database, self.name = programs, config, database, name
        self.log = os.path.join(folder, f"{database.name}-{name}.log")
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ},
            "DATABASE_URL": database.url(name), "BENCH_SECRET_KEY": "benchmark " * 8,
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_EC2_METADATA_DISABLED": "true",
        }

    def command(self, *arguments):
        return [self.programs.panel, "--config", self.config, *arguments]

    def ask(self, *arguments, given=""):
        """Runs a subcommand to its end; what it says."""
        done = subprocess.run(self.command(*arguments), input=given, env=self.environment, capture_output=True, text=True)
        if done.returncode not in (0, 3):
            raise SystemExit(f"quarterdeck {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def fill(self, instances, states, seed, present):
        busy, canary = states
        self.database.hurry(self.name)
        subprocess.run([self.programs.tools, "fill", "--database", self.database.url(self.name), "--config", self.config,
                        "--seed", str(seed), "--instances", str(instances), "--busy-states", str(busy),
                        "--canary-states", str(canary), "--present", present], env=self.environment, check=True)
        self.database.settle(self)

    def admit(self):
        """A person and a token, made anew where they are there already."""
        if EMAIL not in self.ask("user", "list"):
            self.ask("user", "add", EMAIL, "--role", "operator", "--password-stdin", given=PASSWORD + "\n")
        self.token = self.ask("token", "create", "--name", f"bench-{time.time_ns()}", "--scope", "read").strip()

    @contextlib.contextmanager
    def serve(self):
        """Serves until the block ends; `base`, `child` and the seconds to the first page are known within."""
        listen = f"127.0.0.1:{free_port()}"
        self.base = "http://" + listen
        with open(self.log, "a") as log, process(self.command("serve", "--listen", listen), env=self.environment,
                                                 stdout=log, stderr=log) as child:
            self.child = child
            self.first_page = wait_until_answers(child, self.base + "/sign-in", log=self.log)
            yield self

    def pids(self):
        return [self.child.pid, *self.database.pids()]

    def sign_in(self):
        self.session = http.sign_in(self.base, EMAIL, PASSWORD)

    def bearer(self):
        return {"Authorization": f"Bearer {self.token}"}
