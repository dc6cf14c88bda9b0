"""The example project, run as its README says: its commands, its server, its pages."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import urllib.request

import jwt
import pytest

from .demo import EXAMPLE, SERVICES, Browser, Demo, set_up


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    demo = set_up(tmp_path_factory.mktemp("demo"))
    demo.announced = demo.manage("demo_announce", "--port", str(demo.port)).stdout
    with demo.serving():
        yield demo


@pytest.fixture(scope="module")
def alice(demo):
    return Browser(demo.address).log_in("alice")


@pytest.fixture(scope="module")
def bob(demo):
    return Browser(demo.address).log_in("bob")


CREATE_READER = """
from django.contrib.auth.models import User
User.objects.create_user("reader", password="demo-reader")
"""


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


# The commands


def test_setup_says_what_it_made(demo):
    for made in ["tiny.pem and its public half", "user alice", "user bob", "user ada", "3 articles"]:
        assert made in demo.first_setup.stdout


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_private_key_is_readable_by_its_owner_alone(demo):
    secrets = demo.folder / "secrets"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert stat.S_IMODE((secrets / "tiny.pem").stat().st_mode) == 0o600


def test_setup_again_changes_nothing(demo):
    before = {path.name: path.read_bytes() for path in (demo.folder / "secrets").iterdir()}
    again = demo.manage("demo_setup")
    assert again.returncode == 0
    assert [line.split(":")[0] for line in again.stdout.splitlines()] == ["Database is up to date"]
    assert {path.name: path.read_bytes() for path in (demo.folder / "secrets").iterdir()} == before


def test_setup_replaces_a_lost_private_key(demo, tmp_path):
    folder = tmp_path / "example_project"
    shutil.copytree(demo.folder, folder)
    (folder / "secrets" / "tiny.pem").unlink()
    old = (folder / "secrets" / "tiny.pub.pem").read_bytes()
    other = Demo(folder)
    assert "tiny.pem and its public half" in other.manage("demo_setup").stdout
    assert (folder / "secrets" / "tiny.pub.pem").read_bytes() != old
    with other.serving():
        browser = Browser(other.address).log_in("alice")
        headers = {"Authorization": f"Bearer {browser.token('tinydrive')}"}
        assert browser.open("/tiny-stand-in/drive/", **headers).status == 200


@pytest.mark.parametrize("arguments", [["check", "--fail-level", "WARNING"], ["makemigrations", "--check"]])
def test_project_passes_its_checks(demo, arguments):
    result = demo.manage(*arguments)
    assert result.returncode == 0, result.stdout + result.stderr


def test_announcement_curl_gets_a_valid_token(demo):
    session, url = re.search(r"-b sessionid=(\w+) (http://\S+)", demo.announced).groups()
    request = urllib.request.Request(
        url, headers={"Content-Type": "application/json", "Cookie": f"sessionid={session}"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        token = json.load(response)["token"]
    public_key = (demo.folder / "secrets" / "tiny.pub.pem").read_text()
    claims = jwt.decode(token, public_key, algorithms=["RS256"])
    assert claims["name"] == "Alice Lindström"
    assert claims["https://claims.tiny.cloud/drive/root"] == f"/users/{claims['sub']}"


def test_welcome_names_the_users_of_the_login_page(alice):
    names = re.findall(r"Log in as (\w+)", alice.open("/articles/3/").text)
    users = re.findall(r"<td><code>(\w+)</code></td>", Browser(alice.address).open("/login/").text)
    assert [name.lower() for name in names] == users == ["alice", "bob", "ada"]


def test_announcement_names_users_and_passwords(demo):
    for words in [demo.address, "alice", "demo-alice", "bob", "demo-bob", "ada", "demo-ada"]:
        assert words in demo.announced


def test_port_in_use_is_a_clear_error(demo):
    result = demo.manage("demo_announce", "--port", str(demo.port))
    assert result.returncode == 1
    assert f"Port {demo.port} cannot be used" in result.stderr
    assert "make demo PORT=" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("port", ["0", "-1", "65536"])
def test_port_out_of_range_is_a_clear_error(demo, port):
    result = demo.manage("demo_announce", "--port", port)
    assert result.returncode == 1
    assert f"Port {port} cannot be used" in result.stderr
    assert "Traceback" not in result.stderr


# The README

README = (EXAMPLE / "README.rst").read_text(encoding="utf-8")


def test_readme_names_files_that_exist(demo):
    names = set(re.findall(r"``([a-z_]+/[a-z_./]*|[a-z_]+\.sqlite3)``", README))
    assert len(names) > 8
    made_by_uploads = {"tiny_stand_in_files/"}
    assert {name for name in names if not (demo.folder / name).exists()} <= made_by_uploads <= names


def test_readme_says_what_make_demo_does():
    makefile = (EXAMPLE.parent / "Makefile").read_text(encoding="utf-8")
    of_makefile = re.search(r"^demo:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)[1]
    commands = re.findall(r"example_project/manage.py (\w+)", of_makefile)
    assert re.findall(r"^    python example_project/manage.py (\w+)", README, re.MULTILINE) == commands


def test_readme_prints_the_public_key(demo):
    (arguments,) = re.findall(r"example_project/manage.py (tinymce_jwt .+)", README)
    result = demo.manage(*arguments.split())
    lines = (demo.folder / "secrets" / "tiny.pub.pem").read_text().splitlines()
    assert result.stdout.splitlines()[-1] == "".join(lines[1:-1])


# The settings


def assignments(source):
    """The names that a settings module assigns at its top level, in order."""
    return [node.targets[0].id for node in ast.parse(source).body if isinstance(node, ast.Assign)]


def comments(source):
    return [line for line in source.splitlines() if line.startswith("#")]


def test_settings_start_as_startproject_writes_them(tmp_path):
    subprocess.run([sys.executable, "-m", "django", "startproject", "intranet", tmp_path], check=True)
    # What comes after STATIC_URL depends on the version of Django.
    new, name, _ = (tmp_path / "intranet" / "settings.py").read_text().partition("STATIC_URL")
    assert name
    ours = (EXAMPLE / "intranet" / "settings.py").read_text()
    names = assignments(new)
    assert assignments(ours)[: len(names)] == names
    version = re.compile(r"/en/[^/]+/")
    expected = [version.sub("/en/", line) for line in comments(new)]
    assert [version.sub("/en/", line) for line in comments(ours)][: len(expected)] == expected


# The audit log

FORMAT = """
import json, logging
from intranet.audit import JsonLines
record = logging.makeLogRecord({{"msg": {text!r}, "service": {text!r}}})
line = JsonLines().format(record)
assert line.isascii() and line.isprintable(), line
assert json.loads(line)["service"] == json.loads(line)["message"] == {text!r}
"""


def test_audit_line_has_printable_ascii_only(demo):
    text = "\x1b[31m\n\x00\x7f\x9b\u2028\u202eŽ\U0001f372"
    result = demo.manage("shell", "-c", FORMAT.format(text=text))
    assert result.returncode == 0, result.stderr


def test_audit_line_is_written_for_each_token(demo, alice):
    alice.token("exportword")
    lines = [json.loads(line) for line in demo.log.splitlines() if line.startswith('{"time"')]
    assert ("token issued", "exportword", 1) in [(line["message"], line["service"], line["user_pk"]) for line in lines]


# The pages


@pytest.mark.parametrize("path", ["/", "/articles/1/", "/articles/1/edit/", "/articles/new/", "/login/"])
def test_page_obeys_its_strict_policy(alice, path):
    response = alice.open(path)
    assert response.status == 200
    assert "script-src 'self';" in response.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]* src=)", response.text)
    assert not re.search(r"<[^>]+ on\w+=", response.text)


def test_anonymous_visitor_is_sent_to_the_login_page(demo):
    assert Browser(demo.address).open("/articles/1/").url == f"{demo.address}/login/?next=/articles/1/"


def test_author_cannot_edit_articles_of_others(bob):
    assert bob.open("/articles/1/edit/").status == 403
    assert "/edit/" not in bob.open("/articles/1/").text


def test_author_edits_own_article(bob):
    page = bob.post_form("/articles/new/", title="Žurek", summary="", body="<p>Sour</p>")
    edit = re.search(r"/articles/\d+/edit/", page.text)[0]
    assert "<p>Sourer</p>" in bob.post_form(edit, title="Žurek", summary="", body="<p>Sourer</p>").text


def test_user_without_permissions_only_reads(demo):
    assert demo.manage("shell", "-c", CREATE_READER).returncode == 0
    reader = Browser(demo.address).log_in("reader")
    assert reader.open("/articles/1/").status == 200
    assert reader.open("/articles/new/").status == 403


def test_editor_saves_an_article(alice):
    fields = {"title": "Soup, again", "summary": "", "body": "<p>Hot ☂</p>"}
    response = alice.post_form("/articles/1/edit/", **fields)
    assert response.url.endswith("/articles/1/")
    assert "<p>Hot ☂</p>" in response.text


FORGED_CARD = """
<section class="token-card" id="card" data-service="tinydrive"
  data-token-url="/tinymce/jwt/" data-verify-url="/admin/auth/user/2/delete/">
