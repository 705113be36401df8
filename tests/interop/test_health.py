"""grpc.health.v1 by grpcio-health-checking, as a probe or a mesh asks."""

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from calls import WAIT, refused

SERVING = health_pb2.HealthCheckResponse.SERVING
SERVICES = [
    "",
    "iinspect.v1.VerificationService",
    "iinspect.v1.IssuanceService",
    "iinspect.v1.RegisterService",
]


@pytest.fixture(scope="module")
def health(channel):
    return health_pb2_grpc.HealthStub(channel)


def asked(service):
    return health_pb2.HealthCheckRequest(service=service)


@pytest.mark.parametrize("service", SERVICES, ids=lambda s: s or "whole")
def test_check(health, service):
    assert health.Check(asked(service), timeout=WAIT).status == SERVING


@pytest.mark.parametrize("service", SERVICES, ids=lambda s: s or "whole")
def test_watch_begins_with_the_state_as_it_is(health, service):
    watch = health.Watch(asked(service), timeout=WAIT)
    assert next(watch).status == SERVING
    watch.cancel()


def test_list(health):
    statuses = health.List(health_pb2.HealthListRequest(), timeout=WAIT).statuses
    assert {name: told.status for name, told in statuses.items()} == {name: SERVING for name in SERVICES}


def test_an_unknown_service(health):
    assert refused(health.Check, asked("no.such.Service"), timeout=WAIT).code == grpc.StatusCode.NOT_FOUND
    watch = health.Watch(asked("no.such.Service"), timeout=WAIT)
    assert next(watch).status == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
    watch.cancel()
