"""Refusals: codes and google.rpc details, read by grpcio-status; and what no server may choke on."""

import time

import grpc
import pytest
from google.protobuf import duration_pb2, timestamp_pb2
from iinspect.v1 import decode_pb2, verify_pb2

from calls import WAIT, refusal, refused
from iin import complete

DECODE = "/iinspect.v1.VerificationService/Decode"


def test_every_field_at_fault_is_told_at_once(verification):
    told = refused(
        verification.verify,
        "1" * 65,
        claims=dict(
            name=dict(),
            birth_date="1990-02-29",
            sex=77,
            citizenship="KAZAKHSTAN",
            document=dict(type="passport", number="", valid_until="31.12.2030"),
        ),
        purpose=99,
        required_assurance=99,
        request_id="not a UUID",
        client_reference="x" * 65,
        max_age=duration_pb2.Duration(seconds=-1),
    )
    assert told.code == grpc.StatusCode.INVALID_ARGUMENT
    assert (told.reason, told.domain) == ("INVALID_REQUEST", "iinspect")
    assert sorted(told.fields()) == sorted(
        [
            "iin",
            "claims.name",
            "claims.birth_date",
            "claims.sex",
            "claims.citizenship",
            "claims.document.type",
            "claims.document.number",
            "claims.document.valid_until",
            "purpose",
            "required_assurance",
            "request_id",
            "client_reference",
            "max_age",
        ]
    )


def test_an_empty_request_makes_no_sense(verification):
    for call, field in (
        (verification.verify, "iin"),
        (verification.decode, "number"),
    ):
        told = refused(call, "")
        assert (told.code, told.fields()) == (grpc.StatusCode.INVALID_ARGUMENT, [field])
    told = refused(verification.issue_status)
    assert (told.code, told.fields()) == (grpc.StatusCode.INVALID_ARGUMENT, ["key"])


def test_the_longest_number_counts_characters_not_bytes(verification):
    assert not verification.decode("қ" * 64).valid
    told = refused(verification.decode, "қ" * 65)
    assert (told.code, told.fields()) == (grpc.StatusCode.INVALID_ARGUMENT, ["number"])


def test_what_is_set_and_not_served_is_named(verification):
    fields = dict(
        consent=verify_pb2.Consent(reference="paper 1"),
        on_behalf_of="a bank",
        end_user="a clerk",
    )
    number = complete("99131230001")
    for name, value in fields.items():
        told = refused(verification.verify, number, **{name: value})
        assert told.code == grpc.StatusCode.UNIMPLEMENTED, name
        assert (told.reason, told.domain) == ("NOT_IMPLEMENTED", "iinspect")
        assert told.metadata == {"fields": name}
    told = refused(verification.verify, number, **fields)
    assert sorted(told.metadata["fields"].split(",")) == sorted(fields)


def test_the_future_cannot_be_asked_about(verification):
    future = timestamp_pb2.Timestamp(seconds=int(time.time()) + 3600)
    told = refused(verification.verify, complete("99131230001"), as_of=future)
    assert (told.code, told.fields()) == (grpc.StatusCode.INVALID_ARGUMENT, ["as_of"])


def test_a_signature_where_nobody_is_trusted(verification):
    evidence = verify_pb2.SignatureEvidence(cms=b"x", challenge_id="1")
    for told in (
        refused(verification.verify, complete("99131230001"), signature=evidence),
        refused(verification.create_challenge, complete("99131230001")),
    ):
        assert told.code == grpc.StatusCode.FAILED_PRECONDITION
        assert (told.reason, told.domain) == ("SIGNATURES_NOT_SERVED", "iinspect")


def test_an_rpc_of_no_contract(channel):
    told = refused(channel.unary_unary("/iinspect.v1.VerificationService/Guess"), b"", timeout=WAIT)
    assert told.code == grpc.StatusCode.UNIMPLEMENTED


def test_too_large_a_request(channel, verification):
    told = refused(verification.verify, "1", client_reference="x" * (10 * 1024 * 1024))
    assert told.code == grpc.StatusCode.OUT_OF_RANGE
    assert verification.decode("940140000385").valid


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\x0a\x02\xff\xfe", id="a string that is not UTF-8"),
        pytest.param(b"\x0a\x7f", id="a length beyond the end"),
        pytest.param(b"\xff" * 11, id="no tag at all"),
        pytest.param(b"\x0b" * 200, id="groups within groups"),
    ],
)
def test_an_undecodable_body_is_refused_and_costs_nobody_else_anything(server, body):
    states = []
    with grpc.insecure_channel(server.grpc) as channel:
        grpc.channel_ready_future(channel).result(timeout=WAIT)
        channel.subscribe(states.append)
        with pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary(DECODE)(body, timeout=WAIT)
        assert caught.value.code() in (
            grpc.StatusCode.INTERNAL,
            grpc.StatusCode.INVALID_ARGUMENT,
            grpc.StatusCode.OUT_OF_RANGE,
        )
        # The next call uses the same connection: it was never lost.
        request = decode_pb2.DecodeRequest(number="940140000385").SerializeToString()
        answer = decode_pb2.DecodeResponse.FromString(channel.unary_unary(DECODE)(request, timeout=WAIT))
        assert answer.valid
        assert set(states) <= {grpc.ChannelConnectivity.READY}


def test_fields_of_a_later_contract_are_no_error(channel):
    # Field 1000, a string: unknown to this server.
    request = decode_pb2.DecodeRequest(number="940140000385").SerializeToString() + b"\xc2\x3e\x01x"
    answer = channel.unary_unary(DECODE)(request, timeout=WAIT)
    assert decode_pb2.DecodeResponse.FromString(answer).valid


def test_a_deadline_that_passes(channel, verification, demo):
    with pytest.raises(grpc.RpcError) as caught:
        for _ in range(50):
            request = verify_pb2.VerifyRequest(iin=demo.person().iin)
            verification.stub.Verify(request, timeout=0.000_05)
    assert refusal(caught.value).code == grpc.StatusCode.DEADLINE_EXCEEDED
    assert verification.verify(demo.person().iin).verdict == verify_pb2.VERDICT_VERIFIED


def test_a_call_that_is_cancelled_is_given_up(verification, demo):
    for _ in range(20):
        call = verification.stub.Verify.future(verify_pb2.VerifyRequest(iin=demo.person().iin), timeout=WAIT)
        call.cancel()
        assert call.cancelled() or call.code() == grpc.StatusCode.OK
    assert verification.verify(demo.person().iin).verdict == verify_pb2.VERDICT_VERIFIED


def test_the_callers_request_id_comes_back_only_when_it_is_a_uuid(verification, demo):
    request = decode_pb2.DecodeRequest(number="940140000385")
    sent = "018f2f64-5a1e-7cc0-8000-000000000001"
    for metadata, same in (((("x-request-id", sent),), True), ((("x-request-id", demo.person().iin),), False)):
        _, call = verification.stub.Decode.with_call(request, metadata=metadata, timeout=WAIT)
        told = {**dict(call.initial_metadata()), **dict(call.trailing_metadata())}["x-request-id"]
        assert (told == metadata[0][1]) == same
