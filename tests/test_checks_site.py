"""``manage.py check``: the folder and mode of the key file, and the URL of the endpoint."""

from __future__ import annotations

import os
from functools import partial, wraps

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.contrib.auth.decorators import login_required
from django.urls import include, path
from django.views.decorators.cache import never_cache
from django.views.generic import View

from django_tinymce_jwt.views import TokenView

from .helpers.checks import ids, messages
from .helpers.keys import private_pem


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o622, 0o601, 0o777], ids=oct)
def test_key_file_that_others_can_read_is_reported(site, key_path, mode):
    key_path.chmod(mode)
    assert messages() == [
        (
            "W001",
            f"The key file {key_path} (PRIVATE_KEY_PATH) can be read by others than its owner (mode {mode:o}).",
            f"chmod 600 {key_path} (or 640 with a group that only the server is in: then silence this check).",
        )
    ]


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700], ids=oct)
def test_key_file_of_its_owner_alone_is_accepted(site, key_path, mode):
    key_path.chmod(mode)
    assert ids() == []


def test_key_file_behind_a_link_is_judged_by_its_own_mode(settings, key_path):
    link = key_path.with_name("link.pem")
    link.symlink_to(key_path)
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": link}
    assert ids() == []
    key_path.chmod(0o644)
    assert ids() == ["W001"]


def test_key_file_of_several_services_is_reported_once(settings, key_path):
    key_path.chmod(0o644)
    services = {"tinydrive": {}, "exportpdf": {"LIFETIME": 60}}
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": key_path, "API_KEY": "key", "SERVICES": services}
    assert ids() == ["W001"]


@pytest.mark.parametrize("kind", ["folder", "device", "missing"])
def test_path_that_is_not_a_key_file_is_reported_once(settings, tmp_path, kind):
    (tmp_path / "folder").mkdir(mode=0o755)
    paths = {"folder": tmp_path / "folder", "device": os.devnull, "missing": tmp_path / "missing.pem"}
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": paths[kind]}
    assert ids() == ["W008" if kind == "missing" else "E013"]


FOLDERS = {
    "STATIC_ROOT": lambda folder: folder,
    "STATIC_ROOT as str": str,
    "MEDIA_ROOT": lambda folder: folder,
    "STATICFILES_DIRS": lambda folder: [folder],
    "STATICFILES_DIRS with a prefix": lambda folder: (("prefix", str(folder)),),
    "STATICFILES_DIRS second": lambda folder: ["elsewhere", str(folder)],
}


@pytest.mark.parametrize("depth", ["", "deep/er"], ids=["in-it", "deep-in-it"])
@pytest.mark.parametrize("setting", FOLDERS)
def test_key_file_in_a_served_folder_is_reported(site, key_path, setting, depth):
    name = setting.partition(" ")[0]
    folder = key_path.parent / depth
    folder.mkdir(parents=True, exist_ok=True)
    moved = key_path.rename(folder / "moved.pem")
    site.TINYMCE_JWT = {"PRIVATE_KEY_PATH": moved}
    setattr(site, name, FOLDERS[setting](key_path.parent))
    assert messages() == [
        (
            "W002",
            f"The key file {moved} (PRIVATE_KEY_PATH) is in {name} ({key_path.parent}).",
            "Move the key out of that folder: everything in it is sent to anyone who asks.",
        )
    ]


def linked_folder(tmp_path, key_path):
    """STATIC_ROOT is a link to the folder with the key."""
    (tmp_path / "static").symlink_to(key_path.parent)
    return tmp_path / "static", key_path


def path_through_a_linked_folder(tmp_path, key_path):
    """The path of the key goes through a link to STATIC_ROOT."""
    (tmp_path / "current").symlink_to(key_path.parent)
    return key_path.parent, tmp_path / "current" / key_path.name


def link_to_a_served_key(tmp_path, key_path):
    """The path is a link to a key in STATIC_ROOT."""
    (tmp_path / "link.pem").symlink_to(key_path)
    return key_path.parent, tmp_path / "link.pem"


def served_link(tmp_path, key_path):
    """A link deep in STATIC_ROOT is the path of a key elsewhere."""
    link = tmp_path / "static" / "deep" / "link.pem"
    link.parent.mkdir(parents=True)
    link.symlink_to(key_path)
    return tmp_path / "static", link


