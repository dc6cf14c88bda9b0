"""``TINYMCE_JWT``: defaults, and what a service's settings override."""

from __future__ import annotations

import jwt
import pytest
from django.test import RequestFactory, override_settings

from django_tinymce_jwt import conf, verify_token
from django_tinymce_jwt.claims import TinyAIClaims, TinyDriveClaims
from django_tinymce_jwt.exceptions import InvalidToken
from django_tinymce_jwt.views import TokenView

from .helpers.errors import key_error, settings_error
from .helpers.keys import private_pem, public_pem, rsa_key
from .helpers.services import API_SECRET
from .helpers.tokens import assert_site_signs_with, issued_claims, issued_header, issued_token, unsaved_user

PASSPHRASE = "tr0ub4dor-and-3"
MAPPER_PATH = f"{__name__}.Renamed"


class Renamed(TinyDriveClaims):
    def get_name(self):
        return "Renamed"


class RenamedForAI(TinyAIClaims):
    def get_name(self):
        return "Renamed"


@pytest.fixture
def configure(settings):
    """A function that sets ``TINYMCE_JWT``: a key, an account, and the settings of the test."""

    def set_settings(services=None, **top):
        key = {} if top.keys() & {"PRIVATE_KEY", "PRIVATE_KEY_PATH"} else {"PRIVATE_KEY": private_pem()}
        wanted = {"API_KEY": "key", "ENVIRONMENT_ID": "env", "API_SECRET": API_SECRET}
        sections = {} if services is None else {"SERVICES": services}
        settings.TINYMCE_JWT = {**key, **wanted, **top, **sections}

    return set_settings


def lifetime_of(service="tinydrive"):
    claims = issued_claims(service)
    return claims["exp"] - claims["iat"]


def required_permission():
    """The permission that the endpoint asks of the user."""
    asked = []
    request = RequestFactory().post("/")
    request.user = unsaved_user()
    request.user.has_perm = lambda permission: not asked.append(permission)
    assert TokenView.as_view()(request).status_code == 200
    return next(iter(asked), None)


def test_defaults_are_rs256_ten_minutes_and_no_kid(site):
    assert issued_header() == {"alg": "RS256", "typ": "JWT"}
    assert lifetime_of() == 600


def test_services_default_to_tinydrive_alone(site):
    assert issued_claims()["sub"] == "7"
    assert settings_error("exportpdf") == (
        "The service 'exportpdf' is not configured (configured: tinydrive). List the service in "
        'TINYMCE_JWT["SERVICES"]; Tiny\'s services are: tinydrive, exportpdf, exportword, importword, tinymceai, '
        "tinymceai-onprem."
    )


def test_services_that_are_none_are_the_default(configure):
    configure(SERVICES=None)
    assert issued_claims()["sub"] == "7"


def test_service_that_is_not_listed_gets_no_token(configure):
    configure({"exportpdf": {}})
    assert settings_error().startswith("The service 'tinydrive' is not configured (configured: exportpdf).")


@pytest.mark.parametrize(
    ("services", "status"), [({"exportpdf": {}}, 401), ({"tinydrive": {}}, 404), ({"exportpdf": {"LIFETIME": 0}}, 401)]
)
def test_endpoint_exists_for_each_listed_service(configure, client, services, status):
    configure(services)
    assert client.post("/tinymce/jwt/exportpdf/").status_code == status


def test_endpoint_exists_with_unreadable_settings(settings, client):
    settings.TINYMCE_JWT = "no dict"
    assert client.post("/tinymce/jwt/exportpdf/").status_code == 401


def test_services_may_be_empty(configure):
    configure({})
    assert settings_error().startswith("The service 'tinydrive' is not configured (configured: none).")


OVERRIDES = {
    "LIFETIME": (300, 900, 600, lifetime_of),
    "ALGORITHM": ("PS256", "RS512", "RS256", lambda: issued_header()["alg"]),
    "KEY_ID": ("top", "own", None, lambda: issued_header().get("kid")),
    "CLAIM_MAPPER": (TinyDriveClaims, MAPPER_PATH, "ada", lambda: issued_claims()["name"]),
    "REQUIRED_PERMISSION": ("a.b", "c.d", None, required_permission),
}
each_override = pytest.mark.parametrize(
    ("name", "top", "own", "default", "observe"),
    [(name, *row) for name, row in OVERRIDES.items()],
    ids=OVERRIDES,
)


@each_override
def test_service_setting_overrides_the_top_level(configure, name, top, own, default, observe):
    configure({"tinydrive": {name: own}}, **{name: top})
    assert observe() == ("Renamed" if own == MAPPER_PATH else own)


@each_override
def test_top_level_setting_applies_without_service_setting(configure, name, top, own, default, observe):
    configure({"tinydrive": {}}, **{name: own})
    assert observe() == ("Renamed" if own == MAPPER_PATH else own)