<p class="token-verdict" id="y" data-part="verdict">x</p>
<img name="currentScript" src="//evil.example/x.js" onerror="alert(1)">
<a href="javascript:alert(1)" style="position: fixed; width: 50%">y</a></section>
"""


def test_article_cannot_hold_a_forged_token_card(bob):
    page = bob.post_form("/articles/new/", title="Forged", summary="", body=FORGED_CARD)
    body = re.search(r'<div class="article-body">(.*?)</div>', page.text, re.DOTALL)[1]
    assert "".join(body.split("\n")) == '<p>x</p><img src="//evil.example/x.js"><a style="width:50%">y</a>'


def test_panel_has_a_card_for_each_service(bob):
    text = bob.open("/articles/1/").text
    assert re.findall(r'data-service="([^"]+)"', text) == SERVICES


@pytest.mark.parametrize("username", ["alice", "ada"])
def test_admin_has_editor_and_panel(demo, username):
    text = Browser(demo.address).log_in(username).open("/admin/articles/article/1/change/").text
    assert "data-mce-conf" in text
    assert 'src="/tinymce/jwt/providers.js"' in text
    assert re.findall(r'data-service="([^"]+)"', text) == SERVICES


# The tokens


@pytest.mark.parametrize("service", SERVICES)
def test_token_of_each_service_is_valid(alice, service):
    response = alice.verify(service, alice.token(service))
    assert (response.status, json.loads(response.text)) == (200, {"valid": True})


def test_token_altered_is_refused_with_a_reason(alice):
    header, payload, signature = alice.token("tinydrive").split(".")
    other_letter = "A" if payload[40] != "A" else "B"
    altered = f"{header}.{payload[:40]}{other_letter}{payload[41:]}.{signature}"
    answer = json.loads(alice.verify("tinydrive", altered).text)
    assert answer["valid"] is False
    assert "signature" in answer["reason"]


def test_token_of_another_service_is_refused(alice):
    answer = json.loads(alice.verify("tinymceai-onprem", alice.token("tinymceai")).text)
    assert answer["valid"] is False


def test_token_has_the_folder_of_its_user(alice, bob):
    root = "https://claims.tiny.cloud/drive/root"
    assert claims_of(alice.token("tinydrive"))[root] != claims_of(bob.token("tinydrive"))[root]


def test_superuser_sees_the_whole_drive(demo):
    claims = claims_of(Browser(demo.address).log_in("ada").token("tinydrive"))
    assert "https://claims.tiny.cloud/drive/root" not in claims


def test_editors_get_more_of_the_ai_than_authors(alice, bob):
    editor, author = (set(claims_of(user.token("tinymceai"))["auth"]["ai"]["permissions"]) for user in (alice, bob))
    assert editor > author


def test_verify_view_checks_login_csrf_and_service(demo, alice):
    anonymous = Browser(demo.address)
    anonymous.open("/login/")
    response = anonymous.verify("tinydrive", "x")
    assert response.status == 401
    assert json.loads(response.text)["message"]
    assert alice.open("/tokens/verify/", b"service=tinydrive&token=x").status == 403
    assert alice.verify("rtc", "x").status == 404
    assert alice.open("/tokens/verify/").status == 405


def test_endpoint_answers_anonymous_users_in_json(demo):
    response = Browser(demo.address).open("/tinymce/jwt/", b"{}", **{"Content-Type": "application/json"})
    assert response.status == 401
    assert json.loads(response.text)["error"] == "not_authenticated"