def served_link_in_a_linked_folder(tmp_path, key_path):
    """A link in STATIC_ROOT is the path of a key elsewhere, and STATIC_ROOT is a link itself."""
    folder, link = served_link(tmp_path, key_path)
    (tmp_path / "public").symlink_to(folder)
    return tmp_path / "public", tmp_path / "public" / link.relative_to(folder)


def served_link_to_its_folder(tmp_path, key_path):
    """The path of the key goes through a link in STATIC_ROOT to a folder elsewhere."""
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "link").symlink_to(key_path.parent)
    return tmp_path / "static", tmp_path / "static" / "link" / key_path.name


LINKS = [
    linked_folder,
    path_through_a_linked_folder,
    link_to_a_served_key,
    served_link,
    served_link_in_a_linked_folder,
    served_link_to_its_folder,
]


@pytest.mark.parametrize("make", LINKS)
def test_key_file_served_through_a_link_is_reported(settings, tmp_path, make):
    key_path = tmp_path / "private" / "tiny.pem"
    key_path.parent.mkdir()
    key_path.touch(mode=0o600)
    key_path.write_text(private_pem())
    settings.STATIC_ROOT, path_in_settings = make(tmp_path, key_path)
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": path_in_settings}
    assert ids() == ["W002"]


def test_key_file_beside_a_served_folder_is_accepted(site, key_path):
    site.STATIC_ROOT = key_path.parent / "static"
    site.MEDIA_ROOT = key_path.with_suffix("")
    assert ids() == []


@pytest.mark.parametrize("given", ["tiny.pem", "./tiny.pem"])
def test_relative_path_is_reported(settings, key_path, monkeypatch, given):
    monkeypatch.chdir(key_path.parent)
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": given}
    assert messages() == [
        (
            "W003",
            "PRIVATE_KEY_PATH is tiny.pem, a relative path.",
            "It depends on the folder that the server is started in. Write BASE_DIR / ...",
        )
    ]


def test_relative_path_in_a_served_folder_has_both_messages(settings, key_path, monkeypatch):
    monkeypatch.chdir(key_path.parent)
    settings.STATIC_ROOT = "."
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": "tiny.pem"}
    assert ids() == ["W003", "W002"]


class OwnTokenView(TokenView):
    """A site's own view."""


def decorated(view):
    """The view in a site's own decorator."""
    return wraps(view)(partial(view))


WITH_ENDPOINT = {
    "package": [path("", include("django_tinymce_jwt.urls"))],
    "view": [path("", TokenView.as_view())],
    "own-view": [path("", OwnTokenView.as_view(service="exportpdf"))],
    "decorated": [path("", never_cache(login_required(TokenView.as_view())))],
    "own-decorator": [path("", decorated(OwnTokenView.as_view()))],
    "after-others": [path("a/", View.as_view()), path("b/", include([])), path("", TokenView.as_view())],
}
WITHOUT_ENDPOINT = {
    "nothing": [],
    "other-view": [path("", View.as_view())],
    "function": [path("", decorated(print))],
    "class-that-is-no-view": [path("", TokenView)],
}
NESTINGS = {
    "root": tuple,
    "include": lambda patterns: (path("a/", include(patterns)),),
    "include-in-include": lambda patterns: (path("a/", include(([path("b/", include(patterns))], "app"))),),
    "i18n": lambda patterns: tuple(i18n_patterns(path("a/", include(patterns)))),
}
each_nesting = pytest.mark.parametrize("nesting", NESTINGS.values(), ids=NESTINGS)


@each_nesting
@pytest.mark.parametrize("patterns", WITH_ENDPOINT.values(), ids=WITH_ENDPOINT)
def test_endpoint_is_found_among_the_urls(site, patterns, nesting):
    site.ROOT_URLCONF = nesting(patterns)
    assert ids() == []


@each_nesting
@pytest.mark.parametrize("patterns", WITHOUT_ENDPOINT.values(), ids=WITHOUT_ENDPOINT)
def test_urls_without_an_endpoint_are_reported(site, patterns, nesting):
    site.ROOT_URLCONF = nesting(patterns)
    urls = 'path("tinymce/jwt/", include("django_tinymce_jwt.urls"))'
    hint = f"Add {urls} to the urlpatterns (from django.urls import include, path)."
    assert messages() == [("W004", "No URL leads to a token endpoint.", hint)]


def test_site_without_urls_is_accepted(site):
    site.ROOT_URLCONF = None
    assert ids() == []
