"""``TENANT_SETTINGS``: each tenant has its own key, API key, services, lifetime and claim mapper."""

from __future__ import annotations

import json
from datetime import date
from typing import NamedTuple
from uuid import UUID

import jwt
import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import DatabaseError, connection, transaction
from django.http import Http404
from django.template import Context, Template
from django.test import Client, RequestFactory

from django_tinymce_jwt import issue_token, verify_token
from django_tinymce_jwt.claims import TinyDriveClaims
from django_tinymce_jwt.exceptions import InvalidToken
from django_tinymce_jwt.signers import Signer
from django_tinymce_jwt.signers.key_source import SignerSource
from django_tinymce_jwt.testing import assert_token, override_tinymce_jwt

from .helpers.checks import ids, messages
from .helpers.command import run
from .helpers.documents import blocks
from .helpers.endpoint import PATH, error_of
from .helpers.keys import portal_line, private_pem, public_pem, rsa_key
from .helpers.mappers import mapper_returning
from .helpers.tokens import ROOT_CLAIM, assert_signed_with, sign, unsaved_user, valid_claims
from .sites.with_admin import settings as with_admin

PDF = "/tinymce/jwt/exportpdf/"
SCRIPT = "/tinymce/jwt/providers.js"
ACME, ZOO, NOBODY = "acme.example.com", "zoo.example.com", "nobody.example.com"


class Login(NamedTuple):
    user: str
    password: str


class ZooClaims(TinyDriveClaims):
    def get_root(self):
        return "/zoo"


class MemorySigner(Signer):
    """A signer with one of the keys of the tests."""

    algorithms = ("RS256",)

    def __init__(self, *, name):
        self.key = rsa_key(name)

    def sign(self, data, algorithm):
        return jwt.PyJWS().get_algorithm_by_name(algorithm).sign(data, self.key)

    def get_public_key(self):
        return self.key.public_key()


@pytest.fixture
def tenants(settings):
    """Two tenants with accounts of their own, by host; the test may change what a host has."""
    settings.ALLOWED_HOSTS = ["*"]
    tenants = {
        ACME: {"PRIVATE_KEY": private_pem(rsa_key("acme")), "API_KEY": "acme-key"},
        ZOO: {
            "PRIVATE_KEY": private_pem(rsa_key("zoo")),
            "API_KEY": "zoo-key",
            "LIFETIME": 60,
            "CLAIM_MAPPER": ZooClaims,
            "SERVICES": {"tinydrive": {}, "exportpdf": {}},
        },
    }
    asked = []

    def tenant_settings(request):
        asked.append(request.get_host())
        found = tenants[request.get_host()]
        if isinstance(found, Exception):
            raise found
        return found

    tenants["asked"] = asked
    settings.TINYMCE_JWT = {"TENANT_SETTINGS": tenant_settings}
    return tenants


@pytest.fixture
def ask(client, user):
    """Post as the user to a host; as nobody with ``client=Client()``."""
    client.force_login(user)

    def ask(host, path=PATH, client=client):
        return client.post(path, "{}", "application/json", headers={"host": host})

    return ask


def request_to(host):
    return RequestFactory().get("/", headers={"host": host})


def options_on(client, host):
    """The options and URLs that ``providers.js`` sets on a host; None where it sets nothing."""
    response = client.get(SCRIPT, headers={"host": host})
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/javascript")
    line = next(line for line in response.content.decode().splitlines() if "const services =" in line)
    services = json.loads(line.partition("=")[2].strip().removesuffix(";"))
    return services and {service["option"]: service["url"] for service in services}


def claims_with_key(response, name, audience=None):
    """The claims of the answer's token, which is signed with the key of that name."""
    return jwt.decode(response.json()["token"], rsa_key(name).public_key(), ["RS256"], audience=audience)


def own_errors(caplog):
    """The errors that the package has logged."""
    return [record for record in caplog.get_records("call") if record.name == "django_tinymce_jwt" and record.exc_info]


