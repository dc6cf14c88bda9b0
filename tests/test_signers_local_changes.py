"""Key files that change while the site runs: a good key is used, and a bad one leaves the previous key in use."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from django_tinymce_jwt import verify_token
from django_tinymce_jwt.exceptions import InvalidToken

from .helpers.errors import key_error
from .helpers.key_damage import each_damage
from .helpers.keys import private_pem, public_pem, rsa_key
from .helpers.tokens import assert_site_signs_with, issued_claims, issued_token

# Also true if the old key comes back.
TAKEN = "The key files have changed. Tokens are now signed and verified with the keys in them."


@pytest.fixture
def log(caplog):
    caplog.set_level("INFO", logger="django_tinymce_jwt")

    def messages(level):
        own = [record for record in caplog.records if record.name == "django_tinymce_jwt"]
        return [record.getMessage() for record in own if record.levelname == level]

    return messages


@pytest.fixture
def pair(settings, key_path):
    """The paths of a private key and its public half."""
    public_path = key_path.with_suffix(".pub")
    public_path.write_text(public_pem())
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": key_path, "PUBLIC_KEY_PATH": public_path}
    return key_path, public_path


def write(path, name):
    """Write a key. All files have the same size."""
    path.write_text(private_pem(rsa_key(name)).ljust(2000))


# Ways to replace a key file.
def by_rewriting(path, other):
    path.write_bytes(other.read_bytes())


def by_renaming(path, other):
    other.replace(path)


def by_rewriting_with_the_old_times(path, other):
    info = path.stat()
    path.write_bytes(other.read_bytes())
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))


def by_turning_a_link(path, other):
    link = path.with_suffix(".new")
    link.symlink_to(other)
    link.replace(path)


WAYS = [by_rewriting, by_renaming, by_rewriting_with_the_old_times, by_turning_a_link]


@pytest.mark.parametrize("way", WAYS)
def test_changed_file_is_used(site, key_path, passing_time, way):
    write(key_path, "site")
    assert_site_signs_with("site")
    other = key_path.with_name("other.pem")
    write(other, "other")
    way(key_path, other)
    assert_site_signs_with("other")


def test_changed_file_behind_a_link_to_its_folder_is_used(settings, tmp_path, passing_time):
    for name in ("site", "other"):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "tiny.pem", name)
    link = tmp_path / "current"
    link.symlink_to("site")
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": link / "tiny.pem"}
    assert_site_signs_with("site")
    by_turning_a_link(link, Path("other"))
    assert_site_signs_with("other")


def test_changed_file_is_used_within_five_seconds(site, key_path, monkeypatch):
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    assert_site_signs_with("site")
    write(key_path, "other")
    monkeypatch.setattr(time, "monotonic", lambda: now + 5)
    assert_site_signs_with("other")


def test_file_is_not_read_at_each_request(site, key_path, stopped_time):
    assert_site_signs_with("site")
    write(key_path, "other")
    assert_site_signs_with("site")


def test_change_is_logged_once(site, key_path, passing_time, log):
    assert_site_signs_with("site")
    write(key_path, "other")
    assert_site_signs_with("other")
    assert_site_signs_with("other")
    assert log("INFO") == [TAKEN]


def test_restored_key_is_logged_as_a_change(site, key_path, passing_time, log):
    assert_site_signs_with("site")
    text = key_path.read_text()
    key_path.unlink()
    assert_site_signs_with("site")
    key_path.write_text(text)
    assert_site_signs_with("site")
    assert log("INFO") == [TAKEN]


@each_damage
def test_previous_key_stays_in_use(site, key_path, passing_time, damage):
    assert_site_signs_with("site")
    damage(key_path)
    assert_site_signs_with("site")
    assert issued_claims()["sub"] == "7"


@each_damage
def test_damage_is_logged_once_with_the_reason(site, key_path, passing_time, log, damage):
    assert_site_signs_with("site")
    damage(key_path)
    for _ in range(3):
        issued_token()
    [message] = log("ERROR")
    assert message.startswith("The key has changed and cannot be used. The previous key stays in use. ")
    assert f"{key_path}" in message


def test_each_damage_is_logged(site, key_path, passing_time, log):
    assert_site_signs_with("site")
    for text in ("first", "second"):
        key_path.write_text(text)
        issued_token()
    assert len(log("ERROR")) == 2


@each_damage
def test_repaired_file_is_used(site, key_path, passing_time, damage):
    assert_site_signs_with("site")
    damage(key_path)
    assert_site_signs_with("site")
    mended = key_path.with_suffix(".new")
    write(mended, "mended")
    if key_path.is_dir():
        key_path.rmdir()
    mended.replace(key_path)
    assert_site_signs_with("mended")


def test_partly_written_file_is_used_when_complete(site, key_path, passing_time):
    assert_site_signs_with("site")
    text = private_pem(rsa_key("other"))
    with key_path.open("w") as file:
        file.write(text[:700])
        file.flush()
        assert_site_signs_with("site")
        file.write(text[700:])
    assert_site_signs_with("other")


@each_damage
def test_repaired_first_key_is_used_at_once(settings, tmp_path, stopped_time, damage):
    path = tmp_path / "tiny.pem"
    path.touch()
    damage(path)
    settings.TINYMCE_JWT = {"PRIVATE_KEY_PATH": path}
    assert str(path) in key_error()
    if path.is_dir():
        path.rmdir()
    write(path, "mended")
    assert_site_signs_with("mended")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["private-first", "public-first"])
def test_pair_replaced_file_by_file_is_used_when_both_fit(pair, passing_time, log, order):
    assert_site_signs_with("site")
    texts = private_pem(rsa_key("other")), public_pem(rsa_key("other"))
    pair[order[0]].write_text(texts[order[0]])
    assert_site_signs_with("site")
    assert issued_claims()["sub"] == "7"
    pair[order[1]].write_text(texts[order[1]])
    assert_site_signs_with("other")
    assert issued_claims()["sub"] == "7"
    assert len(log("ERROR")) == 1


@each_damage
def test_previous_pair_stays_if_the_public_key_is_damaged(pair, passing_time, damage):
    assert_site_signs_with("site")
    damage(pair[1])
    assert_site_signs_with("site")
    assert issued_claims()["sub"] == "7"


def test_old_token_does_not_verify_after_a_key_change(site, key_path, passing_time):
    token = issued_token()
    write(key_path, "other")
    with pytest.raises(InvalidToken, match="not signed with a key of this site"):
        verify_token(token)


def test_slow_look_at_the_file_delays_no_other_thread(site, passing_time, monkeypatch):
    assert_site_signs_with("site")
    read_bytes, reading, go_on = Path.read_bytes, threading.Event(), threading.Event()

    def read_slowly(path):
        reading.set()
        go_on.wait(30)
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", read_slowly)
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(issued_token)
        try:
            assert reading.wait(30)
            # A thread that waits for the first one never ends.
            assert verify_token(pool.submit(issued_token).result(15))["sub"] == "7"
            assert not slow.done()
        finally:
            go_on.set()
        assert verify_token(slow.result(30))["sub"] == "7"


def test_threads_keep_signing_while_the_key_changes(site, key_path, passing_time):
    assert_site_signs_with("site")
    names, new = ["other", "site"] * 5, key_path.with_suffix(".new")
    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(issued_token) for _ in range(200)]
        for name in names:
            write(new, name)
            new.replace(key_path)
    settings = {"PUBLIC_KEY": [public_pem(), public_pem(rsa_key("other"))]}
    site.TINYMCE_JWT = settings
    assert [verify_token(job.result())["sub"] for job in jobs] == ["7"] * 200
