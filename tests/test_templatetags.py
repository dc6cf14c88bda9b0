"""``{% tinymce_jwt_providers %}``: the script tag and its nonce."""

from __future__ import annotations

import re

import django
import pytest
from csp.constants import NONCE
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.template import Context, RequestContext, Template
from django.test.utils import override_script_prefix
from django.urls import include, path

TAG = "{% load tinymce_jwt %}{% tinymce_jwt_providers %}"
SCRIPT = '<script src="/tinymce/jwt/providers.js"></script>'

DJANGO_CSP = {
    "MIDDLEWARE": ["csp.middleware.CSPMiddleware"],
    "CONTENT_SECURITY_POLICY": {"DIRECTIVES": {"script-src": [NONCE]}},
}
DJANGO = {
    "MIDDLEWARE": ["django.middleware.csp.ContentSecurityPolicyMiddleware"],
    "CONTEXT_PROCESSORS": ["django.template.context_processors.csp"],
    "SECURE_CSP": {"script-src": ["<CSP_NONCE_SENTINEL>"]},
}
POLICIES = [DJANGO_CSP, DJANGO] if django.VERSION >= (6, 0) else [DJANGO_CSP]


@login_not_required
def page(request):
    return HttpResponse(Template(TAG).render(RequestContext(request)))


urlpatterns = [
    path("tinymce/jwt/", include("django_tinymce_jwt.urls")),
    path("page/", page),
]

pytestmark = pytest.mark.urls(__name__)


def use_templates(settings, context_processors=()):
    backend = "django.template.backends.django.DjangoTemplates"
    settings.TEMPLATES = [{"BACKEND": backend, "OPTIONS": {"context_processors": list(context_processors)}}]


@pytest.fixture(autouse=True)
def templates(settings):
    use_templates(settings)


def rendered(**context):
    return Template(TAG).render(Context(context))


def test_tag_is_a_plain_script_element():
    assert rendered() == SCRIPT


def test_url_is_under_the_sites_prefix():
    with override_script_prefix("/intranet/"):
        assert rendered() == '<script src="/intranet/tinymce/jwt/providers.js"></script>'


def test_tag_can_be_kept_in_a_variable():
    template = Template("{% load tinymce_jwt %}{% tinymce_jwt_providers as script %}[{{ script }}]")
    assert template.render(Context()) == f"[{SCRIPT}]"


@pytest.mark.parametrize("policy", POLICIES)
def test_nonce_is_the_one_of_the_pages_policy(settings, client, policy):
    for name, value in policy.items():
        setattr(settings, name, value)
    use_templates(settings, policy.get("CONTEXT_PROCESSORS", ()))
    response = client.get("/page/")
    nonce = re.fullmatch(r'<script src="[^"]+" nonce="([^"]{16,})"></script>', response.content.decode())[1]
    assert f"script-src 'nonce-{nonce}'" in response["Content-Security-Policy"]


@pytest.mark.parametrize("policy", POLICIES)
def test_every_page_has_a_nonce_of_its_own(settings, client, policy):
    for name, value in policy.items():
        setattr(settings, name, value)
    use_templates(settings, policy.get("CONTEXT_PROCESSORS", ()))
    assert client.get("/page/").content != client.get("/page/").content


def test_page_without_a_policy_has_no_nonce(client):
    assert client.get("/page/").content.decode() == SCRIPT


@pytest.mark.parametrize("nonce", [None, ""])
def test_empty_nonce_is_not_written(nonce):
    assert rendered(csp_nonce=nonce) == SCRIPT


def test_nonce_is_escaped():
    assert 'nonce="a&quot;b"' in rendered(csp_nonce='a"b')
