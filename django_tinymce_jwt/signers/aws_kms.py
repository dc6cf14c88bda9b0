"""Sign with an RSA key in AWS Key Management Service."""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from django.core.exceptions import ImproperlyConfigured

from ..exceptions import SigningKeyError
from .base import Signer

try:
    import boto3
except ImportError as error:
    raise ImproperlyConfigured(
        f'AWSKMSSigner cannot import boto3: {error}. Hint: install it with pip install "django-tinymce-jwt[aws]".'
    ) from error

import botocore.config
import botocore.exceptions
import botocore.parsers

__all__ = ["AWSKMSSigner"]

# For each JWS algorithm KMS's name and the digest.
SIGNING_ALGORITHMS = {
    "RS256": ("RSASSA_PKCS1_V1_5_SHA_256", "sha256"),
    "RS384": ("RSASSA_PKCS1_V1_5_SHA_384", "sha384"),
    "RS512": ("RSASSA_PKCS1_V1_5_SHA_512", "sha512"),
    "PS256": ("RSASSA_PSS_SHA_256", "sha256"),
    "PS384": ("RSASSA_PSS_SHA_384", "sha384"),
    "PS512": ("RSASSA_PSS_SHA_512", "sha512"),
}

# KMS hashes messages up to this length itself.
LONGEST_RAW_MESSAGE = 4096

# Seconds for a call with everything that belongs to it. The time-outs of boto3 do not cover the look-up of the
# host name, nor the requests for credentials, and they count for each attempt.
DEADLINE = 4.5

# Calls at one moment in one process.
MAXIMUM_CALLS = 32

MAXIMUM_CLIENTS = 32

CREDENTIALS_HINT = "AWS does not accept the credentials ({code}). Hint: check the credentials and the clock."
CAUSES = {
    "AccessDeniedException": "access is denied. Hint: allow kms:Sign and kms:GetPublicKey for this key.",
    "DependencyTimeoutException": "KMS is out of order at the moment. Hint: see the AWS Health Dashboard.",
    "DisabledException": "it is disabled. Hint: enable it.",
    "ExpiredTokenException": CREDENTIALS_HINT,
    "IncompleteSignatureException": CREDENTIALS_HINT,
    "InvalidClientTokenId": CREDENTIALS_HINT,
    # This error can repeat the whole request, with its session token.
    "InvalidSignatureException": CREDENTIALS_HINT,
    "InvalidKeyUsageException": "it is of the wrong type. Hint: make an RSA key with the usage SIGN_VERIFY.",
    "KeyUnavailableException": "it is not available at the moment. Hint: see the key's state in KMS.",
    "KMSInternalException": "KMS is out of order at the moment. Hint: see the AWS Health Dashboard.",
    "KMSInvalidStateException": (
        "its state does not allow it: {message} Hint: cancel its deletion, or point the alias to another key."
    ),
    "LimitExceededException": "KMS limits the requests. Hint: ask AWS for a higher quota.",
    "MissingAuthenticationTokenException": CREDENTIALS_HINT,
    "NotFoundException": "KMS has no such key in the region {region}. Hint: correct key_id or region_name.",
    "SignatureDoesNotMatch": CREDENTIALS_HINT,
    "ThrottlingException": "KMS limits the requests. Hint: ask AWS for a higher quota.",
    "UnrecognizedClientException": CREDENTIALS_HINT,
    "UnsupportedOperationException": "it is of the wrong type. Hint: make an RSA key with the usage SIGN_VERIFY.",
}

ARN = re.compile(r"arn:[^:]+:kms:(?P<region>[^:]+):")
ACCOUNT_NUMBER = re.compile(r"(?<![\w-])\d{12}(?![\w-])")


class _ClientOptions(NamedTuple):
    region_name: str | None
    endpoint_url: str | None
    connect_timeout: float
    read_timeout: float
    max_attempts: int


