"""AWSKMSSigner against moto's server, and against the answers that AWS documents."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import pickle
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.views.debug import ExceptionReporter

from django_tinymce_jwt.exceptions import SigningKeyError
from django_tinymce_jwt.signers.aws_kms import AWSKMSSigner
from django_tinymce_jwt.testing import check_signer
from tests.helpers.keys import rsa_key

from .kms import ACCOUNT, CREDENTIALS, REGION, Moto, free_port, refusal, serving

pytestmark = pytest.mark.usefixtures("credentials")

DATA = b"header.claims"
# moto 5.2 gives PSS signatures the longest salt, and hashes digests again: it can prove these alone.
PROVABLE = {"algorithms": ["RS256", "RS384", "RS512"], "longest": 4096}


def verify(public_key, signature, data=DATA):
    public_key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())


def error_of(signer, call="sign"):
    with pytest.raises(SigningKeyError) as caught:
        signer.sign(DATA, "RS256") if call == "sign" else signer.get_public_key()
    shown = caught.value.__cause__ or (caught.value.__context__ if not caught.value.__suppress_context__ else None)
    assert shown is None, "botocore's own text can show account numbers and session tokens"
    return str(caught.value)


@pytest.fixture
def key(moto):
    return moto.make_key()


def test_signer_is_right(moto, key):
    check_signer(AWSKMSSigner(**moto.options(key)), secrets=[*CREDENTIALS.values(), ACCOUNT], **PROVABLE)


@pytest.mark.parametrize("form", ["id", "ARN", "alias", "alias ARN"])
def test_key_id_has_four_forms(moto, key, form):
    moto.point_alias("alias/forms", key)
    prefix, _, identifier = key.rpartition(":key/")
    key_id = {"id": identifier, "ARN": key, "alias": "alias/forms", "alias ARN": f"{prefix}:alias/forms"}[form]
    signer = AWSKMSSigner(**moto.options(key_id))
    verify(signer.get_public_key(), signer.sign(DATA, "RS256"))
    assert signer.key_version == identifier


def test_alias_that_points_elsewhere_is_noticed(moto, key):
    moto.point_alias("alias/rotated", key)
    signer = AWSKMSSigner(**moto.options("alias/rotated"))
    assert signer.key_version == ""
    signer.sign(DATA, "RS256")
    old_version, old_key = signer.key_version, signer.get_public_key()
    moto.point_alias("alias/rotated", moto.make_key())
    signature = signer.sign(DATA, "RS256")
    assert signer.key_version not in ("", old_version)
    assert signer.get_public_key().public_numbers() != old_key.public_numbers()
    verify(signer.get_public_key(), signature)


# What is asked of KMS


def answer_like_kms(handler):
    """Sign as AWS documents it: a message is hashed, a digest is not."""
    target, _ = handler.server.requests[-1]
    answer = {"KeyId": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/one", "KeyUsage": "SIGN_VERIFY", "KeySpec": "RSA_2048"}
    if target == "TrentService.Sign":
        answer |= {"Signature": base64.b64encode(b"signature").decode()}
    else:
        public_key = rsa_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        answer |= {"PublicKey": base64.b64encode(public_key).decode()}
    handler.send(200, json.dumps(answer).encode())


@pytest.mark.parametrize(
    ("algorithm", "name", "digest"),
    [
        ("RS256", "RSASSA_PKCS1_V1_5_SHA_256", hashlib.sha256),
        ("RS384", "RSASSA_PKCS1_V1_5_SHA_384", hashlib.sha384),
        ("RS512", "RSASSA_PKCS1_V1_5_SHA_512", hashlib.sha512),
        ("PS256", "RSASSA_PSS_SHA_256", hashlib.sha256),
        ("PS384", "RSASSA_PSS_SHA_384", hashlib.sha384),
        ("PS512", "RSASSA_PSS_SHA_512", hashlib.sha512),
    ],
)
def test_request_is_what_aws_documents(algorithm, name, digest):
    with serving(answer_like_kms) as kms:
        signer = AWSKMSSigner(**kms.options())
        for data, message, message_type in (
            (b"x", b"x", "RAW"),
            (b"x" * 4096, b"x" * 4096, "RAW"),
            (b"x" * 4097, digest(b"x" * 4097).digest(), "DIGEST"),
        ):
            assert signer.sign(data, algorithm) == b"signature"
            assert kms.requests.pop() == (
                "TrentService.Sign",
                {
                    "KeyId": "alias/tiny",
                    "Message": base64.b64encode(message).decode(),
                    "MessageType": message_type,
                    "SigningAlgorithm": name,
                },
            )
        assert signer.get_public_key().public_numbers() == rsa_key().public_key().public_numbers()
        assert kms.requests == [("TrentService.GetPublicKey", {"KeyId": "alias/tiny"})]


def test_signers_with_the_same_options_share_connections():
    connections = set()

    def answer(handler):
        connections.add(handler.client_address)
        answer_like_kms(handler)

    with serving(answer) as kms:
        for number in range(5):
            AWSKMSSigner(**kms.options(key_id=f"key-{number}")).sign(DATA, "RS256")
        assert len(kms.requests) == 5
        assert len(connections) == 1


# Options


def test_constructing_contacts_nothing():
    signer = AWSKMSSigner(key_id="alias/none", endpoint_url=f"http://127.0.0.1:{free_port()}")
    assert signer.algorithms == ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
    assert signer.key_version == ""


@pytest.mark.parametrize("options", [{}, {"key_id": "alias/tiny", "access_key": "x"}])
def test_missing_and_unknown_options_are_type_errors(options):
    with pytest.raises(TypeError):
        AWSKMSSigner(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"key_id": ""}, "key_id must be a text that is not empty"),
        ({"key_id": None}, "key_id must be a text that is not empty"),
        ({"region_name": ""}, "region_name must be a text that is not empty"),
        ({"endpoint_url": "localhost:4566"}, "endpoint_url must start with https:// or http://"),
        ({"connect_timeout": 0}, "connect_timeout must be a number above zero"),
        ({"read_timeout": "2"}, "read_timeout must be a number above zero"),
        ({"read_timeout": True}, "read_timeout must be a number above zero"),
        ({"read_timeout": 5}, "read_timeout must be at most 4.5 seconds, after which a call ends"),
        ({"max_attempts": 1.5}, "max_attempts must be a number above zero"),
        (
            {"key_id": f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/tiny", "region_name": REGION},
            "region_name is 'eu-central-1', but key_id is in the region 'eu-west-1'",
        ),
    ],
)
def test_wrong_option_is_a_value_error(options, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        AWSKMSSigner(**{"key_id": "alias/tiny"} | options)


def test_region_is_that_of_the_arn(moto, key):
    signer = AWSKMSSigner(key_id=key, endpoint_url=moto.url)
    verify(signer.get_public_key(), signer.sign(DATA, "RS256"))


@pytest.mark.parametrize("algorithm", ["HS256", "none", "ES256"])
def test_algorithm_of_another_kind_is_refused(algorithm):
    with pytest.raises(SigningKeyError, match=f"cannot sign with the algorithm '{algorithm}'"):
        AWSKMSSigner(key_id="alias/tiny").sign(DATA, algorithm)


# Secrets


def test_signer_shows_no_account_number_and_cannot_be_copied(key):
    signer = AWSKMSSigner(key_id=key)
    assert repr(signer) == (f"<AWSKMSSigner key_id='{key.replace(ACCOUNT, '*' * 12)}' region_name='{REGION}'>")
    for copier in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="cannot be pickled or copied"):
            copier(signer)


def test_id_that_ends_in_digits_is_not_masked():
    key_id = "f2f1ece8-ad46-4224-873d-123456789012"
    assert key_id in repr(AWSKMSSigner(key_id=key_id))


SECRET_CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def report_of(signer):
    """What Django would mail of the error."""
    with pytest.raises(SigningKeyError) as caught:
        signer.sign(DATA, "RS256")
    return ExceptionReporter(None, caught.type, caught.value, caught.tb).get_traceback_html()


def test_report_of_a_refusal_shows_neither_account_nor_credentials():
    text = (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/site is not authorized to perform: kms:Sign on resource: "
        f"arn:aws:kms:{REGION}:{ACCOUNT}:key/one; x-amz-security-token:test-session-token"
    )
    for code in ("AccessDeniedException", "InvalidSignatureException"):
        with serving(refusal(code, text)) as kms:
            report = report_of(AWSKMSSigner(**kms.options()))
        assert "AWSKMSSigner" in report
        for secret in (ACCOUNT, *(CREDENTIALS[name] for name in SECRET_CREDENTIALS)):
            assert secret not in report


# Refusals


MASKED = f"arn:aws:kms:{REGION}:************:key/one is pending deletion."
WRONG_TYPE = "it is of the wrong type. Hint: make an RSA key with the usage SIGN_VERIFY."
CREDENTIALS_REFUSED = "AWS does not accept the credentials ({}). Hint: check the credentials and the clock."


@pytest.mark.parametrize(
    ("code", "status", "cause"),
    [
        (
            "AccessDeniedException",
            400,
            "access is denied. Hint: allow kms:Sign and kms:GetPublicKey for this key.",
        ),
        ("DisabledException", 400, "it is disabled. Hint: enable it."),
        (
            "KMSInvalidStateException",
            400,
            f"its state does not allow it: {MASKED} Hint: cancel its deletion, or point the alias to another key.",
        ),
        ("KeyUnavailableException", 500, "it is not available at the moment. Hint: see the key's state in KMS."),
        (
            "NotFoundException",
            400,
            "KMS has no such key in the region eu-central-1. Hint: correct key_id or region_name.",
        ),
        ("InvalidKeyUsageException", 400, WRONG_TYPE),
        ("UnsupportedOperationException", 400, WRONG_TYPE),
        ("ThrottlingException", 400, "KMS limits the requests. Hint: ask AWS for a higher quota."),
        ("LimitExceededException", 400, "KMS limits the requests. Hint: ask AWS for a higher quota."),
        ("KMSInternalException", 500, "KMS is out of order at the moment. Hint: see the AWS Health Dashboard."),
        ("DependencyTimeoutException", 503, "KMS is out of order at the moment. Hint: see the AWS Health Dashboard."),
        ("UnrecognizedClientException", 400, CREDENTIALS_REFUSED.format("UnrecognizedClientException")),
        ("ExpiredTokenException", 400, CREDENTIALS_REFUSED.format("ExpiredTokenException")),
        ("InvalidSignatureException", 400, CREDENTIALS_REFUSED.format("InvalidSignatureException")),
        (
            "BrandNewException",
            400,
            f"KMS answered BrandNewException: {MASKED} Hint: see the API reference of KMS.",
        ),
    ],
)
@pytest.mark.parametrize("call", ["sign", "get_public_key"])
def test_refusal_is_said_with_its_cause(code, status, cause, call):
    message = MASKED.replace("*" * 12, ACCOUNT)
    with serving(refusal(code, message, status)) as kms:
        signer = AWSKMSSigner(**kms.options(max_attempts=1))
        assert error_of(signer, call) == f"The KMS key alias/tiny cannot be used: {cause}"
        kms.answer = answer_like_kms
        assert signer.sign(DATA, "RS256") == b"signature"


def test_throttled_request_is_tried_again_as_often_as_the_option_says():
    with serving(refusal("ThrottlingException")) as kms:
        error_of(AWSKMSSigner(**kms.options(max_attempts=2)))
        assert len(kms.requests) == 2


def test_missing_key_is_said(moto):
    signer = AWSKMSSigner(**moto.options("11111111-1111-1111-1111-111111111111"))
    assert error_of(signer) == (
        "The KMS key 11111111-1111-1111-1111-111111111111 cannot be used: "
        "KMS has no such key in the region eu-central-1. Hint: correct key_id or region_name."
    )
    assert "no such key" in error_of(AWSKMSSigner(**moto.options("alias/missing")), "get_public_key")


def test_key_of_another_region_is_said(moto, key):
    signer = AWSKMSSigner(**moto.options(key.rpartition("/")[2], region_name="us-east-1"))
    assert "KMS has no such key in the region us-east-1" in error_of(signer)


@pytest.mark.parametrize(
    ("usage", "spec"),
    [("SIGN_VERIFY", "ECC_NIST_P256"), ("ENCRYPT_DECRYPT", "RSA_2048"), ("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT")],
)
def test_key_of_the_wrong_kind_is_said(moto, usage, spec):
    key = moto.make_key(usage, spec)
    signer = AWSKMSSigner(**moto.options(key))
    assert "KMS answered ValidationException: 1 validation error detected" in error_of(signer)
    assert f"it is of the wrong type ({spec}, " in error_of(signer, "get_public_key")


# Failures


def test_missing_credentials_are_said(moto, key, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    # A client keeps the credentials that it has found: these options give a new one.
    signer = AWSKMSSigner(**moto.options(key, read_timeout=1.25))
    assert "boto3 finds no credentials (NoCredentialsError). Hint: give the site a role" in error_of(signer)


def test_missing_region_is_said(moto):
    signer = AWSKMSSigner(key_id="alias/tiny", endpoint_url=moto.url)
    assert error_of(signer) == "The KMS key alias/tiny cannot be used: no region is known. Hint: set region_name."


def test_wrong_name_of_a_region_is_said(moto):
    assert error_of(AWSKMSSigner(**moto.options("alias/tiny", region_name="eu central"))) == (
        "The KMS key alias/tiny cannot be used: boto3 raised InvalidRegionError: "
        "Provided region_name 'eu central' doesn't match a supported format."
    )


def test_unreachable_server_is_said_and_used_again_when_it_is_back():
    server = Moto()
    server.start()
    signer = AWSKMSSigner(**server.options(server.make_key(), max_attempts=1))
    signer.sign(DATA, "RS256")
    server.stop()
    for _ in range(2):
        assert "KMS cannot be reached (EndpointConnectionError). Hint: check the network, region_name" in error_of(
            signer
        )
    server.start()
    # moto forgets its keys with its process.
    assert "KMS has no such key" in error_of(signer)
    successor = AWSKMSSigner(**server.options(server.make_key(), max_attempts=1))
    verify(successor.get_public_key(), successor.sign(DATA, "RS256"))
    server.stop()


def hang_up(handler):
    handler.close_connection = True


def test_answer_of_another_server_is_said():
    for answer in (
        lambda handler: handler.send(200, b"<html>Log in to this network</html>", "text/html"),
        lambda handler: handler.send(502, b"<html>Bad gateway</html>", "text/html"),
        lambda handler: handler.send(200, b"{}"),
        lambda handler: handler.send(200, b"[]"),
        hang_up,
    ):
        with serving(answer) as kms:
            signer = AWSKMSSigner(**kms.options(max_attempts=1))
            for call in ("sign", "get_public_key"):
                assert "Hint: " in error_of(signer, call)
            kms.answer = answer_like_kms
            assert signer.sign(DATA, "RS256") == b"signature"


def test_50_requests_end_although_the_server_never_answers():
    released = threading.Event()

    def never_answer(handler):
        released.wait()
        handler.close_connection = True

    with serving(never_answer) as kms, ThreadPoolExecutor(50) as pool:
        signer = AWSKMSSigner(**kms.options(read_timeout=4.5, max_attempts=3))
        try:
            calls = [pool.submit(error_of, signer) for _ in range(50)]
            # Without the deadline each would wait for three time-outs, and its message would name the time-out.
            messages = {call.result(timeout=120) for call in calls}
        finally:
            released.set()
    (message,) = messages
    assert message == (
        "The KMS key alias/tiny cannot be used: KMS did not answer within 4.5 seconds. "
        "Hint: check the network, the name server and the source of the credentials."
    )


# Processes


FORKS = """
import os, sys
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from django_tinymce_jwt.signers.aws_kms import AWSKMSSigner

endpoint_url, key_id = sys.argv[1:]
signer = AWSKMSSigner(key_id=key_id, endpoint_url=endpoint_url)

def sign(data):
    signature = signer.sign(data, "RS256")
    signer.get_public_key().verify(signature, data, padding.PKCS1v15(), hashes.SHA256())

sign(b"parent")
children = []
for number in range(5):
    child = os.fork()
    if child == 0:
        for turn in range(10): sign(f"{number} {turn}".encode())
        sys.exit()
    children.append(child)
for turn in range(10): sign(f"parent {turn}".encode())
print([os.waitpid(child, 0)[1] for child in children])
"""


def test_children_of_a_fork_have_clients_of_their_own(moto, key):
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKS, moto.url, key],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.stdout, done.stderr) == (f"{[0] * 5}\n", "")


def test_missing_library_is_said_with_the_pip_command():
    script = "import sys; sys.modules['boto3'] = None; import django_tinymce_jwt.signers.aws_kms"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == (
        "django.core.exceptions.ImproperlyConfigured: AWSKMSSigner cannot import boto3: "
        "import of boto3 halted; None in sys.modules. "
        'Hint: install it with pip install "django-tinymce-jwt[aws]".'
    )
