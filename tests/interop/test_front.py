"""Through Envoy as deploy/ has it: gRPC, gRPC-Web and JSON on one port, and what Envoy itself decides."""

import http.client
import json
import os
import signal
import ssl
import struct
import subprocess
import threading

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from calls import WAIT, Verification, refused
from conftest import PROTO
from front import TOOLS, VERIFICATION, Certificates, Front, Node
from iin import complete
from iinspect.v1 import decode_pb2, verification_service_pb2_grpc, verify_pb2
from server import wait_until


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def node(tmp_path_factory, certificates):
    node = Node(tmp_path_factory.mktemp("front") / "node", certificates)
    with node.server:
        yield node


@pytest.fixture(scope="module")
def front(tmp_path_factory, certificates, node):
    with Front(tmp_path_factory.mktemp("envoy"), certificates, [node]) as front:
        yield front


@pytest.fixture(scope="module")
def person(node):
    return node.server.demo.person()


@pytest.fixture(scope="module")
def channel(front, certificates):
    with front.channel(certificates) as channel:
        grpc.channel_ready_future(channel).result(timeout=WAIT)
        yield channel


@pytest.fixture(scope="module")
def post(front, certificates):
    """POST over HTTP/1.1, as programs without gRPC do: status, headers, body."""
    context = ssl.create_default_context(cafile=certificates.authority)
    context.load_cert_chain(*certificates.caller)

    def post(path, body, headers=None, timeout=WAIT):
        connection = http.client.HTTPSConnection(front.address, context=context, timeout=timeout)
        try:
            connection.request("POST", f"/{path}", body, headers or {"content-type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    return post


class TestGrpc:
    def test_verify(self, channel, person):
        answer = Verification(channel).verify(person.iin, claims=person.claims())
        assert (answer.verdict, len(answer.checks)) == (verify_pb2.VERDICT_VERIFIED, 13)

    def test_a_refusal_keeps_its_details(self, channel):
        refusal = refused(Verification(channel).verify, "")
        assert (refusal.code, refusal.fields()) == (grpc.StatusCode.INVALID_ARGUMENT, ["iin"])

    def test_streams(self, channel, node, person):
        verification = Verification(channel)
        items = [dict(id=str(i), request=dict(iin=person.iin)) for i in range(3)]
        assert {answer.id for answer in verification.verify_stream(items)} == {"0", "1", "2"}
        watch = verification.watch_issue_status(application_id=node.server.demo.application("completed"))
        assert next(watch).snapshot
        watch.cancel()

    def test_health(self, channel):
        health = health_pb2_grpc.HealthStub(channel)
        told = health.Check(health_pb2.HealthCheckRequest(service=VERIFICATION), timeout=WAIT)
        assert told.status == health_pb2.HealthCheckResponse.SERVING

    def test_a_request_id_is_handed_on(self, channel):
        stub = verification_service_pb2_grpc.VerificationServiceStub(channel)
        sent = "0190e2c0-0000-7000-8000-000000000001"
        request = decode_pb2.DecodeRequest(number="940140000385")
        _, call = stub.Decode.with_call(request, metadata=[("x-request-id", sent)], timeout=WAIT)
        assert dict(call.initial_metadata())["x-request-id"] == sent

    def test_nobody_without_a_certificate(self, front, certificates):
        credentials = grpc.ssl_channel_credentials(certificates.authority.read_bytes())
        with grpc.secure_channel(front.address, credentials) as channel:
            refusal = refused(Verification(channel).decode, "940140000385")
        assert refusal.code == grpc.StatusCode.UNAVAILABLE


def test_grpc_web(front, certificates, person, tmp_path):
    certificate, key = certificates.caller
    tls = ["--cacert", certificates.authority, "--cert", certificate, "--key", key]
    claims = {"name": {"family": person.family, "given": person.given}}
    done = subprocess.run(
        [TOOLS / "buf", "curl", "--protocol", "grpcweb", "--schema", PROTO, *tls]
        + ["-d", json.dumps({"iin": person.iin, "claims": claims}), f"https://{front.address}/{VERIFICATION}/Verify"],
        capture_output=True,
        env={**os.environ, "BUF_CACHE_DIR": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verdict"] == "VERDICT_VERIFIED"


class TestJson:
    def test_verify(self, post, person):
        claims = {"name": {"family": "Иная", "given": person.given}}
        status, headers, body = post(f"{VERIFICATION}/Verify", json.dumps({"iin": person.iin, "claims": claims}))
        answer = json.loads(body)
        assert (status, headers["content-type"]) == (200, "application/json")
        assert (answer["verdict"], answer["reasons"]) == ("VERDICT_REJECTED", ["REASON_MISMATCH"])
        assert len(answer["checks"]) == 13

    def test_what_is_false_is_said(self, post):
        _, _, body = post(f"{VERIFICATION}/Decode", json.dumps({"number": "12"}))
        assert json.loads(body)["valid"] is False

    def test_a_refusal_names_the_fields(self, post):
        status, _, body = post(f"{VERIFICATION}/Verify", '{"claims": {"birthDate": "1990-02-29"}}')
        error = json.loads(body)
        details = {d["@type"].split("/")[-1]: d for d in error["details"]}
        assert (status, error["code"]) == (400, 3)
        assert details["google.rpc.ErrorInfo"]["reason"] == "INVALID_REQUEST"
        fields = [v["field"] for v in details["google.rpc.BadRequest"]["fieldViolations"]]
        assert fields == ["iin", "claims.birth_date"]

    def test_screen(self, post, person):
        numbers = [complete(f"99131{i:06}") for i in (1, 2, 3)] + [person.iin]
        status, _, body = post(f"{VERIFICATION}/Screen", json.dumps({"numberStrings": numbers, "depth": "SCREEN_DEPTH_REGISTER"}))
        assert status == 200 and json.loads(body)["verdicts"]

    @pytest.mark.parametrize(
        "path, body, expected",
        [
            ("Verify?max_age=1", "{}", 400),
            ("Verify", "{", 400),
            ("NoSuchRpc", "{}", 404),
        ],
        ids=["query", "no JSON", "unknown RPC"],
    )
    def test_nonsense_is_refused(self, post, path, body, expected):
        assert post(f"{VERIFICATION}/{path}", body)[0] == expected

    def test_a_misspelt_claim_is_not_verified_where_the_purpose_is_named(self, post, person):
        """Envoy leaves out fields that it does not know, and has no switch for it."""
        asked = {"iin": person.iin, "claim": {"birthDate": person.birth_date}}
        _, _, body = post(f"{VERIFICATION}/Verify", json.dumps(asked))
        assert json.loads(body)["assurance"] == "ASSURANCE_REGISTER"
        _, _, body = post(f"{VERIFICATION}/Verify", json.dumps({**asked, "purpose": "PURPOSE_TAX"}))
        assert json.loads(body)["verdict"] == "VERDICT_INCONCLUSIVE"

    def test_another_path(self, post):
        assert post("admin", "{}")[0] == 404


def test_a_frozen_node_is_waited_for_as_long_as_the_caller_says(front, node, post):
    """By gRPC-Web with no clock of the client's: it is Envoy that answers."""
    request = decode_pb2.DecodeRequest(number="940140000385").SerializeToString()
    headers = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1", "grpc-timeout": "700m"}
    os.kill(node.server.process.pid, signal.SIGSTOP)
    # Thawed whatever happens.
    thaw = threading.Timer(20, os.kill, (node.server.process.pid, signal.SIGCONT))
    thaw.start()
    try:
        _, answered, _ = post(f"{VERIFICATION}/Decode", struct.pack(">BI", 0, len(request)) + request, headers, 12)
    finally:
        thaw.cancel()
        os.kill(node.server.process.pid, signal.SIGCONT)
    assert answered["grpc-status"] == str(grpc.StatusCode.UNAVAILABLE.value[0])
    wait_until("the line of the log", lambda: "max_duration_timeout" in {s["details"] for s in front.lines()}, WAIT)
    for cluster in ("verification", "iinspect"):
        front.wait_for(cluster, 1)


def test_the_access_log_has_no_numbers(front, post, person):
    post(f"{VERIFICATION}/{person.iin}?iin={person.iin}", json.dumps({"iin": person.iin}))
    post(f"{person.iin}", "{}")
    routes = {"verification", "verify-stream", "watch", "health"}
    wait_until("a line of each route", lambda: routes <= {line["route"] for line in front.lines()}, WAIT)
    wait_until("those two lines", lambda: front.lines()[-1]["route"] is None, WAIT)
    text = front.access_log.read_text() + front.log_file.read_text()
    assert not [secret for secret in (person.iin, person.family) if secret in text]
