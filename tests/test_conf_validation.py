"""The values in ``TINYMCE_JWT``: which are accepted, and the complete message for each other one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

import jwt
import pytest

from .helpers.errors import key_error, settings_error
from .helpers.keys import private_pem, public_pem
from .helpers.tokens import issued_claims, issued_token

SECRET_OF_32 = "0123456789abcdef" * 2
SETTINGS = (
    "PRIVATE_KEY_PATH, PRIVATE_KEY, PRIVATE_KEY_PASSPHRASE, SIGNER, PUBLIC_KEY_PATH, PUBLIC_KEY, ALGORITHM, KEY_ID, "
    "LIFETIME, API_KEY, ENVIRONMENT_ID, API_SECRET, CLAIM_MAPPER, REQUIRED_PERMISSION"
)
DAY = 24 * 60 * 60
NAN = float("nan")
TOO_SHORT = [timedelta(0), timedelta(milliseconds=999), timedelta(-1)]

WANTED = {
    "PRIVATE_KEY_PATH": "the path of a PEM file, as str or Path",
    "PRIVATE_KEY": "the PEM text of the private key, not blank",
    "PRIVATE_KEY_PASSPHRASE": "the passphrase of the private key, as str",
    "PUBLIC_KEY_PATH": "the path of a PEM file, as str or Path, or a list of them",
    "PUBLIC_KEY": "the PEM text of the public key, or a list of them",
    "ALGORITHM": "the name of an algorithm such as 'RS256'",
    "KEY_ID": "a str, not blank",
    "LIFETIME": "a timedelta or a whole number of seconds, from one second to 100 years",
    "API_KEY": "the site's Tiny API key, as str",
    "ENVIRONMENT_ID": "the Environment ID of the on-premises AI service, as str",
    "API_SECRET": "the API Secret of the on-premises AI service, as str",
    "CLAIM_MAPPER": "a claim mapper class or its dotted path",
    "REQUIRED_PERMISSION": "a Django permission such as 'app.codename'",
}
# Python's form of an environment variable that is not UTF-8.
NO_UTF8 = chr(0xDCFF)
NO_TEXT = [NO_UTF8, 1, True, NAN, b"bytes", ["list"]]
WRONG = {
    "PRIVATE_KEY_PATH": ["", " \t", "a\0b", Path("a\0b"), *NO_TEXT, {}],
    "PUBLIC_KEY_PATH": ["", NO_UTF8, 1, True, b"bytes", [], (), [""], ["a", 1], [["a"]], {"a"}],
    "ALGORITHM": ["", " ", *NO_TEXT],
    "KEY_ID": ["", " ", *NO_TEXT],
    "LIFETIME": [0, -1, True, False, 1.5, NAN, float("inf"), "600", [600], 100 * 366 * DAY, timedelta.max, *TOO_SHORT],
    "API_KEY": ["\n", *NO_TEXT],
    "ENVIRONMENT_ID": [" ", *NO_TEXT],
    "CLAIM_MAPPER": ["", " ", "nodots", *NO_TEXT],
    "REQUIRED_PERMISSION": ["", "codename", "app.", ".codename", "a pp.code", "app.code\n", *NO_TEXT],
}
NOT_UTF8, OF_THE_TYPE = "not text in UTF-8", "of the type"
WRONG_SECRETS = {
    "PRIVATE_KEY": {"blank": [" \n", b" "], NOT_UTF8: [NO_UTF8], OF_THE_TYPE: [1, True, NAN, ["list"], Path("a")]},
    "PRIVATE_KEY_PASSPHRASE": {NOT_UTF8: [NO_UTF8], OF_THE_TYPE: [1, True, NAN, ["list"]]},
    "PUBLIC_KEY": {"blank": ["", b" "], NOT_UTF8: [NO_UTF8], OF_THE_TYPE: [1, True, [], (), [""], ["a", 1], {}]},
    "API_SECRET": {"blank": [" " * 40, b" "], NOT_UTF8: [NO_UTF8], OF_THE_TYPE: [1, True, NAN, ["list"]]},
}


FOUND = [
    *((name, value, f"{value!r} ({type(value).__name__})") for name, values in WRONG.items() for value in values),
    *(
        (name, value, f"of the type {type(value).__name__}" if found == OF_THE_TYPE else found)
        for name, kinds in WRONG_SECRETS.items()
        for found, values in kinds.items()
        for value in values
    ),
]
wrong_values = pytest.mark.parametrize(("name", "value", "found"), FOUND, ids=lambda value: ascii(value)[:40])


@pytest.fixture
def configure(settings):
    """A function that sets ``TINYMCE_JWT`` at the top level or for one service."""

    def set_settings(values, service=None, **top):
        key = {} if any("PRIVATE" in str(name) for name in [*values, *top]) else {"PRIVATE_KEY": private_pem()}
        top = {**key, "API_KEY": "key", "ENVIRONMENT_ID": "env", "API_SECRET": SECRET_OF_32, **top}
        settings.TINYMCE_JWT = {**top, **values} if service is None else {**top, "SERVICES": {service: values}}

    return set_settings


@wrong_values
def test_wrong_top_level_value_is_refused_with_a_hint(configure, name, value, found):
    configure({name: value})
    assert settings_error() == f'TINYMCE_JWT["{name}"] is {found}. Make it {WANTED[name]}.'


@wrong_values
def test_wrong_service_value_is_refused_with_the_service(configure, name, value, found):
    configure({name: value}, "tinydrive")
    assert settings_error() == f'TINYMCE_JWT["SERVICES"]["tinydrive"]["{name}"] is {found}. Make it {WANTED[name]}.'


def test_number_too_long_to_print_is_refused(configure):
    configure({"LIFETIME": 10**5000})
    assert settings_error().startswith('TINYMCE_JWT["LIFETIME"] is ')


@pytest.mark.parametrize(
    ("wrong", "type_name"),
    [([], "list"), ("text", "str"), (5, "int"), (True, "bool"), (object(), "object")],
    ids=["list", "str", "int", "bool", "object"],
)
def test_settings_that_are_not_a_dict_are_refused(settings, wrong, type_name):
    settings.TINYMCE_JWT = wrong
    assert settings_error() == (
        f"TINYMCE_JWT is of the type {type_name}. Make it a dict: "
        'TINYMCE_JWT = {"PRIVATE_KEY_PATH": BASE_DIR / "secrets" / "tiny.pem"}.'
    )


@pytest.mark.parametrize(("wrong", "type_name"), [([], "list"), ("tinydrive", "str"), ({"tinydrive"}, "set")], ids=repr)
def test_services_that_are_not_a_dict_are_refused(configure, wrong, type_name):
    configure({"SERVICES": wrong})
    assert settings_error() == (
        f'TINYMCE_JWT["SERVICES"] is of the type {type_name}. Make it a dict: {{"tinydrive": {{}}, "exportpdf": {{}}}}.'
    )


@pytest.mark.parametrize(("wrong", "type_name"), [(None, "NoneType"), ([], "list"), ("text", "str")], ids=repr)
def test_section_that_is_not_a_dict_is_refused(configure, wrong, type_name):
    configure({"SERVICES": {"tinydrive": wrong}})
    assert settings_error() == (
        f'TINYMCE_JWT["SERVICES"]["tinydrive"] is of the type {type_name}. '
        "Make it a dict, empty if the service needs no settings of its own."
    )


def test_mapping_that_is_not_a_dict_is_accepted(settings):
    settings.TINYMCE_JWT = MappingProxyType({"PRIVATE_KEY": private_pem(), "SERVICES": MappingProxyType({})})
    assert settings_error().startswith("The service 'tinydrive' is not configured (configured: none).")


NEAREST = {
    "PRIVATE_KEY_PAHT": "PRIVATE_KEY_PATH",
    "private_key_path": "PRIVATE_KEY_PATH",
    "PUBLIC_KEYS": "PUBLIC_KEY",
    "PASSPHRASE": "PRIVATE_KEY_PASSPHRASE",
    "LIFETIM": "LIFETIME",
    "KID": "KEY_ID",
    "PERMISSION": "REQUIRED_PERMISSION",
}


@pytest.mark.parametrize("service", [None, "tinydrive"], ids=["top", "section"])
@pytest.mark.parametrize(("name", "nearest"), NEAREST.items())
def test_unknown_name_is_refused_with_the_nearest_name(configure, service, name, nearest):
    configure({name: "value"}, service, PRIVATE_KEY=private_pem())
    where = "TINYMCE_JWT" if service is None else 'TINYMCE_JWT["SERVICES"]["tinydrive"]'
    assert settings_error() == f'{where}["{name}"] is not a setting. Did you mean {nearest}?'


@pytest.mark.parametrize("name", ["SERVICE", "services", "SERVISES"])
def test_unknown_name_near_to_services_is_refused_with_it(configure, name):
    configure({name: {}})
    assert settings_error() == f'TINYMCE_JWT["{name}"] is not a setting. Did you mean SERVICES?'


def test_unknown_name_near_to_none_is_refused_with_all_names(configure):
    configure({"ISSUER": "value"})
    names = f"{SETTINGS}, TENANT_SETTINGS, SERVICES"
    assert settings_error() == f'TINYMCE_JWT["ISSUER"] is not a setting. The names are: {names}.'


def test_services_in_a_section_are_refused(configure):
    configure({"SERVICES": {}}, "tinydrive")
    assert settings_error() == (
        f'TINYMCE_JWT["SERVICES"]["tinydrive"]["SERVICES"] is not a setting. The names are: {SETTINGS}.'
    )


@pytest.mark.parametrize("service", [None, "tinydrive"], ids=["top", "section"])
@pytest.mark.parametrize("name", [5, None, b"KEY_ID", ("KEY_ID",), 1.5], ids=repr)
def test_name_that_is_not_a_string_is_refused(configure, name, service):
    configure({name: "value"}, service)
    assert (
        settings_error()
        == f"A name of the type {type(name).__name__} in TINYMCE_JWT is not a setting. The names of settings are str."
    )


@pytest.mark.parametrize("service", [None, "tinydrive"], ids=["top", "section"])
@pytest.mark.parametrize("key", ["PRIVATE_KEY", "PUBLIC_KEY"])
def test_path_and_text_for_one_key_are_refused(configure, service, key):
    pem = private_pem() if key == "PRIVATE_KEY" else public_pem()
    configure({f"{key}_PATH": "tiny.pem", key: pem}, service, PRIVATE_KEY=private_pem())
    where = "TINYMCE_JWT" if service is None else 'TINYMCE_JWT["SERVICES"]["tinydrive"]'
    assert settings_error() == (
        f'{where}["{key}_PATH"] and {where}["{key}"] are both set. Keep one of them: a key has one source.'
    )


def test_path_that_is_none_beside_a_text_is_accepted(configure):
    configure({"PRIVATE_KEY_PATH": None, "PRIVATE_KEY": private_pem()})
    assert issued_claims()["sub"] == "7"


KEY_TEXTS = {
    "pem": private_pem,
    "one-line": lambda: private_pem().replace("\n", "\\n"),
    "public-pem": public_pem,
    "public-one-line": lambda: "".join(public_pem().splitlines()[1:-1]),
}


@pytest.mark.parametrize("make", KEY_TEXTS.values(), ids=KEY_TEXTS)
@pytest.mark.parametrize("name", WRONG)
def test_key_text_in_another_setting_is_not_shown(configure, name, make):
    configure({name: make()}, PRIVATE_KEY=None)
    assert settings_error() == (
        f'TINYMCE_JWT["{name}"] holds the text of a key, not {WANTED[name]}. '
        "Put the text in PRIVATE_KEY (or PUBLIC_KEY); if it was shown anywhere, generate a new key."
    )


@pytest.mark.parametrize(
    "container",
    [lambda pem: [pem], lambda pem: ("a", pem), lambda pem: {"a": pem}, lambda pem: [[pem]], str.encode],
    ids=["list", "tuple", "dict", "list-of-lists", "bytes"],
)
def test_key_text_in_a_container_is_not_shown(configure, container):
    configure({"PUBLIC_KEY_PATH": container(private_pem())})
    assert settings_error().startswith('TINYMCE_JWT["PUBLIC_KEY_PATH"] holds the text of a key, not ')


def test_key_text_as_a_setting_name_is_not_shown(configure):
    configure({private_pem(): "PRIVATE_KEY"})
    assert settings_error() == (
        "The text of a key, used as a name in TINYMCE_JWT, is not a setting. Put it in the value of PRIVATE_KEY; "
        "if it was shown anywhere, generate a new key."
    )


def test_key_text_as_the_api_secret_is_not_shown(configure):
    configure({"API_SECRET": private_pem()}, "tinymceai-onprem")
    assert settings_error("tinymceai-onprem") == (
        'TINYMCE_JWT["SERVICES"]["tinymceai-onprem"]["API_SECRET"] holds the text of a key, not an API Secret. '
        "Copy the API Secret of an access key from the on-premises service's panel."
    )


@pytest.mark.parametrize("secret", ["ssh-rsa-secret", "ssh-ed25519 AAAA", "ecdsa-sha2-nistp256 AAAA"])
def test_api_secret_that_looks_like_a_key_is_refused(configure, secret):
    configure({"API_SECRET": secret.ljust(40)}, "tinymceai-onprem")
    assert key_error("tinymceai-onprem") == (
        "The text in API_SECRET is a public key or a JWK, not a secret. Copy the API Secret of an access key."
    )


@pytest.mark.parametrize("secret", [SECRET_OF_32[:-1], b"\xff" * 31], ids=["str", "bytes"])
def test_api_secret_under_32_bytes_is_refused(configure, secret):
    configure({"API_SECRET": secret}, "tinymceai-onprem")
    assert settings_error("tinymceai-onprem") == (
        'TINYMCE_JWT["SERVICES"]["tinymceai-onprem"]["API_SECRET"] has 31 bytes; HS256 wants 32 or more '
        "(RFC 7518, 3.2). Use a longer secret on both sides."
    )


@pytest.mark.parametrize(
    ("secret", "data"),
    [
        (SECRET_OF_32, SECRET_OF_32.encode()),
        (SECRET_OF_32.encode(), SECRET_OF_32.encode()),
        (b"\xff" * 32, b"\xff" * 32),
        ("é" * 16, "é".encode() * 16),
    ],
    ids=["str", "bytes", "bytes-that-are-no-text", "non-ascii"],
)
def test_api_secret_of_32_bytes_signs(configure, secret, data):
    configure({"API_SECRET": secret}, "tinymceai-onprem")
    assert jwt.decode(issued_token("tinymceai-onprem"), data, ["HS256"], audience="env")["sub"] == "7"


@pytest.mark.parametrize(
    ("service", "lifetime", "seconds"),
    [
        ("tinydrive", 1, 1),
        ("tinydrive", timedelta(seconds=1), 1),
        ("tinydrive", timedelta(minutes=5), 300),
        ("tinydrive", timedelta(seconds=90, milliseconds=999), 90),
        ("exportpdf", timedelta(days=365), 365 * DAY),
        ("tinymceai", 120, 120),
        ("tinymceai", DAY, DAY),
        ("tinymceai-onprem", timedelta(minutes=2), 120),
        ("tinymceai-onprem", timedelta(days=1), DAY),
    ],
)
def test_lifetime_is_the_time_from_iat_to_exp(configure, service, lifetime, seconds):
    configure({"LIFETIME": lifetime}, service)
    claims = issued_claims(service)
    assert claims["exp"] - claims["iat"] == seconds


@pytest.mark.parametrize("lifetime", [119, timedelta(seconds=119), DAY + 1, timedelta(days=1, seconds=1)], ids=repr)
@pytest.mark.parametrize("service", ["tinymceai", "tinymceai-onprem"])
def test_lifetime_of_an_ai_service_has_bounds(configure, service, lifetime):
    configure({}, service, LIFETIME=lifetime)
    seconds = int(lifetime / timedelta(seconds=1)) if isinstance(lifetime, timedelta) else lifetime
    assert settings_error(service) == (
        f"LIFETIME is {seconds} s for the service {service!r}. The service wants 120 to 86400 s; 600 s are recommended."
    )


def test_lifetime_refused_by_an_ai_service_stops_only_that(settings):
    services = {"tinydrive": {}, "tinymceai": {}}
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(), "API_KEY": "key", "LIFETIME": 60, "SERVICES": services}
    assert issued_claims()["sub"] == "7"
