"""The recipe of docs/providers.rst for React, with Tiny's own component."""

from __future__ import annotations

import pytest

from tests.helpers import react_page
from tests.helpers.requirements import cannot_run


@pytest.fixture(scope="module")
def bundle():
    try:
        react_page.bundle()
    except react_page.CannotBundle as error:
        cannot_run(str(error))


@pytest.fixture
def react_visitor(bundle, visitor):
    """A visitor of a page that loads ``providers.js`` before TinyMCE, which its console says."""
    yield visitor
    (line,) = visitor.take_problems()
    assert line.startswith("warning: django-tinymce-jwt sets no provider: TinyMCE is not loaded yet.")


@pytest.mark.parametrize("button", ["PDF", "Drive"])
def test_react_page_gets_a_token(react_visitor, button):
    react_visitor.sign_in()
    react_visitor.open("/react/")
    react_visitor.click(button)
    assert react_visitor.token().count(".") == 2


@pytest.mark.parametrize("button", ["PDF", "Drive"])
def test_react_page_shows_a_refusal_once(react_visitor, button):
    react_visitor.open("/react/")
    react_visitor.click(button)
    react_visitor.sees("You are not logged in. Log in and try again.")
    assert "401" in react_visitor.problems.pop()
