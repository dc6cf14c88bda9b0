"""The first pages in a real browser: from an empty folder to an editor whose plugin gets a token."""

from __future__ import annotations

import jwt
import pytest

from tests.helpers.admin_login import log_in
from tests.helpers.documents import blocks
from tests.helpers.projects import JOIN_A_TEAM, Project


@pytest.fixture(params=["README.rst", "docs/start.rst"])
def project(request, tmp_path):
    project = Project(tmp_path)
    for block in blocks(request.param):
        project.follow(block)
    return project


def test_page_leads_to_an_editor_with_a_token(project, make_visitor):
    project.manage("shell", "-c", JOIN_A_TEAM)  # the README's claim mapper wants one
    with project.serve() as site:
        visitor = make_visitor(site)
        log_in(visitor)
        visitor.open("/editor/")
        visitor.click("Drive")
        token = visitor.token()
    public_key = (project.folder / "secrets" / "tiny.pub.pem").read_text()
    claims = jwt.decode(token, public_key, ["RS256"])
    assert (claims["sub"], claims["name"]) == ("1", "ada")
