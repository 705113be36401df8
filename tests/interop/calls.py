"""Calls of VerificationService with a bound on each, and what a refusal says."""

import dataclasses

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from iinspect.v1 import (
    decode_pb2,
    issue_status_pb2,
    screen_pb2,
    verification_service_pb2,
    verification_service_pb2_grpc,
    verify_pb2,
)

# Seconds; a call takes milliseconds, and a machine under load some more.
WAIT = 10


class Verification:
    def __init__(self, channel):
        self.stub = verification_service_pb2_grpc.VerificationServiceStub(channel)

    def decode(self, number):
        return self.stub.Decode(decode_pb2.DecodeRequest(number=number), timeout=WAIT)

    def verify(self, iin, **fields):
        return self.stub.Verify(verify_pb2.VerifyRequest(iin=iin, **fields), timeout=WAIT)

    def create_challenge(self, iin):
        return self.stub.CreateChallenge(
            verification_service_pb2.CreateChallengeRequest(iin=iin), timeout=WAIT
        )

    def screen(self, **fields):
        return self.stub.Screen(screen_pb2.ScreenRequest(**fields), timeout=WAIT)

    def verify_stream(self, items):
        items = (verification_service_pb2.VerifyStreamRequest(**item) for item in items)
        return self.stub.VerifyStream(items, timeout=WAIT)

    def watch_issue_status(self, **fields):
        return self.stub.WatchIssueStatus(issue_status_pb2.WatchIssueStatusRequest(**fields), timeout=WAIT)

    def issue_status(self, **fields):
        return self.stub.IssueStatus(issue_status_pb2.IssueStatusRequest(**fields), timeout=WAIT)


@dataclasses.dataclass
class Refusal:
    code: grpc.StatusCode
    # google.rpc.ErrorInfo
    reason: str
    domain: str
    metadata: dict
    # google.rpc.BadRequest: (field, reason)
    violations: list

    def fields(self):
        return [field for field, _ in self.violations]


def refused(call, *args, **kwargs):
    """Calls, expects an error, and reads its details as a caller's own library would."""
    with pytest.raises(grpc.RpcError) as caught:
        answer = call(*args, **kwargs)
        # A stream is refused when it is read.
        list(answer)
    return refusal(caught.value)


def refusal(error):
    status = rpc_status.from_call(error)
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details if status else []:
        detail.Unpack(info) or detail.Unpack(bad)
    violations = [(v.field, v.reason) for v in bad.field_violations]
    return Refusal(error.code(), info.reason, info.domain, dict(info.metadata), violations)
