"""The inspector and the demo are accessible: axe-core finds nothing serious."""

from __future__ import annotations

import pytest

from tests.demo import Browser, set_up
from tests.helpers import axe

INSPECTOR = "/admin/tokens/?user=ada"
# TinyMCE labels the handle, and Django's admin (5.2) does not underline these links. Neither is of the demo.
OF_OTHERS = [".tox-statusbar__resize-handle", "div.breadcrumbs a"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    demo = set_up(tmp_path_factory.mktemp("demo"))
    with demo.serving():
        yield demo


@pytest.fixture(scope="module")
def session(demo):
    value = Browser(demo.address).log_in("ada").cookie("sessionid")
    return {"name": "sessionid", "value": value, "url": demo.address}


@pytest.fixture
def demo_admin(make_visitor, demo, session):
    visitor = make_visitor(demo.address)
    visitor.context.add_cookies([session])
    return visitor


def test_axe_finds_a_fault(visitor):
    visitor.page.set_content('<html lang="en"><title>x</title><main><img src="data:,"><input></main></html>')
    assert {finding.split(":")[0] for finding in axe.serious_findings(visitor.page)} == {"image-alt", "label"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ar", "he"])
def test_inspector_has_no_serious_finding(visitor_in, language, scheme):
    visitor = visitor_in(language)
    visitor.page.emulate_media(color_scheme=scheme)
    visitor.sign_in()
    visitor.page.goto(f"{visitor.site}{INSPECTOR}")
    for details in visitor.page.locator("details").all():
        details.evaluate("details => { details.open = true; }")
    assert visitor.page.locator(".token-inspector tr.accepted").count() > 5
    assert axe.serious_findings(visitor.page) == []


@pytest.mark.parametrize("path", ["/", "/articles/1/", "/admin/tokens/?user=alice"])
def test_page_of_the_demo_has_no_serious_finding(demo_admin, path):
    demo_admin.page.goto(f"{demo_admin.site}{path}")
    assert axe.serious_findings(demo_admin.page) == []


@pytest.mark.parametrize("path", ["/articles/1/edit/", "/admin/articles/article/1/change/"])
def test_editor_of_the_demo_has_no_serious_finding(demo_admin, path):
    demo_admin.open(path)
    assert axe.serious_findings(demo_admin.page, exclude=OF_OTHERS) == []


def test_login_page_of_the_demo_has_no_serious_finding(make_visitor, demo):
    visitor = make_visitor(demo.address)
    visitor.page.goto(f"{demo.address}/login/")
    assert axe.serious_findings(visitor.page) == []
