"""The example project, run as a reader of the README runs it: its commands, its server, its pages."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import urllib.request

import jwt
import pytest

from .demo import SERVICES, Browser, Demo, set_up


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
    for made in ["tiny.pem", "tiny.pub.pem", "user alice", "user bob", "user admin", "3 articles"]:
        assert made in demo.first_setup.stdout


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_secrets_are_for_their_owner_alone(demo):
    secrets = demo.folder / "secrets"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in secrets.iterdir()}
    names = ["django-secret-key.txt", "tiny-api-secret.txt", "tiny.pem", "tiny.pub.pem"]
    assert files == dict.fromkeys(names, 0o600)


def test_second_setup_changes_nothing(demo):
    before = {path.name: path.read_bytes() for path in (demo.folder / "secrets").iterdir()}
    again = demo.manage("demo_setup")
    assert again.returncode == 0
    assert [line.split(":")[0] for line in again.stdout.splitlines()] == ["Database is up to date"]
    assert {path.name: path.read_bytes() for path in (demo.folder / "secrets").iterdir()} == before


def test_new_private_key_gets_a_public_key_that_fits(demo, tmp_path):
    folder = tmp_path / "example_project"
    shutil.copytree(demo.folder, folder)
    (folder / "secrets" / "tiny.pem").unlink()
    other = Demo(folder)
    assert "tiny.pub.pem" in other.manage("demo_setup").stdout
    assert other.manage("check", "--fail-level", "WARNING").returncode == 0


@pytest.mark.parametrize("arguments", [["check", "--fail-level", "WARNING"], ["makemigrations", "--check"]])
def test_project_is_in_order(demo, arguments):
    result = demo.manage(*arguments)
    assert result.returncode == 0, result.stdout + result.stderr


def test_announced_curl_gets_a_token_that_verifies_with_the_public_key(demo):
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


def test_announcement_names_users_and_passwords(demo):
    for words in [demo.address, "alice", "demo-alice", "bob", "demo-bob", "admin", "demo-admin"]:
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


# The pages


@pytest.mark.parametrize("path", ["/", "/articles/1/", "/articles/1/edit/", "/articles/new/", "/login/"])
def test_page_works_under_its_strict_policy(alice, path):
    response = alice.open(path)
    assert response.status == 200
    assert "script-src 'self';" in response.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]* src=)", response.text)
    assert not re.search(r"<[^>]+ on\w+=", response.text)


def test_anonymous_visitor_is_sent_to_the_login_page(demo):
    assert Browser(demo.address).open("/articles/1/").url == f"{demo.address}/login/?next=/articles/1/"


def test_author_cannot_edit_what_others_have_written(bob):
    assert bob.open("/articles/1/edit/").status == 403
    assert "/edit/" not in bob.open("/articles/1/").text


def test_author_edits_an_article_of_their_own(bob):
    page = bob.post_form("/articles/new/", title="Žurek", summary="", body="<p>Sour</p>")
    edit = re.search(r"/articles/\d+/edit/", page.text)[0]
    assert "<p>Sourer</p>" in bob.post_form(edit, title="Žurek", summary="", body="<p>Sourer</p>").text


def test_visitor_without_permissions_may_read_alone(demo):
    assert demo.manage("shell", "-c", CREATE_READER).returncode == 0
    reader = Browser(demo.address).log_in("reader")
    assert reader.open("/articles/1/").status == 200
    assert reader.open("/articles/new/").status == 403


def test_editor_saves_an_article(alice):
    fields = {"title": "Soup, again", "summary": "", "body": "<p>Hot ☂</p>"}
    response = alice.post_form("/articles/1/edit/", **fields)
    assert response.url.endswith("/articles/1/")
    assert "<p>Hot ☂</p>" in response.text


def test_panel_has_a_card_for_each_service(bob):
    text = bob.open("/articles/1/").text
    assert re.findall(r'data-token-url="/tinymce/jwt/([^/]+)/"', text) == SERVICES
    assert re.findall(r'data-verify-url="/tokens/verify/([^/]+)/"', text) == SERVICES


@pytest.mark.parametrize("username", ["alice", "admin"])
def test_admin_has_the_editor_the_providers_and_the_token_panel(demo, username):
    text = Browser(demo.address).log_in(username).open("/admin/articles/article/1/change/").text
    assert "data-mce-conf" in text
    assert 'src="/tinymce/jwt/providers.js"' in text
    assert re.findall(r'data-token-url="/tinymce/jwt/([^/]+)/"', text) == SERVICES


# The tokens


@pytest.mark.parametrize("service", SERVICES)
def test_token_of_each_service_is_valid(alice, service):
    response = alice.verify(service, alice.token(service))
    assert (response.status, json.loads(response.text)) == (200, {"valid": True})


def test_altered_token_is_refused_with_a_reason(alice):
    header, payload, signature = alice.token("tinydrive").split(".")
    other_letter = "A" if payload[40] != "A" else "B"
    altered = f"{header}.{payload[:40]}{other_letter}{payload[41:]}.{signature}"
    answer = json.loads(alice.verify("tinydrive", altered).text)
    assert answer["valid"] is False
    assert "signature" in answer["reason"]


def test_token_of_another_service_is_refused(alice):
    answer = json.loads(alice.verify("tinymceai-onprem", alice.token("tinymceai")).text)
    assert answer["valid"] is False


def test_each_user_has_a_folder_of_their_own(alice, bob):
    root = "https://claims.tiny.cloud/drive/root"
    assert claims_of(alice.token("tinydrive"))[root] != claims_of(bob.token("tinydrive"))[root]


def test_superuser_sees_the_whole_drive(demo):
    claims = claims_of(Browser(demo.address).log_in("admin").token("tinydrive"))
    assert "https://claims.tiny.cloud/drive/root" not in claims


def test_editors_get_more_of_the_ai_than_authors(alice, bob):
    editor, author = (set(claims_of(user.token("tinymceai"))["auth"]["ai"]["permissions"]) for user in (alice, bob))
    assert editor > author


def test_verifying_needs_a_login_a_csrf_token_and_a_configured_service(demo, alice):
    anonymous = Browser(demo.address)
    anonymous.open("/login/")
    response = anonymous.verify("tinydrive", "x")
    assert response.status == 401
    assert json.loads(response.text)["message"]
    assert alice.open("/tokens/verify/tinydrive/", b"token=x").status == 403
    assert alice.verify("rtc", "x").status == 404
    assert alice.open("/tokens/verify/tinydrive/").status == 405


def test_anonymous_token_request_is_json_without_a_redirect(demo):
    response = Browser(demo.address).open("/tinymce/jwt/", b"{}", **{"Content-Type": "application/json"})
    assert response.status == 401
    assert json.loads(response.text)["error"] == "not_authenticated"
