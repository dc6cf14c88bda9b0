"""docs/compatibility.rst: the editors of other packages get their tokens by providers.js."""

from __future__ import annotations

import jwt
import pytest

from tests.helpers.keys import public_pem
from tests.helpers.small_site import small_site

# Tiny's cloud takes the API key for a license; this TinyMCE does not.
LICENSE = 'tinymce.overrideDefaults({ license_key: "gpl" });'


@pytest.fixture(scope="module")
def cms_site():
    with small_site("tests.sites.cms_site.settings") as site:
        yield site


@pytest.fixture(scope="module")
def wagtail_site():
    with small_site("tests.sites.wagtail_site.settings") as site:
        yield site


def sign_in(visitor, path="/sign-in/"):
    assert visitor.context.request.get(f"{visitor.site}{path}").text() == "signed in"


def name_in(token):
    return jwt.decode(token, public_pem(), ["RS256"])["name"]


def test_djangocms_text_gets_a_token(make_visitor, cms_site):
    visitor = make_visitor(cms_site.url)
    visitor.serve_cdn(defaults=LICENSE)
    sign_in(visitor)
    visitor.open("/form/")
    visitor.click("Drive")
    assert name_in(visitor.token()) == "Ada Lovelace"


def test_wagtail_block_gets_a_token(make_visitor, wagtail_site):
    visitor = make_visitor(wagtail_site.url)
    sign_in(visitor, "/sign-in-editor/")
    visitor.open("/cms/pages/add/wagtail_site/article/1/")
    visitor.click("Drive")
    assert name_in(visitor.token()) == "Ada Lovelace"
