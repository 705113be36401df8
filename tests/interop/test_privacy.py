"""Every RPC is asked about marked synthetic persons, with everything telemetry has turned on. None of it
comes out: not in logs, spans, metrics or errors."""

import re
import urllib.request

import grpc
from google.protobuf import descriptor
from iinspect.v1 import (
    issuance_service_pb2 as issuance,
    register_service_pb2,
    subject_pb2 as subject,
    verification_service_pb2,
)

from calls import WAIT, Verification, refused
from collector import Collector
from iin import complete, spoil
from server import Server, wait_until
from test_issuance import Office, form, hand_in
from test_logs import operate
from test_register_service import Operator

SEEN = 30
SAID = dict(
    family="Тайнов", given="Аноним", birth_date="1931-07-19", document="N0SECRET77", reason="умерла вчера", text="zqxj-marked"
)
SERVICES = [
    module.DESCRIPTOR.services_by_name[name]
    for module, name in [
        (verification_service_pb2, "VerificationService"),
        (issuance, "IssuanceService"),
        (register_service_pb2, "RegisterService"),
    ]
]
# What a trace header can bring along.
HEADERS = (("baggage", f"name={SAID['text']}"), ("x-request-id", SAID["text"]))


class Recorder(
    grpc.UnaryUnaryClientInterceptor,
    grpc.UnaryStreamClientInterceptor,
    grpc.StreamUnaryClientInterceptor,
    grpc.StreamStreamClientInterceptor,
):
    """Which RPCs were asked, and everything but their messages that came back."""

    def __init__(self):
        self.calls = []

    def record(self, continuation, details, request):
        call = continuation(details, request)
        self.calls.append((details.method, call))
        return call

    intercept_unary_unary = intercept_unary_stream = record
    intercept_stream_unary = intercept_stream_stream = record

    def told(self):
        texts = []
        for _, call in self.calls:
            texts += [call.details() or "", str(call.initial_metadata()), str(call.trailing_metadata())]
        return "\n".join(texts)


def fill(message, numbers, turn, depth=0):
    """Every field of a message, with marked values; of each oneof the `turn`th."""
    for field in message.DESCRIPTOR.fields:
        one = field.containing_oneof
        if one and one.fields[turn % len(one.fields)] is not field:
            continue
        if field.type == field.TYPE_MESSAGE:
            if depth < 4 and not field.message_type.GetOptions().map_entry:
                target = getattr(message, field.name)
                fill(target.add() if field.is_repeated else target, numbers, turn, depth + 1)
                if not field.is_repeated:
                    target.SetInParent()
            continue
        value = value_of(field, numbers, turn)
        if field.is_repeated:
            getattr(message, field.name).append(value)
        else:
            setattr(message, field.name, value)
    return message


def value_of(field, numbers, turn):
    if field.type == field.TYPE_STRING:
        if re.search(r"iin|number|superseded|values|texts", field.name):
            return numbers[turn % len(numbers)]
        for word, said in SAID.items():
            if word in field.name:
                return said
        return SAID["text"]
    if field.type == field.TYPE_BYTES:
        return SAID["text"].encode()
    if field.type == field.TYPE_ENUM:
        return field.enum_type.values[1].number
    if field.type in (field.TYPE_BOOL,):
        return True
    if field.type in (field.TYPE_DOUBLE, field.TYPE_FLOAT):
        return 1.0
    return 1


def ask_everything(channel, numbers):
    for service in SERVICES:
        for method in service.methods:
            request = descriptor_class(method.input_type)
            for turn in range(4):
                call = getattr(
                    channel,
                    f"{'stream' if method.client_streaming else 'unary'}_{'stream' if method.server_streaming else 'unary'}",
                )(
                    f"/{service.full_name}/{method.name}",
                    request_serializer=lambda m: m.SerializeToString(),
                    response_deserializer=descriptor_class(method.output_type).FromString,
                )
                message = fill(request(), numbers, turn)
                try:
                    answer = call(
                        iter([message]) if method.client_streaming else message, timeout=1, metadata=HEADERS
                    )
                    if method.server_streaming:
                        list(answer)
                except grpc.RpcError:
                    pass


def descriptor_class(of: descriptor.Descriptor):
    from google.protobuf import message_factory

    return message_factory.GetMessageClass(of)


def live(channel, server, numbers):
    """What goes well, as callers do it."""
    verification, office = Verification(channel), Office(channel)
    person = server.demo.person()
    claims = dict(name=dict(family=SAID["family"], given=SAID["given"]), birth_date=SAID["birth_date"])
    verification.verify(person.iin, claims=person.claims())
    list(verification.verify_stream([dict(id="1", request=dict(iin=person.iin, claims=claims))]))
    operate(Operator(channel), numbers, SAID)
    applicant = issuance.Applicant(
        names=[subject.PersonName(family=SAID["family"], given=SAID["given"])],
        birth_date=SAID["birth_date"],
        citizenship="KGZ",
        document=subject.Document(type="FOREIGN_PASSPORT", number=SAID["document"], issuing_country="KGZ"),
        passport_script=1,
        birthplace_script=2,
    )
    answer = hand_in(office, office.SubmitApplication(form=form(applicant=applicant)))
    formed = office.FormIin(application_id=answer.application.id, expected_version=answer.version)
    verification.verify(formed.iin, claims=claims)
    watch = verification.watch_issue_status(iin=formed.iin)
    next(watch)
    watch.cancel()
    return formed.iin


def test_nothing_of_a_person_is_seen_from_outside(tmp_path):
    numbers = [complete("99131230001"), spoil("99131230002"), "7" * 64, "8" * 65]
    with Collector(tmp_path) as collector:
        settings = dict(
            IINSPECT_TELEMETRY__LOG_LEVEL="trace",
            IINSPECT_TELEMETRY__LOG_FORMAT="json",
            IINSPECT_TELEMETRY__OTLP=collector.url,
            IINSPECT_TELEMETRY__SAMPLE_RATIO="1",
            IINSPECT_TELEMETRY__METRICS_EVERY="1s",
            OTEL_BSP_SCHEDULE_DELAY="100",
        )
        recorder = Recorder()
        with Server(tmp_path, **settings) as server:
            with grpc.insecure_channel(server.grpc) as plain:
                channel = grpc.intercept_channel(plain, recorder)
                formed = live(channel, server, numbers)
                ask_everything(channel, numbers)
                refused(Verification(channel).verify, numbers[3])
                told = recorder.told()
            hinted = server.demo.personal()
            with urllib.request.urlopen(f"http://{server.admin}/metrics", timeout=WAIT) as answer:
                metrics = answer.read().decode()
            all_rpcs = {f"/{service.full_name}/{m.name}" for service in SERVICES for m in service.methods}
            assert {method for method, _ in recorder.calls} >= all_rpcs
            traced = lambda: {"/" + span.name for span in collector.spans()}
            wait_until("a span of every RPC", lambda: traced() >= all_rpcs, SEEN)
        outputs = {"log": server.log(), "collector": collector.text(), "metrics": metrics, "errors": told}
    for name, text in outputs.items():
        assert len(text) > 1000, f"{name} is as good as empty"
        for secret in [*numbers, formed, *SAID.values(), *hinted]:
            assert secret not in text, f"in the {name}: {secret}"
