"""Read the token from the ``Authorization`` header, and verify it with the public key or the API secret."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OctKey, RSAKey

from . import contracts
from .contracts import Claims, shown
from .refusals import wrong_token

RSA_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
LONGEST = 16 * 1024  # characters


def public_key():
    pem = settings.TINY_STAND_IN.get("PUBLIC_KEY") or Path(settings.TINY_STAND_IN["PUBLIC_KEY_PATH"]).read_bytes()
    return RSAKey.import_key(pem)


def api_secret():
    return OctKey.import_key(settings.TINY_STAND_IN["API_SECRET"])


class Service(NamedTuple):
    """The scheme, the algorithms, the key and the contract of the tokens of a service."""

    scheme: str
    algorithms: list[str]
    key: Callable
    contract: Callable


SERVICES = {
    "tinydrive": Service("Bearer ", RSA_ALGORITHMS, public_key, contracts.drive),
    "exportpdf": Service("", RSA_ALGORITHMS, public_key, contracts.converter),
    "exportword": Service("", RSA_ALGORITHMS, public_key, contracts.converter),
    "importword": Service("", RSA_ALGORITHMS, public_key, contracts.converter),
    "tinymceai": Service("Bearer ", RSA_ALGORITHMS, public_key, contracts.ai),
    "tinymceai-onprem": Service("Bearer ", ["HS256"], api_secret, contracts.ai_on_premises),
}


def verified_claims(request, name):
    """Return the claims of the request's token. Raises ``Refused`` if the token is not valid."""
    service = SERVICES[name]
    payload = verified_payload(token_in(request, service.scheme), service)
    claims = Claims(payload, int(time.time()))
    service.contract(claims, settings.TINY_STAND_IN)
    return claims


def token_in(request, scheme):
    header = request.headers.get("Authorization", "")
    wanted = f"Authorization: {scheme}<token>"
    if not header:
        raise wrong_token(f"The request has no token; wanted: the header '{wanted}'.", was="missing", wanted=wanted)
    token = header.removeprefix(scheme)
    if len(token) == len(header) - len(scheme) and " " not in token:
        return token
    was = f"Authorization: {header[:20]}…"
    raise wrong_token(f"The header is '{was}'; wanted: '{wanted}'.", was=was, wanted=wanted)


def verified_payload(token, service):
    algorithms = ", ".join(service.algorithms)
    try:
        if len(token) > LONGEST:
            raise ValueError(f"it has more than {LONGEST} characters")
        parts = jws.extract_compact(token.encode())
        header = parts.headers()
    except (JoseError, ValueError) as error:
        raise wrong_token(f"The token is not a JWT ({error}); wanted: header.claims.signature.") from error
    if header.get("alg") not in service.algorithms:
        was = shown(header.get("alg"))
        message = f"The token is signed with {was}; wanted: {algorithms}."
        raise wrong_token(message, claim="alg", was=was, wanted=algorithms)
    try:
        genuine = jws.validate_compact(parts, service.key(), service.algorithms)
    except JoseError as error:
        raise wrong_token(f"The token cannot be verified: {error}.") from error
    if not genuine:
        wanted = "a signature of the key whose public half (or secret) is stored in the portal"
        raise wrong_token(
            f"The signature is wrong: another key signed the token, or the token was changed; wanted: {wanted}.",
            wanted=wanted,
        )
    return object_in(parts.payload)


def object_in(payload):
    try:
        claims = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise wrong_token(
            f"The token does not contain JSON ({type(error).__name__}); wanted: an object of claims."
        ) from error
    if not isinstance(claims, dict):
        raise wrong_token(f"The token contains {shown(claims)}; wanted: an object of claims.")
    return claims
