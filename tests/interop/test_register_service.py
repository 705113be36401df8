"""RegisterService, the operator's side, asked by grpcio: over the demo's register, which is a file."""

import itertools
import os
import re
import subprocess
import time
import uuid

import grpc
import pytest
from google.protobuf import timestamp_pb2
from iinspect.v1 import reason_pb2, register_service_pb2 as m, register_service_pb2_grpc, subject_pb2, verify_pb2

from calls import WAIT, refused
from iin import complete, spoil
from server import ROOT
from test_buf import BUF

SERIAL = itertools.count(7_000_000)


def unused():
    """A test number that the demo does not hold: its persons are not born in month 98."""
    for serial in SERIAL:
        try:
            return complete(f"9098{serial:07d}")
        except ValueError:
            continue


def request_id():
    return str(uuid.uuid4())


class Operator:
    def __init__(self, channel):
        self.stub = register_service_pb2_grpc.RegisterServiceStub(channel)

    def __getattr__(self, rpc):
        """Any RPC by its name, with the fields of its request; a mutation gets an id of its own."""
        call = getattr(self.stub, rpc)
        make = getattr(m, f"{rpc}Request")

        def ask(**fields):
            if "request_id" in make.DESCRIPTOR.fields_by_name:
                fields.setdefault("request_id", request_id())
            return call(make(**fields), timeout=WAIT)

        return ask

    def imported(self, messages):
        return self.stub.ImportPersons(iter(messages), timeout=WAIT)

    def put(self, iin, end_user="", **fields):
        return self.PutPerson(person=m.Person(iin=iin, **fields), end_user=end_user)


@pytest.fixture(scope="module")
def operator(channel):
    return Operator(channel)


def state(answer):
    return subject_pb2.NumberState.Name(answer.person.state).removeprefix("NUMBER_STATE_")


def test_a_record_put_in_is_what_verify_compares_with(operator, verification):
    iin = unused()
    name = subject_pb2.PersonName(family="Сынақов", given="Тест", patronymic="")
    landed = operator.put(iin, names=[name], birth_date="1990-01-05")
    assert (landed.version, landed.created) == (1, True)
    got = operator.GetPerson(iin=iin)
    assert (state(got), got.version, list(got.person.names)) == ("IN_FORCE", 1, [name])
    assert got.provenance.source == subject_pb2.SOURCE_REGISTER
    claims = dict(name=dict(family="Сынақов", given="Тест"), birth_date="1990-01-05")
    answer = verification.verify(iin, claims=claims)
    assert answer.verdict == verify_pb2.VERDICT_VERIFIED


