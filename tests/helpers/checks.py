"""The messages of ``manage.py check`` about this package."""

from __future__ import annotations

from django.core.checks import run_checks

PREFIX = "django_tinymce_jwt."


def messages():
    """Return the id without the prefix, the message and the hint of each."""
    own = [message for message in run_checks() if message.id.startswith(PREFIX)]
    # The letter of the id is the level: an E makes the commands of the site stop, a W does not.
    assert all(message.is_serious() == message.id.startswith(f"{PREFIX}E") for message in own)
    return [(message.id.removeprefix(PREFIX), message.msg, message.hint) for message in own]


def ids():
    return [code for code, _, _ in messages()]
