"""What the files of deploy/ must agree in, with each other and with the settings' defaults."""

import os
import re
import subprocess
import tomllib

import pytest
import yaml
from google.protobuf import descriptor_pb2

from front import CONFIGURATION, Certificates, descriptor_set, free_ports
from server import BINARY, ROOT, dies_with_parent, wait_until

DEPLOY = ROOT / "deploy"
DEFAULTS = tomllib.loads((ROOT / "config.default.toml").read_text())


def seconds(text):
    """Of "3s", "500ms", "0.5s", "15m"."""
    number, unit = re.fullmatch(r"([\d.]+)(ms|s|m)", text).groups()
    return float(number) * {"ms": 0.001, "s": 1, "m": 60}[unit]


def drain():
    server = DEFAULTS["server"]
    return seconds(server["drain_delay"]) + seconds(server["drain_grace"])


@pytest.fixture(scope="module")
def envoy():
    return yaml.safe_load(CONFIGURATION.read_text())


@pytest.fixture(scope="module")
def manager(envoy):
    (chain,) = envoy["static_resources"]["listeners"][0]["filter_chains"]
    return chain["filters"][0]["typed_config"]


@pytest.fixture(scope="module")
def routes(manager):
    return manager["route_config"]["virtual_hosts"][0]["routes"]


@pytest.fixture(scope="module")
def methods(tmp_path_factory):
    """Every RPC of the contract: path, and whether either side streams."""
    file = tmp_path_factory.mktemp("descriptors") / "iinspect.binpb"
    descriptor_set(file)
    found = {}
    for proto in descriptor_pb2.FileDescriptorSet.FromString(file.read_bytes()).file:
        for service in proto.service if proto.package == "iinspect.v1" else []:
            for method in service.method:
                path = f"/{proto.package}.{service.name}/{method.name}"
                found[path] = method.client_streaming or method.server_streaming
    return found


@pytest.fixture(scope="module")
def manifest():
    documents = yaml.safe_load_all((DEPLOY / "kubernetes/base/deployment.yaml").read_text())
    return next(d for d in documents if d["kind"] == "Deployment")["spec"]["template"]["spec"]


class TestEnvoy:
    def test_the_transcoder_knows_every_service(self, manager, methods):
        (transcoder,) = (f for f in manager["http_filters"] if f["name"].endswith("grpc_json_transcoder"))
        services = {path.split("/")[1] for path in methods}
        assert set(transcoder["typed_config"]["services"]) == services

    def test_streams_alone_have_no_time_limit(self, routes, methods):
        unlimited = {
            route["match"].get("path")
            for route in routes
            if route["route"]["max_stream_duration"]["max_stream_duration"] == "0s"
        }
        assert unlimited - {None} == {path for path, streams in methods.items() if streams}

    def test_every_rpc_has_a_route(self, routes, methods):
        prefixes = [route["match"]["prefix"] for route in routes if "prefix" in route["match"]]
        assert methods and all(any(path.startswith(p) for p in prefixes) for path in methods)

    def test_the_server_answers_first(self, routes):
        limits = [seconds(r["route"]["max_stream_duration"]["max_stream_duration"]) for r in routes]
        assert all(limit > seconds(DEFAULTS["limits"]["deadline"]) for limit in limits if limit)

    def test_a_node_that_goes_is_seen_in_time(self, envoy):
        for cluster in envoy["static_resources"]["clusters"]:
            (check,) = cluster["health_checks"]
            assert check["no_traffic_interval"] == check["interval"], "60 s otherwise, where there are no calls"
            late = check["unhealthy_threshold"] * (seconds(check["interval"]) + seconds(check["interval_jitter"]))
            assert late * 2 <= seconds(DEFAULTS["server"]["drain_delay"])

    def test_no_more_than_a_node_takes(self, envoy, manager):
        limits = DEFAULTS["limits"]
        assert manager["max_request_headers_kb"] * 1024 <= limits["header_bytes"]
        (transcoder,) = (f for f in manager["http_filters"] if f["name"].endswith("grpc_json_transcoder"))
        assert transcoder["typed_config"]["max_request_body_size"] <= limits["screen_bytes"]
        for cluster in envoy["static_resources"]["clusters"]:
            (options,) = cluster["typed_extension_protocol_options"].values()
            http2 = options["explicit_http_config"]["http2_protocol_options"]
            assert http2["max_concurrent_streams"] <= limits["streams_per_connection"]


