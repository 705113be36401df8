"""IssueStatus by each of its keys, asked by grpcio."""

import grpc
import pytest
from iinspect.v1 import issue_status_pb2, subject_pb2

from calls import refused


def test_a_number_in_force(verification, demo):
    answer = verification.issue_status(iin=demo.person().iin)
    assert answer.number.state == subject_pb2.NUMBER_STATE_IN_FORCE
    assert answer.provenance.source == subject_pb2.SOURCE_REGISTER


def test_a_number_that_nobody_holds_is_an_answer(verification, demo):
    answer = verification.issue_status(iin=demo.number("nobody"))
    assert answer.number.state == subject_pb2.NUMBER_STATE_NOT_IN_REGISTER
    assert not answer.HasField("application")


def test_a_replaced_number_leads_to_the_one_in_force(verification, demo):
    answer = verification.issue_status(iin=demo.superseded())
    assert answer.number.state == subject_pb2.NUMBER_STATE_SUPERSEDED
    now = verification.issue_status(iin=answer.number.superseded_by)
    assert now.number.state == subject_pb2.NUMBER_STATE_IN_FORCE


@pytest.mark.parametrize("state", ["refused", "withdrawn", "completed"])
def test_an_application_by_its_id(verification, demo, state):
    asked = demo.application(state)
    answer = verification.issue_status(application_id=asked)
    expected = issue_status_pb2.ApplicationState.Value(f"APPLICATION_STATE_{state.upper()}")
    assert (answer.application.id, answer.application.state) == (asked, expected)
    history = answer.application.history
    assert history[0].state == issue_status_pb2.APPLICATION_STATE_RECEIVED
    assert history[-1].state == expected
    moments = [h.at.ToNanoseconds() for h in history]
    assert moments == sorted(moments)
    # Two states that are not one: only a completed application has led to a number.
    assert answer.HasField("number") == (state == "completed")
    assert answer.application.HasField("refusal") == (state == "refused")


def test_a_completed_application_has_led_to_a_number(verification, demo):
    number = verification.issue_status(application_id=demo.application("completed")).number
    assert number.state == subject_pb2.NUMBER_STATE_IN_FORCE


@pytest.mark.parametrize("state", ["received", "awaitingdocuments", "inprocessing", "correctionrequested"])
def test_who_has_no_number_yet_asks_by_document(verification, demo, state):
    document, birth_date = demo.applicant(state)
    answer = verification.issue_status(document=document, birth_date=birth_date)
    name = issue_status_pb2.ApplicationState.Name(answer.application.state)
    assert name.removeprefix("APPLICATION_STATE_").replace("_", "").lower() == state
    assert not answer.HasField("number")
    again = verification.issue_status(application_id=answer.application.id)
    assert again.application == answer.application


def test_a_document_without_its_birth_date_leads_nowhere(verification, demo):
    document, birth_date = demo.applicant("received")
    assert birth_date != "1899-12-31"
    told = refused(verification.issue_status, document=document, birth_date="1899-12-31")
    assert (told.code, told.reason) == (grpc.StatusCode.NOT_FOUND, "APPLICATION_NOT_FOUND")
    told = refused(verification.issue_status, document=document)
    assert (told.code, told.fields()) == (grpc.StatusCode.INVALID_ARGUMENT, ["birth_date"])


@pytest.mark.parametrize("unknown", ["01900000-0000-7000-8000-00000000ffff", "no such id"])
def test_an_application_that_is_not_there(verification, unknown):
    told = refused(verification.issue_status, application_id=unknown)
    assert (told.code, told.reason, told.domain) == (
        grpc.StatusCode.NOT_FOUND,
        "APPLICATION_NOT_FOUND",
        "iinspect",
    )


def test_a_malformed_number_is_a_bad_key_here(verification):
    told = refused(verification.issue_status, iin="99131230001x")
    assert told.code == grpc.StatusCode.INVALID_ARGUMENT
    assert told.violations == [("iin", "MALFORMED_CHARSET")]
