"""Envoy in front of the server, taking part in traces."""

import json
import pathlib
import subprocess
import sys
import urllib.error
import urllib.request

from collector import free_port
from server import dies_with_parent, wait_until

BINARY = pathlib.Path(sys.executable).parent / "envoy"
START = 30


def endpoint(address):
    host, port = address.rsplit(":", 1)
    return {"endpoint": {"address": {"socket_address": {"address": host, "port_value": int(port)}}}}


def cluster(name, address):
    http2 = {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        "explicit_http_config": {"http2_protocol_options": {}},
    }
    return {
        "name": name,
        "type": "STATIC",
        "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": http2},
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint(address)]}]},
    }


def configuration(port, admin, upstream, collector):
    tracer = {
        "name": "envoy.tracers.opentelemetry",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig",
            "grpc_service": {"envoy_grpc": {"cluster_name": "collector"}, "timeout": "1s"},
            "service_name": "gateway",
        },
    }
    router = {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}
    manager = {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "calls",
        "codec_type": "HTTP2",
        "tracing": {"provider": tracer, "spawn_upstream_span": True},
        "route_config": {
            "virtual_hosts": [
                {"name": "all", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "iinspect"}}]}
            ]
        },
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": router}],
    }
    listener = {
        "name": "calls",
        "address": endpoint(f"127.0.0.1:{port}")["endpoint"]["address"],
        "filter_chains": [
            {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
        ],
    }
    flush = {"tracing.opentelemetry.flush_interval_ms": 100, "tracing.opentelemetry.min_flush_spans": 1}
    return {
        "admin": {"address": endpoint(f"127.0.0.1:{admin}")["endpoint"]["address"]},
        "layered_runtime": {"layers": [{"name": "static", "static_layer": flush}]},
        "static_resources": {
            "listeners": [listener],
            "clusters": [cluster("iinspect", upstream), cluster("collector", collector)],
        },
    }


class Envoy:
    def __init__(self, folder, upstream, collector):
        self.port, admin = free_port(), free_port()
        self.out = folder / "envoy"
        config = folder / "envoy.json"
        config.write_text(json.dumps(configuration(self.port, admin, upstream, collector)))
        command = [*dies_with_parent(), str(BINARY), "-c", str(config), "--concurrency", "1"]
        command += ["--log-level", "warn", "--use-dynamic-base-id"]
        with self.out.open("wb") as out:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            wait_until("Envoy is ready", lambda: self.ready(admin), START)
        except BaseException:
            self.process.kill()
            raise

    def ready(self, admin):
        assert self.process.poll() is None, self.out.read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{admin}/ready", timeout=1) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