@each_override
def test_explicit_none_in_a_section_is_the_default(configure, name, top, own, default, observe):
    configure({"tinydrive": {name: None}}, **{name: own})
    assert observe() == default


def test_api_key_of_a_section_is_its_audience(configure):
    configure({"exportpdf": {"API_KEY": "own"}, "exportword": {}})
    assert (issued_claims("exportpdf")["aud"], issued_claims("exportword")["aud"]) == ("own", "key")


def test_environment_id_is_the_audience_on_premises(configure):
    configure({"tinymceai-onprem": {}})
    assert issued_claims("tinymceai-onprem")["aud"] == "env"


def test_tinydrive_gets_no_audience(configure):
    configure()
    assert "aud" not in issued_claims()


def test_api_secret_signs_on_premises_tokens(configure):
    configure({"tinymceai-onprem": {"API_SECRET": API_SECRET * 2}})
    assert jwt.decode(issued_token("tinymceai-onprem"), API_SECRET * 2, ["HS256"], audience="env")["sub"] == "7"


@pytest.mark.parametrize(
    ("service", "name"),
    [("exportpdf", "API_KEY"), ("tinymceai", "API_KEY"), ("tinymceai-onprem", "ENVIRONMENT_ID")],
)
def test_missing_audience_is_reported(configure, service, name):
    configure({service: {name: None}})
    assert settings_error(service) == (
        f"TINYMCE_JWT[\"{name}\"] is missing: the service {service!r} wants it as 'aud'. "
        f'Set it there, or in TINYMCE_JWT["SERVICES"]["{service}"]["{name}"].'
    )


PRIVATE_KEY_HINT = (
    'Set TINYMCE_JWT["PRIVATE_KEY_PATH"]. '
    "This command makes a key pair: manage.py tinymce_jwt keys generate secrets/tiny.pem"
)


@pytest.mark.parametrize(
    ("service", "name", "hint"),
    [
        ("tinydrive", "PRIVATE_KEY", PRIVATE_KEY_HINT),
        ("tinymceai-onprem", "API_SECRET", 'Set TINYMCE_JWT["API_SECRET"].'),
    ],
)
def test_service_without_a_key_has_a_hint(configure, service, name, hint):
    configure({service: {name: None}})
    assert settings_error(service) == f"The service {service!r} has no key to sign with. {hint}"


@pytest.fixture
def key_at_the_top():
    """All settings that belong to a key."""
    return {
        "PRIVATE_KEY": private_pem(passphrase=PASSPHRASE),
        "PRIVATE_KEY_PASSPHRASE": PASSPHRASE,
        "PUBLIC_KEY": public_pem(),
        "KEY_ID": "top",
    }


@pytest.fixture
def own_key(tmp_path):
    """The settings of a service's own key, as path and as text."""
    private, public = tmp_path / "own.pem", tmp_path / "own.pub"
    private.write_text(private_pem(rsa_key("own")))
    public.write_text(public_pem(rsa_key("own")))
    return {
        "PRIVATE_KEY_PATH": private,
        "PRIVATE_KEY": private.read_text(),
        "PUBLIC_KEY_PATH": public,
        "PUBLIC_KEY": public.read_text(),
    }


def test_service_without_own_key_uses_the_top_level_key(configure, key_at_the_top):
    configure({"exportpdf": {"LIFETIME": 300}}, **key_at_the_top)
    assert_site_signs_with("site", "exportpdf")
    assert issued_header("exportpdf")["kid"] == "top"


@pytest.mark.parametrize("name", ["PRIVATE_KEY", "PRIVATE_KEY_PATH"])
def test_service_with_own_key_takes_nothing_of_the_top_key(configure, key_at_the_top, own_key, name):
    configure({"exportpdf": {name: own_key[name]}}, **key_at_the_top)
    assert_site_signs_with("own", "exportpdf")
    assert "kid" not in issued_header("exportpdf")


def test_service_with_own_key_takes_other_top_settings(configure, own_key):
    configure({"exportpdf": {"PRIVATE_KEY": own_key["PRIVATE_KEY"]}}, ALGORITHM="PS384", API_KEY="top")
    assert (issued_header("exportpdf")["alg"], issued_claims("exportpdf")["aud"]) == ("PS384", "top")


@pytest.mark.parametrize("name", ["PUBLIC_KEY", "PUBLIC_KEY_PATH"])
def test_service_with_own_public_key_never_signs_with_top_key(configure, own_key, name):
    configure({"exportpdf": {name: own_key[name]}})
    assert key_error("exportpdf") == (
        "There is no private key to sign with. Set PRIVATE_KEY_PATH, PRIVATE_KEY or SIGNER."
    )


def test_service_with_own_public_key_ignores_the_top_key(configure, own_key):
    configure({"exportpdf": {}})
    token = issued_token("exportpdf")
    configure({"exportpdf": {"PUBLIC_KEY": own_key["PUBLIC_KEY"]}})
    with pytest.raises(InvalidToken, match="not signed with a key of this site"):
        verify_token(token, "exportpdf")


