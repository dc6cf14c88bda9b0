"""Checks of a signer."""

from __future__ import annotations

import copy
import functools
import pickle  # nosec B403  # nothing is loaded
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm, get_default_algorithms

from ..exceptions import SigningKeyError
from ..secret import Secret
from ..signers import Signer

__all__ = ["check_signer"]

RSA_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
MINIMUM_BITS = 2048
THREADS = 8
SIGNATURES_OF_A_THREAD = 5


def check_signer(
    signer: Signer,
    *,
    algorithms: Iterable[str] | None = None,
    longest: int = 20_000,
    secrets: Iterable[str] = (),
) -> None:
    """Prove that a signer does what the package expects of it. An ``AssertionError`` says what it does wrong.

    The signer makes about 60 real signatures. ``algorithms`` are the ones to try, by default all that it has;
    ``longest`` is the length of the longest data in bytes; ``secrets`` are texts that it must not show.
    """
    _check_algorithms(signer)
    public_key = _check_public_key(signer)
    tried = tuple(signer.algorithms if algorithms is None else algorithms)
    assert set(tried) <= set(signer.algorithms), f"algorithms: {signer!r} has only {signer.algorithms}."
    for algorithm in tried:
        for data in (b"x", b"header.claims" * 50, b"x" * longest):
            _check_signature(signer, public_key, data, algorithm)
    _check_version(signer, tried[0])
    _check_threads(signer, public_key, tried)
    _check_refusals(signer)
    _check_copies(signer)
    _check_secrets(signer, secrets)


def _check_algorithms(signer: Signer) -> None:
    assert isinstance(signer, Signer), (
        f"{type(signer).__name__} is not a subclass of django_tinymce_jwt.signers.Signer."
    )
    algorithms: object = signer.algorithms
    assert isinstance(algorithms, tuple), f"algorithms must be a tuple, not {type(algorithms).__name__}."
    assert algorithms, "algorithms must name one algorithm at least."
    unknown = [name for name in algorithms if name not in RSA_ALGORITHMS]
    assert not unknown, f"algorithms must be some of {', '.join(RSA_ALGORITHMS)}, not {unknown}."


def _check_public_key(signer: Signer) -> RSAPublicKey:
    public_key: object = signer.get_public_key()
    assert isinstance(public_key, RSAPublicKey), (
        f"get_public_key() must return cryptography's RSAPublicKey, not {type(public_key).__name__}."
    )
    assert public_key.key_size >= MINIMUM_BITS, (
        f"The key has {public_key.key_size} bits, but must have {MINIMUM_BITS} at least."
    )
    assert signer.get_public_key().public_numbers() == public_key.public_numbers(), (
        "get_public_key() returned two different keys."
    )
    return public_key


def _check_signature(signer: Signer, public_key: RSAPublicKey, data: bytes, algorithm: str) -> None:
    signature: object = signer.sign(data, algorithm)
    assert isinstance(signature, bytes), f"sign() must return bytes, not {type(signature).__name__}."
    verifier = get_default_algorithms()[algorithm]
    assert isinstance(verifier, RSAAlgorithm)
    assert verifier.verify(data, public_key, signature), (
        f"The signature of {len(data)} bytes with {algorithm} does not verify with get_public_key()."
    )


def _check_version(signer: Signer, algorithm: str) -> None:
    version: object = signer.key_version
    assert isinstance(version, str), f"key_version must be a text, not {type(version).__name__}."
    signer.sign(b"x", algorithm)
    assert signer.key_version == version, "key_version changed although the key did not."


def _check_threads(signer: Signer, public_key: RSAPublicKey, algorithms: tuple[str, ...]) -> None:
    def sign_several(thread: int) -> None:
        for number in range(SIGNATURES_OF_A_THREAD):
            data = f"thread {thread}, signature {number}".encode()
            _check_signature(signer, public_key, data, algorithms[number % len(algorithms)])

    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(sign_several, thread) for thread in range(THREADS)]:
            error = done.exception()
            assert error is None, f"With {THREADS} threads at once: {type(error).__name__}: {error}"


def _check_refusals(signer: Signer) -> None:
    for algorithm in ("none", "", *(name for name in ("HS256", "ES256") if name not in signer.algorithms)):
        _expect(
            SigningKeyError,
            functools.partial(signer.sign, b"x", algorithm),
            f"sign() with the algorithm {algorithm!r}",
        )


def _check_copies(signer: Signer) -> None:
    for name, copier in (("pickle.dumps", pickle.dumps), ("copy.copy", copy.copy), ("copy.deepcopy", copy.deepcopy)):
        _expect(TypeError, functools.partial(copier, signer), f"{name}() of the signer")


def _check_secrets(signer: Signer, secrets: Iterable[str]) -> None:
    kept = [value.reveal().decode(errors="replace") for value in vars(signer).values() if isinstance(value, Secret)]
    for secret in (*secrets, *kept):
        for name, text in (("repr()", repr(signer)), ("str()", str(signer)), ("key_version", signer.key_version)):
            # The secret itself stays out of the message.
            shown = secret in text
            assert not shown, f"{name} of {type(signer).__name__} shows a secret."


def _expect(kind: type[Exception], call: Callable[[], object], name: str) -> None:
    try:
        call()
    except kind:
        return
    except Exception as error:
        raise AssertionError(f"{name} must raise {kind.__name__}, not {type(error).__name__}: {error}") from error
    raise AssertionError(f"{name} must raise {kind.__name__}.")
