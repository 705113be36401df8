"""rotel, an OpenTelemetry collector that nobody here wrote, and what it says it got."""

import dataclasses
import pathlib
import re
import signal
import socket
import subprocess

import rotel

from server import dies_with_parent, wait_until

AGENT = pathlib.Path(rotel.__file__).parent / "rotel-agent"
START = 20


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclasses.dataclass
class Span:
    trace: str
    parent: str
    id: str
    name: str
    kind: str
    service: str
    attributes: dict
    links: list


class Collector:
    """rotel in its own process, printing whatever it gets."""

    def __init__(self, folder, port=None):
        self.port = port or free_port()
        self.out = folder / f"rotel-{self.port}"
        command = [
            *dies_with_parent(),
            *(str(AGENT), "start", "--exporter", "blackhole", "--debug-log-verbosity", "detailed"),
            *("--debug-log", "traces", "--debug-log", "metrics"),
            *("--otlp-grpc-endpoint", f"127.0.0.1:{self.port}"),
            *("--otlp-http-endpoint", f"127.0.0.1:{free_port()}"),
        ]
        with self.out.open("ab") as out:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            wait_until("the collector listens", self.listens, START)
        except BaseException:
            self.process.kill()
            raise

    def listens(self):
        assert self.process.poll() is None, self.text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def freeze(self):
        """It still takes connections, and answers nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def text(self):
        return self.out.read_text(errors="replace")

    def spans(self):
        return list(spans(self.text()))

    def trace(self, trace):
        return [span for span in self.spans() if span.trace == trace]

    def stop(self):
        self.thaw()
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def spans(text):
    """Of each span the fields that rotel prints of it."""
    for resource in re.split(r"^ResourceSpans #\d+$", text, flags=re.MULTILINE)[1:]:
        resource = re.split(r"^Resource(?:Metrics|Logs) #\d+$", resource, flags=re.MULTILINE)[0]
        service = re.search(r"service\.name: Str\((.*)\)", resource)
        for span in re.split(r"^Span #\d+$", resource, flags=re.MULTILINE)[1:]:
            fields = dict(re.findall(r"^ {4}(\w[\w ]*?) *: (.*)$", span, re.MULTILINE))
            head, _, links = span.partition("Links:")
            yield Span(
                trace=fields["Trace ID"],
                parent=fields.get("Parent ID", ""),
                id=fields["ID"],
                name=fields["Name"],
                kind=fields["Kind"],
                service=service.group(1) if service else "",
                attributes=dict(re.findall(r"-> ([\w.]+): \w+\((.*)\)", head)),
                links=re.findall(r"[0-9a-f]{32}", links),
            )
