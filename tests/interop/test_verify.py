"""Verify against the demo register, asked by grpcio."""

import uuid

import pytest
from google.protobuf.duration_pb2 import Duration
from iinspect.v1 import reason_pb2, subject_pb2, verify_pb2
from iinspect.v1.verify_pb2 import (
    ASSURANCE_CLAIMS,
    ASSURANCE_NONE,
    ASSURANCE_POSSESSION,
    ASSURANCE_REGISTER,
    ASSURANCE_STRUCTURE,
    OUTCOME_FAIL,
    OUTCOME_NOT_COMPARED,
    OUTCOME_PASS,
    OUTCOME_SKIPPED,
    OUTCOME_WARN,
    VERDICT_INCONCLUSIVE,
    VERDICT_REJECTED,
    VERDICT_VERIFIED,
)

from iin import spoil


def why(answer):
    return [reason_pb2.Reason.Name(r).removeprefix("REASON_") for r in answer.reasons]


def check(answer, kind):
    return answer.checks[verify_pb2.CheckKind.Value(f"CHECK_KIND_{kind}") - 1]


def test_a_person_who_is_who_they_say_they_are(verification, demo):
    person, request_id = demo.person(), str(uuid.uuid4())
    answer = verification.verify(
        person.iin, claims=person.claims(), request_id=request_id, client_reference="дело № 7"
    )
    assert (answer.verdict, why(answer)) == (VERDICT_VERIFIED, [])
    # All checks, in the order of their kinds.
    assert [c.kind for c in answer.checks] == list(range(1, 14))
    for kind in ("FORMAT", "CONTROL_DIGIT", "REGISTER", "HOTLIST", "NAME", "BIRTH_DATE"):
        assert check(answer, kind).outcome == OUTCOME_PASS, kind
    for kind in ("CONSENT", "SEX", "CITIZENSHIP", "DOCUMENT", "SIGNATURE"):
        assert check(answer, kind).outcome == OUTCOME_SKIPPED, kind
    assert check(answer, "STRUCTURE").outcome == OUTCOME_WARN
    assert check(answer, "STRUCTURE").reason == reason_pb2.REASON_TEST_NUMBER
    assert (answer.assurance, answer.required_assurance) == (ASSURANCE_CLAIMS, ASSURANCE_REGISTER)
    assert list(answer.evidence) == [ASSURANCE_STRUCTURE, ASSURANCE_REGISTER, ASSURANCE_CLAIMS]
    assert (answer.request_id, answer.client_reference) == (request_id, "дело № 7")
    assert uuid.UUID(answer.verification_id).version == 7


def test_where_the_answer_comes_from(verification, demo):
    person = demo.person()
    verification.verify(person.iin)
    assert verification.verify(person.iin).provenance.source == subject_pb2.SOURCE_CACHE_LOCAL
    told = verification.verify(person.iin, max_age=Duration()).provenance
    assert told.source == subject_pb2.SOURCE_REGISTER
    assert told.register.completeness == subject_pb2.COMPLETENESS_COMPLETE
    assert told.register.name
    assert 0 < told.fact_time.seconds <= told.checked_at.seconds
    assert not told.HasField("as_of")


def test_texts_only_where_there_is_something_to_say_or_explain_is_asked(verification, demo):
    person = demo.person()
    for c in verification.verify(person.iin, claims=person.claims()).checks:
        told = c.outcome not in (OUTCOME_PASS, OUTCOME_SKIPPED)
        assert bool(c.message) == told, c.kind
    explained = verification.verify(person.iin, claims=person.claims(), explain=True)
    assert all(c.message for c in explained.checks)
    assert check(explained, "FORMAT").legal_basis


def test_another_persons_name(verification, demo):
    person = demo.person()
    claims = dict(name=dict(family="Чужой", given="Некто"), birth_date=person.birth_date)
    answer = verification.verify(person.iin, claims=claims)
    assert (answer.verdict, why(answer)) == (VERDICT_REJECTED, ["MISMATCH"])
    assert check(answer, "NAME").outcome == OUTCOME_FAIL
    assert verify_pb2.MATCH_LEVEL_NO_MATCH in [p.level for p in check(answer, "NAME").parts]
    assert check(answer, "BIRTH_DATE").outcome == OUTCOME_PASS
    assert answer.assurance == ASSURANCE_REGISTER
    # What the register holds stays there.
    sent = answer.SerializeToString().decode(errors="replace")
    assert person.family not in sent and person.given not in sent


