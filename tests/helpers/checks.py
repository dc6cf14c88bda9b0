"""The messages of ``manage.py check`` about this package."""

from __future__ import annotations

from django.core.checks import run_checks

PREFIX = "django_tinymce_jwt."


def messages():
    """Return the id without the prefix, the message and the hint of each."""
    own = [message for message in run_checks() if message.id.startswith(PREFIX)]
    return [(message.id.removeprefix(PREFIX), message.msg, message.hint) for message in own]


def ids():
    return [code for code, _, _ in messages()]
