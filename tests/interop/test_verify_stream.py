"""VerifyStream: many verifications over one stream, asked by grpcio."""

from google.rpc import code_pb2
from iinspect.v1 import verify_pb2


def item(id, iin, **fields):
    return {"id": id, "request": verify_pb2.VerifyRequest(iin=iin, **fields)}


def test_every_item_is_answered_and_a_bad_one_ends_nothing(verification, demo):
    person = demo.person()
    items = [item(f"good-{n}", person.iin) for n in range(500)]
    items.insert(100, item("empty", ""))
    items.insert(200, item("no date", person.iin, claims=verify_pb2.Claims(birth_date="1990-02-29")))
    items.insert(300, {"id": "no request"})
    answers = {answer.id: answer for answer in verification.verify_stream(items)}
    assert answers.keys() == {i["id"] for i in items}
    for id, answer in answers.items():
        if id.startswith("good-"):
            assert answer.response.verdict == verify_pb2.VERDICT_VERIFIED
        else:
            assert answer.error.code == code_pb2.INVALID_ARGUMENT, id
            assert any("BadRequest" in detail.type_url for detail in answer.error.details)


def test_a_caller_that_goes_away_leaves_the_server_well(verification, demo):
    def endless():
        n = 0
        while True:
            yield item(str(n), demo.person().iin)
            n += 1

    answers = verification.verify_stream(endless())
    for _, _ in zip(range(200), answers):
        pass
    answers.cancel()
    assert verification.verify(demo.person().iin).checks
