"""``manage.py tinymce_jwt``: its help and exit statuses."""

from __future__ import annotations

import pytest

from .helpers.command import SUBCOMMANDS, run, status_of


@pytest.mark.parametrize("subcommand", SUBCOMMANDS, ids=" ".join)
def test_help_has_an_example_and_the_exit_statuses(capsys, subcommand):
    assert status_of(*subcommand, "--help") == 0
    out = capsys.readouterr().out
    assert f"for example:\n  manage.py tinymce_jwt {' '.join(subcommand)}" in out
    assert "Exit status: 0 if nothing is wrong" in out
    assert "--format {text,json}" in out


@pytest.mark.parametrize("arguments", [(), ("keys",)])
def test_help_of_a_group_lists_its_subcommands(capsys, arguments):
    assert status_of(*arguments, "--help") == 0
    listed = capsys.readouterr().out
    assert all(f"    {name[len(arguments)]} " in listed for name in SUBCOMMANDS if name[: len(arguments)] == arguments)


@pytest.mark.parametrize(
    "arguments",
    [(), ("keys",), ("nonsense",), ("token",), ("keys", "generate"), ("keys", "generate", "--bits", "1024"),
     ("verify", "x", "--service", "nonsense"), ("doctor", "--format", "xml")],
)  # fmt: skip
def test_wrong_command_line_exits_with_2(arguments):
    assert status_of(*arguments) == 2


def test_bad_token_exits_with_1(site, capsys):
    assert status_of("verify", "garbage") == 1
    assert status_of("keys", "public") == 0


def test_django_options_are_allowed_at_the_end(site, capsys):
    assert run("keys", "public", "--settings", "tests.settings", "--pythonpath", ".").status == 0
    assert status_of("verify", "garbage", "--traceback") == 1
    assert "Traceback (most recent call last):" in capsys.readouterr().err
