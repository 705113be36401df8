"""Nothing personal reaches the log, not even at the level where libraries talk most."""

import grpc
import pytest

from calls import WAIT, Verification, refused
from iin import complete, spoil
from server import Server


@pytest.mark.parametrize("level", ["info", "trace"])
def test_no_number_name_date_or_document_is_logged(tmp_path, level):
    numbers = [complete("99131230001"), spoil("99131230002"), "7" * 64, "8" * 65]
    said = dict(family="Тайнов", given="Аноним", birth_date="1931-07-19", document="N0SECRET77")
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
            metadata = (("x-request-id", numbers[0]),)
            raw = channel.unary_unary("/iinspect.v1.VerificationService/Verify")
            refused(raw, b"\x0a\x0d\xff" + numbers[0].encode(), metadata=metadata, timeout=WAIT)
    log = server.log()
    assert log
    for secret in [*numbers, *said.values(), *hinted]:
        assert secret not in log, f"in the log at level {level}: {secret}"
    # What people see on standard output is the hints and nothing after them.
    assert server.out.read_text() == printed
