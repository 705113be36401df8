"""One trace from a client's own library through a proxy into the register, as a collector got it."""

import json
import uuid

import grpc
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from calls import WAIT, Verification
from collector import Collector
from envoy import Envoy
from iinspect.v1 import register_service_pb2 as m, register_service_pb2_grpc as m_grpc, subject_pb2, verify_pb2
from server import Server, wait_until
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
            return got if {"one_within", "matching", VERIFY} <= {s.name for s in got} and len(got) >= 5 else None

        spans = wait_until("every span", complete, SEEN)
    named = {(span.service, span.name): span for span in spans}
    call_span = named["iinspect", VERIFY]
    register, matching = named["iinspect", "one_within"], named["iinspect", "matching"]
    gateway = {span.id: span for span in spans if span.service == "gateway"}
    assert register.parent == matching.parent == call_span.id
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
