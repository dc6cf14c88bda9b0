"""The token inspector: what it shows, to whom, and what it never shows."""

from __future__ import annotations

import logging
import re

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

from django_tinymce_jwt import verify_token
from django_tinymce_jwt.claims import TinyDriveClaims
from django_tinymce_jwt.exceptions import InvalidToken

from .helpers.keys import portal_line, private_pem
from .helpers.mappers import FailingClaims, RefusingClaims, mapper_returning
from .helpers.services import API_SECRET, SERVICES, all_services

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.sites.with_admin.urls")]
URL = "/admin/tokens/"


class Rooted(TinyDriveClaims):
    def get_root(self):
        return f"/{self.user.get_username()}"


@pytest.fixture
def site(site, settings):
    from .sites.with_admin import settings as with_admin

    for name in ("INSTALLED_APPS", "MIDDLEWARE", "TEMPLATES", "STATIC_URL"):
        setattr(settings, name, getattr(with_admin, name))
    return site


@pytest.fixture
def staff(client, site):
    staff = get_user_model().objects.create_user("grace", is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_user"))
    client.force_login(staff)
    return staff


def page(client, user=""):
    return client.get(URL, {"user": user} if user else {})


def use(site, **changes):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, **changes}


def test_staff_see_the_claims_of_a_user(client, staff, user):
    content = page(client, "ada").content.decode()
    assert f"&quot;sub&quot;: &quot;{user.pk}&quot;" in content
    assert "&quot;name&quot;: &quot;Ada Lovelace&quot;" in content


def test_user_is_found_by_primary_key_too(client, staff, user):
    assert page(client, str(user.pk)).context["inspected"] == user


def test_unknown_user_is_reported(client, staff):
    assert "There is no such user." in page(client, "nobody").content.decode()


def test_every_rule_of_the_contract_has_its_verdict(client, staff, user):
    verdicts = page(client, "ada").context["services"][0]["verdicts"]
    assert {verdict.subject for verdict in verdicts} == {"sub", "name", "iat", "exp"}
    assert all(verdict.accepted for verdict in verdicts)


def test_broken_rule_is_shown_with_its_hint(client, site, staff):
    use(site, CLAIM_MAPPER=Rooted)
    get_user_model().objects.create_user("..")
    broken = [verdict for verdict in page(client, "..").context["services"][0]["verdicts"] if not verdict.accepted]
    assert [verdict.subject for verdict in broken] == ["https://claims.tiny.cloud/drive/root"]
    assert "get_root()" in broken[0].hint


@pytest.mark.parametrize(
    ("mapper", "text"),
    [
        (RefusingClaims, "The claim mapper refuses the user: django.core.exceptions.PermissionDenied: no team."),
        (FailingClaims, "The claim mapper failed: KeyError: &#x27;team&#x27;."),
    ],
)
def test_mapper_failure_is_shown(client, site, staff, user, mapper, text):
    use(site, CLAIM_MAPPER=mapper)
    assert text in page(client, "ada").content.decode()


def test_user_whom_the_endpoint_would_refuse_is_reported(client, site, staff, user):
    use(site, REQUIRED_PERMISSION="auth.add_user")
    assert "lacks REQUIRED_PERMISSION" in page(client, "ada").content.decode()


def test_public_key_is_shown_as_the_portal_takes_it(client, staff):
    assert portal_line() in page(client).content.decode()


def test_endpoint_and_editor_option_are_shown(client, site, staff):
    use(site, API_KEY="api-key", SERVICES={"tinydrive": {}, "exportpdf": {}})
    content = page(client).content.decode()
    assert "<code>tinydrive_token_provider</code>: <code>/tinymce/jwt/</code>" in content
    assert "<code>exportpdf_token_provider</code>: <code>/tinymce/jwt/exportpdf/</code>" in content


@pytest.mark.urls("tests.sites.with_admin.urls_without_endpoint")
def test_missing_endpoint_url_is_reported(client, staff):
    assert "No URL leads to the endpoint." in page(client).content.decode()


def test_unusable_key_is_reported(client, site, staff, key_path):
    key_path.write_text("broken")
    assert "is not PEM" in page(client).content.decode()


def test_wrong_settings_are_reported(client, site, staff):
    site.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(), "SERVICES": {"exportpdf": {}}}
    content = page(client).content.decode()
    assert "W008" in content
    assert "is missing: the service" in content


def test_silenced_check_is_not_shown(client, site, staff):
    site.SILENCED_SYSTEM_CHECKS = ["django_tinymce_jwt.W008"]
    site.TINYMCE_JWT = {"PRIVATE_KEY": private_pem(), "SERVICES": {"tinydrive": {}, "exportpdf": {}}}
    assert page(client).context["faults"] == []


def test_claim_that_is_not_json_is_shown_as_python_shows_it(client, site, staff, user):
    use(site, CLAIM_MAPPER=mapper_returning({"sub": "7", "name": "Ada", "teams": {451}}))
    assert "&quot;teams&quot;: &quot;{451}&quot;" in page(client, "ada").content.decode()


def test_unreadable_settings_are_reported(client, site, staff):
    site.TINYMCE_JWT = []
    assert "No service is configured." in page(client).content.decode()


def test_no_usable_token_is_ever_shown(client, site, staff, user):
    site.TINYMCE_JWT = all_services()
    # Whatever stands around it: a tag, a quote, a bracket.
    found = re.findall(r"[\w-]+\.[\w-]+\.[\w-]+", page(client, "ada").content.decode())
    assert "django_tinymce_jwt.claims.TinyDriveClaims" in found
    for text in found:
        for service in SERVICES:
            with pytest.raises(InvalidToken):
                verify_token(text, service)


def test_no_private_key_or_secret_is_ever_shown(client, site, staff, user):
    site.TINYMCE_JWT = all_services()
    content = page(client, "ada").content.decode()
    assert "PRIVATE KEY" not in content
    assert API_SECRET not in content
    assert not any(line in content for line in private_pem().splitlines()[1:-1])


@pytest.mark.parametrize(
    ("is_staff", "permission", "status"),
    [(True, None, 403), (False, "view_user", 302), (False, None, 302)],
    ids=["staff-without-permission", "permission-without-staff", "plain-user"],
)
def test_others_than_permitted_staff_see_nothing(client, site, user, is_staff, permission, status):
    other = get_user_model().objects.create_user("eve", is_staff=is_staff)
    if permission:
        other.user_permissions.add(Permission.objects.get(codename=permission))
    client.force_login(other)
    response = page(client, "ada")
    assert response.status_code == status
    assert b"Lovelace" not in response.content


def test_anonymous_visitor_is_redirected_to_login(client, site):
    assert page(client, "ada").status_code == 302


def test_inspection_of_a_user_is_recorded(client, staff, user, caplog):
    caplog.set_level(logging.INFO, logger="django_tinymce_jwt.audit")
    page(client, "ada")
    [record] = [record for record in caplog.records if record.name == "django_tinymce_jwt.audit"]
    assert record.getMessage() == "claims inspected"
    assert (record.user_pk, record.inspected_user_pk) == (staff.pk, user.pk)


def test_page_without_a_user_is_not_recorded(client, staff, caplog):
    caplog.set_level(logging.INFO, logger="django_tinymce_jwt.audit")
    assert page(client).status_code == 200
    assert [record for record in caplog.records if record.name == "django_tinymce_jwt.audit"] == []


def test_unusable_signer_is_reported(client, staff, site):
    site.TINYMCE_JWT = {"SIGNER": {"BACKEND": "tests.nowhere.Signer"}}
    assert "which cannot be imported: ModuleNotFoundError" in page(client).content.decode()
