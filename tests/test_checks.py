"""``manage.py check``: each message with its id and its hint."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError

import django_tinymce_jwt
from django_tinymce_jwt.claims import TinyDriveClaims

from .helpers.checks import ids, messages
from .helpers.keys import private_pem, public_pem, rsa_key
from .helpers.services import API_SECRET

SERVICES = "tinydrive, exportpdf, exportword, importword, tinymceai, tinymceai-onprem"
CLOUD_ALGORITHMS = "RS256, RS384, RS512, PS256, PS384, PS512"


BROKEN = Path(__file__).parent / "sites" / "broken.py"
GENERATE_HINT = "This command makes a key pair: manage.py tinymce_jwt keys generate secrets/tiny.pem"


def with_key(**more):
    return {"PRIVATE_KEY": private_pem(), **more}


# Settings with one fault, and the message and hint for it.
FAULTS = {
    "E001": (
        list,
        "TINYMCE_JWT is of the type list.",
        'Make it a dict: TINYMCE_JWT = {"PRIVATE_KEY_PATH": BASE_DIR / "secrets" / "tiny.pem"}.',
    ),
    "E002": (
        lambda: with_key(LIFETIM=5),
        'TINYMCE_JWT["LIFETIM"] is not a setting.',
        "Did you mean LIFETIME?",
    ),
    "E003": (
        lambda: with_key(KEY_ID=5),
        'TINYMCE_JWT["KEY_ID"] is 5 (int).',
        "Make it a str, not blank.",
    ),
    "E004": (
        lambda: with_key(PRIVATE_KEY_PATH="tiny.pem"),
        'TINYMCE_JWT["PRIVATE_KEY_PATH"] and TINYMCE_JWT["PRIVATE_KEY"] are both set.',
        "Keep one of them: a key has one source.",
    ),
    "E005": (
        lambda: {"PRIVATE_KEY_PATH": private_pem()},
        'TINYMCE_JWT["PRIVATE_KEY_PATH"] holds the text of a key, not the path of a PEM file, as str or Path.',
        "Put the text in PRIVATE_KEY (or PUBLIC_KEY); if it was shown anywhere, generate a new key.",
    ),
    "E006": (
        lambda: with_key(API_SECRET="short"),
        'TINYMCE_JWT["API_SECRET"] has 5 bytes; HS256 wants 32 or more (RFC 7518, 3.2).',
        "Use a longer secret on both sides.",
    ),
    "E007": (
        lambda: with_key(ALGORITHM="HS256"),
        "TINYMCE_JWT[\"ALGORITHM\"] is 'HS256', which no configured service takes.",
        "Make it one of: PS256, PS384, PS512, RS256, RS384, RS512.",
    ),
    "E008": (
        lambda: with_key(SERVICES={"tinydrive": {}, "rtc": {}}),
        "TINYMCE_JWT[\"SERVICES\"] lists 'rtc', which is not one of Tiny's services.",
        f"The services are: {SERVICES}.",
    ),
    "E009": (
        lambda: with_key(SERVICES={"tinydrive": {"ALGORITHM": "HS256"}}),
        'TINYMCE_JWT["SERVICES"]["tinydrive"]["ALGORITHM"] is \'HS256\', which the service does not take.',
        f"Make it one of: {CLOUD_ALGORITHMS}.",
    ),
    "E010": (
        lambda: with_key(API_KEY="key", SERVICES={"tinymceai": {"LIFETIME": 60}}),
        "LIFETIME is 60 s for the service 'tinymceai'.",
        "The service wants 120 to 86400 s; 600 s are recommended.",
    ),
    "W008-audience": (
        lambda: with_key(SERVICES={"exportpdf": {}}),
        "TINYMCE_JWT[\"API_KEY\"] is missing: the service 'exportpdf' wants it as 'aud'.",
        'Set it there, or in TINYMCE_JWT["SERVICES"]["exportpdf"]["API_KEY"].',
    ),
    "W008-key": (
        dict,
        "The service 'tinydrive' has no key to sign with.",
        f'Set TINYMCE_JWT["PRIVATE_KEY_PATH"]. {GENERATE_HINT}',
    ),
    "E013": (
        lambda: {"PRIVATE_KEY": "no key"},
        "The text in PRIVATE_KEY is not PEM (-----BEGIN PRIVATE KEY-----). Put the RSA private key there, as PEM.",
        "No token can be issued for: tinydrive.",
    ),
    "E014": (
        lambda: with_key(CLAIM_MAPPER="tests.nowhere.Claims"),
        (
            "CLAIM_MAPPER is 'tests.nowhere.Claims', which cannot be imported: "
            "ModuleNotFoundError: No module named 'tests.nowhere'."
        ),
        "Correct the path, or the module that it names. It is the claim mapper of the service 'tinydrive'.",
    ),
    "W005": (
        lambda: {
            **with_key(API_KEY="key", ENVIRONMENT_ID="env", API_SECRET=API_SECRET),
            "SERVICES": {"tinymceai-onprem": {}, "tinymceai": {}},
        },
        "The services 'tinymceai-onprem' and 'tinymceai' share the editor option tinymceai_token_provider.",
        "'tinymceai-onprem', which is listed first, gets the option. Keep one of them.",
    ),
    "W006": (
        lambda: with_key(API_KEY="key", CLAIM_MAPPER=TinyDriveClaims, SERVICES={"exportpdf": {}}),
        'TINYMCE_JWT["CLAIM_MAPPER"] is only the mapper of tinydrive, which is not configured.',
        "Move it into the section of the service that it is for.",
    ),
    "W007": (
        lambda: {"PUBLIC_KEY": public_pem()},
        "The service 'tinydrive' has no key to sign with, so it can only verify tokens.",
        'Set TINYMCE_JWT["PRIVATE_KEY_PATH"] if the site should issue tokens.',
    ),
    "E016": (
        lambda: {"SIGNER": {"BACKEND": "tests.nowhere.Signer"}},
        (
            "SIGNER['BACKEND'] is 'tests.nowhere.Signer', which cannot be imported: "
            "ModuleNotFoundError: No module named 'tests.nowhere'. Correct the path, or the module that it names."
        ),
        "No token can be issued for: tinydrive.",
    ),
}
# These need files, URLs or requests and are tested in test_checks_site.py, test_missing_values.py, test_advisories.py
# and test_tenants.py.
OTHERS = ["E015", "E017", "E018", "I001", "W001", "W002", "W003", "W004", "W009"]


@pytest.mark.parametrize(
    ("code", "make", "message", "hint"), [(code, *row) for code, row in FAULTS.items()], ids=FAULTS
)
def test_settings_fault_is_reported_once_with_its_hint(settings, code, make, message, hint):
    settings.TINYMCE_JWT = make()
    assert messages() == [(code.partition("-")[0], message, hint)]


def test_every_id_is_tested():
    package = Path(django_tinymce_jwt.__file__).parent
    source = "".join(path.read_text() for path in package.rglob("*.py"))
    used = set(re.findall(r'["}.]([EWI]\d{3})"', source))
    assert used == {*(code.partition("-")[0] for code in FAULTS), *OTHERS}


def test_correct_site_has_no_messages(site):
    assert messages() == []


def test_correct_site_with_all_services_has_no_errors(site):
    section = {"ENVIRONMENT_ID": "env", "API_SECRET": API_SECRET}
    services = {name: {} for name in SERVICES.split(", ")} | {"tinymceai-onprem": section}
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "API_KEY": "key", "SERVICES": services}
    assert ids() == ["W005"]


def test_all_faults_are_reported(settings):
    settings.TINYMCE_JWT = with_key(LIFETIM=5, KEY_ID=5, SERVICES={"exportpdf": {"API_KEY": " "}, "rtc": {}, 5: {}})
    assert ids() == ["E002", "E003", "E003", "E008", "E008"]


def test_service_id_that_is_not_a_string_is_reported(settings):
    settings.TINYMCE_JWT = with_key(SERVICES={5: {}})
    assert (
        messages()[0][1]
        == 'TINYMCE_JWT["SERVICES"] lists a name of the type int, which is not one of Tiny\'s services.'
    )


@pytest.mark.parametrize("first_line", [0, 1], ids=["with-its-title", "body-alone"])
def test_key_as_a_service_id_is_not_shown(settings, first_line):
    text = "\n".join(private_pem().splitlines()[first_line:])
    settings.TINYMCE_JWT = with_key(SERVICES={"tinydrive": {}, text: {}})
    expected = 'TINYMCE_JWT["SERVICES"] lists the text of a key, which is not one of Tiny\'s services.'
    assert messages() == [("E008", expected, f"The services are: {SERVICES}.")]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("PRIVATE_KEY_FILE", "PRIVATE_KEY_PATH"),
        ("public_key_file", "PUBLIC_KEY_PATH"),
        ("PRIVATEKEY", "PRIVATE_KEY"),
        ("PRIVATE_KEY_PASSWORD", "PRIVATE_KEY_PASSPHRASE"),
    ],
)
def test_intended_setting_is_suggested(settings, name, meant):
    settings.TINYMCE_JWT = with_key(**{name: "x"})
    assert messages()[0][2] == f"Did you mean {meant}?"


def test_key_shared_by_services_is_reported_once(settings):
    services = {"tinydrive": {}, "exportpdf": {}, "exportword": {"PRIVATE_KEY": private_pem()}}
    settings.TINYMCE_JWT = {"PRIVATE_KEY": "no key", "API_KEY": "key", "SERVICES": services}
    [(code, _, hint)] = messages()
    assert (code, hint) == ("E013", "No token can be issued for: tinydrive, exportpdf.")


def test_every_unusable_key_is_reported(settings):
    services = {"tinydrive": {}, "exportpdf": {"PRIVATE_KEY": private_pem(rsa_key("short", 1024))}}
    settings.TINYMCE_JWT = {"PRIVATE_KEY": "no key", "API_KEY": "key", "SERVICES": services}
    assert ids() == ["E013", "E013"]


def test_unusable_new_key_is_reported_while_the_old_is_used(site, key_path):
    assert messages() == []
    key_path.write_text("no key")
    assert ids() == ["E013"]


@pytest.mark.parametrize(
    ("mapper", "reason"),
    [
        (
            "tests.sites.custom_user.Claims",
            (
                "cannot be imported: ImportError: "
                'Module "tests.sites.custom_user" does not define a "Claims" attribute/class.'
            ),
        ),
        (
            "tests.sites.broken.Claims",
            f"cannot be imported: RuntimeError: the site's module is broken ({BROKEN}, line 1).",
        ),
        ("tests.sites.custom_user.models.Member", "is not a subclass of django_tinymce_jwt.claims.ClaimMapper."),
        (int, "is not a subclass of django_tinymce_jwt.claims.ClaimMapper."),
    ],
    ids=str,
)
def test_invalid_claim_mapper_is_reported(settings, mapper, reason):
    settings.TINYMCE_JWT = with_key(CLAIM_MAPPER=mapper)
    [(code, message, _)] = messages()
    found = repr(mapper) if isinstance(mapper, str) else f"{mapper!r} (type)"
    assert (code, message) == ("E014", f"CLAIM_MAPPER is {found}, which {reason}")


@pytest.mark.parametrize("level", ["ERROR", "WARNING"])
def test_check_command_fails_with_the_message(settings, level):
    code = {"ERROR": "E001", "WARNING": "W007"}[level]
    settings.TINYMCE_JWT = [] if level == "ERROR" else FAULTS[code][0]()
    with pytest.raises(SystemCheckError, match=rf"\(django_tinymce_jwt\.{code}\) T"):
        call_command("check", fail_level=level)


def test_check_command_passes_for_a_correct_site(site, capsys):
    call_command("check", fail_level="INFO")
    assert capsys.readouterr().out == "System check identified no issues (0 silenced).\n"