# The endpoint


def test_token_is_signed_with_the_key_of_the_tenant(tenants, ask):
    assert_signed_with(ask(ACME).json()["token"], rsa_key("acme"))
    assert_signed_with(ask(ZOO).json()["token"], rsa_key("zoo"))


def test_tenant_has_its_own_claim_mapper(tenants, ask):
    assert ROOT_CLAIM not in claims_with_key(ask(ACME), "acme")
    assert claims_with_key(ask(ZOO), "zoo")[ROOT_CLAIM] == "/zoo"


def test_tenant_has_its_own_lifetime(tenants, ask):
    lifetimes = {}
    for host, name in ((ACME, "acme"), (ZOO, "zoo")):
        claims = claims_with_key(ask(host), name)
        lifetimes[name] = claims["exp"] - claims["iat"]
    assert lifetimes == {"acme": 600, "zoo": 60}


def test_tenant_has_its_own_services_and_api_key(tenants, ask):
    assert error_of(ask(ACME, PDF)) == (404, "unknown_service")
    assert claims_with_key(ask(ZOO, PDF), "zoo", audience="zoo-key")["aud"] == "zoo-key"


def test_one_tenant_may_sign_with_a_remote_signer(tenants, ask):
    tenants[ZOO] = {"SIGNER": {"BACKEND": MemorySigner, "OPTIONS": {"name": "vault"}}}
    assert_signed_with(ask(ZOO).json()["token"], rsa_key("vault"))
    assert_signed_with(ask(ACME).json()["token"], rsa_key("acme"))


def test_tenant_may_require_a_permission(tenants, ask):
    tenants[ACME]["REQUIRED_PERMISSION"] = "auth.change_user"
    assert error_of(ask(ACME)) == (403, "permission_denied")
    assert ask(ZOO).status_code == 200


def test_function_is_asked_once_for_a_request(tenants, ask):
    ask(ZOO)
    assert tenants["asked"] == [ZOO]


def test_none_overrides_nothing(tenants, ask, settings):
    settings.TINYMCE_JWT = {**settings.TINYMCE_JWT, "PRIVATE_KEY": private_pem()}
    tenants[ACME] = None
    assert_signed_with(ask(ACME).json()["token"], rsa_key())


def test_tenant_takes_from_the_site_what_it_does_not_override(tenants, ask, settings):
    settings.TINYMCE_JWT = {**settings.TINYMCE_JWT, "LIFETIME": 90}
    claims = claims_with_key(ask(ACME), "acme")
    assert claims["exp"] - claims["iat"] == 90


def test_tenant_with_a_key_takes_nothing_of_the_sites_key(tenants, ask, settings):
    passphrase, public = "of the site's key", public_pem()
    settings.TINYMCE_JWT |= {"PRIVATE_KEY": private_pem(passphrase=passphrase), "PRIVATE_KEY_PASSPHRASE": passphrase}
    settings.TINYMCE_JWT |= {"KEY_ID": "site", "PUBLIC_KEY": public}
    token = ask(ACME).json()["token"]
    assert_signed_with(token, rsa_key("acme"))
    assert "kid" not in jwt.get_unverified_header(token)


def test_missing_key_of_a_tenant_is_not_replaced_by_the_sites_key(tenants, ask, settings):
    settings.TINYMCE_JWT = {**settings.TINYMCE_JWT, "PRIVATE_KEY": private_pem()}
    tenants[ACME] = {"PRIVATE_KEY": ""}
    assert error_of(ask(ACME)) == (500, "token_unavailable")


def test_recipe_refuses_users_who_do_not_belong_to_the_tenant(tenants, ask, user):
    [recipe] = [block.text for block in blocks("docs/tenants.rst") if block.text.count("class TenantClaims")]
    names = {"TinyDriveClaims": TinyDriveClaims, "PermissionDenied": PermissionDenied}
    exec(recipe, names)
    tenants[ACME]["CLAIM_MAPPER"] = tenants[ZOO]["CLAIM_MAPPER"] = names["TenantClaims"]
    user.groups.add(Group.objects.create(name=ACME))
    assert_signed_with(ask(ACME).json()["token"], rsa_key("acme"))
    assert error_of(ask(ZOO)) == (403, "permission_denied")


