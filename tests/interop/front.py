"""Envoy with the configuration of deploy/, in front of servers under test.

Only what a machine decides is put in place: addresses, ports, and the folder of certificates."""

import json
import pathlib
import random
import socket
import subprocess
import sys
import urllib.request

import grpc
import yaml

from server import ROOT, Server, dies_with_parent, wait_until

CONFIGURATION = ROOT / "deploy/envoy/envoy.yaml"
TOOLS = pathlib.Path(sys.executable).parent
START = 30
VERIFICATION = "iinspect.v1.VerificationService"


def free_ports(count):
    """Ports that are free now, and stay so while a server is away: below those that connections get."""
    ports = []
    while len(ports) < count:
        port = random.randrange(20000, 32000)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        if port not in ports:
            ports.append(port)
    return ports


class Certificates:
    """What nodes, front and callers show to each other, as deploy/certificates makes them."""

    def __init__(self, folder):
        self.folder = folder
        subprocess.run([ROOT / "deploy/certificates", folder, "2"], check=True, capture_output=True, timeout=60)
        self.authority = folder / "nodes.pem"
        self.node = folder / "node.pem", folder / "node.key"
        self.caller = folder / "caller.pem", folder / "caller.key"

    def settings(self):
        """A node's part of mutual TLS."""
        certificate, key = self.node
        return dict(
            IINSPECT_TLS__CERTIFICATE=str(certificate),
            IINSPECT_TLS__KEY=str(key),
            IINSPECT_TLS__CLIENT_CA=str(self.authority),
        )

    def credentials(self):
        """A caller's, for grpcio."""
        certificate, key = self.caller
        return grpc.ssl_channel_credentials(self.authority.read_bytes(), key.read_bytes(), certificate.read_bytes())


class Node:
    """A server at one address that can go and come back, with the certificates of deploy/."""

    def __init__(self, folder, certificates, register=None, **settings):
        self.folder, self.register = folder, register
        self.settings = {**certificates.settings(), **settings}
        folder.mkdir()
        (self.port,) = free_ports(1)
        self.start()

    def start(self):
        self.server = Server(self.folder, self.register, listen=f"127.0.0.1:{self.port}", **self.settings)

    def restart(self):
        """As an orchestrator rolls a node: asked to go, waited for, started anew."""
        assert self.server.stop() == 0, self.server.log()
        self.start()


class Front:
    """Envoy over these nodes, of which so many can read their register; all can unless told."""

    def __init__(self, folder, certificates, nodes, readable=None):
        self.nodes = nodes
        self.port, self.admin_port = free_ports(2)
        self.address, self.admin = f"localhost:{self.port}", f"127.0.0.1:{self.admin_port}"
        self.log_file = folder / "envoy.log"
        self.access_log = folder / "access.log"
        descriptors = folder / "iinspect.binpb"
        descriptor_set(descriptors)
        text = CONFIGURATION.read_text()
        text = text.replace("/etc/envoy/tls/", f"{certificates.folder}/")
        text = text.replace("/etc/envoy/iinspect.binpb", str(descriptors))
        configuration = folder / "envoy.yaml"
        configuration.write_text(json.dumps(self.placed(yaml.safe_load(text))))
        command = [*dies_with_parent(), str(TOOLS / "envoy"), "-c", str(configuration)]
        # One worker leaves the other core to the nodes; nothing to hand over to a next Envoy.
        command += ["--concurrency", "1", "--log-level", "warn", "--disable-hot-restart"]
        command += ["--file-flush-interval-msec", "50"]
        with self.log_file.open("wb") as log, self.access_log.open("wb") as access:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=access, stderr=log)
        try:
            wait_until("the front's admin page", self.answers, START)
            self.wait_for("iinspect", len(nodes))
            self.wait_for("verification", len(nodes) if readable is None else readable)
        except BaseException:
            self.stop()
            raise

    def placed(self, configuration):
        """The same with addresses and ports of this machine."""
        resources = configuration["static_resources"]
        place(resources["listeners"][0]["address"], self.port)
        place(configuration["admin"]["address"], self.admin_port)
        for cluster in resources["clusters"]:
            (locality,) = cluster["load_assignment"]["endpoints"]
            endpoint = locality["lb_endpoints"][0]
            copies = [json.loads(json.dumps(endpoint)) for _ in self.nodes]
            for copy, node in zip(copies, self.nodes):
                place(copy["endpoint"]["address"], node.port)
            cluster["load_assignment"]["endpoints"] = [{**locality, "lb_endpoints": copies}]
        return configuration

    def get(self, path):
        with urllib.request.urlopen(f"http://{self.admin}/{path}", timeout=10) as answer:
            return answer.read().decode()

    def answers(self):
        assert self.process.poll() is None, self.log_file.read_text()
        try:
            return self.get("ready")
        except OSError:
            return None

    def healthy(self, cluster):
        """The ports of the nodes that this cluster's active health check found healthy."""
        clusters = json.loads(self.get("clusters?format=json"))["cluster_statuses"]
        (hosts,) = (c.get("host_statuses", []) for c in clusters if c["name"] == cluster)
        failed = "failed_active_health_check"
        # The health check has an end of its own before a host's state: "pending" at the start.
        up = [h for h in hosts if not any(h["health_status"].get(why) for why in (failed, "pending_active_hc"))]
        return sorted(h["address"]["socket_address"]["port_value"] for h in up)

    def wait_for(self, cluster, count):
        wait_until(f"{count} healthy in {cluster}", lambda: len(self.healthy(cluster)) == count, START)

    def counters(self, prefix):
        """Envoy's counters that begin so, by the rest of the name."""
        stats = json.loads(self.get(f"stats?format=json&filter=^{prefix}"))["stats"]
        return {s["name"].removeprefix(prefix): s["value"] for s in stats if "name" in s}

    def lines(self):
        """The access log: a line for each call that has ended."""
        return [json.loads(line) for line in self.access_log.read_text().splitlines(True) if line.endswith("\n")]

    def channel(self, certificates):
        return grpc.secure_channel(self.address, certificates.credentials())

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def place(address, port):
    address["socket_address"].update(address="127.0.0.1", port_value=port)


def descriptor_set(target):
    """As `make descriptors` does."""
    command = [TOOLS / "buf", "build", "proto", "--as-file-descriptor-set", "--exclude-source-info", "-o", target]
    subprocess.run(command, cwd=ROOT, check=True, timeout=60)
