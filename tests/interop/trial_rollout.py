"""The rolling restart at 70 % of the ceiling through Envoy, measured in the same run. Run by
`make trial-rollout`, not with the tests: it wants the machine for itself."""

import math

from rollout import VUS, Fleet

SHARE = 0.7
CEILING_SECONDS = 20
LOAD_SECONDS = 60


def test_no_call_fails_at_70_percent(tmp_path):
    with Fleet(tmp_path) as fleet:
        with fleet.load("warm-up", DURATION="5s") as k6:
            k6.wait(60)
        with fleet.load("ceiling", DURATION=f"{CEILING_SECONDS}s") as k6:
            k6.wait(CEILING_SECONDS + 60)
            assert not k6.said(), k6.said()
            ceiling = k6.metrics()["iterations"]["rate"]
        rate = math.floor(ceiling * SHARE)
        before = fleet.answered()
        with fleet.load("load", RATE=rate, DURATION=f"{LOAD_SECONDS}s") as k6:
            fleet.under_way(k6, before["ok"] + rate)
            fleet.roll()
            # The rollout fits into the load.
            assert k6.process.poll() is None
            k6.wait(LOAD_SECONDS + 60)
        metrics, said, after = k6.metrics(), k6.said(), fleet.answered()
        failures = fleet.failures()
    made, dropped = metrics["iterations"]["count"], metrics.get("dropped_iterations", {"count": 0})["count"]
    took = metrics["grpc_req_duration"]
    print(f"\nceiling through Envoy, {VUS} callers in a closed loop: {ceiling:.0f}/s")
    print(f"open loop at {rate}/s for {LOAD_SECONDS} s, both nodes restarted meanwhile: {made} calls made, ", end="")
    print(f"{dropped} left out by the generator, failed {len(said)}")
    print(f"milliseconds: median {took['med']:.1f}, p99 {took['p(99)']:.1f}, longest {took['max']:.0f}")
    print("as Envoy counted them:", {what: after[what] - before[what] for what in after})
    assert (said, failures) == ([], [])
    assert after["ok"] - before["ok"] == made
    # A generator that cannot keep its pace is no open loop.
    assert dropped <= made * 0.01