# What the function raises or returns


def test_http404_is_an_unknown_service_before_the_login(tenants, ask):
    tenants[NOBODY] = Http404("no such tenant")
    assert error_of(ask(NOBODY)) == (404, "unknown_service")
    assert error_of(ask(NOBODY, client=Client())) == (404, "unknown_service")


def test_permission_denied_is_403_after_the_login(tenants, ask):
    tenants[NOBODY] = PermissionDenied("not paid")
    assert error_of(ask(NOBODY)) == (403, "permission_denied")
    assert error_of(ask(NOBODY, client=Client())) == (401, "not_authenticated")


KEY = {"PRIVATE_KEY": private_pem(rsa_key("nobody"))}


def test_permission_denied_comes_before_the_body(tenants, ask, client):
    tenants[ACME] = PermissionDenied("not paid")
    response = client.post(PATH, "{", "application/json", headers={"host": ACME})
    assert error_of(response) == (403, "permission_denied")


WRONG_SETTINGS = {
    "raises": RuntimeError("the table is locked"),
    "a list": [("PRIVATE_KEY", "x")],
    "a text": "acme",
    "unknown name": {**KEY, "PRIVAT_KEY": "x"},
    "nested tenants": {**KEY, "TENANT_SETTINGS": len},
    "wrong value": {**KEY, "LIFETIME": -1},
    "wrong services": {**KEY, "SERVICES": ["tinydrive"]},
    "no key": {},
    "a name that is not text": {**KEY, 1: "x"},
    "not a key": {"PRIVATE_KEY": "not a key"},
}


@pytest.mark.parametrize("found", WRONG_SETTINGS.values(), ids=WRONG_SETTINGS)
def test_wrong_settings_stop_their_tenant_alone(tenants, ask, found):
    tenants[NOBODY] = found
    assert error_of(ask(NOBODY)) == (500, "token_unavailable")
    assert error_of(ask(NOBODY, client=Client())) == (401, "not_authenticated")
    assert ask(ACME).status_code == 200


@pytest.mark.parametrize("found", WRONG_SETTINGS.values(), ids=WRONG_SETTINGS)
def test_wrong_settings_are_logged_with_the_host(tenants, ask, found, caplog):
    tenants[NOBODY] = found
    ask(NOBODY)
    [record] = own_errors(caplog)
    assert NOBODY in record.getMessage()


def test_host_behind_a_proxy_is_the_one_that_is_logged(tenants, client, user, settings, caplog):
    settings.USE_X_FORWARDED_HOST = True
    tenants[NOBODY] = RuntimeError("the table is locked")
    client.force_login(user)
    client.post(PATH, headers={"host": "10.0.0.5", "x-forwarded-host": NOBODY})
    [record] = own_errors(caplog)
    assert f"(for the host '{NOBODY}')" in record.getMessage()


def test_script_without_providers_is_logged(tenants, client, caplog):
    tenants[NOBODY] = RuntimeError("the table is locked")
    client.get(SCRIPT, headers={"host": NOBODY})
    [record] = own_errors(caplog)
    assert "providers.js sets nothing" in record.getMessage()
    assert NOBODY in record.getMessage()


@pytest.mark.django_db
def test_failed_query_of_the_function_leaves_the_requests_transaction(tenants, settings, monkeypatch):
    def tenant_settings(request):
        with transaction.atomic(savepoint=False):
            raise DatabaseError("no such table")

    settings.TINYMCE_JWT = {"TENANT_SETTINGS": tenant_settings}
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    with pytest.raises(ImproperlyConfigured, match="no such table"):
        issue_token(unsaved_user(), request=request_to(ACME))
    assert not connection.needs_rollback


