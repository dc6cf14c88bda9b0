"""Every code block of the documentation works: each page is followed, block by block, in a new project."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
import yaml

from .helpers.documents import blocks, pages, read
from .helpers.keys import private_pem
from .helpers.projects import Project

BLOCKS = [block for page in pages() for block in blocks(page)]
# The reader of any other page has followed the first one; the page on tests has a whole site of its own.
FIRST_PAGES = {"README.rst", "docs/start.rst", "docs/testing.rst"}
# These need Memcached with pylibmc, a vault with its library, or PostgreSQL: the benchmarks have the first, and the
# tests in tests/signers and tests/tenants have the others.
PERFORMANCE = "docs/performance.rst"
VAULTS = {"docs/aws_kms.rst", "docs/google_cloud_kms.rst", "docs/pkcs11.rst"}
NOT_FOLLOWED = {PERFORMANCE, *VAULTS, "docs/django_tenants.rst"}
LANGUAGES = {"console", "html", "html+django", "ini", "javascript", "json", "nginx", "python", "text", "yaml"}
WITHOUT_FILE = {"console", "json"}
PREMIUM = {"exportpdf", "exportword", "importword", "tinydrive", "tinymceai"}


class Scripts(HTMLParser):
    """The texts of a page's own scripts."""

    def __init__(self, page):
        super().__init__()
        self.texts = []
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.inside = tag == "script" and "src" not in dict(attrs)

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.texts.append(data)


@pytest.fixture
def project(tmp_path):
    project = Project(tmp_path)
    project.variables |= {"TINY_PRIVATE_KEY": private_pem(), "TINY_API_SECRET": "0123456789abcdef" * 2}
    return project


@pytest.fixture
def parse_javascript(tmp_path):
    """A function that fails where Node cannot parse the text."""
    node = shutil.which("node")
    assert node, "No node: the scripts of the documentation cannot be parsed. On Debian: apt-get install nodejs"

    def parse(text, where):
        is_module = re.search(r"^(import|export) ", text, re.MULTILINE)
        path = tmp_path / ("script.mjs" if is_module else "script.cjs")
        path.write_text(text, encoding="utf-8")
        done = subprocess.run([node, "--check", path], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{where}: {done.stderr}"

    return parse


@pytest.mark.parametrize("page", sorted({block.page for block in BLOCKS} - NOT_FOLLOWED))
def test_page_can_be_followed_in_a_new_project(page, project, parse_javascript):
    if page not in FIRST_PAGES:
        for block in blocks("docs/start.rst"):
            project.follow(block)
    for block in blocks(page):
        project.follow(block)
    # The page on tests shows a site without its key.
    project.manage("check", "--fail-level", "ERROR" if page == "docs/testing.rst" else "WARNING")
    for name, text in project.trial().items():
        for script in Scripts(text).texts:
            parse_javascript(script, name)


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "javascript"], ids=str)
def test_javascript_block_can_be_parsed(block, parse_javascript):
    if not block.file.endswith(".jsx"):  # esbuild has that one, in the test of the React page
        parse_javascript(block.text, block)


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "python"], ids=str)
def test_python_block_can_be_compiled(block):
    compile(block.text, str(block), "exec")


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language in {"json", "yaml"}], ids=str)
def test_data_block_can_be_parsed(block):
    assert (json.loads if block.language == "json" else yaml.safe_load)(block.text)


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_block_names_its_file(block):
    assert block.language in LANGUAGES
    if block.language != "text":
        assert (block.file is None) == (block.language in WITHOUT_FILE)


@pytest.mark.parametrize("page", pages())
def test_page_has_no_other_blocks(page):
    text = read(page)
    assert text.count(".. code-block::") == len(blocks(page))
    included = re.findall(r"^\.\. literalinclude:: .+\n((?: {3}:.*\n)*)", text, re.MULTILINE)
    assert [options for options in included if ":caption:" not in options] == []
    if page != PERFORMANCE:
        assert not re.search(r"::\n\n {4}", re.sub(r"^ *\.\. .*::.*\n", "", text, flags=re.MULTILINE))


@pytest.mark.parametrize("block", [block for block in BLOCKS if "tinymce.init(" in block.text], ids=str)
def test_editor_has_a_selector_and_a_toolbar(block):
    for options in re.findall(r"tinymce\.init\((.+?)\)", block.text, re.DOTALL):
        assert re.search(r"\b(selector|target):", options)
        assert "toolbar:" in options


@pytest.mark.parametrize("block", [block for block in BLOCKS if "tinymce.init(" in block.text], ids=str)
def test_premium_plugins_are_not_asked_of_the_open_source_editor(block):
    plugins = {name for names in re.findall(r'plugins: "([^"]*)"', block.text) for name in names.split()}
    assert not (plugins & PREMIUM and "license_key" in block.text and "gpl" in block.text)
    assert not (plugins & PREMIUM and "{% static 'tinymce/" in block.text)
