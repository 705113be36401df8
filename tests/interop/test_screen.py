"""Screen: columns of numbers, asked by grpcio."""

import grpc
from iinspect.v1 import reason_pb2, screen_pb2, verify_pb2

from calls import refused

REGISTER = screen_pb2.SCREEN_DEPTH_REGISTER
VERIFIED, REJECTED = verify_pb2.VERDICT_VERIFIED, verify_pb2.VERDICT_REJECTED


def test_integers_and_texts_come_to_the_same(verification, demo):
    numbers = [demo.person().iin, demo.number("excluded"), demo.number("nobody"), "000000000000"]
    as_texts = verification.screen(number_strings=numbers, depth=REGISTER)
    as_integers = verification.screen(iins=[int(n) for n in numbers], depth=REGISTER)
    assert list(as_texts.verdicts) == [VERIFIED, REJECTED, REJECTED, REJECTED]
    assert list(as_texts.reasons)[1:] == [
        reason_pb2.REASON_EXCLUDED,
        reason_pb2.REASON_NOT_IN_REGISTER,
        reason_pb2.REASON_ALL_ZERO,
    ]
    assert (as_texts.verdicts, as_texts.reasons) == (as_integers.verdicts, as_integers.reasons)
    assert as_texts.provenance.HasField("fact_time")


def test_a_text_that_is_no_number_is_an_answer(verification):
    answer = verification.screen(number_strings=["", "12345", "12345678901X", "ә" * 64])
    assert set(answer.verdicts) == {REJECTED}
    assert sum(c.count for c in answer.counts) == 4


def test_a_hundred_thousand_and_one_more(verification):
    answer = verification.screen(iins=range(100_000), depth=REGISTER)
    assert len(answer.verdicts) == len(answer.reasons) == 100_000
    assert sum(c.count for c in answer.counts) == 100_000
    assert refused(verification.screen, iins=range(100_001)).fields() == ["iins"]
    assert refused(verification.screen).fields() == ["iins"]


def test_eight_mebibytes_are_the_most(verification):
    text = "1" * 64
    error = refused(verification.screen, number_strings=[text] * (9 << 20 >> 6))
    assert error.code == grpc.StatusCode.OUT_OF_RANGE
