"""buf curl, as a person at a terminal calls: by reflection, and by the files in proto/."""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest
from google.rpc import error_details_pb2

from conftest import PROTO
from iin import complete

BUF = shutil.which("buf", path=os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ["PATH"]]))
SERVICE = "iinspect.v1.VerificationService"


@pytest.fixture(scope="module", params=["reflection", "schema"])
def curl(request, server, tmp_path_factory):
    source = ["--schema", str(PROTO)] if request.param == "schema" else []
    folder = tmp_path_factory.mktemp("buf")

    def curl(rpc, data, *options):
        words = ["--protocol", "grpc", "--http2-prior-knowledge", *source, *options]
        done = subprocess.run(
            [BUF, "curl", *words, "-d", json.dumps(data), f"http://{server.grpc}/{rpc}"],
            capture_output=True,
            cwd=folder,
            env={**os.environ, "BUF_CACHE_DIR": str(folder)},
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=60,
        )
        # An error of the call is 8 times its code, and JSON on standard error.
        if done.returncode == 0:
            return 0, json.loads(done.stdout)
        assert done.returncode % 8 == 0, done.stderr
        return done.returncode // 8, json.loads(done.stderr)

    return curl


def test_decode(curl):
    code, answer = curl(f"{SERVICE}/Decode", {"number": complete("99131230001")})
    assert (code, answer["kind"], answer["valid"]) == (0, "NUMBER_KIND_IIN", True)
    assert [f["reason"] for f in answer["findings"]] == ["REASON_TEST_NUMBER"]


def test_verify(curl, demo):
    person = demo.person()
    claims = {
        "name": {"family": person.family, "given": person.given},
        "birthDate": person.birth_date,
    }
    code, answer = curl(f"{SERVICE}/Verify", {"iin": person.iin, "claims": claims, "purpose": "PURPOSE_TAX"})
    assert (code, answer["verdict"], answer["assurance"]) == (0, "VERDICT_VERIFIED", "ASSURANCE_CLAIMS")
    assert len(answer["checks"]) == 13


def test_issue_status(curl, demo):
    code, answer = curl(f"{SERVICE}/IssueStatus", {"applicationId": demo.application("completed")})
    assert (code, answer["application"]["state"]) == (0, "APPLICATION_STATE_COMPLETED")


def test_an_error_with_its_details(curl):
    code, error = curl(f"{SERVICE}/Verify", {"claims": {"birthDate": "1990-02-29"}})
    assert (code, error["code"]) == (3, "invalid_argument")
    # Base64 without padding, as Connect writes details.
    values = {d["type"]: base64.b64decode(d["value"] + "==") for d in error["details"]}
    info = error_details_pb2.ErrorInfo.FromString(values["google.rpc.ErrorInfo"])
    bad = error_details_pb2.BadRequest.FromString(values["google.rpc.BadRequest"])
    assert (info.reason, info.domain) == ("INVALID_REQUEST", "iinspect")
    assert [v.field for v in bad.field_violations] == ["iin", "claims.birth_date"]


def test_health(curl):
    code, answer = curl("grpc.health.v1.Health/Check", {"service": SERVICE})
    assert (code, answer) == (0, {"status": "SERVING"})
    code, answer = curl("grpc.health.v1.Health/List", {})
    assert code == 0 and len(answer["statuses"]) == 4
    code, error = curl("grpc.health.v1.Health/Check", {"service": "no.such.Service"})
    assert (code, error["code"]) == (5, "not_found")
