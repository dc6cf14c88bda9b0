"""``manage.py tinymce_jwt``: the command line of keys, tokens and the doctor."""

from __future__ import annotations

import json
from argparse import SUPPRESS, RawDescriptionHelpFormatter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError

from ...exceptions import TinymceJwtError
from ...diagnostics.key_pairs import BITS
from ...services import SERVICES
from .. import help_texts as manual
from .. import subcommands
from ..output import printable


class Command(BaseCommand):
    help = "Keys and tokens for Tiny's services: make a key pair, look at keys, issue and explain tokens, find faults."
    # It must work before there is a key, and tells what the checks would complain of.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = f"{manual.BEGIN} {manual.EXIT_CODES}"
        commands = parser.add_subparsers(title="subcommands", metavar="COMMAND", required=True)
        about = "Make a key pair, print the public key, tell the facts of the keys."
        keys = commands.add_parser("keys", help=about, description=about, epilog=manual.EXIT_CODES)
        of_keys = keys.add_subparsers(title="subcommands", metavar="COMMAND", required=True)

        generate = _add(of_keys, "generate", subcommands.generate_keys, "Write a new key pair.", manual.GENERATE)
        where = "where to write the private key; PRIVATE_KEY_PATH of the settings by default"
        generate.add_argument("path", nargs="?", type=Path, metavar="PATH", help=where)
        generate.add_argument("--bits", type=int, choices=BITS, default=BITS[0], help=f"{BITS[0]} by default")
        public = _add(of_keys, "public", subcommands.public_key, "Print the public key in use.", manual.PUBLIC)
        inspect = _add(of_keys, "inspect", subcommands.inspect_keys, "Tell the facts of the keys.", manual.INSPECT)

        token = _add(commands, "token", subcommands.token, "Print a token for a user.", manual.TOKEN)
        token.add_argument("user", metavar="USER", help="a username, or the primary key where no username matches")
        token.add_argument("--claims", action="store_true", help="print the claims instead, and sign nothing")
        verify = _add(commands, "verify", subcommands.verify, "Explain a token, rule by rule.", manual.VERIFY)
        verify.add_argument("token", nargs="?", default="-", metavar="TOKEN", help="the token; - (default): from stdin")
        for parser_of_one in (generate, public, inspect, token, verify):
            about = f"one of: {', '.join(SERVICES)}"
            parser_of_one.add_argument("--service", choices=SERVICES, metavar="SERVICE", help=about)

        doctor = _add(commands, "doctor", subcommands.doctor, "Walk the whole way once and report.", manual.DOCTOR)
        doctor.add_argument("--user", help="a user to issue and verify a token of each service for")

    def handle(self, *, run: Callable[..., subcommands.Outcome], output: str, **options: Any) -> None:
        try:
            outcome = run(**{**options, "stderr": self.stderr})
        except (TinymceJwtError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(f"The database cannot be asked ({error}). Is it there, and migrated?") from error
        text = json.dumps(outcome.facts, indent=2) if output == "json" else "\n".join(outcome.lines)
        for aside in outcome.asides:
            self.stderr.write(aside)
        self.stdout.write(printable(text, getattr(self.stdout, "encoding", None) or "utf-8"))
        if outcome.failure:
            raise CommandError(outcome.failure)


def _add(group: Any, name: str, run: Callable[..., Any], summary: str, text: tuple[str, str]) -> CommandParser:
    description, examples = text
    parser: CommandParser = group.add_parser(
        name,
        help=summary,
        description=description,
        epilog=f"for example:\n{examples}\n\n{manual.EXIT_CODES}",
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    about = "text for people (default), json for scripts"
    parser.add_argument("--format", dest="output", choices=("text", "json"), default="text", help=about)
    # Django takes its own options before a subcommand alone, and people write them at the end.
    parser.add_argument("--settings", default=SUPPRESS, help=SUPPRESS)
    parser.add_argument("--pythonpath", default=SUPPRESS, help=SUPPRESS)
    parser.add_argument("--traceback", action="store_true", default=SUPPRESS, help=SUPPRESS)
    return parser
