"""GetRequirements by grpcio; and the calendar of working days against the package `holidays`."""

import datetime

import holidays
import pytest
from iinspect.v1 import (
    issuance_service_pb2_grpc,
    issue_status_pb2,
    reason_pb2,
    requirements_pb2,
    subject_pb2,
)

from calls import WAIT, refused

DAY = datetime.timedelta(days=1)
FIRST, LAST = datetime.date(2024, 1, 1), datetime.date(2027, 12, 31)


@pytest.fixture(scope="module")
def ask(channel):
    stub = issuance_service_pb2_grpc.IssuanceServiceStub(channel)

    def ask(**fields):
        return stub.GetRequirements(requirements_pb2.GetRequirementsRequest(**fields), timeout=WAIT)

    return ask


BY_ONESELF = dict(channel=requirements_pb2.CHANNEL_PSC, presence=requirements_pb2.PRESENCE_IN_PERSON)


def test_due_dates_agree_with_the_package_holidays(ask):
    kazakhstan = holidays.country_holidays("KZ", years=range(2023, 2029))

    def after(day, count):
        while count:
            day += DAY
            count -= kazakhstan.is_working_day(day)
        return day

    day, compared = FIRST - DAY, 0
    while after(day, 3) <= LAST:
        due = ask(on_date=day.isoformat(), **BY_ONESELF).term
        told = (due.earliest, due.latest)
        assert told == tuple(after(day, n).isoformat() for n in (1, 3)), day
        day += DAY
        compared += 1
    assert compared > 1450
    assert not ask(on_date=day.isoformat(), **BY_ONESELF).HasField("term")


def test_the_plan_of_a_foreigner_who_wants_a_card(ask):
    plan = ask(
        citizenship="UZB",
        birth_date="1999-01-31",
        passport_script=requirements_pb2.SCRIPT_LATIN,
        birthplace_script=requirements_pb2.SCRIPT_LATIN,
        ground=requirements_pb2.GROUND_BANK_ACCOUNT,
        purposes=[subject_pb2.PURPOSE_BANK_CARD],
        visa_or_permit=requirements_pb2.VISA_OR_PERMIT_NONE,
        on_date="2025-12-31",
        needed_by="2026-01-08",
        **BY_ONESELF,
    )
    [card] = plan.iin_required.purposes
    assert list(card.after) == [subject_pb2.PURPOSE_BANK_ACCOUNT]
    [way] = plan.channels
    assert way.allowed and way.rule_id == "channel.psc.in-person"
    needed = {d.document_code for d in plan.documents if d.need == requirements_pb2.NEED_REQUIRED}
    assert needed == {"STATEMENT", "PASSPORT"}
    assert plan.fingerprints.need == requirements_pb2.NEED_NOT_REQUIRED
    assert [step.stage for step in plan.steps] == [
        issue_status_pb2.STAGE_GOAL,
        issue_status_pb2.STAGE_PAPERS,
        issue_status_pb2.STAGE_FINGERPRINTS,
        issue_status_pb2.STAGE_SUBMISSION,
        issue_status_pb2.STAGE_WAITING,
    ]
    assert plan.cost.kind == requirements_pb2.COST_KIND_FREE and plan.cost.amount.currency == "KZT"
    assert plan.latest_submission == "2025-12-31"
    assert plan.rulebook_version
    assert {d.rule_id for d in plan.disputes} >= {"guide.translation", "fingerprint.guide"}


def test_a_trusted_person_is_refused_with_the_reason(ask):
    plan = ask(
        channel=requirements_pb2.CHANNEL_CONSULATE,
        presence=requirements_pb2.PRESENCE_TRUSTED_PERSON,
        on_date="2024-06-03",
    )
    [way] = plan.channels
    assert not way.allowed and way.reason == reason_pb2.REASON_IN_PERSON_REQUIRED and way.disputed
    assert not plan.HasField("term") and not plan.HasField("cost")


def test_every_field_at_fault_is_named(ask):
    told = refused(ask, citizenship="KZ", birth_date="2001-02-29", purposes=[77], needed_by="soon")
    assert sorted(told.fields()) == ["birth_date", "citizenship", "needed_by", "purposes[0]"]
