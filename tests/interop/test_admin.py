"""The admin page by urllib, as an orchestrator and Prometheus read it."""

import json
import re
import urllib.error
import urllib.request

import pytest

from calls import WAIT


@pytest.fixture(scope="module")
def get(server):
    def get(path, method="GET"):
        request = urllib.request.Request(f"http://{server.admin}{path}", method=method)
        try:
            with urllib.request.urlopen(request, timeout=WAIT) as answer:
                return answer.status, answer.headers["content-type"], answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, None, ""

    return get


def test_livez(get):
    assert get("/livez")[0] == 200


def test_readyz_has_a_line_per_component(get):
    status, _, body = get("/readyz")
    assert status == 200
    assert dict(line.split(": ", 1) for line in body.splitlines()) == {"server": "up", "register": "up"}


def test_version(get):
    status, kind, body = get("/version")
    assert (status, kind) == (200, "application/json")
    told = json.loads(body)
    assert told["name"] == "iinspect" and re.fullmatch(r"\d+\.\d+\.\d+.*", told["version"])


def test_metrics_are_prometheus_text(get):
    status, kind, body = get("/metrics")
    assert (status, kind.split(";")[0]) == (200, "text/plain")
    sample = re.compile(r'[a-z_:][a-z0-9_:]*(\{([a-z_]+="[^"]*",?)*\})? [0-9.e+-]+')
    samples = [line for line in body.splitlines() if not line.startswith("#")]
    assert samples and all(sample.fullmatch(line) for line in samples), body
    described = re.findall(r"^# (HELP|TYPE) (\S+)", body, re.MULTILINE)
    for line in samples:
        name = re.sub(r"(?<=_seconds)_(bucket|sum|count)$", "", re.split(r"[ {]", line)[0])
        assert ("HELP", name) in described and ("TYPE", name) in described, line
        assert re.match("iinspect_|rpc_server_|db_client_", name)
    assert "iinspect_serving 1" in samples


def test_nothing_else_is_there(get):
    assert get("/")[0] == 404
    assert get("/livez", method="POST")[0] == 405
