"""WatchIssueStatus: a snapshot and where to go on from, asked by grpcio."""

import grpc
from iinspect.v1 import issue_status_pb2, subject_pb2

from calls import refused


def test_the_state_comes_first_and_a_resumed_watch_waits(verification, demo):
    watch = verification.watch_issue_status(iin=demo.person().iin)
    first = next(watch)
    assert first.snapshot and first.resume_token
    assert first.status.number.state == subject_pb2.NUMBER_STATE_IN_FORCE
    watch.cancel()
    # Nothing has changed since, so nothing is told until the caller's own time is over.
    again = issue_status_pb2.WatchIssueStatusRequest(iin=demo.person().iin, resume_token=first.resume_token)
    resumed = verification.stub.WatchIssueStatus(again, timeout=1)
    try:
        told = list(resumed)
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        told = []
    assert told == []


def test_what_cannot_be_watched(verification):
    assert refused(verification.watch_issue_status).fields() == ["key"]
    nobody = refused(verification.watch_issue_status, application_id="never given out")
    assert (nobody.code, nobody.reason) == (grpc.StatusCode.NOT_FOUND, "APPLICATION_NOT_FOUND")
    token = refused(verification.watch_issue_status, iin="009900000008", resume_token="nonsense")
    assert token.fields() == ["resume_token"]
