"""deploy/otel: every name that the configuration uses is defined, every client is routed. (The collector
itself is in no package that tests could install.)"""

import re
import subprocess
import tomllib

import yaml

from server import BINARY, ROOT

FOLDER = ROOT / "deploy/otel"
CONFIG = yaml.safe_load((FOLDER / "collector.yaml").read_text())
PIPELINES = CONFIG["service"]["pipelines"]
ROUTING = CONFIG["connectors"]["routing"]


def test_every_part_is_defined_and_used():
    assert set(CONFIG) == {"receivers", "processors", "connectors", "exporters", "service"}
    for pipeline, parts in PIPELINES.items():
        assert set(parts) <= {"receivers", "processors", "exporters"}, pipeline
        connectors = set(CONFIG["connectors"])
        assert set(parts["receivers"]) <= set(CONFIG["receivers"]) | connectors
        assert set(parts.get("processors", [])) <= set(CONFIG["processors"])
        assert set(parts["exporters"]) <= set(CONFIG["exporters"]) | connectors
    used = {exporter for parts in PIPELINES.values() for exporter in parts["exporters"]}
    assert set(CONFIG["exporters"]) <= used


def test_the_routing_connector_has_the_keys_that_it_knows():
    assert set(ROUTING) <= {"table", "default_pipelines", "error_mode"}
    assert ROUTING["error_mode"] in ("propagate", "ignore", "silent")
    for route in ROUTING["table"]:
        assert set(route) == {"context", "condition", "pipelines"} and route["context"] == "span"
        assert set(route["pipelines"]) <= set(PIPELINES)
    for pipeline in {p for route in ROUTING["table"] for p in route["pipelines"]} | set(ROUTING["default_pipelines"]):
        assert PIPELINES[pipeline]["receivers"] == ["routing"], pipeline


def test_every_client_has_a_route_and_a_back_end_of_its_own():
    clients = tomllib.loads((FOLDER / "clients.toml").read_text())["client"]
    routed = {}
    for route in ROUTING["table"]:
        key, client = re.fullmatch(r'attributes\["([\w.]+)"\] == "([\w.-]+)"', route["condition"]).groups()
        assert f"`{key}`" in (ROOT / "docs/METRICS.md").read_text(), "an attribute that spans have"
        [own] = [pipeline for pipeline in route["pipelines"] if pipeline != "traces/operator"]
        routed[client] = PIPELINES[own]["exporters"]
    assert set(routed) == {client["id"] for client in clients}
    assert len({tuple(exporters) for exporters in routed.values()}) == len(clients)


def test_the_file_of_clients_is_taken():
    checked = subprocess.run(
        [BINARY, "check-config"],
        env={"IINSPECT_CLIENTS__FILE": str(FOLDER / "clients.toml")},
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert checked.returncode == 0, checked.stderr
    assert "clients: version example" in checked.stdout
