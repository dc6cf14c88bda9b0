"""The first pages in a real browser: from an empty folder to an editor whose plugin gets a token."""

from __future__ import annotations

import jwt
import pytest

from tests.helpers.documents import blocks
from tests.helpers.projects import PASSWORD, Project

# The cloud's own TinyMCE wants no licence key in the page.
CLOUD_DEFAULTS = 'tinymce.overrideDefaults({ referrer_policy: "origin", license_key: "gpl" });'


@pytest.fixture(params=["README.rst", "docs/start.rst"])
def project(request, tmp_path):
    project = Project(tmp_path)
    for block in blocks(request.param):
        project.follow(block)
    return project


def log_in(visitor, site):
    visitor.page.goto(f"{site}/admin/")
    visitor.page.get_by_label("Username").fill("ada")
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.page.get_by_role("button", name="Log in").click()
    visitor.page.get_by_text("Site administration").first.wait_for()


def test_page_leads_to_an_editor_with_a_token(project, make_visitor):
    # The README's site has one group, for its claim mapper.
    project.manage("shell", "-c", "from django.contrib.auth.models import *; User.objects.get().groups.create(name='A')")
    with project.serve() as site:
        visitor = make_visitor(site)
        visitor.serve_cdn(CLOUD_DEFAULTS)
        log_in(visitor, site)
        visitor.open("/editor/")
        visitor.click("Drive")
        token = visitor.token()
        # Django's own server has no icon for the page.
        visitor.problems[:] = [problem for problem in visitor.problems if "favicon.ico" not in problem]
    public_key = (project.folder / "secrets" / "tiny.pub.pem").read_text()
    claims = jwt.decode(token, public_key, ["RS256"])
    assert (claims["sub"], claims["name"]) == ("1", "ada")