def test_failure_is_logged_with_its_traceback(tenants, ask, caplog):
    tenants[NOBODY] = RuntimeError("the table is locked")
    ask(NOBODY)
    [record] = own_errors(caplog)
    assert ", in tenant_settings\n" in record.exc_text


def test_function_that_cannot_be_imported_stops_every_tenant(tenants, ask, settings):
    settings.TINYMCE_JWT = {"TENANT_SETTINGS": "tests.nowhere.tenant_settings"}
    assert error_of(ask(ACME)) == (500, "token_unavailable")
    assert ids() == ["E017"]


def test_function_may_be_named_by_its_path(tenants, ask, settings):
    settings.TINYMCE_JWT = {"TENANT_SETTINGS": f"{__name__}.settings_of_acme"}
    assert_signed_with(ask(ZOO).json()["token"], rsa_key("acme"))


def settings_of_acme(request):
    return {"PRIVATE_KEY": private_pem(rsa_key("acme"))}


# Kept configurations


def test_changed_settings_are_seen_at_the_next_request(tenants, ask):
    ask(ACME)
    tenants[ACME] = {**tenants[ACME], "PRIVATE_KEY": private_pem(rsa_key("next"))}
    assert_signed_with(ask(ACME).json()["token"], rsa_key("next"))


def test_settings_that_are_changed_in_place_are_seen_too(tenants, ask):
    ask(ZOO)
    tenants[ZOO]["SERVICES"]["exportpdf"]["LIFETIME"] = 30
    claims = claims_with_key(ask(ZOO, PDF), "zoo", audience="zoo-key")
    assert claims["exp"] - claims["iat"] == 30


@pytest.mark.parametrize(("right", "wrong"), [({"LIFETIME": 1}, {"LIFETIME": True}), ({"KEY_ID": "1"}, {"KEY_ID": 1})])
def test_values_that_are_equal_but_of_another_type_are_different(tenants, ask, right, wrong):
    key = {"PRIVATE_KEY": private_pem(rsa_key("acme"))}
    tenants[ACME] = key | right
    assert ask(ACME).status_code == 200
    tenants[ACME] = key | wrong
    assert error_of(ask(ACME)) == (500, "token_unavailable")


def test_equal_options_that_are_made_anew_use_one_signer():
    key = {"id": UUID(int=1), "since": date(2026, 1, 1)}
    again = {"id": UUID(int=1), "since": date(2026, 1, 1)}
    assert SignerSource("a.Signer", key) == SignerSource("a.Signer", again)
    assert SignerSource("a.Signer", key) != SignerSource("a.Signer", {**key, "id": UUID(int=2)})


def test_named_tuple_of_the_options_reaches_the_signer():
    login = Login("ada", "countess")
    assert SignerSource("a.Signer", {"login": login}).options["login"].user == "ada"


def test_order_of_services_counts(tenants, client):
    services = {"tinymceai": {}, "tinymceai-onprem": {}}
    tenants[ACME] = {"SERVICES": services}
    first = options_on(client, ACME)
    tenants[ACME] = {"SERVICES": dict(reversed(services.items()))}
    assert first["tinymceai_token_provider"] != options_on(client, ACME)["tinymceai_token_provider"]


def test_new_settings_of_the_site_count_for_its_tenants(tenants, ask, settings):
    ask(ACME)
    settings.TINYMCE_JWT = {**settings.TINYMCE_JWT, "LIFETIME": 30}
    claims = claims_with_key(ask(ACME), "acme")
    assert claims["exp"] - claims["iat"] == 30


# providers.js and the template tag


def test_script_has_the_services_of_the_tenant(tenants, client):
    assert options_on(client, ACME) == {"tinydrive_token_provider": "/tinymce/jwt/"}
    assert options_on(client, ZOO) == {
        "tinydrive_token_provider": "/tinymce/jwt/",
        "exportpdf_token_provider": "/tinymce/jwt/exportpdf/",
    }


