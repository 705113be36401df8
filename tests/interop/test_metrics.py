"""The metrics as Prometheus's own programs see them, and as docs/METRICS.md promises them."""

import json
import re
import shutil
import subprocess
import urllib.request

import grpc
import pytest

from calls import WAIT, Verification, refused
from collector import Collector, free_port
from server import ROOT, Server, dies_with_parent, wait_until

PROMTOOL, PROMETHEUS = shutil.which("promtool"), shutil.which("prometheus")
SCRAPED = 60
DOCUMENT = (ROOT / "docs/METRICS.md").read_text()
# Metric, its name in Prometheus, its labels.
PROMISED = re.findall(r"^\| `([\w.]+)` `(\w+)` \| \w+[^|]* \| ([^|]*) \|", DOCUMENT, re.MULTILINE)


def get(url):
    with urllib.request.urlopen(url, timeout=WAIT) as answer:
        return answer.read().decode()


@pytest.fixture(scope="module")
def used(server, verification, demo):
    """The server after calls that end well and badly."""
    person = demo.person()
    verification.verify(person.iin, claims=person.claims(), purpose="PURPOSE_BANK_ACCOUNT")
    verification.verify(demo.number("excluded"))
    verification.screen(number_strings=[person.iin])
    refused(verification.verify, "1" * 65)
    return server


def samples(text):
    """(name, labels) to value."""
    found = {}
    for name, labels, value in re.findall(r"^(\w+)(?:\{(.*)\})? (\S+)$", text, re.MULTILINE):
        found[name, tuple(sorted(re.findall(r'(\w+)="([^"]*)"', labels)))] = float(value)
    return found


def test_promtool_finds_nothing_to_say(used):
    text = get(f"http://{used.admin}/metrics")
    checked = subprocess.run([PROMTOOL, "check", "metrics"], input=text, capture_output=True, text=True, timeout=WAIT)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_what_is_told_is_what_is_promised(used):
    promised = {prometheus: set(re.findall(r"`([\w.]+)`", labels)) for _, prometheus, labels in PROMISED}
    assert len(promised) > 20
    for (name, labels), _ in samples(get(f"http://{used.admin}/metrics")).items():
        base = re.sub(r"(_seconds)_(bucket|sum|count)$", r"\1", name)
        assert base in promised, f"{name} is not in docs/METRICS.md"
        allowed = {label.replace(".", "_") for label in promised[base]} | {"le"}
        assert {label for label, _ in labels} <= allowed, f"{name} has labels of its own"


def test_calls_and_verdicts_are_counted(used, verification, demo):
    def value(name, **labels):
        found = samples(get(f"http://{used.admin}/metrics"))
        return sum(v for (n, have), v in found.items() if n == name and labels.items() <= dict(have).items())

    verdicts = dict(iinspect_verdict="rejected", iinspect_reason="EXCLUDED")
    calls = dict(rpc_method="iinspect.v1.VerificationService/Verify", rpc_response_status_code="OK")
    before = value("iinspect_verdicts_total", **verdicts), value("rpc_server_call_duration_seconds_count", **calls)
    verification.verify(demo.number("excluded"))
    after = value("iinspect_verdicts_total", **verdicts), value("rpc_server_call_duration_seconds_count", **calls)
    assert (after[0] - before[0], after[1] - before[1]) == (1, 1)
    assert value("rpc_server_call_duration_seconds_count", error_type="INVALID_ARGUMENT") >= 1
    assert value("iinspect_screened_total", iinspect_verdict="verified") >= 1
    # An RPC that there is none of is no label.
    with grpc.insecure_channel(used.grpc) as channel:
        refused(channel.unary_unary("/iinspect.v1.VerificationService/N990140004654"), b"", timeout=WAIT)
    text = get(f"http://{used.admin}/metrics")
    assert 'rpc_method="_OTHER"' in text and "990140004654" not in text


def test_a_prometheus_scrapes_it(used, tmp_path):
    port = free_port()
    config = tmp_path / "prometheus.yml"
    config.write_text(
        json.dumps(
            {
                "global": {"scrape_interval": "1s"},
                "scrape_configs": [{"job_name": "iinspect", "static_configs": [{"targets": [used.admin]}]}],
            }
        )
    )
    command = [*dies_with_parent(), PROMETHEUS, f"--config.file={config}", f"--storage.tsdb.path={tmp_path}/data"]
    command += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
    with (tmp_path / "log").open("wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    try:

        def scraped(query):
            try:
                answer = json.loads(get(f"http://127.0.0.1:{port}/api/v1/query?query={query}"))
            except OSError:
                assert process.poll() is None, (tmp_path / "log").read_text()
                return None
            return [float(result["value"][1]) for result in answer["data"]["result"]]

        wait_until("the target is up", lambda: scraped("up") == [1.0], SCRAPED)
        query = "sum(rpc_server_call_duration_seconds_count)"
        assert wait_until("calls are there", lambda: scraped(query), SCRAPED)[0] >= 1
    finally:
        process.kill()
        process.wait()


def test_metrics_go_to_the_collector_too(tmp_path):
    with Collector(tmp_path) as collector:
        settings = dict(IINSPECT_TELEMETRY__OTLP_METRICS=collector.url, IINSPECT_TELEMETRY__METRICS_EVERY="1s")
        with Server(tmp_path, **settings) as server:
            with grpc.insecure_channel(server.grpc) as channel:
                Verification(channel).verify(server.demo.number("excluded"))
            needed = {"rpc.server.call.duration", "iinspect.verdicts", "db.client.operation.duration"}
            told = lambda: set(re.findall(r"-> Name: ([\w.]+)$", collector.text(), re.MULTILINE))
            wait_until("the metrics", lambda: needed <= told(), SCRAPED)
        assert told() <= {otlp for otlp, _, _ in PROMISED}
