"""Stubs that grpcio-tools makes of proto/, and the one server that most tests share."""

import importlib.resources
import pathlib
import sys
import tempfile

import grpc
import pytest
from grpc_tools import protoc

import server as under_test

PROTO = under_test.ROOT / "proto"


def pytest_configure(config):
    """Before tests are read, since they import the stubs. Of others' interfaces (google.rpc, health)
    the stubs are those that Python's own packages ship."""
    stubs = tempfile.TemporaryDirectory(prefix="iinspect-stubs-")
    config.add_cleanup(stubs.cleanup)
    well_known = importlib.resources.files("grpc_tools") / "_proto"
    files = sorted(str(f.relative_to(PROTO)) for f in PROTO.glob("iinspect/**/*.proto"))
    arguments = [f"-I{PROTO}", f"-I{well_known}", f"--python_out={stubs.name}"]
    failed = protoc.main(["protoc", *arguments, f"--grpc_python_out={stubs.name}", *files])
    if failed:
        raise pytest.UsageError("protoc refuses proto/")
    sys.path.insert(0, stubs.name)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with under_test.Server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def demo(server):
    return server.demo


@pytest.fixture(scope="session")
def channel(server):
    with grpc.insecure_channel(server.grpc) as channel:
        grpc.channel_ready_future(channel).result(timeout=10)
        yield channel


@pytest.fixture(scope="session")
def verification(channel):
    from calls import Verification

    return Verification(channel)
