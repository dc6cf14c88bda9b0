"""check_signer accepts a right signer, and says what is wrong with each wrong one."""

from __future__ import annotations

import itertools
import threading

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

from django_tinymce_jwt.exceptions import SigningKeyError
from django_tinymce_jwt.secret import Secret
from django_tinymce_jwt.signers import Signer
from django_tinymce_jwt.testing import check_signer
from tests.helpers.keys import rsa_key

PIN = "custom-pin-4711"


class RightSigner(Signer):
    """A signer as a site would write it."""

    algorithms = ("RS256", "PS256")

    def __init__(self, *, pin_secret=PIN):
        self._pin = Secret(pin_secret)

    def sign(self, data, algorithm):
        paddings = {
            "RS256": padding.PKCS1v15(),
            "PS256": padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH),
        }
        if algorithm not in paddings:
            raise SigningKeyError(f"no such algorithm: {algorithm}")
        return rsa_key().sign(data, paddings[algorithm], hashes.SHA256())

    def get_public_key(self):
        return rsa_key().public_key()


def test_right_signer_is_accepted():
    check_signer(RightSigner(), secrets=["another secret"])
    check_signer(RightSigner(), algorithms=["PS256"], longest=100)


class NoSubclass:
    algorithms = ("RS256",)


class ListOfAlgorithms(RightSigner):
    algorithms = ["RS256"]


class NoAlgorithm(RightSigner):
    algorithms = ()


class UnknownAlgorithm(RightSigner):
    algorithms = ("RS256", "ES256")


class OtherPublicKey(RightSigner):
    def get_public_key(self):
        return rsa_key("other").public_key()


class ChangingPublicKey(RightSigner):
    def __init__(self):
        super().__init__()
        self._names = itertools.cycle(["site", "other"])

    def get_public_key(self):
        return rsa_key(next(self._names)).public_key()


class EllipticKey(RightSigner):
    def get_public_key(self):
        return ec.generate_private_key(ec.SECP256R1()).public_key()


class ShortKey(RightSigner):
    def get_public_key(self):
        return rsa_key("short", 1024).public_key()


class SignatureAsText(RightSigner):
    def sign(self, data, algorithm):
        return super().sign(data, algorithm).hex()


class LongSalt(RightSigner):
    def sign(self, data, algorithm):
        if algorithm == "PS256":
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
            return rsa_key().sign(data, pss, hashes.SHA256())
        return super().sign(data, algorithm)


class CutsLongData(RightSigner):
    def sign(self, data, algorithm):
        return super().sign(data[:4096], algorithm)


class EveryAlgorithm(RightSigner):
    def sign(self, data, algorithm):
        return super().sign(data, algorithm if algorithm in self.algorithms else "RS256")


class OtherError(RightSigner):
    def sign(self, data, algorithm):
        if algorithm not in self.algorithms:
            raise KeyError(algorithm)
        return super().sign(data, algorithm)


class SharesDataBetweenThreads(RightSigner):
    """Remembers what to sign in itself, as a signer with one session for all threads would."""

    def __init__(self):
        super().__init__()
        self._others = threading.Barrier(8)

    def sign(self, data, algorithm):
        self._data = data
        if data.endswith(b"signature 0"):
            self._others.wait(timeout=60)
        return super().sign(self._data, algorithm)


class CanBeCopied(RightSigner):
    def __reduce__(self):
        return (type(self), ())


class ShowsItsSecret(RightSigner):
    def __repr__(self):
        return f"<ShowsItsSecret {self._pin.reveal()!r}>"


class ChangingVersion(RightSigner):
    signatures = 0

    def sign(self, data, algorithm):
        self.signatures += 1
        return super().sign(data, algorithm)

    @property
    def key_version(self):
        return str(self.signatures)


class VersionThatIsNoText(RightSigner):
    key_version = 1


@pytest.mark.parametrize(
    ("signer", "message"),
    [
        (NoSubclass, "NoSubclass is not a subclass of django_tinymce_jwt.signers.Signer."),
        (ListOfAlgorithms, "algorithms must be a tuple, not list."),
        (NoAlgorithm, "algorithms must name one algorithm at least."),
        (
            UnknownAlgorithm,
            "algorithms must be some of RS256, RS384, RS512, PS256, PS384, PS512, not ['ES256'].",
        ),
        (OtherPublicKey, "The signature of 1 bytes with RS256 does not verify with get_public_key()."),
        (ChangingPublicKey, "get_public_key() returned two different keys."),
        (EllipticKey, "get_public_key() must return cryptography's RSAPublicKey, not ECPublicKey."),
        (ShortKey, "The key has 1024 bits, but must have 2048 at least."),
        (SignatureAsText, "sign() must return bytes, not str."),
        (LongSalt, "The signature of 1 bytes with PS256 does not verify with get_public_key()."),
        (CutsLongData, "The signature of 20000 bytes with RS256 does not verify with get_public_key()."),
        (EveryAlgorithm, "sign() with the algorithm 'none' must raise SigningKeyError."),
        (OtherError, "sign() with the algorithm 'none' must raise SigningKeyError, not KeyError: 'none'"),
        (SharesDataBetweenThreads, "With 8 threads at once: AssertionError: The signature of 21 bytes with RS256"),
        (CanBeCopied, "pickle.dumps() of the signer must raise TypeError."),
        (ShowsItsSecret, "repr() of ShowsItsSecret shows a secret."),
        (ChangingVersion, "key_version changed although the key did not."),
        (VersionThatIsNoText, "key_version must be a text, not int."),
    ],
)
def test_wrong_signer_is_refused(signer, message):
    with pytest.raises(AssertionError) as caught:
        check_signer(signer())
    assert str(caught.value).startswith(message)
    assert PIN not in str(caught.value)


def test_secret_that_is_named_is_looked_for():
    with pytest.raises(AssertionError, match=r"^repr\(\) of RightSigner shows a secret\.$"):
        check_signer(RightSigner(), secrets=["RightSigner"])


def test_algorithm_that_the_signer_does_not_have_cannot_be_tried():
    with pytest.raises(AssertionError, match=r"^algorithms: .* has only \('RS256', 'PS256'\)\.$"):
        check_signer(RightSigner(), algorithms=["RS512"])
