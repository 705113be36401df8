"""Two nodes behind Envoy that are restarted one after the other under load."""

import contextlib

from front import Certificates, Front, Node
from load import K6
from server import wait_until

# Callers of the generator: more than calls under way, so that its own pace is kept.
VUS = 40


class Fleet:
    """Two nodes over demo registers of the same persons, and Envoy, with the settings of deploy/."""

    def __init__(self, folder):
        self.folder = folder
        self.certificates = Certificates(folder)
        # The delay of the defaults: what Envoy's health check is set up for.
        drain = dict(IINSPECT_SERVER__DRAIN_DELAY="3s")
        self.nodes = []
        self.running = contextlib.ExitStack()
        with contextlib.ExitStack() as started:
            for name in ("one", "two"):
                node = Node(folder / name, self.certificates, **drain)
                # Whichever server the node has by then.
                started.callback(lambda node=node: node.server.stop())
                self.nodes.append(node)
            self.front = started.enter_context(Front(folder, self.certificates, self.nodes))
            self.running = started.pop_all()
        self.iin = self.nodes[0].server.demo.person().iin

    def load(self, name, **settings):
        folder = self.folder / name
        folder.mkdir()
        return K6(folder, "load.js", self.front.address, self.certificates, IIN=self.iin, VUS=VUS, **settings)

    def roll(self):
        """Each node goes, as SIGTERM asks it to, and comes back; the next goes once this one is healthy."""
        for node in self.nodes:
            node.restart()
            for cluster in ("verification", "iinspect"):
                self.front.wait_for(cluster, len(self.nodes))

    def answered(self):
        """Calls that have ended, by what Envoy sent to callers."""
        counters = self.front.counters("cluster.verification.")
        return {
            "ok": counters.get("grpc.0", 0),
            "failed": counters.get("grpc.total", 0) - counters.get("grpc.success", 0),
            "tried again": counters.get("upstream_rq_retry", 0),
            "refused for want of room": counters.get("upstream_rq_pending_overflow", 0),
        }

    def failures(self):
        """The lines of Envoy's log of calls that did not end well."""
        return [line for line in self.front.lines() if line["grpc_status"] != "OK" or line["http_status"] != 200]

    def under_way(self, k6, calls):
        wait_until(f"{calls} calls answered", lambda: self.answered()["ok"] >= calls or k6.process.poll() is not None, 30)
        assert k6.process.poll() is None, k6.log()

    def __enter__(self):
        return self

    def __exit__(self, *why):
        return self.running.__exit__(*why)
