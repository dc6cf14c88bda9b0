"""A page whose users write HTML: their elements take the names of what the providers' script reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import django_tinymce_jwt
from django_tinymce_jwt import providers

EVIL = "https://evil.example"
SCRIPT = (Path(django_tinymce_jwt.__file__).parent / "providers.js").read_text(encoding="utf-8")
# Every word of the script, so that what it reads some day is among them.
NAMES = sorted(set(re.findall(r"[A-Za-z_$][\w$]*", SCRIPT)) | {"tinymce", "currentScript", "baseURI"})
ELEMENTS = {
    "images": f'<img name="{{name}}" id="{{name}}" src="{EVIL}/{{name}}">',
    "links": f'<a id="{{name}}" href="{EVIL}/{{name}}"></a><a id="{{name}}" name="src" href="{EVIL}/{{name}}"></a>',
    "forms": f'<form name="{{name}}" id="{{name}}" action="{EVIL}/{{name}}"><input name="src" value="{EVIL}"></form>',
    "frames": f'<iframe name="{{name}}" srcdoc="<a id=src href={EVIL}></a>"></iframe>',
    "objects": '<object name="{name}" id="{name}"></object><embed name="{name}">',
}
each_element = pytest.mark.parametrize("element", ELEMENTS.values(), ids=ELEMENTS)
TINYMCE = '<script src="/static/tinymce/tinymce.min.js"></script>'


@pytest.fixture
def asked(visitor):
    """The URLs that scripts of the page have asked, whatever their origin."""
    urls = []

    def answer(route):
        if route.request.resource_type in {"fetch", "xhr", "script"}:
            urls.append(route.request.url)
        route.fulfill(status=204, headers={"Access-Control-Allow-Origin": "*"})

    visitor.context.route(f"{EVIL}/**", answer)
    visitor.page.on("request", lambda request: request.resource_type == "fetch" and urls.append(request.url))
    visitor.sign_in()
    return urls


def open_page(visitor, element, head=TINYMCE):
    """Open a page of the site with an article above the script."""
    article = "".join(element.format(name=name) for name in NAMES)
    script = '<script src="/tinymce/jwt/providers.js"></script>'
    html = f"<!doctype html><title>Article</title>{head}<div>{article}</div>{script}"
    visitor.context.route(f"{visitor.site}/article/", lambda route: route.fulfill(content_type="text/html", body=html))
    visitor.page.goto(f"{visitor.site}/article/")


def test_script_is_the_one_that_is_served():
    assert providers._source() == SCRIPT
    assert len(NAMES) > 100


@pytest.mark.parametrize("element", [ELEMENTS["images"], ELEMENTS["forms"]], ids=["images", "forms"])
def test_elements_do_shadow_the_properties_of_the_document(visitor, asked, element):
    open_page(visitor, element)
    shadowed = "name => Object.getPrototypeOf(document[name]) !== String.prototype && document[name] !== null"
    assert [visitor.page.evaluate(shadowed, name) for name in ("currentScript", "baseURI")] == [True, True]


@each_element
def test_providers_ask_the_site_and_nobody_else(visitor, asked, element):
    open_page(visitor, element)
    parts = ".then(answer => answer.token.split('.').length)"
    for provider in ("tinymce.defaultOptions.exportpdf_token_provider", "djangoTinymceJwt.provider('../tinymce/jwt/')"):
        assert visitor.page.evaluate(f"{provider}(){parts}") == 3
    assert asked == [f"{visitor.site}/tinymce/jwt/exportpdf/", f"{visitor.site}/tinymce/jwt/"]


@each_element
def test_element_is_not_taken_for_tinymce(visitor, asked, element):
    open_page(visitor, element, head="")
    [problem] = visitor.take_problems()
    assert "TinyMCE is not loaded yet" in problem
    visitor.context.route("**/exportpdf/", lambda route: route.abort())
    ask = "djangoTinymceJwt.provider('/tinymce/jwt/exportpdf/')().catch(error => error.message)"
    assert visitor.page.evaluate(ask) == "The server could not be reached. Check your connection and try again."
    assert any("could not be reached" in problem for problem in visitor.take_problems())
