"""The pages on editors in a real browser: the blocks of each page in a new project, with TinyMCE of the CDN."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import ExitStack

import jwt
import pytest
from playwright.sync_api import expect

from tests.helpers import node_modules
from tests.helpers.admin_login import log_in
from tests.helpers.documents import blocks
from tests.helpers.projects import JOIN_A_TEAM, Project, free_port, running

TOO_EARLY = "warning: django-tinymce-jwt sets no provider: TinyMCE is not loaded yet."
TURBO_PAGE = """
{% load static tinymce_jwt %}<!doctype html>
<html lang="en">
<head>
  <title>Turbo</title>
  <script src="https://cdn.tiny.cloud/1/no-api-key/tinymce/8/tinymce.min.js" crossorigin="anonymous"></script>
  {% tinymce_jwt_providers %}
  <script src="{% static 'turbo.js' %}"></script>
  <script src="{% static 'turbo-editors.js' %}"></script>
</head>
<body><a href="?again">Again</a><textarea class="editor"></textarea></body>
</html>
"""


def project_of(name, folder):
    """The project of a reader who has followed the first page, and this one."""
    project = Project(folder)
    for block in [*blocks("docs/start.rst"), *blocks(f"docs/editor/{name}.rst")]:
        project.follow(block)
    return project


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    """A function that returns the base URL of the site that a page makes; one site for each page."""
    urls = {}
    with ExitStack() as servers:

        def url(name):
            if name not in urls:
                project = project_of(name, tmp_path_factory.mktemp(name))
                if name == "later":
                    add_turbo(project)
                if name == "own_view":
                    project.manage("shell", "-c", JOIN_A_TEAM)
                urls[name] = servers.enter_context(project.serve())
            return urls[name]

        yield url


def add_turbo(project):
    turbo = node_modules.installed() / "@hotwired" / "turbo" / "dist" / "turbo.es2017-umd.js"
    shutil.copy(turbo, project.folder / "static" / "turbo.js")
    project.write("templates/turbo.html", TURBO_PAGE)
    project.write(
        "intranet/urls.py", 'urlpatterns += [path("turbo/", TemplateView.as_view(template_name="turbo.html"))]\n'
    )


@pytest.fixture
def reader(sites, make_visitor):
    """A function that opens a page of the site of a page of the documentation, logged in."""

    def open_page(name, path=None):
        visitor = make_visitor(sites(name))
        log_in(visitor)
        if path:
            visitor.open(path)
        return visitor

    return open_page


@pytest.mark.parametrize("button", ["Drive", "PDF"])
@pytest.mark.parametrize(
    ("name", "path"),
    [("cdn", "/article/"), ("django_tinymce", "/article/"), ("django_tinymce", "/admin/articles/article/add/")],
)
def test_editor_gets_a_token(reader, name, path, button):
    visitor = reader(name, path)
    visitor.click(button)
    assert visitor.token().count(".") == 2


@pytest.mark.parametrize("button", ["Drive", "PDF"])
def test_react_editor_gets_a_token(reader, button):
    visitor = reader("bundlers", "/article/")
    visitor.click(button)
    assert visitor.token().count(".") == 2
    (line,) = visitor.take_problems()
    assert line.startswith(TOO_EARLY)


def test_vue_editor_gets_a_token(reader):
    visitor = reader("later", "/vue/")
    visitor.click("Drive")
    assert visitor.token().count(".") == 2
    (line,) = visitor.take_problems()
    assert line.startswith(TOO_EARLY)


@pytest.mark.parametrize("package", ["htmx.org", "htmx-2"])
def test_htmx_editor_gets_a_token_after_each_swap_and_keeps_its_text(reader, package):
    visitor = reader("later")
    script = node_modules.installed() / package / "dist" / "htmx.min.js"
    visitor.context.route("**/static/htmx.min.js", lambda route: route.fulfill(path=script))
    visitor.open("/htmx/", editors=0)
    assert visitor.page.evaluate("htmx.version")[0] == {"htmx.org": "4", "htmx-2": "2"}[package]
    visitor.page.get_by_role("button", name="Edit").click()
    visitor.wait_for_editors(1)
    visitor.click("Drive")
    visitor.wire(1)
    visitor.page.frame_locator("iframe").locator("body").type("Hello")
    first = visitor.page.evaluate("tinymce.activeEditor.id")
    visitor.page.get_by_role("button", name="Save").click()
    visitor.page.wait_for_function("first => tinymce.get().every(editor => editor.id !== first)", arg=first)
    visitor.wait_for_editors(1)
    expect(visitor.page.frame_locator("iframe").locator("body")).to_have_text("Hello")
    visitor.click("Drive")
    assert len({request["editor"] for request in visitor.wire(2)}) == 2


def test_turbo_editor_gets_a_token_after_a_visit(reader):
    visitor = reader("later", "/turbo/")
    visitor.page.evaluate("window.sameDocument = true")
    visitor.page.get_by_role("link", name="Again").click()
    visitor.page.wait_for_url("**/turbo/?again")
    visitor.wait_for_editors(1)
    visitor.click("Drive")
    assert visitor.token().count(".") == 2
    assert visitor.page.evaluate("window.sameDocument")
    visitor.page.go_back()
    visitor.page.wait_for_url("**/turbo/")
    visitor.wait_for_editors(1)
    expect(visitor.page.locator(".tox-tinymce")).to_have_count(1)


def test_editor_of_a_view_of_its_own_gets_a_token_with_that_root(reader, sites):
    visitor = reader("own_view", "/teams/1/")
    visitor.click("Drive")
    claims = jwt.decode(visitor.token(), options={"verify_signature": False})
    assert claims["https://claims.tiny.cloud/drive/root"] == "/teams/1"


def test_editor_under_a_content_security_policy_gets_a_token(reader):
    visitor = reader("csp", "/article/")
    visitor.click("Drive")
    assert visitor.token().count(".") == 2
    assert "'nonce-" in visitor.page.reload().header_value("Content-Security-Policy")


def test_page_on_another_origin_gets_a_token(make_visitor, tmp_path):
    project = project_of("other_origin", tmp_path / "site")
    page, settings = (project.folder / name for name in ("index.html", "intranet/settings.py"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    port = free_port()
    replace(settings, "https://www.example.com", f"http://localhost:{port}")
    with project.serve() as site:
        replace(page, "https://api.example.com", site)
        page.rename(elsewhere / "index.html")
        with running(project, port, sys.executable, "-m", "http.server", str(port), "--directory", str(elsewhere)):
            visitor = make_visitor(site)
            log_in(visitor)
            visitor.open(f"http://localhost:{port}/")
            visitor.click("Drive")
            assert visitor.token().count(".") == 2


def replace(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_svelte_component_compiles(tmp_path):
    (block,) = [block for block in blocks("docs/editor/later.rst") if "svelte" in (block.file or "")]
    (tmp_path / "Editor.svelte").write_text(block.text)
    (tmp_path / "node_modules").symlink_to(node_modules.installed())
    script = """
        import { readFileSync } from "node:fs";
        import { compile } from "svelte/compiler";
        const { js, warnings } = compile(readFileSync("Editor.svelte", "utf-8"), { filename: "Editor.svelte" });
        console.log(JSON.stringify([js.code.includes("tinymce-svelte"), warnings.length]));
    """
    (tmp_path / "compile.mjs").write_text(script)
    command = [shutil.which("node"), "compile.mjs"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "[true,0]\n"


def test_open_source_editor_says_that_it_lacks_the_plugin(make_visitor, tmp_path):
    """As a reader does who ignores the table: django-tinymce's own TinyMCE with a plugin of the cloud."""
    (message,) = [block for block in blocks("docs/editor/cdn.rst") if "Failed to load" in block.text]
    project = project_of("django_tinymce", tmp_path)
    project.write("intranet/settings.py", 'TINYMCE_JS_URL = "/static/tinymce/tinymce.min.js"\n')
    project.write("intranet/settings.py", 'TINYMCE_DEFAULT_CONFIG["plugins"] = "tinydrive"\n')
    with project.serve() as site:
        visitor = make_visitor(site)
        log_in(visitor)
        visitor.open("/article/")
        problems = visitor.take_problems()
    assert any(message.text.strip().split(" from url ")[0] in problem for problem in problems), problems