class TestKubernetes:
    def test_there_is_time_to_drain(self, manifest):
        configured = tomllib.loads((DEPLOY / "kubernetes/base/iinspect.toml").read_text())["server"]
        takes = seconds(configured["drain_delay"]) + seconds(configured["drain_grace"])
        takes += manifest["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        # And some seconds for the register to close.
        assert manifest["terminationGracePeriodSeconds"] >= takes + 5

    def test_probes_ask_where_no_certificate_is_needed(self, manifest):
        (container,) = manifest["containers"]
        ports = {p["name"]: p["containerPort"] for p in container["ports"]}
        listeners = image_environment()
        for name, setting in dict(grpc="LISTEN", health="HEALTH_LISTEN", admin="ADMIN_LISTEN").items():
            assert listeners[f"IINSPECT_SERVER__{setting}"].endswith(f":{ports[name]}")
        for probe in ("readinessProbe", "startupProbe"):
            assert container[probe]["grpc"] == {"port": ports["health"]}
        assert container["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "admin"}

    def test_the_configuration_is_one(self, tmp_path):
        certificates = Certificates(tmp_path)
        text = (DEPLOY / "kubernetes/base/iinspect.toml").read_text()
        for mounted, made in {"tls.crt": "node.pem", "tls.key": "node.key", "ca.crt": "clients.pem"}.items():
            assert f"/etc/iinspect/tls/{mounted}" in text
            text = text.replace(f"/etc/iinspect/tls/{mounted}", str(certificates.folder / made))
        file = tmp_path / "iinspect.toml"
        file.write_text(text)
        register = dict(IINSPECT_REGISTER__URL="postgres://iinspect@127.0.0.1/register")
        check_config({**image_environment(), **register}, "--config", file)


class TestCompose:
    @pytest.mark.parametrize(
        "file, service", [("demo", "iinspect"), ("alone", "iinspect"), ("full", "iinspect-1"), ("full", "migrate")]
    )
    def test_the_settings_are_some(self, file, service, tmp_path):
        certificates = Certificates(tmp_path)
        compose = yaml.safe_load((DEPLOY / f"compose/{file}.yaml").read_text())
        settings = compose["services"][service]["environment"]
        placed = {name: value.replace("/etc/iinspect/tls", str(certificates.folder)) for name, value in settings.items()}
        check_config({**image_environment(), **placed})

    def test_redis_lets_in_who_shows_a_certificate(self, tmp_path):
        """Its command line as it stands, with this machine's port and folder."""
        Certificates(tmp_path)
        compose = yaml.safe_load((DEPLOY / "compose/full.yaml").read_text())
        (port,) = free_ports(1)
        placed = {"6379": str(port), "/etc/iinspect/tls/": f"{tmp_path}/"}
        command = compose["services"]["redis"]["command"]
        for there, here in placed.items():
            command = [word.replace(there, here) for word in command]
        client = ["redis-cli", "-p", str(port), "--tls", "--cacert", tmp_path / "nodes.pem"]
        shown = ["--cert", tmp_path / "client.pem", "--key", tmp_path / "client.key"]

        def ping(*options):
            done = subprocess.run([*client, *options, "ping"], capture_output=True, text=True, timeout=10)
            return done.stdout.strip() == "PONG"

        with subprocess.Popen(
            [*dies_with_parent(), *command], cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        ) as redis:
            try:
                wait_until("Redis answers", lambda: ping(*shown), 30)
                assert not ping()
            finally:
                redis.terminate()
                redis.wait(10)

    def test_there_is_time_to_drain(self):
        node = yaml.safe_load((DEPLOY / "compose/common.yaml").read_text())["services"]["node"]
        assert seconds(node["stop_grace_period"]) >= drain() + 5
        assert node["ulimits"]["nofile"] > DEFAULTS["limits"]["connections"]


METRICS = ROOT / "docs/METRICS.md"
# What Prometheus itself adds, or a histogram has.
OF_PROMETHEUS = {"up", "job", "instance", "le"}


@pytest.mark.skipif(not METRICS.exists(), reason="docs/METRICS.md is not there yet")
def test_alerts_ask_for_metrics_that_there_are():
    """A rule over a name that nobody counts is never heard."""
    known = set(re.findall(r"`([a-z_.]+)`", METRICS.read_text().replace(".", "_"))) | OF_PROMETHEUS
    rules = yaml.safe_load((DEPLOY / "prometheus/rules.yaml").read_text())
    expressions = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    assert expressions
    for expression in expressions:
        labels = set(re.findall(r"(\w+)\s*=~?\"", expression))
        for names in re.findall(r"\bby\s*\(([^)]*)\)", expression):
            labels |= set(re.findall(r"\w+", names))
        bare = re.sub(r"\{[^}]*\}|\bby\s*\([^)]*\)", "", expression)
        metrics = {re.sub(r"_(count|bucket)$", "", name) for name in re.findall(r"\b(?:iinspect|rpc|db)_\w+|\bup\b", bare)}
        assert metrics and not (metrics | labels) - known, expression


def test_the_image_alone_does_not_speak_in_clear():
    done = checked(image_environment())
    assert done.returncode == 64 and "server.listen" in done.stderr, done.stderr


def image_environment():
    """What the Dockerfile sets."""
    text = (DEPLOY / "Dockerfile").read_text()
    found = dict(re.findall(r"(IINSPECT_\w+)=(\S+)", text))
    assert len(found) == 3
    return found


def checked(settings, *args):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("IINSPECT_")}
    return subprocess.run(
        [BINARY, "check-config", *args], env={**clean, **settings}, capture_output=True, text=True, timeout=60
    )


def check_config(settings, *args):
    done = checked(settings, *args)
    assert done.returncode == 0, done.stderr
