"""The way down: a mesh sees it coming, calls are answered meanwhile, the process ends by itself."""

import threading
import time
import urllib.error
import urllib.request

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from calls import WAIT, Verification
from server import Server, wait_until

DELAY = 1.5
STATUS = health_pb2.HealthCheckResponse


def test_sigterm(tmp_path):
    server = Server(tmp_path, IINSPECT_SERVER__DRAIN_DELAY=f"{int(DELAY * 1000)}ms")
    with server, grpc.insecure_channel(server.grpc) as channel:
        verification = Verification(channel)
        person = server.demo.person()
        seen = []
        not_serving = threading.Event()

        def watch():
            request = health_pb2.HealthCheckRequest(service="")
            try:
                for update in health_pb2_grpc.HealthStub(channel).Watch(request, timeout=WAIT):
                    seen.append(update.status)
                    if update.status == STATUS.NOT_SERVING:
                        not_serving.set()
            except grpc.RpcError as error:
                seen.append(error.code())

        follower = threading.Thread(target=watch, daemon=True)
        follower.start()
        verification.verify(person.iin)
        wait_until("the watch has begun", lambda: seen, WAIT)
        server.terminate()
        started = time.monotonic()
        assert not_serving.wait(DELAY), "the watch was not told"
        # Answered as before while meshes look away, over this connection and over a new one.
        answered = 0
        while time.monotonic() - started < DELAY * 0.6:
            assert verification.verify(person.iin).checks
            answered += 1
            time.sleep(0.02)
        assert answered > 5
        with grpc.insecure_channel(server.grpc) as late:
            assert Verification(late).decode("940140000385").valid
            health = health_pb2_grpc.HealthStub(late)
            told = health.Check(health_pb2.HealthCheckRequest(), timeout=WAIT)
            assert told.status == STATUS.NOT_SERVING
        assert readiness(server) == 503
        # An open watch holds nobody up: the process ends soon after the delay, not after the grace.
        assert server.stop() == 0, server.log()
        assert DELAY * 0.9 < time.monotonic() - started < DELAY + 5
        follower.join(WAIT)
        assert seen[:2] == [STATUS.SERVING, STATUS.NOT_SERVING]


def readiness(server):
    try:
        with urllib.request.urlopen(f"http://{server.admin}/readyz", timeout=WAIT) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_sigterm_with_nobody_there(tmp_path):
    with Server(tmp_path) as server:
        started = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - started < 5
