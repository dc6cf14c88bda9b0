"""Sign with an RSA key in a PKCS#11 token: a hardware security module, a smart card, or SoftHSM."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from django.core.exceptions import ImproperlyConfigured
from django.views.decorators.debug import sensitive_variables

from ..exceptions import SigningKeyError
from ..secret import Secret
from .base import Signer

try:
    import pkcs11
except ImportError as error:
    raise ImproperlyConfigured(
        f"PKCS11Signer cannot import python-pkcs11: {error}. "
        'Hint: install it with pip install "django-tinymce-jwt[pkcs11]".'
    ) from error

from pkcs11 import MGF, Attribute, KeyType, Mechanism, ObjectClass, TokenFlag

__all__ = ["PKCS11Signer"]

# For each JWS algorithm the mechanism and its parameter: RFC 7518 wants a salt as long as the digest.
MECHANISMS: dict[str, tuple[Mechanism, tuple[Mechanism, MGF, int] | None]] = {
    "RS256": (Mechanism.SHA256_RSA_PKCS, None),
    "RS384": (Mechanism.SHA384_RSA_PKCS, None),
    "RS512": (Mechanism.SHA512_RSA_PKCS, None),
    "PS256": (Mechanism.SHA256_RSA_PKCS_PSS, (Mechanism.SHA256, MGF.SHA256, 32)),
    "PS384": (Mechanism.SHA384_RSA_PKCS_PSS, (Mechanism.SHA384, MGF.SHA384, 48)),
    "PS512": (Mechanism.SHA512_RSA_PKCS_PSS, (Mechanism.SHA512, MGF.SHA512, 64)),
}

# RFC 7518, section 3.3.
MINIMUM_BITS = 2048

# Seconds that a thread waits for another thread's call to the module. A request must end within 5 seconds.
LOCK_TIMEOUT = 4.0

# A change of the key's label is noticed within this many seconds.
LABEL_CHECK_INTERVAL = 1.0

# Initialising the module closes the sessions of all its tokens, so a broken token must not cause it more often.
INITIALIZE_INTERVAL = 1.0

# SoftHSM cannot read a token while another process logs in to it, as all workers do when a server starts.
# So there are further attempts after about these seconds, but a broken token must not hold up the others each time.
RETRY_PAUSES = (0.05, 0.1, 0.2, 0.4)
RETRY_INTERVAL = 5.0

WRONG_PIN = (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange)

# A new session cannot cure these.
PERMANENT_ERRORS = (
    *WRONG_PIN,
    pkcs11.PinExpired,
    pkcs11.PinLocked,
    pkcs11.MechanismInvalid,
    pkcs11.MechanismParamInvalid,
)

CAUSES: tuple[tuple[type[pkcs11.PKCS11Error], str], ...] = (
    (
        pkcs11.PinIncorrect,
        "the PIN is wrong; PKCS11Signer does not try it again, because wrong PINs lock a token. Hint: correct it.",
    ),
    (pkcs11.PinInvalid, "the PIN has characters that the token does not allow. Hint: correct pin_secret or pin_path."),
    (pkcs11.PinLenRange, "the PIN is too short or too long. Hint: correct pin_secret or pin_path."),
    (pkcs11.PinLocked, "the PIN is locked. Hint: the token's security officer can unlock it."),
    (pkcs11.PinExpired, "the PIN has expired. Hint: set a new PIN."),
    (pkcs11.UserPinNotInitialized, "the user PIN is not set. Hint: the token's security officer can set it."),
    (pkcs11.NoSuchToken, "the module has no token with this label. Hint: correct token_label, or connect the token."),
    (pkcs11.MultipleTokensReturned, "several tokens have this label. Hint: give each token its own label."),
    (pkcs11.DeviceRemoved, "the token was removed. Hint: connect it again."),
    (pkcs11.TokenNotPresent, "the token was removed. Hint: connect it again."),
    (pkcs11.NoSuchKey, "it has no private key with the label {key}. Hint: correct key_label."),
    (
        pkcs11.MultipleObjectsReturned,
        "several private keys have the label {key}. Hint: keep the label for one of them.",
    ),
    (pkcs11.MechanismInvalid, "it cannot sign with {algorithm}. Hint: set ALGORITHM to one that the token has."),
    (pkcs11.MechanismParamInvalid, "it cannot sign with {algorithm}. Hint: set ALGORITHM to one that the token has."),
    (
        pkcs11.UserNotLoggedIn,
        "the key {key} wants the PIN for each signature. Hint: make a key without CKA_ALWAYS_AUTHENTICATE.",
    ),
    (pkcs11.SessionCount, "it has no free session. Hint: run fewer processes, or raise the token's limit."),
)

Result = TypeVar("Result")


class _Module:
    """A PKCS#11 module as this process uses it.

    python-pkcs11 initialises a module without locking (``C_Initialize(NULL)``). PKCS#11 then forbids calls from
    two threads at once, whatever their sessions, and SoftHSM crashes: all calls must hold ``lock``.
    A module has one session for each token, which all its signers share, because PKCS#11 logs in a process
    and not a session.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.lock = threading.Lock()
        self._sessions: dict[str, pkcs11.Session] = {}
        self._refused_pins: dict[str, Secret] = {}
        self._library: Any = None
        self._initialized_at = float("-inf")
        self._failed_at = float("-inf")
        self._must_initialize = False

    def acquire(self) -> None:
        if not self.lock.acquire(timeout=LOCK_TIMEOUT):
            raise SigningKeyError(
                f"The PKCS#11 module {self.path} has not answered another thread for {LOCK_TIMEOUT:g} seconds. "
                "Hint: check the connection to the token."
            )

    def renew_after_fork(self) -> None:
        # The session belongs to the parent process. Refused PINs are kept: the child must not try them either.
        self.lock = threading.Lock()
        self._sessions.clear()
        self._must_initialize = True
        self._initialized_at = float("-inf")

    def has_session(self, token_label: str) -> bool:
        return token_label in self._sessions

    def get_session(self, token_label: str, read_pin: Callable[[], Secret]) -> pkcs11.Session:
        session = self._sessions.get(token_label)
        if session is None:
            session = self._open_session(token_label, read_pin())
            self._sessions[token_label] = session
        return session

    def drop_session(self, token_label: str) -> None:
        session = self._sessions.pop(token_label, None)
        if session is not None:
            with contextlib.suppress(pkcs11.PKCS11Error):
                session.close()

    def get_pauses(self) -> tuple[float, ...]:
        """Return the pauses between further attempts in seconds; none soon after all attempts have failed."""
        return RETRY_PAUSES if time.monotonic() - self._failed_at >= RETRY_INTERVAL else ()

    def fail(self, *, final: bool) -> None:
        """Initialise the module before the next session: SoftHSM sees a returned token only then.

        For a further attempt that happens at once, otherwise at most once in ``INITIALIZE_INTERVAL``.
        """
        self._must_initialize = True
        if final:
            self._failed_at = time.monotonic()
        else:
            self._initialized_at = float("-inf")

    def _open_session(self, token_label: str, pin: Secret) -> pkcs11.Session:
        token = self._find_token(token_label)
        if token.flags & TokenFlag.USER_PIN_LOCKED:
            raise pkcs11.PinLocked
        if self._refused_pins.get(token_label) == pin:
            raise pkcs11.PinIncorrect
        if token.flags & TokenFlag.USER_PIN_FINAL_TRY:
            raise SigningKeyError(
                f"The PKCS#11 token {token_label!r} would lock its PIN after one more wrong PIN, so PKCS11Signer "
                "does not log in. Hint: log in once with the right PIN, for example with pkcs11-tool --login."
            )
        try:
            session = token.open(user_pin=pin.reveal().decode())
        except WRONG_PIN:
            self._refused_pins[token_label] = pin
            raise
        except pkcs11.UserAlreadyLoggedIn:
            # Other code in this process uses the token too.
            session = token.open()
        self._refused_pins.pop(token_label, None)
        return session

    def _find_token(self, token_label: str) -> pkcs11.Token:
        found: list[pkcs11.Token] = []
        for slot in self._get_library().get_slots(token_present=True):
            # A fault of one token must not stop the others.
            with contextlib.suppress(pkcs11.PKCS11Error):
                token = slot.get_token()
                if token.label == token_label:
                    found.append(token)
        if not found:
            raise pkcs11.NoSuchToken
        if len(found) > 1:
            raise pkcs11.MultipleTokensReturned
        return found[0]

    def _get_library(self) -> Any:
        try:
            if self._library is None:
                self._library = pkcs11.lib(self.path)
            # After a fork, the library may be initialised for the parent process only.
            if self._must_initialize and time.monotonic() - self._initialized_at >= INITIALIZE_INTERVAL:
                self._initialize()
        except pkcs11.PKCS11Error as error:
            raise SigningKeyError(
                f"The PKCS#11 module {self.path} cannot be loaded: {str(error) or type(error).__name__}. "
                "Hint: correct module_path, install the module, and check its own settings."
            ) from error
        return self._library

    def _initialize(self) -> None:
        self._sessions.clear()
        # A module that knows of the fork says that it is not initialised.
        with contextlib.suppress(pkcs11.PKCS11Error):
            self._library.finalize()
        self._library.initialize()
        self._initialized_at = time.monotonic()
        self._must_initialize = False