def test_the_same_request_gets_the_same_answer_and_another_body_none(operator):
    iin, id = unused(), request_id()
    first = operator.PutPerson(person=m.Person(iin=iin), request_id=id)
    operator.ExcludePerson(iin=iin, state="NUMBER_STATE_EXCLUDED", reason="left", expected_version=1)
    assert operator.PutPerson(person=m.Person(iin=iin), request_id=id) == first
    told = refused(operator.PutPerson, person=m.Person(iin=iin), request_id=id, end_user="another")
    assert (told.code, told.reason) == (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_USED")


def test_a_number_through_its_states(operator, verification):
    iin = unused()
    operator.put(iin)
    fields = dict(iin=iin, reason="account closed")
    conditional = dict(fields, state="NUMBER_STATE_CONDITIONALLY_EXCLUDED")
    assert operator.ExcludePerson(**conditional, expected_version=1).version == 2
    answer = verification.verify(iin)
    assert answer.reasons == [reason_pb2.REASON_CONDITIONALLY_EXCLUDED]
    told = refused(operator.ExcludePerson, **conditional, expected_version=2)
    assert (told.code, told.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "STATE_FORBIDS")
    told = refused(operator.RestorePerson, **fields, expected_version=1)
    assert (told.code, told.reason) == (grpc.StatusCode.ABORTED, "VERSION_MISMATCH")
    assert operator.RestorePerson(**fields, expected_version=2).version == 3
    future = dict(conditional, effective_date="2999-01-01")
    assert operator.ExcludePerson(**future, expected_version=3).version == 4
    got = operator.GetPerson(iin=iin, versions=100)
    assert (state(got), got.person.scheduled.effective_date) == ("IN_FORCE", "2999-01-01")
    told = [(v.version, v.actor, v.reason) for v in got.versions]
    assert told == [
        (4, "anonymous", "account closed"),
        (3, "anonymous", "account closed"),
        (2, "anonymous", "account closed"),
        (1, "anonymous", "record put in"),
    ]
    was = timestamp_pb2.Timestamp()
    was.CopyFrom(got.versions[2].recorded_at)
    assert state(operator.GetPerson(iin=iin, as_of=was)) == "CONDITIONALLY_EXCLUDED"


def test_a_number_replaced_by_another(operator, verification):
    old, new = unused(), unused()
    operator.put(old, birth_date="1990-01-05")
    fields = dict(iin=old, superseded_by=new, reason="adoption", expected_version=1)
    answer = operator.SupersedeIin(**fields)
    assert (answer.version, answer.superseded_by_version) == (2, 1)
    status = verification.issue_status(iin=old)
    assert status.number.superseded_by == new
    assert operator.GetPerson(iin=new).person.birth_date == "1990-01-05"


def test_a_hotlist_entry_stops_verification_until_it_is_taken_off(operator, verification):
    iin = unused()
    operator.put(iin)
    entry = m.HotlistEntry(iin=iin, scope="HOTLIST_SCOPE_ALL_CLIENTS", visibility="HOTLIST_VISIBILITY_SCOPE")
    listed = operator.PutHotlistEntry(entry=entry)
    assert reason_pb2.REASON_HOTLISTED in verification.verify(iin).reasons
    hidden = m.HotlistEntry()
    hidden.CopyFrom(listed.entry)
    hidden.visibility = m.HOTLIST_VISIBILITY_HIDDEN
    assert operator.PutHotlistEntry(entry=hidden, expected_version=1).version == 2
    assert reason_pb2.REASON_MANUAL_REVIEW in verification.verify(iin).reasons
    operator.DeleteHotlistEntry(id=listed.entry.id, expected_version=2)
    assert verification.verify(iin).verdict == verify_pb2.VERDICT_VERIFIED
    told = refused(operator.DeleteHotlistEntry, id=listed.entry.id, expected_version=2)
    assert (told.code, told.reason) == (grpc.StatusCode.NOT_FOUND, "ENTRY_NOT_FOUND")


def rows(first, persons):
    return [m.ImportRow(row=row, person=person) for row, person in enumerate(persons, first)]


def test_an_import_that_is_broken_off_is_taken_up_again(operator, channel):
    batch = str(uuid.uuid4())
    persons = [m.Person(iin=unused(), birth_date="1990-01-05") for _ in range(600)]
    bad = m.Person(iin=spoil("90980000001"), birth_date="1990-02-30")

    def broken():
        yield m.ImportPersonsRequest(batch_id=batch, rows=rows(1, persons[:300]))
        yield m.ImportPersonsRequest(rows=rows(301, [bad]))
        # Until it has been heard of: what breaks off is the stream, not what it has sent.
        deadline = time.monotonic() + WAIT
        while time.monotonic() < deadline:
            asked = operator.imported([m.ImportPersonsRequest(batch_id=batch)])
            if asked.last_row == 301:
                break
        call.cancel()
        yield m.ImportPersonsRequest(rows=rows(302, persons[300:]))

    call = operator.stub.ImportPersons.future(broken(), timeout=WAIT)
    with pytest.raises(grpc.FutureCancelledError):
        call.result(timeout=WAIT)
    # All of it again: what is done is skipped.
    messages = [
        m.ImportPersonsRequest(batch_id=batch, rows=rows(1, persons[:300])),
        m.ImportPersonsRequest(rows=rows(301, [bad])),
        m.ImportPersonsRequest(rows=rows(302, persons[300:])),
    ]
    answer = operator.imported(messages)
    assert (answer.landed, answer.refused, answer.last_row) == (600, 1, 601)
    told = [(e.row, e.field, reason_pb2.Reason.Name(e.reason)) for e in answer.errors]
    assert told == [
        (301, "person.iin", "REASON_CONTROL_MISMATCH"),
        (301, "person.birth_date", "REASON_DATE_IMPOSSIBLE"),
    ]
    assert operator.GetPerson(iin=persons[0].iin).version == 1


def test_the_feed_tells_everything_once(operator):
    page = operator.ListChanges(page_size=1000)
    while page.next_page_token:
        page = operator.ListChanges(page_size=1000, page_token=page.next_page_token)
    start, iins = page.resume_token, [unused() for _ in range(5)]
    for iin in iins:
        operator.put(iin)
    seen, token = [], start
    while token:
        page = operator.ListChanges(page_size=2, page_token=token)
        seen += [(c.kind, c.number_hash) for c in page.changes]
        token = page.next_page_token
    assert [kind for kind, _ in seen] == [m.CHANGE_KIND_PERSON] * 5
    hashes = {number_hash for _, number_hash in seen}
    assert len(hashes) == 5 and {len(h) for h in hashes} == {16}
    told = refused(operator.ListChanges, page_token="no token")
    assert (told.code, told.fields()) == (grpc.StatusCode.INVALID_ARGUMENT, ["page_token"])


def test_every_field_at_fault_is_told_at_once(operator):
    told = refused(operator.PutPerson, person=m.Person(iin="1", sex=9), request_id="x", end_user="y" * 65)
    assert told.code == grpc.StatusCode.INVALID_ARGUMENT
    assert told.fields() == ["person.iin", "person.sex", "request_id", "end_user"]
    told = refused(operator.GetPerson, iin=unused())
    assert (told.code, told.reason) == (grpc.StatusCode.NOT_FOUND, "NUMBER_NOT_FOUND")


def test_the_examples_of_the_handbook_work_in_their_order(server, operator, tmp_path):
    text = (ROOT / "docs/REGISTER.md").read_text()
    examples = "".join(re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
    script = "set -e\n" + examples.replace("127.0.0.1:50051", server.grpc)
    path = os.pathsep.join([os.path.dirname(BUF), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        env={**os.environ, "PATH": path, "BUF_CACHE_DIR": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert state(operator.GetPerson(iin="009900000008")) == "SUPERSEDED"
    assert done.stdout.count("{\n") >= examples.count("\ncall ")
