"""Applications from their submission to a number, asked by grpcio."""

import uuid

import grpc
import pytest
from iinspect.v1 import (
    issuance_service_pb2 as issuance,
    issuance_service_pb2_grpc,
    issue_status_pb2 as status,
    requirements_pb2 as rules,
    subject_pb2 as subject,
    verify_pb2,
)

from calls import WAIT, refused
from iin import complete


class Office:
    """Every request with an id of its own and a bound."""

    def __init__(self, channel):
        self.stub = issuance_service_pb2_grpc.IssuanceServiceStub(channel)

    def __getattr__(self, rpc):
        request = getattr(issuance, rpc + "Request")
        fields = request.DESCRIPTOR.fields_by_name

        def call(**given):
            if "request_id" in fields:
                given.setdefault("request_id", str(uuid.uuid4()))
            return getattr(self.stub, rpc)(request(**given), timeout=WAIT)

        return call


@pytest.fixture(scope="session")
def office(channel):
    return Office(channel)


def form(**changes):
    stated = dict(
        kind=status.APPLICATION_KIND_FORMATION,
        ground=rules.GROUND_BUSINESS,
        channel=rules.CHANNEL_PSC,
        presence=rules.PRESENCE_IN_PERSON,
        location=rules.Location(country="KAZ"),
        applicant=issuance.Applicant(
            names=[subject.PersonName(family="Testova", given="Dana")],
            birth_date="1993-04-05",
            citizenship="KGZ",
            document=subject.Document(
                type="FOREIGN_PASSPORT", number=uuid.uuid4().hex[:12], issuing_country="KGZ"
            ),
            passport_script=rules.SCRIPT_LATIN,
            birthplace_script=rules.SCRIPT_CYRILLIC,
        ),
    )
    return issuance.ApplicationForm(**{**stated, **changes})


def hand_in(office, answer):
    """Records every paper that is outstanding."""
    for paper in answer.application.outstanding:
        answer = office.RecordDocument(
            application_id=answer.application.id,
            document_code=paper.document,
            form=rules.DOCUMENT_FORM_ORIGINAL,
            expected_version=answer.version,
        )
    return answer


def test_from_submission_to_a_number_that_verifies(office, verification):
    answer = office.SubmitApplication(form=form())
    assert answer.application.state == status.APPLICATION_STATE_AWAITING_DOCUMENTS
    assert [step.stage for step in answer.application.steps] == [1, 2, 3, 4, 5]
    answer = hand_in(office, answer)
    assert answer.application.state == status.APPLICATION_STATE_IN_PROCESSING
    request = dict(
        application_id=answer.application.id,
        expected_version=answer.version,
        request_id=str(uuid.uuid4()),
    )
    formed = office.FormIin(**request)
    assert formed.iin[2:4] >= "13", "a test number"
    assert formed.iin == complete(formed.iin[:11])
    assert office.FormIin(**request) == formed, "once, however often it is sent"
    claims = verify_pb2.Claims(
        name=subject.PersonName(family="TESTOVA", given="dana"), birth_date="1993-04-05"
    )
    verified = verification.verify(
        formed.iin, claims=claims, required_assurance=verify_pb2.ASSURANCE_CLAIMS
    )
    assert verified.verdict == verify_pb2.VERDICT_VERIFIED
    told = verification.issue_status(iin=formed.iin)
    assert told.application == formed.application
    assert told.number.state == subject.NUMBER_STATE_IN_FORCE


def test_a_rule_that_closes_the_way_is_cited(office):
    told = refused(office.SubmitApplication, form=form(channel=rules.CHANNEL_ONLINE))
    assert told.code == grpc.StatusCode.FAILED_PRECONDITION
    assert told.reason == "CHANNEL_CLOSED"
    assert told.metadata["rule_id"].startswith("channel.online")


def test_papers_first(office):
    answer = office.SubmitApplication(form=form())
    told = refused(
        office.FormIin, application_id=answer.application.id, expected_version=answer.version
    )
    assert (told.code, told.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "PAPERS_OUTSTANDING")
    assert told.metadata["outstanding"].split(",") == [
        paper.document for paper in answer.application.outstanding
    ]


def test_what_is_withdrawn_has_ended_and_is_listed(office):
    answer = office.SubmitApplication(form=form(), client_reference="case 7")
    gone = office.WithdrawApplication(
        application_id=answer.application.id, expected_version=answer.version
    )
    assert gone.application.state == status.APPLICATION_STATE_WITHDRAWN
    told = refused(
        office.RecordDelay,
        application_id=answer.application.id,
        cause=status.DELAY_CAUSE_WORKLOAD,
        working_days=1,
        expected_version=gone.version,
    )
    assert (told.reason, told.metadata["state"]) == ("STATE_FORBIDS", "WITHDRAWN")
    token, listed = "", {}
    while True:
        page = office.ListApplications(
            state=status.APPLICATION_STATE_WITHDRAWN, page_size=1, page_token=token
        )
        listed.update((one.id, one) for one in page.applications)
        token = page.next_page_token
        if not token:
            break
    assert listed[answer.application.id].client_reference == "case 7"


def test_where_nobody_is_trusted_a_signature_is_refused_and_not_passed_over(office):
    answer = office.SubmitApplication(form=form())
    told = refused(
        office.RecordDocument,
        application_id=answer.application.id,
        document_code="PASSPORT",
        signature=verify_pb2.SignatureEvidence(cms=b"x"),
        expected_version=answer.version,
    )
    assert (told.code, told.reason) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "SIGNATURES_NOT_SERVED",
    )