def test_service_passphrase_opens_the_top_level_key(configure):
    configure({"tinydrive": {"PRIVATE_KEY_PASSPHRASE": PASSPHRASE}}, PRIVATE_KEY=private_pem(passphrase=PASSPHRASE))
    assert issued_claims()["sub"] == "7"


@pytest.mark.parametrize("mapper", [Renamed, MAPPER_PATH], ids=["class", "dotted-path"])
def test_top_level_claim_mapper_is_tinydrives(configure, mapper):
    configure({"tinydrive": {}}, CLAIM_MAPPER=mapper)
    assert issued_claims()["name"] == "Renamed"


@pytest.mark.parametrize("service", ["exportpdf", "exportword", "importword", "tinymceai", "tinymceai-onprem"])
def test_top_level_claim_mapper_reaches_no_other_service(configure, service):
    configure({"tinydrive": {}, service: {}}, CLAIM_MAPPER=Renamed)
    assert "Renamed" not in str(issued_claims(service))


def test_service_claim_mapper_is_that_services_alone(configure):
    configure({"tinydrive": {}, "tinymceai": {"CLAIM_MAPPER": RenamedForAI}})
    assert (issued_claims("tinymceai")["user"], issued_claims()["name"]) == ({"name": "Renamed"}, "ada")


@pytest.mark.parametrize("fault", [{"LIFETIME": 0}, {"LIFETIM": 5}, {"ALGORITHM": "HS256"}, None, "no dict"], ids=repr)
def test_service_fault_stops_that_service_alone(configure, fault):
    configure({"tinydrive": {}, "exportpdf": fault})
    assert issued_claims()["sub"] == "7"
    assert settings_error("exportpdf").startswith('TINYMCE_JWT["SERVICES"]["exportpdf"]')


def test_unknown_service_stops_no_other(configure):
    configure({"tinydrive": {}, "rtc": {}, 5: {}})
    assert issued_claims()["sub"] == "7"
    assert settings_error("rtc") == (
        "TINYMCE_JWT[\"SERVICES\"] lists 'rtc', which is not one of Tiny's services. "
        "The services are: tinydrive, exportpdf, exportword, importword, tinymceai, tinymceai-onprem."
    )


@pytest.mark.parametrize("fault", [{"LIFETIME": 0}, {"LIFETIM": 5}, {"ALGORITHM": "none"}, {5: 5}], ids=repr)
def test_top_level_fault_stops_every_service(settings, fault):
    services = {"tinydrive": {"LIFETIME": 300, "ALGORITHM": "RS256"}, "exportpdf": {"API_KEY": "key"}}
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(), "SERVICES": services, **fault}
    assert settings_error() == settings_error("exportpdf")


def test_all_faults_of_a_service_are_reported_at_once(configure):
    configure({"tinydrive": {"LIFETIM": 5, "KEY_ID": ""}})
    assert settings_error() == (
        'TINYMCE_JWT["SERVICES"]["tinydrive"]["LIFETIM"] is not a setting. Did you mean LIFETIME?\n'
        'TINYMCE_JWT["SERVICES"]["tinydrive"]["KEY_ID"] is \'\' (str). Make it a str, not blank.'
    )


def test_warning_is_not_among_the_faults_that_stop_a_service(configure):
    configure({"exportpdf": {}}, CLAIM_MAPPER=MAPPER_PATH, LIFETIM=5)
    assert settings_error("exportpdf") == 'TINYMCE_JWT["LIFETIM"] is not a setting. Did you mean LIFETIME?'


def test_override_settings_takes_effect_at_once(site):
    with override_settings(TINYMCE_JWT={**site.TINYMCE_JWT, "KEY_ID": "inside"}):
        assert issued_header()["kid"] == "inside"
    assert "kid" not in issued_header()


def test_removed_settings_are_noticed_at_once(site):
    assert issued_claims()["sub"] == "7"
    del site.TINYMCE_JWT
    assert settings_error() == f"The service 'tinydrive' has no key to sign with. {PRIVATE_KEY_HINT}"


def test_repr_of_the_configuration_shows_no_secret(configure):
    pem = private_pem(passphrase=PASSPHRASE)
    key = {"PRIVATE_KEY": pem, "PRIVATE_KEY_PASSPHRASE": PASSPHRASE, "PUBLIC_KEY": [public_pem()]}
    configure({"tinydrive": {}, "tinymceai-onprem": {}}, **key)
    shown = f"{conf.read()!r} {conf.read()}"
    lines = [line for line in (pem + public_pem()).splitlines() if "-----" not in line]
    assert "tinymceai-onprem" in shown
    assert [secret for secret in (PASSPHRASE, API_SECRET, *lines) if secret in shown] == []
