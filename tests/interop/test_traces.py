"""One trace from a client's own library through a proxy into the register, as a collector got it."""

import json
import re
import socket
import subprocess
import time
import uuid

import grpc
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from calls import WAIT, Verification
from collector import Collector, free_port
from envoy import Envoy
from iinspect.v1 import register_service_pb2 as m, register_service_pb2_grpc as m_grpc, subject_pb2, verify_pb2
from postgres import Postgres
from server import BINARY, Server, dies_with_parent, wait_until
from test_metrics import get
from test_register_service import request_id, unused

# What is asked for is seen within milliseconds; machines under load take longer.
SEEN = 30
VERIFY = "iinspect.v1.VerificationService/Verify"
QUICK = dict(OTEL_BSP_SCHEDULE_DELAY="100")


@pytest.fixture(scope="module")
def collector(tmp_path_factory):
    with Collector(tmp_path_factory.mktemp("collector")) as running:
        yield running


@pytest.fixture(scope="module")
def traced(tmp_path_factory, collector):
    """A server that traces nothing but what its callers want."""
    settings = dict(
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_TRACES_SAMPLER="parentbased_always_off",
        IINSPECT_TELEMETRY__LOG_LEVEL="iinspect=debug",
        IINSPECT_TELEMETRY__LOG_FORMAT="json",
        **QUICK,
    )
    with Server(tmp_path_factory.mktemp("traced"), **settings) as running:
        yield running


@pytest.fixture(scope="module")
def tracer():
    return TracerProvider().get_tracer("client")


def ids(span):
    context = span.get_span_context()
    return trace.format_trace_id(context.trace_id), trace.format_span_id(context.span_id)


def lines(server, trace_id):
    logged = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
    return [line for line in logged if line.get("trace_id") == trace_id]


def test_one_trace_from_the_client_through_envoy_into_the_register(tmp_path, traced, collector, tracer):
    person = traced.demo.person()
    with Envoy(tmp_path, traced.grpc, f"127.0.0.1:{collector.port}") as envoy:
        with grpc.insecure_channel(envoy.address) as channel, tracer.start_as_current_span("a bank's work") as ours:
            headers = {"baggage": f"iin={person.iin}"}
            TraceContextTextMapPropagator().inject(headers)
            request = verify_pb2.VerifyRequest(
                iin=person.iin, claims=person.claims(), purpose="PURPOSE_BANK_ACCOUNT"
            )
            stub = Verification(channel).stub
            answer, call = stub.Verify.with_call(request, timeout=WAIT, metadata=tuple(headers.items()))
            assert answer.verdict == verify_pb2.VERDICT_VERIFIED
        trace_id, our_id = ids(ours)

        def complete():
            got = collector.trace(trace_id)
            return got if {"cache", "one_within", "matching", VERIFY} <= {s.name for s in got} and len(got) >= 6 else None

        spans = wait_until("every span", complete, SEEN)
    named = {(span.service, span.name): span for span in spans}
    call_span = named["iinspect", VERIFY]
    register, matching = named["iinspect", "one_within"], named["iinspect", "matching"]
    gateway = {span.id: span for span in spans if span.service == "gateway"}
    cache = named["iinspect", "cache"]
    assert (register.parent, cache.parent, matching.parent) == (cache.id, call_span.id, call_span.id)
    assert cache.attributes["iinspect.source"] == "register"
    # Between the client's span and ours is the proxy's: downstream, then upstream.
    upstream = gateway[call_span.parent]
    assert gateway[upstream.parent].parent == our_id
    assert (call_span.kind, register.kind) == ("SPAN_KIND_SERVER", "SPAN_KIND_CLIENT")
    told = call_span.attributes
    assert told["rpc.system.name"] == "grpc" and told["rpc.method"] == VERIFY
    assert told["rpc.response.status_code"] == "OK"
    assert (told["iinspect.purpose"], told["iinspect.verdict"]) == ("BANK_ACCOUNT", "verified")
    assert (told["iinspect.source"], told["iinspect.client.id"]) == ("register", "none")
    assert register.attributes["db.system.name"] == "sqlite"
    assert told["iinspect.request_id"] == dict(call.initial_metadata())["x-request-id"]
    # The log of the call has the same ids, in its one line.
    [line] = lines(traced, trace_id)
    assert (line["message"], line["span_id"]) == ("call", call_span.id)
    ours_only = "".join(str(span) for span in spans if span.service == "iinspect")
    assert person.iin not in ours_only


