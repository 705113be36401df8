"""Reflection by grpcio-reflection: a client that knows nothing of the contract finds and calls it."""

import grpc
import pytest
from google.protobuf import descriptor_pool, message_factory
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from calls import WAIT, refused

SERVICES = {
    "grpc.health.v1.Health",
    "iinspect.v1.IssuanceService",
    "iinspect.v1.RegisterService",
    "iinspect.v1.VerificationService",
}


@pytest.fixture(scope="module")
def pool(channel):
    return descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(channel))


def ask(channel, version, **question):
    """One question to a version of the service; v1 has the messages of v1alpha under another name."""
    call = channel.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    return next(call(iter([reflection_pb2.ServerReflectionRequest(**question)]), timeout=WAIT))


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_services_are_listed(channel, version):
    told = ask(channel, version, list_services="*")
    assert SERVICES <= {service.name for service in told.list_services_response.service}


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_a_symbol_leads_to_its_file(channel, version):
    told = ask(channel, version, file_containing_symbol="iinspect.v1.VerifyRequest")
    assert told.file_descriptor_response.file_descriptor_proto


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_an_unknown_symbol_is_not_found(channel, version):
    # The protocol has error_response for this; tonic's reflection ends the stream instead.
    try:
        code = ask(channel, version, file_containing_symbol="no.such.Symbol").error_response.error_code
    except grpc.RpcError as error:
        code = error.code().value[0]
    assert code == grpc.StatusCode.NOT_FOUND.value[0]


def test_the_contract_is_the_one_in_the_repository(pool):
    from iinspect.v1 import verify_pb2

    told = pool.FindMessageTypeByName("iinspect.v1.VerifyRequest")
    ours = verify_pb2.VerifyRequest.DESCRIPTOR
    assert {f.name: f.number for f in told.fields} == {f.name: f.number for f in ours.fields}


def test_a_call_through_messages_made_at_run_time(channel, pool, demo):
    method = pool.FindServiceByName("iinspect.v1.VerificationService").FindMethodByName("Verify")
    request = message_factory.GetMessageClass(method.input_type)
    response = message_factory.GetMessageClass(method.output_type)
    call = channel.unary_unary(
        f"/{method.containing_service.full_name}/{method.name}",
        request_serializer=request.SerializeToString,
        response_deserializer=response.FromString,
    )
    person = demo.person()
    answer = call(request(iin=person.iin, claims=person.claims()), timeout=WAIT)
    verdict = method.output_type.fields_by_name["verdict"].enum_type.values_by_number[answer.verdict]
    assert verdict.name == "VERDICT_VERIFIED"
    assert refused(call, request(), timeout=WAIT).code == grpc.StatusCode.INVALID_ARGUMENT
