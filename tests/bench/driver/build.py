"""The programs: the panel as it is released, and the stand-ins, which are built apart so that nothing widens the panel."""
import os
import shutil
import subprocess


class Programs:
    def __init__(self, root, release):
        self.root = root
        cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        self.target = os.environ.get("CARGO_TARGET_DIR") or os.path.join(cache, "quarterdeck", "target")
        if release:
            self.panel = os.path.join(self.target, "dist", "quarterdeck")
            self.tools = os.path.join(self.target, "dist", "quarterdeck-bench")
        else:
            self.panel = os.path.join(self.target, "debug", "quarterdeck")
            self.tools = os.path.join(self.target, "debug", "examples", "bench")
        self.release = release

    def build(self):
        if not self.release:
            # Both at once and with the tests' features, so that what the tests have compiled is found.
            self.cargo("build", "--locked", "--bin", "quarterdeck", "--example", "bench")
            return
        self.cargo("build", "--locked", "--profile", "dist", "--bin", "quarterdeck")
        package = os.path.join(self.root, "tests", "bench")
        shutil.copyfile(os.path.join(self.root, "Cargo.lock"), os.path.join(package, "Cargo.lock"))
        self.cargo("build", "--profile", "dist", "--manifest-path", os.path.join(package, "Cargo.toml"))

    def cargo(self, *arguments):
        environment = {**os.environ, "CARGO_TARGET_DIR": self.target}
        subprocess.run(["cargo", *arguments, "--quiet"], cwd=self.root, env=environment, check=True)
