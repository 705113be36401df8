"""k6 as a generator of load, over TLS with a caller's certificate."""

import json
import os
import pathlib
import re
import signal
import subprocess

from conftest import PROTO
from front import TOOLS
from server import dies_with_parent

SCRIPTS = pathlib.Path(__file__).parent / "k6"


class K6:
    """One script, running; `settings` go to it."""

    def __init__(self, folder, script, address, certificates, **settings):
        certificate, key = certificates.caller
        told = dict(ADDRESS=address, CA=certificates.authority, CERT=certificate, KEY=key, PROTO=PROTO, **settings)
        self.console, self.summary, self.log_file = (folder / f"k6.{what}" for what in ("console", "json", "log"))
        self.console.touch()
        command = [*dies_with_parent(), TOOLS / "k6", "run", "--no-usage-report", "--quiet"]
        command += ["--console-output", self.console, "--summary-export", self.summary]
        for name, value in told.items():
            command += ["-e", f"{name}={value}"]
        # k6 leaves its API's port alone if it is told no address.
        command += ["--address", "", SCRIPTS / script]
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                command, env={**os.environ, "HOME": str(folder)}, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def said(self):
        """What the script said, line by line."""
        return re.findall(r'msg="([^"]*)"', self.console.read_text())

    def metrics(self):
        """k6's own summary, once it has ended."""
        return json.loads(self.summary.read_text())["metrics"]

    def wait(self, seconds):
        return self.process.wait(seconds)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)

    def log(self):
        return self.log_file.read_text()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
