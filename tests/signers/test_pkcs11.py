"""PKCS11Signer against SoftHSM2."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import time
from contextlib import suppress

import pkcs11
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from django.views.debug import ExceptionReporter
from pkcs11 import TokenFlag

from django_tinymce_jwt.exceptions import SigningKeyError
from django_tinymce_jwt.secret import Secret
from django_tinymce_jwt.signers.pkcs11 import PKCS11Signer
from django_tinymce_jwt.testing import check_signer
from tests.helpers.keys import rsa_key

from . import softhsm as softhsm_module
from .softhsm import KEY_LABEL, PIN

DATA = b"header.claims"


def verify(public_key, signature, data=DATA):
    public_key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())


def error_of(signer, algorithm="RS256"):
    with pytest.raises(SigningKeyError) as caught:
        signer.sign(DATA, algorithm)
    return str(caught.value)


def sign_in_the_end(signer, seconds=20):
    """Sign as requests would: again and again until the vault is back."""
    end = time.monotonic() + seconds
    while True:
        with suppress(SigningKeyError):
            return signer.sign(DATA, "RS256")
        assert time.monotonic() < end
        time.sleep(0.1)


def test_signer_is_right_with_every_algorithm(token):
    check_signer(PKCS11Signer(**token.options()), secrets=[PIN])


def test_public_key_is_that_of_the_imported_key(token):
    signer = PKCS11Signer(**token.options())
    assert signer.get_public_key().public_numbers() == token.public_key.public_numbers()


def test_two_signers_of_one_token_share_its_login(token):
    other_key = token.import_key(rsa_key("other"), "other")
    first, second = PKCS11Signer(**token.options()), PKCS11Signer(**token.options(key_label="other"))
    for _ in range(2):
        verify(token.public_key, first.sign(DATA, "RS256"))
        verify(other_key, second.sign(DATA, "RS256"))
    assert first.key_version != second.key_version


def test_login_of_other_code_in_the_process_is_used(token, softhsm):
    pkcs11.lib(softhsm.module_path).get_token(token_label=token.label).open(user_pin=PIN)
    verify(token.public_key, PKCS11Signer(**token.options()).sign(DATA, "RS256"))


# Options


def test_constructing_contacts_nothing(tmp_path):
    signer = PKCS11Signer(
        module_path=tmp_path / "missing.so", token_label="no", key_label="no", pin_path=tmp_path / "missing"
    )
    assert signer.algorithms == ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
    assert signer.key_version == ""


OPTIONS = {"module_path": "module.so", "token_label": "token", "key_label": "key", "pin_secret": PIN}


@pytest.mark.parametrize("name", ["module_path", "token_label", "key_label"])
def test_missing_option_is_a_type_error(name):
    with pytest.raises(TypeError, match=name):
        PKCS11Signer(**{key: value for key, value in OPTIONS.items() if key != name})


def test_unknown_option_is_a_type_error():
    with pytest.raises(TypeError, match="pin"):
        PKCS11Signer(**OPTIONS, pin=PIN)


@pytest.mark.parametrize("name", ["module_path", "token_label", "key_label"])
@pytest.mark.parametrize("value", ["", None, 7])
def test_option_that_is_not_a_text_is_a_value_error(name, value):
    with pytest.raises(ValueError, match=f"{name} must be a text that is not empty"):
        PKCS11Signer(**OPTIONS | {name: value})


@pytest.mark.parametrize(
    ("pins", "message"),
    [
        ({"pin_secret": None}, "wants either pin_secret or pin_path"),
        ({"pin_path": "/pin"}, "wants either pin_secret or pin_path"),
        ({"pin_secret": ""}, "must be a text that is not empty"),
        ({"pin_secret": 4711}, "must be a text that is not empty"),
        ({"pin_secret": None, "pin_path": ""}, "pin_path must be a text that is not empty"),
        ({"pin_secret": b"\xff4711"}, "not valid UTF-8"),
    ],
)
def test_pin_has_one_source(pins, message):
    with pytest.raises(ValueError, match=message) as caught:
        PKCS11Signer(**OPTIONS | pins)
    assert "4711" not in str(caught.value)


@pytest.mark.parametrize("pin", [PIN, PIN.encode(), Secret(PIN)])
def test_pin_is_text_bytes_or_secret(token, pin):
    verify(token.public_key, PKCS11Signer(**token.options(pin_secret=pin)).sign(DATA, "RS256"))


@pytest.mark.parametrize("algorithm", ["HS256", "none", "ES256"])
def test_algorithm_of_another_kind_is_refused(token, algorithm):
    assert error_of(PKCS11Signer(**token.options()), algorithm) == (
        f"PKCS11Signer cannot sign with the algorithm {algorithm!r}."
    )


# Secrets


def test_pin_is_in_no_representation(token):
    signer = PKCS11Signer(**token.options())
    assert repr(signer) == f"<PKCS11Signer token_label='{token.label}' key_label='tiny'>"
    signer.sign(DATA, "RS256")
    assert PIN not in repr(vars(signer))
    for copier in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="cannot be pickled or copied"):
            copier(signer)


def report_of(signer):
    """What Django would mail of the error."""
    with pytest.raises(SigningKeyError) as caught:
        signer.sign(DATA, "RS256")
    return ExceptionReporter(None, caught.type, caught.value, caught.tb).get_traceback_html()


def test_error_report_does_not_hold_the_pin(token, tmp_path):
    wrong_pin = "wrong-" + PIN
    options = token.options(pin_secret=wrong_pin)
    signer = PKCS11Signer(**options)
    del options
    assert PIN not in report_of(signer)
    (tmp_path / "pin").write_bytes(b"\xff" + PIN.encode())
    signer = PKCS11Signer(**token.options(pin_secret=None, pin_path=tmp_path / "pin"))
    assert PIN not in report_of(signer)


# The PIN


def test_wrong_pin_is_tried_once(token, load_tokens, softhsm):
    signer = PKCS11Signer(**token.options(pin_secret="wrong"))
    assert error_of(signer) == (
        f"The PKCS#11 token {token.label!r} cannot be used: the PIN is wrong; PKCS11Signer does not try it again, "
        "because wrong PINs lock a token. Hint: correct it."
    )

    def was_tried():
        load_tokens()
        flags = pkcs11.lib(softhsm.module_path).get_token(token_label=token.label).flags
        return bool(flags & TokenFlag.USER_PIN_COUNT_LOW)

    assert was_tried()
    token.log_in()
    assert not was_tried()
    for again in (signer, signer, PKCS11Signer(**token.options(pin_secret="wrong"))):
        assert "the PIN is wrong" in error_of(again)
    assert not was_tried()
    verify(token.public_key, PKCS11Signer(**token.options()).sign(DATA, "RS256"))


def test_corrected_pin_file_is_used_at_the_next_request(token, tmp_path):
    path = tmp_path / "pin"
    signer = PKCS11Signer(**token.options(pin_secret=None, pin_path=str(path)))
    assert error_of(signer) == (
        f"The PIN file {path} cannot be read: No such file or directory. Hint: correct pin_path."
    )
    path.write_bytes(b"")
    assert (
        error_of(signer) == f"The PIN file {path} is wrong: The PIN must be a text that is not empty. Hint: correct it."
    )
    path.write_bytes(b"\xff")
    assert error_of(signer) == f"The PIN file {path} is wrong: The PIN is not valid UTF-8. Hint: correct it."
    path.write_text("wrong\n")
    assert "the PIN is wrong" in error_of(signer)
    path.write_text(f"{PIN}\n")
    verify(token.public_key, signer.sign(DATA, "RS256"))


def test_pin_that_is_one_error_from_its_lock_is_not_tried(token, load_tokens):
    token.set_flag(TokenFlag.USER_PIN_FINAL_TRY)
    load_tokens()
    assert error_of(PKCS11Signer(**token.options())) == (
        f"The PKCS#11 token {token.label!r} would lock its PIN after one more wrong PIN, so PKCS11Signer does not "
        "log in. Hint: log in once with the right PIN, for example with pkcs11-tool --login."
    )


def test_locked_pin_is_said(token, load_tokens):
    token.set_flag(TokenFlag.USER_PIN_LOCKED)
    load_tokens()
    assert error_of(PKCS11Signer(**token.options())) == (
        f"The PKCS#11 token {token.label!r} cannot be used: the PIN is locked. "
        "Hint: the token's security officer can unlock it."
    )


# The module, the token and the key


def test_missing_module_is_said(tmp_path):
    path = tmp_path / "missing.so"
    message = error_of(PKCS11Signer(**OPTIONS | {"module_path": path}))
    assert message == (
        f"The PKCS#11 module {path} cannot be loaded: OS exception while loading {path}: "
        f"{path}: cannot open shared object file: No such file or directory. "
        "Hint: correct module_path, install the module, and check its own settings."
    )


def test_file_that_is_not_a_module_is_said(tmp_path):
    path = tmp_path / "text.so"
    path.write_text("no library")
    message = error_of(PKCS11Signer(**OPTIONS | {"module_path": path}))
    assert message.startswith(f"The PKCS#11 module {path} cannot be loaded: ")


def test_missing_token_is_said(token):
    message = error_of(PKCS11Signer(**token.options(token_label="missing")))
    assert message == (
        "The PKCS#11 token 'missing' cannot be used: the module has no token with this label. "
        "Hint: correct token_label, or connect the token."
    )


def test_token_that_is_made_later_is_found(softhsm, token):
    signer = PKCS11Signer(**token.options(token_label="later"))
    assert "no token with this label" in error_of(signer)
    public_key = softhsm.make_token("later").import_key()
    verify(public_key, sign_in_the_end(signer))


def test_two_tokens_with_one_label_are_said(make_token):
    make_token(label="twin", key=None)
    token = make_token(label="twin", key=None)
    assert error_of(PKCS11Signer(**token.options())) == (
        "The PKCS#11 token 'twin' cannot be used: several tokens have this label. Hint: give each token its own label."
    )


def test_removed_token_is_said_and_used_again_when_it_is_back(token, make_token):
    neighbour = make_token()
    other = PKCS11Signer(**neighbour.options())
    signer = PKCS11Signer(**token.options())
    signer.sign(DATA, "RS256")
    token.remove()
    for _ in range(2):
        assert error_of(signer).startswith(f"The PKCS#11 token {token.label!r} cannot be used: ")
        verify(neighbour.public_key, other.sign(DATA, "RS256"))
    token.put_back()
    verify(token.public_key, sign_in_the_end(signer))


def test_missing_key_is_said(token):
    assert error_of(PKCS11Signer(**token.options(key_label="missing"))) == (
        f"The PKCS#11 token {token.label!r} cannot be used: it has no private key with the label 'missing'. "
        "Hint: correct key_label."
    )


def test_deleted_key_is_said_and_its_successor_is_used(token):
    signer = PKCS11Signer(**token.options())
    signer.sign(DATA, "RS256")
    token.delete_key()
    assert "it has no private key with the label 'tiny'" in error_of(signer)
    successor = token.import_key(rsa_key("successor"))
    verify(successor, sign_in_the_end(signer))


def test_two_keys_with_one_label_are_said(token):
    token.import_key(rsa_key("second"))
    assert error_of(PKCS11Signer(**token.options())) == (
        f"The PKCS#11 token {token.label!r} cannot be used: several private keys have the label 'tiny'. "
        "Hint: keep the label for one of them."
    )


@pytest.mark.parametrize(
    ("script", "end"),
    [
        ("GENERATE_EC_KEY", "is not an RSA key. Hint: correct key_label."),
        ("GENERATE_DECRYPTION_KEY", "may not sign (CKA_SIGN is false). Hint: make a key that may."),
    ],
)
def test_key_of_the_wrong_kind_is_said(token, script, end):
    token.generate(getattr(softhsm_module, script), "wrong")
    message = error_of(PKCS11Signer(**token.options(key_label="wrong")))
    assert message == f"The key 'wrong' in the PKCS#11 token {token.label!r} {end}"


def test_key_that_wants_the_pin_each_time_is_said(token):
    token.generate(softhsm_module.GENERATE_SLOW_KEY, "slow")
    assert error_of(PKCS11Signer(**token.options(key_label="slow"))) == (
        f"The PKCS#11 token {token.label!r} cannot be used: the key 'slow' wants the PIN for each signature. "
        "Hint: make a key without CKA_ALWAYS_AUTHENTICATE."
    )


def test_short_key_is_refused(token):
    token.import_key(rsa_key("short", 1024), "short")
    assert error_of(PKCS11Signer(**token.options(key_label="short"))) == (
        f"The key 'short' in the PKCS#11 token {token.label!r} has 1024 bits. Hint: make a key of at least 2048 bits."
    )


def test_exponent_is_that_of_the_public_key_where_the_private_key_has_none(token):
    key = rsa_key("no exponent")
    token.import_key_without_exponent(key, "no-exponent")
    signer = PKCS11Signer(**token.options(key_label="no-exponent"))
    with pytest.raises(SigningKeyError) as caught:
        signer.get_public_key()
    assert str(caught.value) == (
        f"The PKCS#11 token {token.label!r} has no public key for the private key 'no-exponent'. "
        "Hint: store the public key in the token too."
    )
    token.import_key(key, "complete")
    assert signer.get_public_key().public_numbers() == key.public_key().public_numbers()


# Sessions


def test_dropped_session_is_opened_again(token, load_tokens):
    signer = PKCS11Signer(**token.options())
    for _ in range(3):
        verify(token.public_key, signer.sign(DATA, "RS256"))
        load_tokens()
    assert signer.get_public_key().public_numbers() == token.public_key.public_numbers()


def test_renamed_keys_rotate_without_a_failure(token):
    signer = PKCS11Signer(**token.options())
    old = signer.get_public_key()
    old_version = signer.key_version
    new = token.import_key(rsa_key("new"), "tiny-new")

    def sign_for_a_while():
        end = time.monotonic() + 1.2
        while time.monotonic() < end:
            signature = signer.sign(DATA, "RS256")
            time.sleep(0.01)
        return signature

    verify(old, sign_for_a_while())
    token.rename_keys(KEY_LABEL, "tiny-old")
    verify(old, sign_for_a_while())
    assert signer.key_version == old_version
    token.rename_keys("tiny-new", KEY_LABEL)
    verify(new, sign_for_a_while())
    assert signer.key_version != old_version
    assert signer.get_public_key().public_numbers() == new.public_numbers()


# Processes and threads


def test_call_that_does_not_return_holds_up_the_others_for_a_limited_time(token):
    """A module of hardware that is gone may never return. SoftHSM always does, so the test holds its lock."""
    signer = PKCS11Signer(**token.options())
    with signer._module.lock:
        assert error_of(signer) == (
            f"The PKCS#11 module {token.hsm.module_path} has not answered another thread for 4 seconds. "
            "Hint: check the connection to the token."
        )
    verify(token.public_key, signer.sign(DATA, "RS256"))


def run(script, token, *arguments):
    return token.hsm.run(
        [
            sys.executable,
            "-X",
            "faulthandler",
            "-c",
            START + script,
            token.hsm.module_path,
            token.label,
            PIN,
            *arguments,
        ],
        timeout=120,
    )


START = """
import os, sys, threading, time, warnings
from django_tinymce_jwt.signers.pkcs11 import PKCS11Signer
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

