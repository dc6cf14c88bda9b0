"""Calls of ``manage.py tinymce_jwt``, and what they print."""

from __future__ import annotations

import io
import json

from django.core.management import CommandError, call_command

from django_tinymce_jwt.management.commands.tinymce_jwt import Command

SUBCOMMANDS = [("keys", "generate"), ("keys", "public"), ("keys", "inspect"), ("token",), ("verify",), ("doctor",)]


class Result:
    """Exit status, standard output and standard error of a call."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    @property
    def facts(self):
        """The output of ``--format json``."""
        return json.loads(self.out)


def run(*arguments):
    """Call the command as Python code does."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("tinymce_jwt", *map(str, arguments), stdout=out, stderr=err)
    except CommandError as error:
        return Result(error.returncode, out.getvalue(), f"{err.getvalue()}{error}")
    return Result(0, out.getvalue(), err.getvalue())


def status_of(*arguments):
    """Call the command as the command line does, and return the exit status that a script sees."""
    try:
        Command().run_from_argv(["manage.py", "tinymce_jwt", *map(str, arguments)])
    except SystemExit as end:
        return end.code
    return 0


def assert_nothing_private(text, path):
    """Fail if the text holds a line of the private key in the file."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("-----")]
    assert lines
    assert not [line for line in lines if line in text]
