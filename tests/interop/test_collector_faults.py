"""A collector that is not there, hangs or refuses: callers do not notice, and what is lost is counted.

What a run measured is printed (`-rP` shows it). Times are compared generously: on a busy machine the
healthy run itself varies by half.
"""

import contextlib
import os
import pathlib
import socket
import threading
import time

import grpc
import pytest

from calls import Verification
from collector import Collector, free_port
from iinspect.v1 import verify_pb2
from server import Server, wait_until
from test_metrics import get, samples

CALLS, WORKERS = 1000, 4
# Every call is traced, and the queue is small: it is full soon when nobody takes from it.
SETTINGS = dict(
    IINSPECT_TELEMETRY__SAMPLE_RATIO="1",
    IINSPECT_TELEMETRY__SPAN_QUEUE="256",
    IINSPECT_TELEMETRY__OTLP_TIMEOUT="1s",
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE="128",
    OTEL_BSP_SCHEDULE_DELAY="100",
)
# What nobody notices: less than this times the healthy run.
GENEROUS = 5


@contextlib.contextmanager
def refusing():
    """Takes connections and closes them at once."""
    listener = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def serve():
        listener.settimeout(0.1)
        while not done.is_set():
            with contextlib.suppress(TimeoutError):
                listener.accept()[0].close()

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    done.set()
    thread.join()
    listener.close()


def load(server):
    """Calls per second, and the 99th percentile of a call's time in milliseconds."""
    request = verify_pb2.VerifyRequest(iin=server.demo.person().iin)
    times = []

    def work():
        with grpc.insecure_channel(server.grpc, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            stub, own = Verification(channel).stub, []
            for _ in range(CALLS // WORKERS):
                started = time.perf_counter()
                stub.Verify(request, timeout=10)
                own.append(time.perf_counter() - started)
            times.extend(own)

    started = time.perf_counter()
    threads = [threading.Thread(target=work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(times) == CALLS, "a call failed"
    return CALLS / (time.perf_counter() - started), sorted(times)[int(CALLS * 0.99)] * 1000


def cpu(server):
    """Processor time that the server has used, in seconds."""
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def lost(server):
    found = samples(get(f"http://{server.admin}/metrics"))
    return {dict(labels)["iinspect_why"]: v for (n, labels), v in found.items() if n.endswith("spans_dropped_total")}


def run(folder, url):
    folder.mkdir()
    with Server(folder, IINSPECT_TELEMETRY__OTLP_TRACES=url, **SETTINGS) as server:
        load(server)
        rate, p99 = load(server)
        if url != "none":
            # What is being sent when the load ends is lost within the time for one sending.
            wait_until("something is lost, or all is sent", lambda: settled(server), 10)
        return rate, p99, lost(server), server


def settled(server):
    """Nothing waits any more: two looks, further apart than a sending takes, count the same."""
    before = lost(server)
    time.sleep(1.5)
    return before == lost(server)


@pytest.fixture(scope="module")
def healthy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("healthy")
    with Collector(folder) as collector:
        rate, p99, counts, _ = run(folder / "server", collector.url)
        assert counts["export_failed"] == 0
        print(f"collector healthy: {rate:.0f} calls/s, p99 {p99:.1f} ms, lost {counts}")
    return rate, p99


def compare(what, healthy, measured):
    rate, p99, counts, server = measured
    print(f"collector {what}: {rate:.0f} calls/s, p99 {p99:.1f} ms, lost {counts}; healthy {healthy}")
    assert rate > healthy[0] / GENEROUS and p99 < max(healthy[1] * GENEROUS, 100)
    # 2,000 calls with three spans each, and nobody took any; the last may still wait.
    assert counts["queue_full"] + counts["export_failed"] > 5000
    told = [line for line in server.log().splitlines() if "the collector did not take" in line]
    # Said, and not once for each sending.
    assert 1 <= len(told) <= 40


def test_absent(tmp_path, healthy):
    compare("absent", healthy, run(tmp_path / "server", f"http://127.0.0.1:{free_port()}"))


def test_refusing(tmp_path, healthy):
    with refusing() as url:
        compare("refusing", healthy, run(tmp_path / "server", url))


def test_frozen(tmp_path, healthy):
    with Collector(tmp_path) as collector:
        collector.freeze()
        compare("frozen", healthy, run(tmp_path / "server", collector.url))


def test_a_call_that_is_not_sampled_costs_next_to_nothing(tmp_path):
    """The processor's time per call with no collector, with one and no call sampled, with all sampled; in
    turns, since the machine is never the same twice. The first two may differ by what a busy machine makes
    of the same work, not by a multiple."""
    with Collector(tmp_path) as collector:
        ways = {
            "no collector": dict(IINSPECT_TELEMETRY__OTLP_TRACES="none"),
            "none sampled": dict(IINSPECT_TELEMETRY__OTLP_TRACES=collector.url),
            "all sampled": dict(IINSPECT_TELEMETRY__OTLP_TRACES=collector.url, IINSPECT_TELEMETRY__SAMPLE_RATIO="1"),
        }
        with contextlib.ExitStack() as stack:
            servers = {}
            for n, (way, settings) in enumerate(ways.items()):
                folder = tmp_path / str(n)
                folder.mkdir()
                settings = {"IINSPECT_TELEMETRY__SAMPLE_RATIO": "0", **settings}
                servers[way] = stack.enter_context(Server(folder, **settings))
            used = dict.fromkeys(ways, 0.0)
            for server in servers.values():
                load(server)
            for _ in range(3):
                for way, server in servers.items():
                    before = cpu(server)
                    load(server)
                    used[way] += cpu(server) - before
    per_call = {way: f"{seconds / (3 * CALLS) * 1e6:.0f} us" for way, seconds in used.items()}
    print(f"processor time per call: {per_call}")
    assert used["none sampled"] < 1.5 * used["no collector"]
