"""Ways in which a key file becomes unusable."""

from __future__ import annotations

import pytest

from .keys import private_pem, public_pem, rsa_key


def without_a_line(pem):
    lines = pem.splitlines()
    return "\n".join([*lines[:8], *lines[9:]])


def replace_with_folder(path):
    path.unlink()
    path.mkdir()


DAMAGES = {
    "damaged": lambda path: path.write_text(without_a_line(private_pem(rsa_key("other")))),
    "cut-off": lambda path: path.write_text(private_pem(rsa_key("other"))[:800]),
    "empty": lambda path: path.write_text(""),
    "public": lambda path: path.write_text(public_pem(rsa_key("other"))),
    "too-short": lambda path: path.write_text(private_pem(rsa_key("short", 1024))),
    "deleted": lambda path: path.unlink(),
    "a-folder": replace_with_folder,
}
each_damage = pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