warnings.simplefilter("ignore", DeprecationWarning)  # of forks in a process with threads, which is what is tried
module_path, token_label, pin, *arguments = sys.argv[1:]

def make_signer():
    return PKCS11Signer(module_path=module_path, token_label=token_label, key_label="tiny", pin_secret=pin)

def sign(signer, data=b"x"):
    signature = signer.sign(data, "RS256")
    signer.get_public_key().verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
"""

THREADS = """
failures = []

def work(number):
    signer = make_signer()
    try:
        for turn in range(50):
            sign(signer, f"{number} {turn}".encode())
    except BaseException as error:
        failures.append(repr(error))

threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(failures)
"""

FORKS = """
signer = make_signer()
sign(signer)
stop, failures = threading.Event(), []

def work():
    try:
        while not stop.is_set():
            sign(signer)
    except BaseException as error:
        failures.append(repr(error))

threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
statuses = []
for _ in range(20):
    child = os.fork()
    if child == 0:
        for _ in range(3): sign(signer)
        sys.exit()
    statuses.append(os.waitpid(child, 0)[1])
stop.set()
for thread in threads: thread.join()
sign(signer)
print(failures, statuses)
"""


LOGIN_OF_A_CHILD = """
from django_tinymce_jwt.exceptions import SigningKeyError

