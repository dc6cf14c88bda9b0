from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.helpers import servers
from tests.helpers.requirements import cannot_run
from tests.helpers.visitor import Visitor

IMAGES = Path(__file__).parent.parent.parent / "docs" / "images"


@pytest.fixture(scope="session")
def site_and_elsewhere():
    """The base URL of the site, and the origin of a page elsewhere that uses it."""
    urls = []
    with servers.other_origin(lambda: urls[0]) as origin, servers.website(origin) as (site, _stop):
        urls.append(site)
        yield site, origin


@pytest.fixture(scope="session")
def site(site_and_elsewhere):
    return site_and_elsewhere[0]


@pytest.fixture(scope="session")
def elsewhere(site_and_elsewhere):
    return site_and_elsewhere[1]


# Per module: while Playwright runs, Django refuses database access to other tests.
@pytest.fixture(scope="module")
def browser():
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        cannot_run("No browser: the tests of the pages need Chromium. On Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def make_visitor(browser):
    """A function that opens a browser at a site. At the end of the test, no page may have had a problem."""
    visitors = []

    def make(site, language="en-US"):
        visitors.append(Visitor(browser.new_context(locale=language), site))
        return visitors[-1]

    yield make
    for visitor in visitors:
        visitor.context.close()
    assert [visitor.problems for visitor in visitors] == [[] for _ in visitors]


@pytest.fixture
def visitor(make_visitor, site):
    return make_visitor(site)


@pytest.fixture
def visitor_in(make_visitor, site):
    """A function that opens a browser that is set to a language at the site."""
    return lambda language: make_visitor(site, language)


@pytest.fixture
def screenshot():
    """A function that saves a picture of a page for the documentation if UPDATE_SCREENSHOTS is set."""

    def take(page, name):
        if os.environ.get("UPDATE_SCREENSHOTS"):
            IMAGES.mkdir(exist_ok=True)
            page.screenshot(path=IMAGES / f"{name}.png")

    return take