def test_script_of_another_tenant_has_another_etag(tenants, client):
    etags = {client.get(SCRIPT, headers={"host": host})["ETag"] for host in (ACME, ZOO)}
    assert len(etags) == 2


@pytest.mark.parametrize(
    ("found", "options"),
    [
        (Http404("no such tenant"), []),
        (PermissionDenied("not paid"), []),
        (RuntimeError("the table is locked"), None),
        ("acme", None),
    ],
    ids=str,
)
def test_script_sets_nothing_where_the_tenant_has_no_settings(tenants, client, found, options):
    tenants[NOBODY] = found
    assert options_on(client, NOBODY) == options


@pytest.mark.urls("tests.sites.tenant_urls")
def test_tag_and_script_of_a_tenant_in_the_path(settings, client):
    def tenant_settings(request):
        return {"SERVICES": {request.resolver_match.kwargs["tenant"]: {}}}

    settings.TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]
    settings.TINYMCE_JWT = {"TENANT_SETTINGS": tenant_settings}
    tag = Template("{% load tinymce_jwt %}{% tinymce_jwt_providers tenant='exportpdf' %}").render(Context())
    assert tag == '<script src="/exportpdf/jwt/providers.js"></script>'
    script = client.get("/exportpdf/jwt/providers.js").content.decode()
    assert '"url": "/exportpdf/jwt/exportpdf/"' in script


# Python


def test_issue_token_asks_the_function_with_the_request(tenants):
    assert_signed_with(issue_token(unsaved_user(), request=request_to(ZOO)), rsa_key("zoo"))


def test_issue_token_takes_the_settings_themselves(tenants):
    assert_signed_with(issue_token(unsaved_user(), tenant_settings=tenants[ZOO]), rsa_key("zoo"))


def test_given_settings_come_before_those_of_the_request(tenants):
    token = issue_token(unsaved_user(), request=request_to(ACME), tenant_settings=tenants[ZOO])
    assert_signed_with(token, rsa_key("zoo"))


def test_issue_token_without_a_tenant_says_what_to_pass(tenants):
    with pytest.raises(ImproperlyConfigured, match=r"pass request or tenant_settings\."):
        issue_token(unsaved_user())


@pytest.mark.parametrize("error", [Http404("gone"), PermissionDenied("not paid")], ids=str)
def test_issue_token_raises_the_refusal_of_the_function(tenants, error):
    tenants[NOBODY] = error
    with pytest.raises(type(error), match=str(error)):
        issue_token(unsaved_user(), request=request_to(NOBODY))


def test_issue_token_refuses_settings_that_are_not_a_dict(tenants):
    with pytest.raises(ImproperlyConfigured, match="of the type str"):
        issue_token(unsaved_user(), tenant_settings="acme")


def test_verify_token_takes_the_settings_of_the_tenant(tenants):
    token = issue_token(unsaved_user(), tenant_settings=tenants[ZOO])
    assert verify_token(token, tenant_settings=tenants[ZOO])[ROOT_CLAIM] == "/zoo"
    with pytest.raises(InvalidToken):
        verify_token(token, tenant_settings=tenants[ACME])


# System checks


def test_checks_do_not_demand_a_key_or_an_api_key_at_the_top_level(tenants, settings):
    settings.TINYMCE_JWT |= {"SERVICES": {"tinydrive": {}, "exportpdf": {}}}
    [(code, message, hint)] = messages()
    assert code == "I001"
    assert "checked when they are used" in message
    assert "doctor --host" in hint
    call_command("check", deploy=True, fail_level="ERROR")


def test_checks_still_report_what_is_wrong_at_the_top_level(tenants, settings):
    settings.TINYMCE_JWT |= {"LIFETIME": -1}
    assert ids() == ["E003", "I001"]


def test_site_without_tenants_still_needs_its_key_to_deploy(settings):
    settings.TINYMCE_JWT = {"TENANT_SETTINGS": None}
    with pytest.raises(SystemCheckError, match="E015"):
        call_command("check", deploy=True, fail_level="ERROR")


