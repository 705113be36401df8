"""A real PostgreSQL of a test's own, which can go away and come back."""

import getpass
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import pytest

from front import free_ports
from server import wait_until

SKIP = "IINSPECT_SKIP_POSTGRES"
ACCOUNT = "postgres"
START = 30


class Postgres:
    def __init__(self):
        if os.environ.get(SKIP) == "1":
            pytest.skip(f"{SKIP}=1")
        # The newest, wherever Debian or the PATH has it.
        found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
        self.programs = found[-1] if found else pathlib.Path(shutil.which("initdb")).parent
        # PostgreSQL refuses to run as root, and its account cannot enter pytest's folders.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="iinspect-pg-"))
        self.account = []
        if os.geteuid() == 0:
            shutil.chown(self.folder, ACCOUNT, ACCOUNT)
            self.account = ["setpriv", "--reuid", ACCOUNT, "--regid", ACCOUNT, "--clear-groups"]
        (self.port,) = free_ports(1)
        self.user = ACCOUNT if self.account else getpass.getuser()
        self.url = f"postgres://{self.user}@127.0.0.1:{self.port}/postgres"
        self.process = None
        options = ["-D", self.folder / "data", "-A", "trust", "-U", self.user, "--no-sync", "--no-locale"]
        subprocess.run(
            [*self.account, self.programs / "initdb", *options],
            check=True,
            capture_output=True,
            cwd="/",
            timeout=60,
        )

    def start(self):
        settings = dict(
            port=self.port, listen_addresses="127.0.0.1", unix_socket_directories="", fsync="off", max_connections=40
        )
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        # Dies with the test run, however that ends.
        account = self.account or ["setpriv"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*account, "--pdeathsig", "KILL", self.programs / "postgres", "-D", self.folder / "data", *options],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_until("PostgreSQL answers", self.answers, START)

    def answers(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()
        asked = [self.programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(asked, timeout=10).returncode == 0

    def stop(self):
        """At once, as a machine that is lost: nobody is waited for."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(20)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        try:
            if self.process.poll() is None:
                self.stop()
        finally:
            self.process.kill()
            shutil.rmtree(self.folder, ignore_errors=True)
