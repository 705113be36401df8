"""Decode: what digits say, asked by grpcio."""

import pytest
from iinspect.v1 import decode_pb2, reason_pb2, subject_pb2

from iin import complete, spoil


def found(answer):
    """Reasons without their prefix, in order."""
    names = [reason_pb2.Reason.Name(f.reason) for f in answer.findings]
    return [name.removeprefix("REASON_") for name in names]


def test_a_test_number_is_valid_and_said_to_be_one(verification):
    answer = verification.decode(complete("99131230001"))
    assert (answer.kind, answer.valid) == (subject_pb2.NUMBER_KIND_IIN, True)
    assert found(answer) == ["TEST_NUMBER"]
    assert answer.findings[0].severity == reason_pb2.SEVERITY_WARNING
    assert answer.WhichOneof("details") == "iin"
    assert answer.iin.birth_date == ""
    assert (answer.iin.century, answer.iin.sex, answer.iin.serial) == (1900, subject_pb2.SEX_MALE, 1)
    assert answer.iin.control_pass in (1, 2)
    assert answer.iin.basis == decode_pb2.BASIS_HISTORIC_STRUCTURE


def test_a_published_company(verification):
    answer = verification.decode("940140000385")
    assert (answer.kind, answer.valid, found(answer)) == (subject_pb2.NUMBER_KIND_BIN, True, [])
    assert answer.WhichOneof("details") == "bin"
    assert answer.bin.registered == "1994-01"
    assert answer.bin.entity == decode_pb2.BIN_ENTITY_RESIDENT
    assert answer.bin.unit == decode_pb2.BIN_UNIT_HEAD
    assert (answer.bin.serial, answer.bin.control_digit, answer.bin.control_pass) == (38, 5, 1)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("991312300", "MALFORMED_LENGTH"),
        ("99131230001x", "MALFORMED_CHARSET"),
        (" 9131230001 ", "MALFORMED_CHARSET"),
        ("000000000000", "ALL_ZERO"),
        # Eleven digits: a spreadsheet took the zero in front for nothing.
        (complete("00990000000")[1:], "LEADING_ZERO_LOST"),
        # Arabic-Indic and full-width digits are digits to Unicode, not to the rule.
        ("٩٩١٣١٢٣٠٠٠١٢", "MALFORMED_CHARSET"),
        ("９９１３１２３０００１２", "MALFORMED_CHARSET"),
        (spoil("99131230001"), "CONTROL_MISMATCH"),
        ("x" * 64, "MALFORMED_LENGTH"),
        ("ә" * 64, "MALFORMED_LENGTH"),
    ],
)
def test_a_malformed_number_is_an_answer(verification, text, first):
    answer = verification.decode(text)
    assert not answer.valid
    assert found(answer)[0] == first
    assert answer.findings[0].severity == reason_pb2.SEVERITY_ERROR
    assert answer.findings[0].message
    assert text not in answer.findings[0].message


def test_both_passes_may_refuse(verification):
    answer = verification.decode("000813159890")
    assert found(answer)[0] == "NEVER_ISSUED"
    assert not answer.iin.HasField("control_digit")
    assert not answer.iin.HasField("control_pass")


def test_what_the_rule_says_names_the_act(verification):
    answer = verification.decode(spoil("99131230001"))
    assert "521" in answer.findings[0].legal_basis