@pytest.mark.parametrize("value", [7, "tenants", ["intranet.tenants"], private_pem()])
def test_value_that_cannot_be_a_function_is_an_error(settings, value):
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(), "TENANT_SETTINGS": value}
    [(code, message, _)] = messages()
    assert code == ("E005" if value == private_pem() else "E003")
    assert 'TINYMCE_JWT["TENANT_SETTINGS"]' in message


def test_path_of_something_else_is_an_error(settings):
    settings.TINYMCE_JWT = {"TENANT_SETTINGS": f"{__name__}.PDF"}
    [(code, message, hint)] = messages()
    assert code == "E017"
    assert "cannot be called" in message
    assert hint == "Name a function."


def test_tenants_of_one_service_are_an_error_with_a_hint(settings):
    settings.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(), "SERVICES": {"tinydrive": {"TENANT_SETTINGS": None}}}
    [(code, _, hint)] = messages()
    assert code == "E002"
    assert hint == "It belongs at the top level of TINYMCE_JWT in the settings file."


# Commands


def test_keys_public_prints_the_key_of_the_host(tenants):
    assert portal_line(rsa_key("zoo")) in run("keys", "public", "--host", ZOO).out


def test_keys_inspect_lists_the_key_of_the_host(tenants):
    acme, zoo = (run("keys", "inspect", "--host", host, "--format", "json").facts for host in (ACME, ZOO))
    assert acme["private"]["fingerprint"] != zoo["private"]["fingerprint"]


def test_token_is_that_of_the_host(tenants, user):
    assert_signed_with(run("token", "ada", "--host", ZOO).out.strip(), rsa_key("zoo"))


def test_verify_judges_a_token_as_one_of_the_host(tenants):
    token = issue_token(unsaved_user(), tenant_settings=tenants[ZOO])
    assert run("verify", token, "--host", ZOO).status == 0
    assert run("verify", token, "--host", ACME).status == 1


def test_doctor_examines_the_tenant_of_the_host(tenants, user):
    result = run("doctor", "--host", ZOO, "--user", "ada", "--format", "json")
    texts = "\n".join(finding["text"] for finding in result.facts["findings"])
    assert result.status == 0, texts
    assert "TINYMCE_JWT can be used for: tinydrive, exportpdf." in texts
    assert "exportpdf: a token for ada was issued and verified." in texts
    assert "POST /tinymce/jwt/exportpdf/ answers 401" in texts


def test_doctor_sends_its_requests_to_the_host(tenants):
    run("doctor", "--host", ZOO, "--origin", "https://www.example.com")
    assert set(tenants["asked"]) == {ZOO}


def test_doctor_reports_the_wrong_settings_of_a_tenant(tenants):
    tenants[ZOO]["LIFETIME"] = -1
    result = run("doctor", "--host", ZOO)
    assert result.status == 1
    assert 'TINYMCE_JWT["LIFETIME"]' in result.out
    assert "E003" in result.out


def test_doctor_without_a_host_says_how_to_examine_a_tenant(tenants):
    assert "doctor --host HOST" in run("doctor").out


@pytest.mark.parametrize("command", [["doctor"], ["keys", "public"], ["token", "ada"]], ids=str)
@pytest.mark.parametrize("error", [Http404("gone"), PermissionDenied("not paid"), RuntimeError("broken")], ids=str)
def test_command_says_why_the_host_has_no_settings(tenants, user, command, error):
    tenants[NOBODY] = error
    result = run(*command, "--host", NOBODY)
    assert result.status == 1
    assert f"TENANT_SETTINGS has no settings for '{NOBODY}': " in result.err
    assert str(error) in result.err


def test_host_that_the_site_does_not_allow_is_named(tenants, settings):
    settings.ALLOWED_HOSTS = [ACME]
    assert "You may need to add 'zoo.example.com' to ALLOWED_HOSTS" in run("keys", "public", "--host", ZOO).err


