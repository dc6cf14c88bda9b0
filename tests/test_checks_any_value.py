"""``manage.py check`` with any value in any setting: it reports and never fails itself."""

from __future__ import annotations

from collections.abc import Hashable

import pytest

from .helpers.checks import messages

NAMES = (
    *("PRIVATE_KEY_PATH", "PRIVATE_KEY", "PRIVATE_KEY_PASSPHRASE", "PUBLIC_KEY_PATH", "PUBLIC_KEY", "ALGORITHM"),
    *("KEY_ID", "LIFETIME", "API_KEY", "ENVIRONMENT_ID", "API_SECRET", "CLAIM_MAPPER", "REQUIRED_PERMISSION"),
)


NUL = "a\0b"


class Unprintable:
    __repr__ = __str__ = None


def nested(value, depth):
    for _ in range(depth):
        value = [value]
    return value


RECURSIVE = {}
RECURSIVE["SERVICES"] = RECURSIVE["tinydrive"] = RECURSIVE
GARBAGE = {
    "list": [],
    "list-of-lists": [[], [[]]],
    "dict": {5: {5: 5}, None: None},
    "recursive-dict": RECURSIVE,
    "deep-list": nested(5, 100_000),
    "set": {5},
    "int": 5,
    "negative-int": -5,
    "bool": True,
    "huge-int": 10**5000,
    "nan": float("nan"),
    "text": "garbage",
    "dotted-text": "garbage.in",
    "blank": " ",
    "nul": NUL,
    "lone-surrogate": chr(0xD800) * 40,
    "escaped-byte": chr(0xDCFF) * 40,
    "long-text": "a" * 100_000,
    "ssh": "ssh-ed25519 " * 10,
    "bytes": b"\xff" * 40,
    "object": object(),
    "function": len,
    "class": int,
    "unprintable": Unprintable(),
    "none": None,
}


def site_with(**more):
    """Settings with a service of each kind. The key is not a valid one, since that takes time to load."""
    sections = {"SERVICES": {"tinydrive": {}, "tinymceai-onprem": {"ENVIRONMENT_ID": "env", "API_SECRET": "s" * 40}}}
    key = {} if "PRIVATE_KEY_PATH" in more else {"PRIVATE_KEY": "no key"}
    return {**key, **sections, **more}


PLACES = {
    "settings": lambda value: value,
    "services": lambda value: site_with(SERVICES=value),
    "section": lambda value: site_with(SERVICES={"tinydrive": value}),
    "setting-name": lambda value: site_with() | {value: 5},
    "setting-name-of-section": lambda value: site_with(SERVICES={"tinydrive": {value: 5}}),
    "service-id": lambda value: site_with(SERVICES={value: {}}),
}
NEEDS_HASHABLE = ("setting-name", "setting-name-of-section", "service-id")


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        (place, kind)
        for place in PLACES
        for kind, value in GARBAGE.items()
        if place not in NEEDS_HASHABLE or isinstance(value, Hashable)
    ],
)
def test_any_value_in_any_place_is_reported_with_a_hint(settings, place, kind):
    settings.TINYMCE_JWT = PLACES[place](GARBAGE[kind])
    assert all(message and hint for _, message, hint in messages())


@pytest.mark.parametrize("kind", GARBAGE)
@pytest.mark.parametrize("name", NAMES)
def test_any_value_of_any_setting_is_reported_with_a_hint(settings, name, kind):
    settings.TINYMCE_JWT = site_with(**{name: GARBAGE[kind]})
    assert all(message and hint for _, message, hint in messages())


@pytest.mark.parametrize("kind", GARBAGE)
def test_any_value_as_public_key_is_reported_with_a_hint(settings, kind):
    settings.TINYMCE_JWT = site_with(PUBLIC_KEY=[GARBAGE[kind]])
    assert all(message and hint for _, message, hint in messages())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("STATIC_ROOT", value) for value in (5, ["a"], NUL, GARBAGE["lone-surrogate"])),
        *(("MEDIA_ROOT", value) for value in (5, ["a"], NUL)),
        *(("STATICFILES_DIRS", value) for value in (None, 5, [5], [None], [NUL], [()], [("prefix",)], [("prefix", 5)])),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_any_value_of_djangos_folders_is_left_to_django(site, name, value):
    setattr(site, name, value)
    assert messages() == []
