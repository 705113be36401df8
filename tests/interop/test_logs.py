"""Nothing personal reaches the log, not even at the level where libraries talk most."""

import grpc
import pytest

from iinspect.v1 import register_service_pb2 as m, subject_pb2

from calls import WAIT, Verification, refused
from iin import complete, spoil
from server import Server
from test_register_service import Operator, request_id


def operate(operator, numbers, said):
    """Every RPC of the operator's side, answered and refused."""
    name = subject_pb2.PersonName(family=said["family"], given=said["given"])
    document = subject_pb2.Document(number=said["document"], type="PASSPORT")
    documents = [m.PersonDocument(document=document, name=name)]
    person = dict(names=[name], birth_date=said["birth_date"], documents=documents, state_reason=said["reason"])
    operator.put(numbers[0], **person)
    refused(operator.put, numbers[1], **person)
    refused(operator.put, numbers[0], **person, end_user=said["reason"])
    step = dict(iin=numbers[0], reason=said["reason"], client_reference=said["reason"])
    operator.ExcludePerson(**step, state="NUMBER_STATE_EXCLUDED", expected_version=1)
    refused(operator.RestorePerson, **step, expected_version=7)
    operator.RestorePerson(**step, expected_version=2)
    entry = m.HotlistEntry(iin=numbers[0], scope=1, visibility=1, reason=said["reason"])
    listed = operator.PutHotlistEntry(entry=entry)
    operator.DeleteHotlistEntry(id=listed.entry.id, expected_version=1)
    rows = [m.ImportRow(row=n, person=m.Person(iin=iin, **person)) for n, iin in enumerate(numbers, 1)]
    assert operator.imported([m.ImportPersonsRequest(batch_id=request_id(), rows=rows)]).refused == 3
    operator.SupersedeIin(**step, superseded_by=complete("99131230003"), expected_version=3)
    assert operator.GetPerson(iin=numbers[0], versions=9).versions
    assert operator.ListChanges().changes


@pytest.mark.parametrize("level", ["info", "trace"])
def test_no_number_name_date_or_document_is_logged(tmp_path, level):
    numbers = [complete("99131230001"), spoil("99131230002"), "7" * 64, "8" * 65]
    said = dict(family="Тайнов", given="Аноним", birth_date="1931-07-19", document="N0SECRET77", reason="умерла вчера")
    settings = dict(IINSPECT_TELEMETRY__LOG_LEVEL=level, IINSPECT_TELEMETRY__LOG_FORMAT="json")
    with Server(tmp_path, **settings) as server:
        hinted, printed = server.demo.personal(), server.out.read_text()
        with grpc.insecure_channel(server.grpc) as channel:
            verification = Verification(channel)
            person = server.demo.person()
            verification.verify(person.iin, claims=person.claims())
            claims = dict(
                name=dict(family=said["family"], given=said["given"]),
                birth_date=said["birth_date"],
                document=dict(number=said["document"]),
            )
            for number in numbers[:3]:
                verification.verify(number, claims=claims)
                verification.decode(number)
            refused(verification.verify, numbers[3], claims=claims)
            refused(verification.issue_status, iin=numbers[1])
            refused(verification.issue_status, application_id=numbers[0])
            document = dict(number=said["document"], type="PASSPORT", issuing_country="KAZ")
            refused(verification.issue_status, document=document, birth_date=said["birth_date"])
            operate(Operator(channel), numbers, said)
            metadata = (("x-request-id", numbers[0]),)
            raw = channel.unary_unary("/iinspect.v1.VerificationService/Verify")
            refused(raw, b"\x0a\x0d\xff" + numbers[0].encode(), metadata=metadata, timeout=WAIT)
    log = server.log()
    assert log
    for secret in [*numbers, *said.values(), *hinted]:
        assert secret not in log, f"in the log at level {level}: {secret}"
    # What people see on standard output is the hints and nothing after them.
    assert server.out.read_text() == printed