def test_host_of_a_site_without_tenants_changes_nothing(site):
    site.ALLOWED_HOSTS = ["*"]
    assert portal_line() in run("keys", "public", "--host", ACME).out


def test_empty_host_is_refused(tenants):
    result = run("keys", "public", "--host", "")
    assert result.status == 2
    assert "--host is empty" in result.err


@pytest.mark.parametrize("host", ["http://acme.example.com/", "acme.example.com/x"])
def test_address_in_place_of_a_host_is_refused(tenants, host):
    assert "The site does not allow the host" in run("keys", "public", "--host", host).err


def test_middleware_that_is_missing_is_named(tenants, settings):
    settings.MIDDLEWARE = ["intranet.nowhere.Middleware"]
    assert "The site cannot be asked: ModuleNotFoundError" in run("keys", "public", "--host", ACME).err


def test_doctor_of_a_site_whose_tenants_have_all_keys_finds_no_error(tenants):
    result = run("doctor", "--format", "json")
    texts = [finding["text"] for finding in result.facts["findings"] if finding["area"] == "settings"]
    assert texts[-1] == "TINYMCE_JWT alone cannot be used for any service. Name a tenant: --host HOST."


# The inspector


@pytest.fixture
def staff(client, tenants, settings, db):
    """The inspector of the admin, on every host."""
    for name in ("INSTALLED_APPS", "MIDDLEWARE", "TEMPLATES", "STATIC_URL"):
        setattr(settings, name, getattr(with_admin, name))
    client.force_login(get_user_model().objects.create_superuser("grace"))
    return client


@pytest.mark.urls("tests.sites.with_admin.urls")
def test_inspector_shows_the_tenant_of_its_host(staff):
    content = staff.get("/admin/tokens/", headers={"host": ZOO}).content.decode()
    assert portal_line(rsa_key("zoo")) in content
    assert "Export to PDF" in content


@pytest.mark.urls("tests.sites.with_admin.urls")
def test_inspector_says_why_a_host_has_no_settings(staff, tenants):
    tenants[NOBODY] = Http404("gone")
    content = staff.get("/admin/tokens/", headers={"host": NOBODY}).content.decode()
    assert "TENANT_SETTINGS has no settings for this request: django.http.response.Http404: gone." in content


# A site's own tests


def test_override_replaces_the_keys_of_tenants(tenants, ask):
    with override_tinymce_jwt():
        token = ask(ZOO).json()["token"]
    with pytest.raises(jwt.InvalidSignatureError):
        assert_signed_with(token, rsa_key("zoo"))


def test_answer_is_judged_with_the_settings_of_its_tenant(tenants, ask):
    with override_tinymce_jwt():
        assert assert_token(ask(ZOO, PDF), "exportpdf")["aud"] == "zoo-key"
        assert_token(ask(ZOO), root="/zoo")
        with pytest.raises(AssertionError, match="404"):
            assert_token(ask(ACME, PDF), "exportpdf")


def test_override_leaves_the_refusals_of_the_function(tenants, ask):
    tenants[NOBODY] = Http404("gone")
    with override_tinymce_jwt():
        assert error_of(ask(NOBODY)) == (404, "unknown_service")


def test_answer_with_the_token_of_another_tenant_is_refused(tenants, ask):
    response = ask(ZOO)
    response.content = json.dumps({"token": sign(valid_claims(), rsa_key("acme"))})
    with pytest.raises(AssertionError, match="not signed with a key of this site"):
        assert_token(response)


def test_mapper_of_a_tenant_never_gets_the_claims_of_another(tenants, ask):
    tenants[ACME]["CLAIM_MAPPER"] = mapper_returning({"sub": "acme-user", "name": "A"})
    assert claims_with_key(ask(ZOO), "zoo")["sub"] != "acme-user"
    assert claims_with_key(ask(ACME), "acme")["sub"] == "acme-user"
