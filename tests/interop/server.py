"""The server under test: started, asked where it listens, stopped. Every wait is bounded."""

import json
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("IINSPECT_BIN", ROOT / "target/ci/iinspect"))
START = 30
STOP = 20


def wait_until(what, condition, seconds):
    """Waits for a condition to hold and hands back what it gave."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        outcome = condition()
        if outcome:
            return outcome
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s in vain: {what}")


class Server:
    """`serve` in its own process, over the demo register unless `register` names another, with its files
    in `folder`; `settings` go to its environment."""

    def __init__(self, folder, register=None, listen="127.0.0.1:0", **settings):
        self.out, self.err = folder / "stdout", folder / "stderr"
        ready = folder / "ready.json"
        # Of a server that ran in this folder before.
        ready.unlink(missing_ok=True)
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("IINSPECT_")}
        # Tests stop many servers: only the one about the way down wants time for it.
        defaults = {"IINSPECT_SERVER__DRAIN_DELAY": "50ms"}
        command = [
            *dies_with_parent(),
            *(str(BINARY), "serve", *(["--register", register] if register else ["--demo"])),
            *("--listen", listen),
            *("--admin-listen", "127.0.0.1:0", "--ready-file", str(ready)),
        ]
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                command,
                env={**inherited, **defaults, **settings},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        try:
            wait_until("the server is ready", lambda: ready.exists() or self.ended(), START)
            assert self.process.poll() is None, f"the server ended: {self.log()}"
            addresses = json.loads(ready.read_text())
            self.grpc, self.admin = addresses["grpc"], addresses["admin"]
            if not register:
                self.demo = wait_until("the demo's hints", lambda: Demo.read(self.out), START)
        except BaseException:
            self.process.kill()
            raise

    def ended(self):
        return self.process.poll() is not None

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def stop(self):
        """Ends it the way an orchestrator does, and hands back its exit status."""
        if not self.ended():
            self.terminate()
        try:
            return self.process.wait(STOP)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def log(self):
        return self.err.read_text(errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        assert self.stop() == 0, self.log()


def dies_with_parent():
    """Where Linux offers it: a server never outlives a test run that was killed."""
    return ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []


class Demo:
    """Whom to ask about, from the commands that `serve --demo` prints for people to paste."""

    LAST = "healthcheck"

    def __init__(self, hints):
        self.hints = hints

    @classmethod
    def read(cls, path):
        """The hints, or None while they are not all there."""
        lines = path.read_text().splitlines()
        pairs = [
            (what.strip().removeprefix("# "), shlex.split(command)[1:])
            for what, command in zip(lines, lines[1:])
            if what.strip().startswith("#")
        ]
        return cls(pairs) if any(command[:1] == [cls.LAST] for _, command in pairs) else None

    def find(self, command, word="", option=None):
        """Of the hints for a command, the first whose text has the word, and the option if one is
        named: its free argument and its options. Texts may be reworded, so words are few."""
        for text, (name, *words) in self.hints:
            if name == command and word in text.replace(" ", "") and (not option or option in words):
                free = words.pop(0) if not words[0].startswith("--") else None
                return free, dict(zip(words[::2], words[1::2]))
        raise AssertionError(f"the demo has no hint for {command} {option or ''} about {word!r}")

    def person(self):
        """One in force."""
        iin, options = self.find("verify", option="--birth-date")
        return Person(iin, options["--family"], options["--given"], options["--birth-date"])

    def number(self, word):
        """A number to verify: "excluded", "hotlist" or "nobody"."""
        return self.find("verify", word)[0]

    def superseded(self):
        return self.find("issue-status", "replaced", "--iin")[1]["--iin"]

    def application(self, state):
        """The id of an application in a final state."""
        return self.find("issue-status", state, "--application")[1]["--application"]

    def applicant(self, state):
        """Document and birth date of one who waits for a number."""
        options = self.find("issue-status", state, "--document")[1]
        document = dict(
            number=options["--document"],
            type=options["--document-type"],
            issuing_country=options["--document-country"],
        )
        return document, options["--birth-date"]

    def personal(self):
        """Every number, name, date and document in the hints."""
        shown = set()
        for _, words in self.hints:
            shown.update(word for word in words if not word.startswith("--"))
        keep = [word for word in shown if len(word) >= 4 and not word.startswith("http")]
        return sorted(word for word in keep if any(c.isdigit() for c in word) or not word.isascii())


class Person:
    def __init__(self, iin, family, given, birth_date):
        self.iin, self.family, self.given, self.birth_date = iin, family, given, birth_date

    def claims(self):
        return dict(name=dict(family=self.family, given=self.given), birth_date=self.birth_date)