class _Process:
    """The clients and threads of this process. Signers with the same options share a client."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clients: dict[_ClientOptions, Any] = {}
        self.executor = ThreadPoolExecutor(MAXIMUM_CALLS, thread_name_prefix="AWSKMSSigner")

    def get_client(self, options: _ClientOptions) -> Any:
        client = self._clients.get(options)
        if client is None:
            with self._lock:
                client = self._clients.get(options)
                if client is None:
                    while len(self._clients) >= MAXIMUM_CLIENTS:
                        self._clients.pop(next(iter(self._clients)))
                    client = self._clients[options] = _make_client(options)
        return client


def _make_client(options: _ClientOptions) -> Any:
    # Clients serve all threads, but boto3's default session does not: each client has its own.
    return boto3.session.Session().client(
        "kms",
        region_name=options.region_name,
        endpoint_url=options.endpoint_url,
        config=botocore.config.Config(
            connect_timeout=options.connect_timeout,
            read_timeout=options.read_timeout,
            retries={"mode": "standard", "total_max_attempts": options.max_attempts},
            max_pool_connections=MAXIMUM_CALLS,
        ),
    )


_process = _Process()


def _after_fork_in_child() -> None:
    # The connections and threads are the parent's.
    global _process
    _process = _Process()


if hasattr(os, "register_at_fork"):  # pragma: no branch  # Windows has no fork.
    os.register_at_fork(after_in_child=_after_fork_in_child)


class AWSKMSSigner(Signer):
    """Signs with the RSA key ``key_id`` of AWS KMS: its id, its ARN, or an alias (``alias/tiny``).

    Credentials are boto3's affair, and the region too unless ``region_name`` or an ARN gives it.
    ``connect_timeout`` and ``read_timeout`` are seconds for each of ``max_attempts`` attempts. A call ends after
    4.5 seconds in any case.
    """

    algorithms = tuple(SIGNING_ALGORITHMS)

    def __init__(
        self,
        *,
        key_id: str,
        region_name: str | None = None,
        endpoint_url: str | None = None,
        connect_timeout: float = 1,
        read_timeout: float = 1.5,
        max_attempts: int = 2,
    ) -> None:
        self._key_id = _require_text("key_id", key_id)
        if region_name is not None:
            _require_text("region_name", region_name)
        if endpoint_url is not None and not _require_text("endpoint_url", endpoint_url).startswith(
            ("http://", "https://")
        ):
            raise ValueError("endpoint_url must start with https:// or http://")
        for name, seconds in (("connect_timeout", connect_timeout), ("read_timeout", read_timeout)):
            _require_number(name, seconds, int | float)
            if seconds > DEADLINE:
                raise ValueError(f"{name} must be at most {DEADLINE:g} seconds, after which a call ends")
        _require_number("max_attempts", max_attempts, int)
        arn = ARN.match(key_id)
        if arn is not None:
            if region_name not in (None, arn["region"]):
                raise ValueError(f"region_name is {region_name!r}, but key_id is in the region {arn['region']!r}")
            region_name = arn["region"]
        self._options = _ClientOptions(region_name, endpoint_url, connect_timeout, read_timeout, max_attempts)
        self._key_version = ""

    def sign(self, data: bytes, algorithm: str) -> bytes:
        if algorithm not in SIGNING_ALGORITHMS:
            raise SigningKeyError(f"AWSKMSSigner cannot sign with the algorithm {algorithm!r}.")
        name, digest = SIGNING_ALGORITHMS[algorithm]
        message, message_type = data, "RAW"
        if len(data) > LONGEST_RAW_MESSAGE:
            message, message_type = hashlib.new(digest, data).digest(), "DIGEST"
        answer = self._call("sign", {"Message": message, "MessageType": message_type, "SigningAlgorithm": name})
        signature = answer.get("Signature")
        if not isinstance(signature, bytes) or not signature:
            raise self._error("KMS answered without a signature. Hint: correct endpoint_url.")
        return signature

    def get_public_key(self) -> RSAPublicKey:
        answer = self._call("get_public_key", {})
        try:
            public_key = load_der_public_key(answer.get("PublicKey", b""))
        except (TypeError, ValueError):
            public_key = None
        if not isinstance(public_key, RSAPublicKey) or answer.get("KeyUsage") != "SIGN_VERIFY":
            raise self._error(
                f"it is of the wrong type ({answer.get('KeySpec') or answer.get('CustomerMasterKeySpec')}, "
                f"{answer.get('KeyUsage')}). Hint: make an RSA key with the usage SIGN_VERIFY."
            )
        return public_key

    @property
    def key_version(self) -> str:
        """The id of the key that answered last, without the account number; empty before the first answer."""
        return self._key_version

    def __repr__(self) -> str:
        return f"<AWSKMSSigner key_id={_mask(self._key_id)!r} region_name={self._options.region_name!r}>"

    def _call(self, operation: str, parameters: Mapping[str, object]) -> dict[str, Any]:
        """Return KMS's answer. No error has a cause: botocore's texts can hold account numbers and session tokens."""
        future = _process.executor.submit(self._request, operation, parameters)
        try:
            answer = future.result(timeout=DEADLINE)
        except FutureTimeoutError:
            # Drop the call if no thread has begun it.
            future.cancel()
            raise self._error(
                f"KMS did not answer within {DEADLINE:g} seconds. "
                "Hint: check the network, the name server and the source of the credentials."
            ) from None
        except botocore.exceptions.ClientError as error:
            raise self._error(self._explain_answer(error)) from None
        except Exception as error:
            # botocore raises errors of any kind where an answer does not look like KMS's.
            raise self._error(_explain_failure(error)) from None
        if answer.get("KeyId"):
            self._key_version = str(answer["KeyId"]).rpartition("/")[2]
        return answer

    def _request(self, operation: str, parameters: Mapping[str, object]) -> dict[str, Any]:
        client = _process.get_client(self._options)
        answer: dict[str, Any] = getattr(client, operation)(KeyId=self._key_id, **parameters)
        return answer

    def _explain_answer(self, error: Any) -> str:
        answer = error.response.get("Error", {})
        code, message = answer.get("Code", "?"), _mask(str(answer.get("Message", "")))
        cause = CAUSES.get(code, "KMS answered {code}: {message} Hint: see the API reference of KMS.")
        region = self._options.region_name or "of boto3's configuration"
        return cause.format(code=code, message=message, region=region)

    def _error(self, cause: str) -> SigningKeyError:
        return SigningKeyError(f"The KMS key {_mask(self._key_id)} cannot be used: {cause}")


def _explain_failure(error: Exception) -> str:
    kind = type(error).__name__
    if isinstance(error, botocore.exceptions.NoRegionError):
        return "no region is known. Hint: set region_name."
    if isinstance(
        error,
        botocore.exceptions.NoCredentialsError
        | botocore.exceptions.PartialCredentialsError
        | botocore.exceptions.CredentialRetrievalError,
    ):
        return f"boto3 finds no credentials ({kind}). Hint: give the site a role, or set the variables of boto3."
    if isinstance(error, botocore.exceptions.ConnectionError | botocore.exceptions.HTTPClientError | OSError):
        return f"KMS cannot be reached ({kind}). Hint: check the network, region_name and endpoint_url."
    if isinstance(error, botocore.parsers.ResponseParserError | AttributeError | KeyError | TypeError):
        return "the answer is not from KMS. Hint: correct endpoint_url, and check the proxy."
    return f"boto3 raised {kind}: {_mask(str(error))}"


def _mask(text: str) -> str:
    return ACCOUNT_NUMBER.sub("************", text)


def _require_text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} must be a text that is not empty")
    return value


def _require_number(name: str, value: object, kind: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, kind) or not value > 0:
        raise ValueError(f"{name} must be a number above zero")