def test_another_birth_date(verification, demo):
    answer = verification.verify(demo.person().iin, claims=dict(birth_date="1899-12-31"))
    assert (answer.verdict, why(answer)) == (VERDICT_REJECTED, ["MISMATCH"])


def test_letter_case_and_spaces_do_not_make_another_person(verification, demo):
    person = demo.person()
    name = dict(family=f"  {person.family.upper()} ", given=person.given.lower())
    answer = verification.verify(person.iin, claims=dict(name=name))
    assert answer.verdict == VERDICT_VERIFIED
    family = check(answer, "NAME").parts[0]
    assert (family.part, family.level) == (verify_pb2.PART_FAMILY_NAME, verify_pb2.MATCH_LEVEL_FOLDED)


def test_a_patronymic_left_out_is_not_compared(verification, demo):
    person = demo.person()
    answer = verification.verify(person.iin, claims=person.claims())
    outcomes = {p.part: p.outcome for p in check(answer, "NAME").parts}
    assert outcomes[verify_pb2.PART_PATRONYMIC] in (OUTCOME_SKIPPED, OUTCOME_NOT_COMPARED)


def test_a_number_that_nobody_holds(verification, demo):
    answer = verification.verify(demo.number("nobody"))
    assert (answer.verdict, why(answer)) == (VERDICT_REJECTED, ["NOT_IN_REGISTER"])
    assert answer.assurance == ASSURANCE_STRUCTURE


def test_numbers_that_are_no_longer_in_force(verification, demo):
    excluded = verification.verify(demo.number("excluded"))
    assert (excluded.verdict, why(excluded)) == (VERDICT_REJECTED, ["EXCLUDED"])
    superseded = verification.verify(demo.superseded())
    assert (superseded.verdict, why(superseded)) == (VERDICT_REJECTED, ["SUPERSEDED"])


def test_a_number_on_the_hotlist(verification, demo):
    answer = verification.verify(demo.number("hotlist"))
    assert (answer.verdict, why(answer)) == (VERDICT_REJECTED, ["HOTLISTED"])
    assert check(answer, "REGISTER").outcome == OUTCOME_PASS


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1", "MALFORMED_LENGTH"),
        ("99131230001x", "MALFORMED_CHARSET"),
        (spoil("99131230001"), "CONTROL_MISMATCH"),
    ],
)
def test_a_malformed_number_is_an_answer(verification, text, reason):
    answer = verification.verify(text, claims=dict(birth_date="1990-01-31"))
    assert answer.verdict == VERDICT_REJECTED
    assert reason in why(answer)
    # The register was not asked, and claims have nothing to be compared with.
    assert check(answer, "REGISTER").outcome == OUTCOME_SKIPPED
    assert check(answer, "BIRTH_DATE").outcome == OUTCOME_SKIPPED
    assert answer.assurance == ASSURANCE_NONE
    assert answer.provenance.source == subject_pb2.SOURCE_UNSPECIFIED


def test_a_purpose_asks_for_claims(verification, demo):
    person = demo.person()
    bare = verification.verify(person.iin, purpose=subject_pb2.PURPOSE_EMPLOYMENT)
    assert (bare.verdict, bare.required_assurance) == (VERDICT_INCONCLUSIVE, ASSURANCE_CLAIMS)
    assert why(bare) == ["CLAIM_REQUIRED", "ASSURANCE_TOO_LOW"]
    # Sex alone identifies nobody.
    claims = dict(person.claims(), sex=subject_pb2.SEX_MALE)
    answers = [
        verification.verify(person.iin, claims=dict(claims, sex=sex))
        for sex in (subject_pb2.SEX_MALE, subject_pb2.SEX_FEMALE)
    ]
    assert sorted(a.verdict for a in answers) == [VERDICT_VERIFIED, VERDICT_REJECTED]


def test_more_assurance_than_there_is(verification, demo):
    person = demo.person()
    answer = verification.verify(
        person.iin, claims=person.claims(), required_assurance=ASSURANCE_POSSESSION
    )
    assert (answer.verdict, why(answer)) == (VERDICT_INCONCLUSIVE, ["ASSURANCE_TOO_LOW"])
    assert answer.assurance == ASSURANCE_CLAIMS


def test_reads_are_decided_afresh(verification, demo):
    request_id = str(uuid.uuid4())
    ids = {verification.verify(demo.person().iin, request_id=request_id).verification_id for _ in range(3)}
    assert len(ids) == 3
