"""``manage.py tinymce_jwt``: the command line of keys, tokens and the doctor."""

from __future__ import annotations

import json
import sys
from argparse import SUPPRESS, RawDescriptionHelpFormatter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError

from ...diagnostics.key_pairs import BITS
from ...display import printable, traceback_text
from ...exceptions import TinymceJwtError
from ...services import SERVICES
from .. import help_texts, outcomes
from ..output import terminal_text


class Command(BaseCommand):
    help = "Keys and tokens for Tiny's services: make a key pair, inspect keys, issue and explain tokens, find faults."
    # It must work before there is a key, and it reports what the checks would report.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = f"{help_texts.BEGIN} {help_texts.EXIT_CODES}"
        commands = parser.add_subparsers(title="subcommands", metavar="COMMAND", required=True)
        about = "Make a key pair, print the public key, list the facts of the keys."
        keys = commands.add_parser("keys", help=about, description=about, epilog=help_texts.EXIT_CODES)
        of_keys = keys.add_subparsers(title="subcommands", metavar="COMMAND", required=True)

        generate = _add(of_keys, "generate", outcomes.generate_keys, "Write a new key pair.", help_texts.GENERATE)
        where = "where to write the private key; by default the PRIVATE_KEY_PATH in the settings"
        generate.add_argument("path", nargs="?", type=Path, metavar="PATH", help=where)
        generate.add_argument("--bits", type=int, choices=BITS, default=BITS[0], help=f"{BITS[0]} by default")
        public = _add(of_keys, "public", outcomes.public_key, "Print the public key in use.", help_texts.PUBLIC)
        inspect = _add(of_keys, "inspect", outcomes.inspect_keys, "List the facts of the keys.", help_texts.INSPECT)

        token = _add(commands, "token", outcomes.token, "Print a token for a user.", help_texts.TOKEN)
        token.add_argument("user", metavar="USER", help="a username, or the primary key where no username matches")
        token.add_argument("--claims", action="store_true", help="print the claims instead, and sign nothing")
        verify = _add(commands, "verify", outcomes.verify, "Explain a token, rule by rule.", help_texts.VERIFY)
        about = "the token; - (default): from stdin"
        verify.add_argument("token", nargs="?", default=outcomes.STANDARD_INPUT, metavar="TOKEN", help=about)
        for parser_of_one in (generate, public, inspect, token, verify):
            about = f"one of: {', '.join(SERVICES)}"
            parser_of_one.add_argument("--service", choices=SERVICES, metavar="SERVICE", help=about)
        doctor = _add(commands, "doctor", outcomes.doctor, "Check everything end to end.", help_texts.DOCTOR)
        doctor.add_argument("--user", help="a user to issue and verify a token of each service for")
        about = "an origin, such as https://example.com: say what the endpoint would answer to its pages"
        doctor.add_argument("--origin", metavar="URL", help=about)
        for parser_of_one in (generate, public, inspect, token, verify, doctor):
            about = "with TENANT_SETTINGS: the host of the tenant whose settings are meant"
            parser_of_one.add_argument("--host", metavar="HOST", help=about)

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            super().run_from_argv(argv)
        except CommandError as error:  # with --traceback
            # Python would print it as it is, and what an error says may come from a token or a user.
            self.stderr.write(_shown(traceback_text(error), self.stderr))
            sys.exit(error.returncode)

    def handle(self, *, run: Callable[..., outcomes.Outcome], output: str, **options: Any) -> None:
        try:
            outcome = run(**{**options, "stderr": self.stderr})
        except (CommandError, TinymceJwtError, ImproperlyConfigured) as error:
            text = _shown(str(error), self.stderr)
            raise CommandError(text, returncode=getattr(error, "returncode", 1)) from error
        except DatabaseError as error:
            text = f"The database does not answer ({printable(error)}). Is it running, and migrated?"
            raise CommandError(text) from error
        text = json.dumps(outcome.facts, indent=2) if output == "json" else "\n".join(outcome.lines)
        for note in outcome.notes:
            self.stderr.write(_shown(note, self.stderr))
        self.stdout.write(_shown(text, self.stdout))
        if outcome.failure:
            raise CommandError(outcome.failure)


def _shown(text: str, stream: Any) -> str:
    return terminal_text(text, getattr(stream, "encoding", None) or "utf-8")


def _add(group: Any, name: str, run: Callable[..., Any], summary: str, text: tuple[str, str]) -> CommandParser:
    description, examples = text
    parser: CommandParser = group.add_parser(
        name,
        help=summary,
        description=description,
        epilog=f"for example:\n{examples}\n\n{help_texts.EXIT_CODES}",
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    about = "text for people (default), json for scripts"
    parser.add_argument("--format", dest="output", choices=("text", "json"), default="text", help=about)
    # Django accepts its own options only before a subcommand, but people write them at the end.
    parser.add_argument("--settings", default=SUPPRESS, help=SUPPRESS)
    parser.add_argument("--pythonpath", default=SUPPRESS, help=SUPPRESS)
    parser.add_argument("--traceback", action="store_true", default=SUPPRESS, help=SUPPRESS)
    return parser