_modules: dict[str, _Module] = {}
_modules_lock = threading.Lock()
_locked_for_fork: list[_Module] = []


def _get_module(path: str) -> _Module:
    with _modules_lock:
        return _modules.setdefault(path, _Module(path))


def _before_fork() -> None:
    # The child's copy of a module that is in the middle of a call would stay so for ever.
    for module in list(_modules.values()):
        if module.lock.acquire(timeout=LOCK_TIMEOUT):
            _locked_for_fork.append(module)


def _after_fork_in_parent() -> None:
    while _locked_for_fork:
        _locked_for_fork.pop().lock.release()


def _after_fork_in_child() -> None:
    global _modules_lock
    _modules_lock = threading.Lock()
    _locked_for_fork.clear()
    for module in _modules.values():
        module.renew_after_fork()


if hasattr(os, "register_at_fork"):  # pragma: no branch  # Windows has no fork.
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)


class _Key(NamedTuple):
    private_key: Any
    session: pkcs11.Session
    public_numbers: RSAPublicNumbers
    version: str


class PKCS11Signer(Signer):
    """Signs with the RSA key that has the label ``key_label`` in the token with the label ``token_label``.

    ``module_path`` is the PKCS#11 library of the token's maker. The PIN is ``pin_secret``, or the content of the
    file ``pin_path``, which is read at each login.
    """

    algorithms = tuple(MECHANISMS)

    @sensitive_variables("pin_secret")
    def __init__(
        self,
        *,
        module_path: str | Path,
        token_label: str,
        key_label: str,
        pin_secret: str | bytes | Secret | None = None,
        pin_path: str | Path | None = None,
    ) -> None:
        self._module = _get_module(str(_require_text("module_path", module_path)))
        self._token_label = str(_require_text("token_label", token_label))
        self._key_label = str(_require_text("key_label", key_label))
        if (pin_secret is None) == (pin_path is None):
            raise ValueError("PKCS11Signer wants either pin_secret or pin_path")
        self._pin_path = Path() if pin_path is None else Path(_require_text("pin_path", pin_path))
        self._pin: Secret | None = None
        if pin_secret is not None:
            self._pin = pin_secret if isinstance(pin_secret, Secret) else Secret(_require_pin(pin_secret))
        self._key: _Key | None = None
        self._label_checked_at = 0.0

    def sign(self, data: bytes, algorithm: str) -> bytes:
        if algorithm not in MECHANISMS:
            raise SigningKeyError(f"PKCS11Signer cannot sign with the algorithm {algorithm!r}.")
        mechanism, parameter = MECHANISMS[algorithm]

        def sign_with(key: _Key) -> bytes:
            signature: bytes = key.private_key.sign(data, mechanism=mechanism, mechanism_param=parameter)
            return signature

        return self._use_key(sign_with, algorithm)

    def get_public_key(self) -> RSAPublicKey:
        return self._use_key(lambda key: key.public_numbers.public_key())

    @property
    def key_version(self) -> str:
        """The SHA-256 of the key's modulus; empty until the key is used for the first time."""
        key = self._key
        return "" if key is None else key.version

    def __repr__(self) -> str:
        return f"<PKCS11Signer token_label={self._token_label!r} key_label={self._key_label!r}>"

    def _use_key(self, use: Callable[[_Key], Result], algorithm: str = "") -> Result:
        """Return the result of ``use``, called with the key; with a new session where the token dropped the old one."""
        module = self._module
        # A context manager would cost a hundredth of a signature: the processor's caches are cold after one.
        module.acquire()
        try:
            if module.has_session(self._token_label):
                try:
                    return use(self._get_key())
                except pkcs11.PKCS11Error:
                    # The token may have dropped the session.
                    module.drop_session(self._token_label)
            return self._use_key_in_new_session(use, algorithm)
        finally:
            module.lock.release()

    def _use_key_in_new_session(self, use: Callable[[_Key], Result], algorithm: str) -> Result:
        pauses = iter(self._module.get_pauses())
        while True:
            try:
                return use(self._get_key())
            except pkcs11.PKCS11Error as error:
                self._module.drop_session(self._token_label)
                if isinstance(error, PERMANENT_ERRORS):
                    raise self._explain(error, algorithm) from error
                pause = next(pauses, None)
                self._module.fail(final=pause is None)
                if pause is None:
                    raise self._explain(error, algorithm) from error
            # Workers that started together must not meet again.
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 # nosec B311  # not a secret

    def _get_key(self) -> _Key:
        session = self._module.get_session(self._token_label, self._read_pin)
        key = self._key
        now = time.monotonic()
        if key is None or key.session is not session:
            key = self._find_key(session)
        elif now - self._label_checked_at < LABEL_CHECK_INTERVAL:
            return key
        elif key.private_key[Attribute.LABEL] != self._key_label:
            # In the middle of a rotation no key has the label, or two have it: the known key stays in use.
            with contextlib.suppress(pkcs11.NoSuchKey, pkcs11.MultipleObjectsReturned):
                key = self._find_key(session)
        self._label_checked_at = now
        self._key = key
        return key

    def _find_key(self, session: pkcs11.Session) -> _Key:
        found: list[Any] = list(
            session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: self._key_label})
        )
        if not found:
            raise pkcs11.NoSuchKey
        if len(found) > 1:
            raise pkcs11.MultipleObjectsReturned
        private_key = found[0]
        name = f"The key {self._key_label!r} in the PKCS#11 token {self._token_label!r}"
        if private_key.key_type != KeyType.RSA:
            raise SigningKeyError(f"{name} is not an RSA key. Hint: correct key_label.")
        if not isinstance(private_key, pkcs11.SignMixin):
            raise SigningKeyError(f"{name} may not sign (CKA_SIGN is false). Hint: make a key that may.")
        modulus: bytes = private_key[Attribute.MODULUS]
        numbers = RSAPublicNumbers(self._read_exponent(session, private_key, modulus), int.from_bytes(modulus, "big"))
        if numbers.n.bit_length() < MINIMUM_BITS:
            raise SigningKeyError(
                f"{name} has {numbers.n.bit_length()} bits. Hint: make a key of at least {MINIMUM_BITS} bits."
            )
        return _Key(private_key, session, numbers, hashlib.sha256(modulus).hexdigest())

    def _read_exponent(self, session: pkcs11.Session, private_key: Any, modulus: bytes) -> int:
        # PKCS#11 does not demand the public exponent of a private key.
        exponent = b""
        with contextlib.suppress(pkcs11.AttributeTypeInvalid):
            exponent = private_key[Attribute.PUBLIC_EXPONENT]
        if not exponent:
            public_keys: list[Any] = list(
                session.get_objects({Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.MODULUS: modulus})
            )
            if not public_keys:
                raise SigningKeyError(
                    f"The PKCS#11 token {self._token_label!r} has no public key for the private key "
                    f"{self._key_label!r}. Hint: store the public key in the token too."
                )
            exponent = public_keys[0][Attribute.PUBLIC_EXPONENT]
        return int.from_bytes(exponent, "big")

    def _read_pin(self) -> Secret:
        if self._pin is not None:
            return self._pin
        try:
            return Secret(_require_pin(self._pin_path.read_bytes().rstrip(b"\r\n")))
        except OSError as error:
            raise SigningKeyError(
                f"The PIN file {self._pin_path} cannot be read: {error.strerror}. Hint: correct pin_path."
            ) from error
        except ValueError as error:
            raise SigningKeyError(f"The PIN file {self._pin_path} is wrong: {error}. Hint: correct it.") from error

    def _explain(self, error: pkcs11.PKCS11Error, algorithm: str) -> SigningKeyError:
        cause = next(
            (text for kind, text in CAUSES if isinstance(error, kind)),
            f"the module answered {type(error).__name__}. Hint: see the log of the module.",
        )
        cause = cause.format(key=repr(self._key_label), algorithm=algorithm)
        return SigningKeyError(f"The PKCS#11 token {self._token_label!r} cannot be used: {cause}")


def _require_text(name: str, value: object) -> str | Path:
    if not isinstance(value, str | Path) or not str(value):
        raise ValueError(f"{name} must be a text that is not empty")
    return value


@sensitive_variables()
def _require_pin(pin: object) -> bytes:
    """Return the PIN as bytes. The error has no cause: a UnicodeDecodeError holds the PIN."""
    value = pin.encode() if isinstance(pin, str) else pin
    if not isinstance(value, bytes) or not value:
        raise ValueError("The PIN must be a text that is not empty")
    try:
        value.decode()
    except UnicodeDecodeError:
        raise ValueError("The PIN is not valid UTF-8") from None
    return value
