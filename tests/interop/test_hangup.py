"""SIGHUP when the terminal is gone: no orphan is left. A pseudo-terminal stands for the window."""

import contextlib
import json
import os
import pty
import select
import signal
import time

import pytest

from server import BINARY, START, STOP, dies_with_parent, wait_until


def start(folder, *before, log_to_terminal=False):
    """`serve --demo` as the leader of a terminal of its own; hands back its id and the terminal."""
    ready = folder / "ready.json"
    command = [*dies_with_parent(), *before, str(BINARY), "serve", "--demo", "--listen", "127.0.0.1:0"]
    command += ["--admin-listen", "127.0.0.1:0", "--ready-file", str(ready)]
    env = {k: v for k, v in os.environ.items() if not k.startswith("IINSPECT_")}
    env["IINSPECT_SERVER__DRAIN_DELAY"] = "50ms"
    child, terminal = pty.fork()
    if child == 0 and log_to_terminal:
        os.execvpe(command[0], command, env)
    elif child == 0:
        with open(folder / "log", "wb") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        os.execvpe(command[0], command, env)

    def is_ready():
        # What nobody reads would fill the terminal and hold the server up. Under nohup nothing has the
        # terminal open, which reading it says by an error.
        with contextlib.suppress(OSError):
            while select.select([terminal], [], [], 0)[0] and os.read(terminal, 4096):
                pass
        return ready.exists()

    wait_until("the server is ready", is_ready, START)
    json.loads(ready.read_text())
    return child, terminal


def ended(child):
    pid, status = os.waitpid(child, os.WNOHANG)
    return pid and (os.waitstatus_to_exitcode(status),)


@pytest.fixture
def kill():
    children = []
    yield children.append
    for child in children:
        try:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        except (ProcessLookupError, ChildProcessError):
            pass


def test_a_closed_window_ends_the_server(tmp_path, kill):
    child, terminal = start(tmp_path)
    kill(child)
    os.kill(child, signal.SIGHUP)
    log = tmp_path / "log"
    wait_until("the reload", lambda: "files are read again" in log.read_text(), STOP)
    assert not ended(child), "the terminal is there: a reload was asked for"
    os.close(terminal)
    assert wait_until("its end", lambda: ended(child), STOP) == (0,), log.read_text()


def test_a_closed_window_that_showed_the_log_ends_the_server_in_order(tmp_path, kill):
    child, terminal = start(tmp_path, log_to_terminal=True)
    kill(child)
    os.close(terminal)
    assert wait_until("its end", lambda: ended(child), STOP) == (0,)


def test_who_asked_to_outlive_the_terminal_does(tmp_path, kill):
    child, terminal = start(tmp_path, "nohup")
    kill(child)
    log = tmp_path / "log"
    os.close(terminal)
    wait_until("the reload", lambda: "files are read again" in log.read_text(), STOP)
    time.sleep(0.2)
    assert not ended(child)
    os.kill(child, signal.SIGTERM)
    assert wait_until("its end", lambda: ended(child), STOP) == (0,), log.read_text()
