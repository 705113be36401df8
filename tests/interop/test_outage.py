"""A register that goes away and comes back, as Envoy's health check and a caller see it."""

import subprocess

import pytest

from calls import Verification
from front import Certificates, Front, Node, free_ports
from iin import complete
from iinspect.v1 import verify_pb2
from load import K6
from postgres import Postgres
from server import BINARY, wait_until

# Seconds within which each change must have been seen by all.
SEEN = 60
IIN = complete("99131230001")
UP, DOWN = "SERVING VERDICT_VERIFIED", "NOT_SERVING VERDICT_INCONCLUSIVE"


@pytest.fixture
def postgres():
    with Postgres() as postgres:
        yield postgres


@pytest.fixture
def node(postgres, tmp_path):
    persons = tmp_path / "persons.csv"
    persons.write_text(f"iin,state\n{IIN},IN_FORCE\n")
    for command in (["migrate"], ["register", "import", str(persons)]):
        subprocess.run([BINARY, *command, "--register", postgres.url], check=True, capture_output=True, timeout=60)
    certificates = Certificates(tmp_path)
    node = Node(tmp_path / "node", certificates, postgres.url)
    node.certificates = certificates
    with node.server:
        yield node


def test_a_node_without_a_register_is_passed_over(tmp_path):
    certificates = Certificates(tmp_path)
    well = Node(tmp_path / "well", certificates)
    # Nothing listens there.
    cut_off = Node(tmp_path / "cut-off", certificates, f"postgres://iinspect@127.0.0.1:{free_ports(1)[0]}/register")
    with well.server, cut_off.server, Front(tmp_path, certificates, [well, cut_off], readable=1) as front:
        assert front.healthy("verification") == [well.port]
        person = well.server.demo.person()
        with front.channel(certificates) as channel:
            verdicts = [Verification(channel).verify(person.iin).verdict for _ in range(50)]
        assert set(verdicts) == {verify_pb2.VERDICT_VERIFIED}


def test_down_and_up_again(postgres, node, tmp_path):
    with Front(tmp_path, node.certificates, [node]) as front:
        settings = dict(IIN=IIN, DURATION=f"{4 * SEEN}s")
        with K6(tmp_path, "follow.js", front.address, node.certificates, **settings) as k6:

            def followed(state, verification):
                wait_until(f"k6 sees {state}", lambda: k6.said()[-1:] == [state], SEEN)
                wait_until(f"Envoy sees {state}", lambda: front.healthy("verification") == verification, SEEN)
                # The node itself is well all the time: it stays in the mesh and answers.
                wait_until("Envoy sees the node", lambda: front.healthy("iinspect") == [node.port], SEEN)

            followed(UP, [node.port])
            postgres.stop()
            followed(DOWN, [])
            postgres.start()
            followed(UP, [node.port])
            # Calls that its own end cuts off do not count.
            said = k6.said()
            k6.end()
        assert not [line for line in said if line.startswith("failed")], said
        print(f"k6 saw {', '.join(said)}")