def test_who_does_not_want_to_be_traced_is_not_and_is_logged_all_the_same(traced, collector):
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    wanted = "1af7651916cd43dd8448eb211c80319c"
    with grpc.insecure_channel(traced.grpc) as channel:
        stub = Verification(channel).stub
        request = verify_pb2.VerifyRequest(iin=traced.demo.person().iin)
        for trace_, flag in [(trace_id, "00"), (wanted, "01")]:
            stub.Verify(request, timeout=WAIT, metadata=(("traceparent", f"00-{trace_}-b7ad6b7169203331-{flag}"),))
    # The one that came after is there, so the one before would be.
    wait_until("the wanted trace", lambda: collector.trace(wanted), SEEN)
    assert collector.trace(trace_id) == []
    assert [line["message"] for line in lines(traced, trace_id)] == ["call"]


def test_work_that_calls_share_is_a_trace_of_its_own_linked_to_each(traced, collector):
    """Commits that wait together are one transaction. How many do is chance; that some do is not."""
    sent = set()
    name = subject_pb2.PersonName(family="Сынақов", given="Бірге")

    def shared():
        calls = []
        for _ in range(64):
            trace_id = uuid.uuid4().hex
            sent.add(trace_id)
            person = m.Person(iin=unused(), names=[name], birth_date="1990-01-31")
            header = (("traceparent", f"00-{trace_id}-b7ad6b7169203331-01"),)
            request = m.PutPersonRequest(person=person, request_id=request_id())
            calls.append(put.future(request, timeout=WAIT, metadata=header))
        for call in calls:
            call.result()
        return [s for s in collector.spans() if s.name == "register batch" and set(s.links) & sent]

    with grpc.insecure_channel(traced.grpc) as channel:
        put = m_grpc.RegisterServiceStub(channel).PutPerson
        batches = wait_until("a batch", shared, SEEN)
    for batch in batches:
        assert batch.parent == "" and batch.trace not in sent
        assert int(batch.attributes["db.operation.batch.size"]) >= 2


@pytest.fixture
def redis(tmp_path):
    port = free_port()
    command = [*dies_with_parent(), "redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with (tmp_path / "redis").open("wb") as out:
        process = subprocess.Popen([*command, "--dir", str(tmp_path)], stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def listens():
        assert process.poll() is None, (tmp_path / "redis").read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    try:
        wait_until("Redis listens", listens, SEEN)
        yield f"redis://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def test_a_trace_runs_into_redis_and_postgresql(tmp_path, collector, tracer, redis):
    """Over a register that is asked across a network, facts are looked for in process, in Redis and in
    PostgreSQL; each is a span of the caller's own trace."""
    with Postgres() as postgres:
        migrated = [BINARY, "migrate", "--register", postgres.url]
        subprocess.run(migrated, check=True, capture_output=True, timeout=60)
        settings = dict(
            IINSPECT_TELEMETRY__OTLP=collector.url, IINSPECT_TELEMETRY__SAMPLE_RATIO="0", IINSPECT_REDIS__URL=redis
        )
        with Server(tmp_path, register=postgres.url, **settings, **QUICK) as server:
            wait_until("Redis is up", lambda: "redis: up" in get(f"http://{server.admin}/readyz"), SEEN)
            asked = {}

            def ask():
                # Another number each time, which no tier holds yet.
                with tracer.start_as_current_span("a bank's work") as ours:
                    headers = {}
                    TraceContextTextMapPropagator().inject(headers)
                    request = verify_pb2.VerifyRequest(iin=unused())
                    request.max_age.FromSeconds(1)
                    stub.Verify(request, timeout=WAIT, metadata=tuple(headers.items()))
                asked[ids(ours)[0]] = True
                time.sleep(0.5)
                for trace_id in asked:
                    named = {span.name: span for span in collector.trace(trace_id)}
                    if {"cache shared", "one_within", "register connection", VERIFY} <= set(named):
                        return named
                return None

            with grpc.insecure_channel(server.grpc) as channel:
                stub = Verification(channel).stub
                named = wait_until("a trace through every tier", ask, SEEN)
            metrics = get(f"http://{server.admin}/metrics")
    cache = named["cache"]
    assert cache.parent == named[VERIFY].id
    assert named["cache shared"].parent == named["one_within"].parent == cache.id
    assert named["register connection"].parent == named["one_within"].id
    assert named["cache shared"].attributes["db.system.name"] == "redis"
    assert named["one_within"].attributes["db.system.name"] == "postgresql"
    assert cache.attributes["iinspect.source"] == "register"
    assert re.search(r'^iinspect_cache_shared_reads_total\{iinspect_cause="miss"\} [1-9]', metrics, re.MULTILINE)
    assert re.search(r'^db_client_connection_max\{.*"primary"\} [1-9]', metrics, re.MULTILINE)
