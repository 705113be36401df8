"""A rolling restart behind Envoy at a modest pace; `make trial-rollout` does it near the ceiling."""

from rollout import Fleet

RATE = 50


def test_no_call_fails(tmp_path):
    with Fleet(tmp_path) as fleet, fleet.load("load", RATE=RATE, DURATION="10m") as k6:
        fleet.under_way(k6, RATE)
        before = fleet.answered()["ok"]
        fleet.roll()
        # The restarted nodes get calls too.
        fleet.under_way(k6, fleet.answered()["ok"] + RATE)
        answered, said, failures = fleet.answered(), k6.said(), fleet.failures()
        k6.end()
    print(f"during the rollout and around it: {answered}")
    assert (said, failures, answered["failed"]) == ([], [], 0), answered
    assert answered["ok"] > before + RATE