[pin_path] = arguments
signer = PKCS11Signer(module_path=module_path, token_label=token_label, key_label="tiny", pin_path=pin_path)
sign(signer)
os.unlink(pin_path)
sign(signer)
child = os.fork()
if child == 0:
    try:
        sign(signer)
    except SigningKeyError as error:
        print(error, flush=True)
    os._exit(0)
os.waitpid(child, 0)
sign(signer)
"""


def test_child_of_a_fork_does_not_use_the_login_of_its_parent(token, tmp_path):
    path = tmp_path / "pin"
    path.write_text(PIN)
    assert run(LOGIN_OF_A_CHILD, token, str(path)) == (
        f"The PIN file {path} cannot be read: No such file or directory. Hint: correct pin_path.\n"
    )


LOGIN_OF_OTHER_CODE = """
import pkcs11
from django_tinymce_jwt.exceptions import SigningKeyError

signer = PKCS11Signer(module_path=module_path, token_label=token_label, key_label="tiny", pin_secret="wrong")
session = pkcs11.lib(module_path).get_token(token_label=token_label).open(user_pin=pin)
if os.fork() == 0:
    try:
        sign(signer)
    except SigningKeyError as error:
        print(error)
    sys.exit()
sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
"""


def test_child_of_a_fork_does_not_use_the_login_of_other_code_in_its_parent(token):
    assert "the PIN is wrong" in run(LOGIN_OF_OTHER_CODE, token)


FORK_DURING_A_CALL = """
signer = make_signer()
sign(signer)
# A module that never returns keeps the lock.
signer._module.lock.acquire()
if os.fork() == 0:
    sign(signer)
    sys.exit()
sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
"""


def test_fork_does_not_wait_for_a_module_that_never_returns(token):
    run(FORK_DURING_A_CALL, token)


STORM = """
failures = []
for turn in range(20):
    child = os.fork()
    if child == 0:
        for _ in range(3): child = os.fork()
        # Eight processes that log in at once.
        signer = make_signer()
        try:
            sign(signer)
        except BaseException as error:
            print(error, flush=True)
            os._exit(1)
        try:
            while os.wait()[1] == 0: pass
            os._exit(1)
        except ChildProcessError:
            os._exit(0)
    failures.append(os.waitpid(child, 0)[1])
print(failures)
"""


def test_processes_that_log_in_at_once_do_not_fail(token):
    assert run(STORM, token) == f"{[0] * 20}\n"


def test_threads_do_not_crash_the_module(token):
    assert run(THREADS, token) == "[]\n"


def test_children_of_a_fork_have_sessions_of_their_own(token):
    assert run(FORKS, token) == f"[] {[0] * 20}\n"


def test_missing_library_is_said_with_the_pip_command():
    script = "import sys; sys.modules['pkcs11'] = None; import django_tinymce_jwt.signers.pkcs11"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == (
        "django.core.exceptions.ImproperlyConfigured: PKCS11Signer cannot import python-pkcs11: "
        "import of pkcs11 halted; None in sys.modules. "
        'Hint: install it with pip install "django-tinymce-jwt[pkcs11]".'
    )
