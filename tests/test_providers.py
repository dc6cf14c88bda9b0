"""``providers.js``: what the server adds to the script, and how it is served. `tests/js` and `tests/browser` run it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from django.test.utils import override_script_prefix
from django.urls import include, path, reverse

import django_tinymce_jwt

from .helpers.requirements import program
from .helpers.services import API_KEY, API_SECRET, ENVIRONMENT_ID

STATIC = Path(django_tinymce_jwt.__file__).parent / "providers.js"
JS_TESTS = sorted((Path(__file__).parent / "js").glob("*.test.js"))
URL = "/tinymce/jwt/providers.js"

pytestmark = pytest.mark.urls(__name__)

tenants = ([path("jwt/", include("django_tinymce_jwt.urls", namespace="tiny"))], "tenants")
urlpatterns = [
    path("tinymce/jwt/", include("django_tinymce_jwt.urls")),
    path("second/", include("django_tinymce_jwt.urls", namespace="second")),
    path("<str:tenant>/", include(tenants)),
]


def added_value(response):
    """The value that the server adds to the script's source."""
    before, after = STATIC.read_text(encoding="utf-8").split("/* services */ null")
    script = response.content.decode()
    assert script.startswith(before)
    assert script.endswith(after)
    return json.loads(script[len(before) : -len(after)])


def options(response):
    return {service["option"]: service["url"] for service in added_value(response)}


def test_smallest_settings_get_the_tinydrive_provider(site, client):
    assert added_value(client.get(URL)) == [
        {"option": "tinydrive_token_provider", "url": "/tinymce/jwt/", "silent": False}
    ]


def test_every_service_gets_its_option_and_endpoint(every_service, client):
    assert options(client.get(URL)) == {
        "tinydrive_token_provider": "/tinymce/jwt/",
        "exportpdf_token_provider": "/tinymce/jwt/exportpdf/",
        "exportword_token_provider": "/tinymce/jwt/exportword/",
        "importword_token_provider": "/tinymce/jwt/importword/",
        "tinymceai_token_provider": "/tinymce/jwt/tinymceai/",
    }


@pytest.mark.parametrize("services", [("tinymceai", "tinymceai-onprem"), ("tinymceai-onprem", "tinymceai")])
def test_service_listed_first_gets_a_shared_option(every_service, client, services):
    every_service.TINYMCE_JWT = {**every_service.TINYMCE_JWT, "SERVICES": {service: {} for service in services}}
    assert options(client.get(URL)) == {"tinymceai_token_provider": f"/tinymce/jwt/{services[0]}/"}


def test_converters_are_the_silent_plugins(every_service, client):
    silent = {service["option"] for service in added_value(client.get(URL)) if service["silent"]}
    assert silent == {"exportpdf_token_provider", "exportword_token_provider", "importword_token_provider"}


def test_service_with_a_fault_keeps_its_provider(site, client):
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "SERVICES": {"exportpdf": {"LIFETIME": "long"}, "exportwrd": {}}}
    assert options(client.get(URL)) == {"exportpdf_token_provider": "/tinymce/jwt/exportpdf/"}


@pytest.mark.parametrize("value", ["nonsense", {"SERVICES": ["tinydrive"]}])
def test_unreadable_settings_are_null(settings, client, value):
    settings.TINYMCE_JWT = value
    response = client.get(URL)
    assert (response.status_code, added_value(response)) == (200, None)


def test_endpoints_are_under_the_sites_prefix(site, client):
    with override_script_prefix("/intranet/"):
        assert options(client.get(URL)) == {"tinydrive_token_provider": "/intranet/tinymce/jwt/"}


def test_endpoints_are_in_the_scripts_namespace(every_service, client):
    found = options(client.get("/second/providers.js"))
    assert (found["tinydrive_token_provider"], found["exportpdf_token_provider"]) == ("/second/", "/second/exportpdf/")


def test_endpoints_are_found_in_nested_namespaces(every_service, client):
    found = options(client.get("/north/jwt/providers.js"))
    assert found["tinydrive_token_provider"] == "/north/jwt/"
    assert found["exportpdf_token_provider"] == "/north/jwt/exportpdf/"


def test_value_cannot_end_a_script_element_or_hold_markup(site, client):
    response = client.get(reverse("tenants:tiny:providers", kwargs={"tenant": "<script>&<!--'\"\\\u2028"}))
    line = next(line for line in response.content.decode().splitlines() if "tinydrive_token_provider" in line)
    assert options(response)["tinydrive_token_provider"].startswith("/%3Cscript%3E&%3C!--'%22%5C%E2%80%A8")
    assert not set(line) & set("<>&\u2028")


def test_script_needs_no_login_session_or_query(site, client):
    # Without the db fixture, a query fails.
    response = client.get(URL)
    assert (response.status_code, dict(response.cookies)) == (200, {})


def test_script_is_the_same_for_every_user(every_service, client, user):
    anonymous = client.get(URL)
    client.force_login(user)
    assert client.get(URL).content == anonymous.content


def test_script_holds_no_secret(every_service, client):
    text = client.get(URL).content.decode()
    assert not [value for value in ("PRIVATE KEY", API_KEY, ENVIRONMENT_ID, API_SECRET) if value in text]


def test_script_is_javascript_that_browsers_revalidate(site, client):
    response = client.get(URL)
    assert response["Content-Type"] == "text/javascript; charset=utf-8"
    assert response["Cache-Control"] == "no-cache"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_script_needs_no_middleware_for_its_headers(site, client):
    site.MIDDLEWARE = []
    response = client.get(URL)
    assert (response["Cache-Control"], response["X-Content-Type-Options"]) == ("no-cache", "nosniff")


def test_script_that_did_not_change_is_not_sent_again(site, client):
    response = client.get(URL, headers={"If-None-Match": client.get(URL)["ETag"]})
    assert (response.status_code, response.content) == (304, b"")


def test_script_is_sent_again_once_the_services_change(site, client):
    etag = client.get(URL)["ETag"]
    site.TINYMCE_JWT = {**site.TINYMCE_JWT, "SERVICES": {"exportpdf": {}}}
    response = client.get(URL, headers={"If-None-Match": etag})
    assert (response.status_code, list(options(response))) == (200, ["exportpdf_token_provider"])


@pytest.mark.parametrize(("method", "status"), [("head", 200), ("post", 405), ("put", 405), ("options", 405)])
def test_script_is_for_reading_only(site, client, method, status):
    assert getattr(client, method)(URL).status_code == status


def test_script_has_no_long_line():
    assert max(map(len, STATIC.read_text(encoding="utf-8").splitlines())) <= 120


def test_script_passes_its_javascript_tests():
    node = program("node", "nodejs")
    run = subprocess.run([node, "--test", *JS_TESTS], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr
